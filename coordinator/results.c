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

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
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

/* NOLINTEND(readability-function-size,clang-analyzer-*) */

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

/* When a key must have been good: when the broker had the record. A producer's
   own word for that is not taken, or a revoked key could sign as of yesterday;
   in a lab there is no other. */
static int64_t judged_at(const struct coordinator *c,
                         const struct kafka_message *m)
{
	if (c->d->conf->lab || m->time_kind == KAFKA_TIME_APPEND)
		return m->timestamp_ms;
	return clock_wall_ms();
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
		                       .at_ms = judged_at(c, m) };
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

/* What is wrong with it is counted, and said once. */
static void read_result(struct coordinator *c, const struct kafka_message *m,
                        struct arena *arena, struct result *result,
                        struct heard *heard)
{
	const struct key_entry *entry;
	const char *bad = result_decode(m->value, arena, result);

	*heard = (struct heard){ .offset = m->offset, .trust = TRUST_UNSIGNED };
	if (bad != NULL) {
		stats_undecodable(c->stats, "results");
		complain(m, bad, "undecodable");
		return;
	}
	heard->result = result;
	heard->trust = verify(c, m, SIGN_RESULT,
	                      (const char *)result->perspective.p, &entry);
	if (heard->trust == TRUST_OK) {
		heard->key_id = entry->key_id;
		return;
	}
	stats_untrusted(c->stats, "results", heard->trust);
	complain(m, trust_result_name(heard->trust), source_of(entry));
}

void results_on_message(struct partition *p, const struct kafka_message *m)
{
	struct session *s = session_find(p, m->key);
	struct arena *arena = arena_new();
	struct result result;
	struct heard heard;

	p->results_next = m->offset + 1;
	if (s != NULL) {
		read_result(p->c, m, arena, &result, &heard);
		heard.digest = digest_of(m->value);
		session_on_result(s, &heard);
	} else if (p->phase == PARTITION_SERVING) {
		/* for nobody who waits: late, or garbage, and that is told */
		read_result(p->c, m, arena, &result, &heard);
		stats_result(p->c->stats, heard.result != NULL
		                                  ? FOLD_AFTER_CLOSE
		                                  : FOLD_UNDECODABLE);
	}
	arena_free(&arena);
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
