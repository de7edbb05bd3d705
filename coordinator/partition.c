#include "coordinator/partition.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "coordinator/outbox.h"
#include "coordinator/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct decided_offset {
	int64_t offset;
	UT_hash_handle hh;
};

struct partition *partition_new(struct coordinator *c, int32_t number)
{
	const struct coordinator_conf *conf = c->d->conf;
	struct partition *p = xzalloc(sizeof(*p));
	struct window_limits limits = {
		.keep_ms = conf->duplicate_window_ms,
		.entries_max = (size_t)conf->duplicate_window_max,
		.bytes_max = (size_t)conf->duplicate_window_bytes,
	};

	p->c = c;
	p->number = number;
	p->phase = PARTITION_ASKING;
	p->restore_started_ms = clock_mono_ms();
	p->window = window_new(&limits);
	p->expected_sequence = -1;
	p->last_decision = -1;
	return p;
}

void partition_free(struct partition **p)
{
	struct decided_offset *d, *after;

	if (*p == NULL)
		return;
	partition_end_sessions(*p);
	HASH_ITER(hh, (*p)->decided, d, after)
	{
		HASH_DEL((*p)->decided, d);
		free(d);
	}
	offsets_free(&(*p)->offsets);
	window_free(&(*p)->window);
	free(*p);
	*p = NULL;
}

struct partition *partition_find(const struct coordinator *c, int32_t number)
{
	if (number < 0 || (uint32_t)number >= c->d->partitions)
		return NULL;
	return c->partitions[number];
}

struct kafka_partition partition_of(const struct partition *p,
                                    const char *topic)
{
	return (struct kafka_partition){ topic, p->number };
}

void partition_stop(struct partition *p, const char *event, const char *why)
{
	struct coordinator *c = p->c;
	const char *topics[] = { c->d->topics.decisions, c->d->topics.attempts,
		                 c->d->topics.results };
	struct kafka_partition requests =
		partition_of(p, c->d->topics.requests);

	log_error(event, F_INT("partition", p->number), F_STR("why", why),
	          F_STR("what_to_do",
	                "find out what is missing; if the gap is known and "
	                "accepted, name the partition in accept_gap and "
	                "restart"));
	p->phase = PARTITION_STOPPED;
	for (size_t i = 0; i < 3; i++) {
		struct kafka_partition at = partition_of(p, topics[i]);

		kafka_in_stop(c->log_in, &at);
	}
	kafka_in_stop(c->requests_in, &requests);
	coordinator_settled(c);
}

void partition_end_sessions(struct partition *p)
{
	struct session *s, *next;

	outbox_forget(p->c->outbox, p->number);
	HASH_ITER(hh, p->sessions, s, next)
	session_end(s);
}

void partition_note_decided(struct partition *p, int64_t request_offset)
{
	struct decided_offset *d = NULL;

	HASH_FIND(hh, p->decided, &request_offset, sizeof(request_offset), d);
	if (d != NULL)
		return;
	d = xzalloc(sizeof(*d));
	d->offset = request_offset;
	HASH_ADD(hh, p->decided, offset, sizeof(d->offset), d);
}

bool partition_is_decided(const struct partition *p, int64_t request_offset)
{
	struct decided_offset *d = NULL;

	if (request_offset < p->mark)
		return true;
	HASH_FIND(hh, p->decided, &request_offset, sizeof(request_offset), d);
	return d != NULL;
}

/* "1 <decisions> <attempts> <results> <sequence> <head>": from where a
   successor reads, and the chain's head that it must find there. */
const char *partition_metadata(const struct partition *p, char *out)
{
	int64_t attempts = p->attempts_next, results = p->results_next;
	char head[DIGEST_HEX_ROOM];

	for (const struct session *s = p->sessions; s != NULL; s = s->hh.next) {
		attempts = session_attempts_from(s, attempts);
		results = session_results_from(s, results);
	}
	int64_t decisions = window_oldest(
		p->window,
		p->last_decision >= 0 ? p->last_decision : p->decisions_from);

	(void)snprintf(out, PARTITION_METADATA_MAX, "1 %lld %lld %lld %lld %s",
	               (long long)decisions, (long long)attempts,
	               (long long)results, (long long)p->staged_sequence,
	               digest_hex(&p->staged_head, head));
	return out;
}

static bool take_word(struct span *left, struct span *word)
{
	ptrdiff_t space = span_find(*left, SPAN(" "));
	size_t n = space < 0 ? left->len : (size_t)space;

	*word = span_sub(*left, 0, n);
	*left = span_sub(*left, space < 0 ? n : n + 1, left->len);
	return n > 0;
}

bool partition_read_metadata(struct partition *p, struct span text)
{
	struct span word;
	uint64_t n[5];
	struct digest head;

	for (size_t i = 0; i < 5; i++) {
		if (!take_word(&text, &word) ||
		    !text_u64(word, INT64_MAX, &n[i]))
			return false;
	}
	if (n[0] != 1 || !digest_parse(text, &head))
		return false;
	p->decisions_from = (int64_t)n[1];
	p->attempts_from = (int64_t)n[2];
	p->results_from = (int64_t)n[3];
	p->expected_sequence = (int64_t)n[4];
	p->expected_head = head;
	return true;
}

const char *partition_phase_name(enum partition_phase phase)
{
	switch (phase) {
	case PARTITION_ASKING: return "asking";
	case PARTITION_DECISIONS: return "reading-decisions";
	case PARTITION_ATTEMPTS: return "reading-attempts";
	case PARTITION_RESULTS: return "reading-results";
	case PARTITION_SERVING: return "serving";
	case PARTITION_STOPPED: return "stopped";
	}
	return "unknown";
}
