#include "coordinator/partition.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "coordinator/outbox.h"
#include "coordinator/session.h"

#include <stdlib.h>

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
	p->answered = answered_new();
	p->expected_sequence = -1;
	p->last_decision = -1;
	p->mark_committed = -1;
	p->mark_flying = -1;
	return p;
}

void partition_free(struct partition **p)
{
	if (*p == NULL)
		return;
	partition_end_sessions(*p);
	answered_free(&(*p)->answered);
	offsets_free(&(*p)->offsets);
	window_free(&(*p)->window);
	remembered_free(&(*p)->remembered);
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

int64_t partition_requests_from(const struct partition *p)
{
	return p->mark > p->requests_low ? p->mark : p->requests_low;
}

bool partition_is_decided(const struct partition *p, int64_t request_offset)
{
	return request_offset < partition_requests_from(p) ||
	       answered_has(p->answered, request_offset);
}

bool partition_is_ahead(const struct partition *p)
{
	int64_t known = p->mark_committed > 0 ? p->mark_committed : 0;

	return p->phase == PARTITION_SERVING &&
	       offsets_mark(p->offsets) > known;
}

void partition_set_anew(struct partition *p, int64_t below)
{
	p->anew_below = below > 0 ? below : 0;
	if (p->anew_below > 0 && p->remembered == NULL)
		p->remembered = remembered_new();
	if (p->anew_below == 0)
		remembered_free(&p->remembered);
}

void partition_forget_anew(struct partition *p)
{
	if (p->anew_below > 0 && offsets_mark(p->offsets) >= p->anew_below)
		partition_set_anew(p, 0);
}

/* Where the head is at least: offsets are given when it is written. */
static int64_t head_least(const struct partition *p)
{
	int64_t known = p->last_decision;

	if (known < 0)
		known = p->decisions_from - 1;
	return known + (p->staged_sequence - p->sequence);
}

/* With an empty window a successor needs what is being written alone, wherever
   on the log the head before it was: the decisions among it answer all requests
   above the mark that decisions answer. A conflict is no part of the chain, and
   nobody would miss it. 0: that can't be said. */
static int64_t needed_sequence(const struct partition *p)
{
	if (window_count(p->window) > 0 ||
	    p->anew_below > offsets_mark(p->offsets) ||
	    answered_any_conflict(p->answered, offsets_mark(p->offsets)) ||
	    answered_oldest(p->answered, offsets_mark(p->offsets), INT64_MAX) <
	            INT64_MAX ||
	    p->staged_sequence == p->sequence)
		return 0;
	return p->sequence + 1;
}

/* "4 <mark> <decisions> <attempts> <results> <sequence> <anew> <least>
   <decided> <needed> <head>": of which mark it speaks; from where a successor
   reads; the chain's head that it must find there; anew_below; where that head
   is at least, and its time (0 while a decision names a request above the
   mark); from which sequence on decisions are needed; then what above the mark
   is answered without a decision. "3" is the same without <needed>, "2" without
   <anew>, <least> and <decided>, too. */
void partition_metadata(const struct partition *p, struct buf *out)
{
	int64_t attempts = p->attempts_next;
	char head[DIGEST_HEX_ROOM];

	/* from where their results are read the attempts say themselves */
	for (const struct session *s = p->sessions; s != NULL; s = s->hh.next)
		attempts = session_attempts_from(s, attempts);
	int64_t decisions = window_oldest(
		p->window,
		p->last_decision >= 0 ? p->last_decision : p->decisions_from);

	int64_t decided = p->decided_ms;

	if (answered_any_decided(p->answered, offsets_mark(p->offsets)))
		decided = 0;
	buf_printf(out, "4 %lld %lld %lld %lld %lld %lld %lld %lld %lld %s",
	           (long long)offsets_mark(p->offsets),
	           (long long)answered_oldest(
			   p->answered, offsets_mark(p->offsets), decisions),
	           (long long)attempts, (long long)p->results_next,
	           (long long)p->staged_sequence, (long long)p->anew_below,
	           (long long)(head_least(p) > 0 ? head_least(p) : 0),
	           (long long)decided, (long long)needed_sequence(p),
	           digest_hex(&p->staged_head, head));
	answered_write(p->answered, offsets_mark(p->offsets), out);
}

static bool take_word(struct span *left, struct span *word)
{
	ptrdiff_t space = span_find(*left, SPAN(" "));
	size_t n = space < 0 ? left->len : (size_t)space;

	*word = span_sub(*left, 0, n);
	*left = span_sub(*left, space < 0 ? n : n + 1, left->len);
	return n > 0;
}

bool partition_read_metadata(struct partition *p, int64_t mark,
                             struct span text)
{
	struct span word;
	static const size_t words[] = { [2] = 6, [3] = 9, [4] = 10 };
	uint64_t n[10] = { 0 };
	struct digest head;

	if (!take_word(&text, &word) || !text_u64(word, INT64_MAX, &n[0]) ||
	    n[0] < 2 || n[0] > 4)
		return false;
	for (size_t i = 1; i < words[n[0]]; i++) {
		if (!take_word(&text, &word) ||
		    !text_u64(word, INT64_MAX, &n[i]))
			return false;
	}
	/* of another mark: somebody moved the offset and kept the words */
	if ((int64_t)n[1] != mark ||
	    !digest_parse(span_sub(text, 0, DIGEST_HEX_ROOM - 1), &head) ||
	    !answered_read(p->answered, mark,
	                   span_sub(text, DIGEST_HEX_ROOM - 1, text.len)))
		return false;
	p->decisions_from = (int64_t)n[2];
	p->attempts_from = (int64_t)n[3];
	p->results_from = (int64_t)n[4];
	p->expected_sequence = (int64_t)n[5];
	p->expected_head = head;
	p->head_least = (int64_t)n[7];
	p->decided_ms = (int64_t)n[8];
	p->needed_sequence = (int64_t)n[9];
	partition_set_anew(p, (int64_t)n[6] > mark ? (int64_t)n[6] : 0);
	return true;
}

const char *partition_phase_name(enum partition_phase phase)
{
	switch (phase) {
	case PARTITION_ASKING: return "asking";
	case PARTITION_DECISIONS: return "reading-decisions";
	case PARTITION_ATTEMPTS: return "reading-attempts";
	case PARTITION_RESULTS: return "reading-results";
	case PARTITION_COPIES: return "looking-for-copies";
	case PARTITION_SERVING: return "serving";
	case PARTITION_STOPPED: return "stopped";
	}
	return "unknown";
}
