/*
 * restore_ask.c -- (1) the committed offset, and where the logs begin and end:
 * is all there that a successor needs?
 */
#include "coordinator/restore_internal.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { ASK_LIMIT_MS = 10000, TOPICS = 4 };

static bool gap_is_accepted(const struct partition *p)
{
	const struct setting_list *list = &p->c->d->conf->accept_gap;
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", p->number);
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->at[i], number) == 0)
			return true;
	}
	return false;
}

/* Said each time that it is made use of: the setting stands until somebody
   takes it out, and nothing is compared as long as it does. */
bool restore_accepts(const struct partition *p, const char *why)
{
	if (!gap_is_accepted(p))
		return false;
	log_warn("coordinator_gap_accepted", F_INT("partition", p->number),
	         F_STR("why", why),
	         F_STR("what_to_do",
	               "take the partition out of accept_gap when it has "
	               "been restored once"));
	return true;
}

static void on_committed(void *arg, const char *error,
                         const struct kafka_committed *list, size_t count);
static void on_watermarks(void *arg, const char *error,
                          const struct kafka_watermarks *list, size_t count);

static void ask(struct coordinator *c, bool watermarks)
{
	const char *topics[TOPICS] = { c->d->topics.decisions,
		                       c->d->topics.attempts,
		                       c->d->topics.results,
		                       c->d->topics.requests };
	struct kafka_partition *list =
		xcalloc((size_t)c->d->partitions * TOPICS, sizeof(*list));
	size_t count = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		const struct partition *p = c->partitions[i];

		/* one that began anew meanwhile has its own question to come */
		if (p == NULL || p->phase != PARTITION_ASKING ||
		    (watermarks && !p->mark_known))
			continue;
		for (size_t t = 0; watermarks && t < TOPICS; t++)
			list[count++] = partition_of(p, topics[t]);
		if (!watermarks)
			list[count++] = partition_of(p, c->d->topics.requests);
	}
	c->restore_questions += count > 0;
	if (count > 0 && watermarks)
		kafka_ask_watermarks(c->ask, list, count, ASK_LIMIT_MS,
		                     on_watermarks, c);
	else if (count > 0)
		kafka_ask_committed(c->ask, list, count, ASK_LIMIT_MS,
		                    on_committed, c);
	free(list);
}

void restore_begin(struct coordinator *c)
{
	ask(c, false);
}

/* Answers come in the order of the questions. One that another question was
   asked after may be of an earlier assignment: what was committed then says
   nothing of now. The later question is about all that is to be restored. */
static bool is_stale(struct coordinator *c)
{
	return --c->restore_questions > 0;
}

static void try_again(struct coordinator *c, const char *error)
{
	log_warn("coordinator_restore_waits", F_STR("error", error));
	timer_set_ms(c->restore_again, RESTORE_AGAIN_MS);
}

static void on_committed(void *arg, const char *error,
                         const struct kafka_committed *list, size_t count)
{
	struct coordinator *c = arg;

	if (is_stale(c))
		return;
	if (error != NULL) {
		try_again(c, error);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct partition *p = partition_find(c, list[i].at.partition);

		if (p == NULL || p->phase != PARTITION_ASKING)
			continue;
		p->mark = -1;
		p->mark_known = true;
		p->requests_anew = false;
		if (list[i].offset >= 0 &&
		    partition_read_metadata(p, list[i].offset,
		                            list[i].metadata))
			p->mark = list[i].offset;
		p->mark_committed = p->mark;
	}
	ask(c, true);
}

/* Nothing of ours was committed: all logs from their start (partition.h). If
   decisions do not start at 0, requests may have been answered by what is gone.
 */
static bool start_from_nothing(struct partition *p,
                               const struct kafka_watermarks *w)
{
	const int64_t decisions_low = w[0].low;
	char why[160];

	(void)snprintf(why, sizeof(why),
	               "no committed offset with our metadata, and decisions "
	               "begin at %lld, not 0",
	               (long long)decisions_low);
	if (decisions_low > 0 && !restore_accepts(p, why)) {
		partition_stop(p, "coordinator_partition_gap", why);
		return false;
	}
	p->decisions_from = decisions_low;
	p->attempts_from = -1;
	p->results_from = -1;
	partition_set_anew(p, w[3].high);
	return true;
}

/*
 * The committed mark says where reading begins; if that is not on the log, what
 * was there is lost, or the topic is another one. True: an operator knows, and
 * reading begins at what there is. A leader that was elected a moment ago may
 * not know its log's end yet: what is behind the end is asked about again.
 *
 * Requests that are gone from the log's start stop nothing: nobody can answer
 * them any more, and behind a mark that nobody moved for a week there may have
 * been only the ends of transactions.
 */
static bool accept_loss(struct partition *p, const char *topic, int64_t from,
                        const struct kafka_watermarks *w)
{
	char why[256];

	(void)snprintf(why, sizeof(why),
	               "%s is to be read from offset %lld, and holds %lld to "
	               "%lld",
	               topic, (long long)from, (long long)w->low,
	               (long long)w->high);
	if (from > w->high && restore_may_doubt(p)) {
		p->doubts++;
		try_again(p->c, why);
		return false;
	}
	if (restore_accepts(p, why))
		return true;
	partition_stop(p, "coordinator_partition_gap", why);
	return false;
}

static bool is_on_log(int64_t from, const struct kafka_watermarks *w)
{
	return from >= w->low && from <= w->high;
}

/* Attempts and results that retention took were of decided requests. */
static bool clamp(struct partition *p, const char *topic, int64_t *from,
                  const struct kafka_watermarks *w)
{
	if (*from > w->high && !accept_loss(p, topic, *from, w))
		return false;
	if (!is_on_log(*from, w))
		*from = w->low;
	return true;
}

/* All that was decided by the last commit is older than the duplicate window,
   and names nothing above the mark: of those decisions nothing is needed, and
   retention may have taken them. */
bool restore_needs_no_decisions(const struct partition *p)
{
	const struct coordinator_conf *conf = p->c->d->conf;

	if (p->expected_sequence == 0)
		return true;
	return p->mark >= 0 && p->decided_ms > 0 &&
	       p->decided_ms + conf->duplicate_window_ms +
	                       conf->broker_skew_ms <
	               clock_wall_ms();
}

static bool check_decisions(struct partition *p,
                            const struct kafka_watermarks *w)
{
	p->decisions_low = w->low;
	p->begin_most = 0;
	if (is_on_log(p->decisions_from, w))
		return true;
	bool needs_none = restore_needs_no_decisions(p);

	if (p->decisions_from < w->low &&
	    (needs_none || (p->mark >= 0 && p->needed_sequence > 0))) {
		p->begin_most = needs_none ? 0 : p->needed_sequence;
		log_info("coordinator_decisions_expired",
		         F_INT("partition", p->number),
		         F_INT("from", p->decisions_from), F_INT("to", w->low));
	} else if (!accept_loss(p, p->c->d->topics.decisions, p->decisions_from,
	                        w)) {
		return false;
	}
	p->decisions_from = w->low;
	return true;
}

static bool check_logs(struct partition *p, const struct kafka_watermarks *w)
{
	const struct topics *t = &p->c->d->topics;

	if (p->mark < 0 && !start_from_nothing(p, w))
		return false;
	if (p->mark > w[3].high) {
		if (!accept_loss(p, t->requests, p->mark, &w[3]))
			return false;
		p->requests_anew = true;
		p->mark = w[3].low;
		partition_set_anew(p, w[3].high);
	}
	if (p->mark >= 0 && p->mark < w[3].low) {
		log_error("coordinator_requests_gone",
		          F_INT("partition", p->number), F_INT("from", p->mark),
		          F_INT("to", w[3].low),
		          F_STR("note", "not answered and no longer on the "
		                        "log, or only ends of transactions: "
		                        "see whether somebody waits"));
		p->mark = w[3].low;
	}
	p->requests_low = w[3].low;
	p->results_low = w[2].low;
	return check_decisions(p, &w[0]) &&
	       clamp(p, t->attempts, &p->attempts_from, &w[1]) &&
	       clamp(p, t->results, &p->results_from, &w[2]);
}

static void begin_decisions(struct partition *p,
                            const struct kafka_watermarks *w)
{
	if (!check_logs(p, w))
		return;
	p->requests_high = w[3].high;
	p->attempts_next = p->attempts_from;
	p->results_next = p->results_from;
	for (size_t t = 0; t < 3; t++)
		p->until[t] = w[t].high;
	p->phase = PARTITION_DECISIONS;
	/* what a repeat repeats may be older than the window is now */
	restore_start_reading(p, p->c->d->topics.decisions,
	                      p->anew_below > 0 ? w[0].low : p->decisions_from);
}

static bool are_known(const struct kafka_watermarks *list)
{
	for (size_t t = 0; t < TOPICS; t++) {
		if (list[t].high < 0)
			return false;
	}
	return true;
}

static void on_watermarks(void *arg, const char *error,
                          const struct kafka_watermarks *list, size_t count)
{
	struct coordinator *c = arg;

	if (is_stale(c))
		return;
	if (error != NULL) {
		try_again(c, error);
		return;
	}
	for (size_t i = 0; i + TOPICS <= count; i += TOPICS) {
		struct partition *p = partition_find(c, list[i].at.partition);

		if (p == NULL || p->phase != PARTITION_ASKING)
			continue;
		if (!are_known(&list[i]))
			try_again(c, "a leader does not answer");
		else
			begin_decisions(p, &list[i]);
	}
}
