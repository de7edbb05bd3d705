#include "coordinator/results.h"

#include "base/clock.h"
#include "base/mem.h"
#include "coordinator/barrier.h"

#include <stdlib.h>

enum { NOISE_MAX = 256 };

/* What was said once is not said again: "topic/kind/source" each. */
static struct noise {
	char *what;
	UT_hash_handle hh;
} * noises;

static bool is_news(const char *topic, const char *kind, const char *source)
{
	struct buf what = { 0 };
	struct noise *n = NULL;

	buf_printf(&what, "%s/%s/%s", topic, kind, source);
	HASH_FIND(hh, noises, what.p, what.len, n);
	bool news = n == NULL && HASH_COUNT(noises) < NOISE_MAX;

	if (news) {
		n = xzalloc(sizeof(*n));
		n->what = xstrdup(buf_cstr(&what));
		HASH_ADD_KEYPTR(hh, noises, n->what, what.len, n);
	}
	buf_clear(&what);
	return news;
}

void results_forget_noise(void)
{
	struct noise *n, *next;

	HASH_ITER(hh, noises, n, next)
	{
		HASH_DEL(noises, n);
		free(n->what);
		free(n);
	}
}

static void complain(const struct kafka_message *m, const char *kind,
                     const char *source)
{
	if (is_news(m->topic, kind, source))
		log_warn("coordinator_record_refused", F_STR("topic", m->topic),
		         F_INT("partition", m->partition),
		         F_INT("offset", m->offset), F_STR("why", kind),
		         F_STR("source", source),
		         F_STR("note", "said once per topic, kind and source; "
		                       "counted in /metrics"));
}

/* One signature header, verified as that perspective's worker. */
static enum trust_result verify(const struct coordinator *c,
                                const struct kafka_message *m, const char *type,
                                const char *perspective,
                                const struct key_entry **entry)
{
	struct sign_domain domain = deployment_domain(c->d, type);
	struct trust_wanted wanted = { .role = KEY_ROLE_WORKER,
		                       .perspective = perspective,
		                       .at_ms = m->timestamp_ms };
	struct span header = { NULL, 0 };

	*entry = NULL;
	if (kafka_message_header(m, RECORD_SIGNATURE_HEADER, &header) > 1)
		return TRUST_MALFORMED;
	return keyring_verify(c->d->keyring, &wanted, &domain, m->value, header,
	                      entry);
}

static const char *source_of(const struct key_entry *entry)
{
	return entry != NULL ? entry->name : "nobody known";
}

static void fold(struct partition *p, struct session *s,
                 const struct kafka_message *m, struct arena *arena)
{
	struct coordinator *c = p->c;
	struct result result;
	const struct key_entry *entry;
	struct heard heard = { .offset = m->offset,
		               .digest = digest_of(m->value),
		               .trust = TRUST_UNSIGNED };
	const char *bad = result_decode(m->value, arena, &result);

	if (bad == NULL) {
		heard.result = &result;
		heard.trust =
			verify(c, m, SIGN_RESULT,
		               (const char *)result.perspective.p, &entry);
		if (heard.trust == TRUST_OK) {
			heard.key_id = entry->key_id;
		} else {
			stats_untrusted(c->stats, "results", heard.trust);
			complain(m, trust_result_name(heard.trust),
			         source_of(entry));
		}
	} else {
		stats_undecodable(c->stats, "results");
		complain(m, bad, "undecodable");
	}
	session_on_result(s, &heard);
}

void results_on_message(struct partition *p, const struct kafka_message *m)
{
	struct session *s = session_find(p, m->key);

	p->results_next = m->offset + 1;
	if (s != NULL) {
		struct arena *arena = arena_new();

		fold(p, s, m, arena);
		arena_free(&arena);
	} else {
		stats_result(p->c->stats, FOLD_AFTER_CLOSE);
	}
	if (p->phase == PARTITION_SERVING)
		barrier_advance(p->c->barrier, p);
}

void results_on_heartbeat(struct coordinator *c, const struct kafka_message *m)
{
	struct arena *arena = arena_new();
	struct heartbeat h;
	const struct key_entry *entry;
	const char *bad = m->value.p == NULL
	                          ? "a tombstone"
	                          : heartbeat_decode(m->value, arena, &h);

	if (bad != NULL) {
		if (m->value.p != NULL) {
			stats_undecodable(c->stats, "perspectives");
			complain(m, bad, "undecodable");
		}
		goto out;
	}
	enum trust_result trust = verify(c, m, SIGN_HEARTBEAT,
	                                 (const char *)h.perspective.p, &entry);

	if (trust != TRUST_OK) {
		stats_untrusted(c->stats, "perspectives", trust);
		complain(m, trust_result_name(trust), source_of(entry));
		goto out;
	}
	liveness_note(c->liveness, &h, m->timestamp_ms);
out:
	arena_free(&arena);
}
