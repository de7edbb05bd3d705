/*
 * kafka_ask.h over the model: one question after the other.
 */
#include "kafka/kafka_ask.h"

#include "tests/simulation/model_log.h"
#include "tests/simulation/world.h"

enum { LOOK_AGAIN_US = 100 * MS };

enum what { ASK_WATERMARKS, ASK_COMMITTED, ASK_NEEDS };

struct question {
	struct kafka_ask *ask;
	enum what what;
	struct kafka_partition list[4 * MODEL_PARTITIONS_MAX];
	size_t count;
	int64_t limit_us;
	int64_t until_us; /* 0: not asked yet */
	struct kafka_finding *findings;
	size_t findings_count;
	union {
		kafka_watermarks_fn *watermarks;
		kafka_offsets_fn *committed;
		kafka_findings_fn *findings;
	} done;
	void *arg;
	const char *error;
	struct kafka_watermarks marks[4 * MODEL_PARTITIONS_MAX];
	struct kafka_committed offsets[4 * MODEL_PARTITIONS_MAX];
	struct question *next;
};

struct kafka_ask {
	struct process *process;
	struct question *first, **end;
	bool busy, freed;
};

static void begin(struct kafka_ask *a);

static void tell(const struct question *q)
{
	size_t n = q->error == NULL ? q->count : 0;

	if (q->what == ASK_WATERMARKS)
		q->done.watermarks(q->arg, q->error, n > 0 ? q->marks : NULL,
		                   n);
	else if (q->what == ASK_COMMITTED)
		q->done.committed(q->arg, q->error, n > 0 ? q->offsets : NULL,
		                  n);
	else
		q->done.findings(q->arg, q->findings, q->findings_count);
}

static void on_answer(void *arg)
{
	struct question *q = arg;
	struct kafka_ask *a = q->ask;

	if (a->freed)
		return;
	a->first = q->next;
	if (a->first == NULL)
		a->end = &a->first;
	a->busy = false;
	tell(q);
	if (!a->freed)
		begin(a);
}

/* Now and then a leader of `requests` says of its log's end what its successor,
   which was not in sync, does not know. */
static int64_t end_said(const struct log_partition *p)
{
	bool requests = strcmp(p->topic, world.deployment.topics.requests) == 0;

	return log_end(p) + (requests && sim_fault(0.5));
}

/* Now and then a leader is away. */
static void look_marks(struct question *q)
{
	for (size_t i = 0; i < q->count; i++) {
		if (sim_fault(2)) {
			q->marks[i] =
				(struct kafka_watermarks){ q->list[i], -1, -1 };
			continue;
		}
		const struct log_partition *p =
			log_find(q->list[i].topic, q->list[i].partition);

		q->marks[i] = (struct kafka_watermarks){ q->list[i], p->low,
			                                 end_said(p) };
	}
}

static void look_needs(struct question *q)
{
	for (size_t i = 0; i < q->findings_count; i++) {
		struct kafka_finding *f = &q->findings[i];

		f->error = q->error;
		f->found =
			q->error != NULL ? KAFKA_NEED_UNKNOWN : KAFKA_NEED_MET;
	}
}

static bool look_offsets(struct question *q)
{
	for (size_t i = 0; i < q->count; i++) {
		int32_t n = q->list[i].partition;
		struct log_committed c = log_committed(n);

		if (log_is_unstable(n))
			return false;
		q->offsets[i] =
			(struct kafka_committed){ q->list[i], c.offset,
			                          span_str(c.metadata) };
	}
	return true;
}

static void on_broker(void *arg)
{
	struct question *q = arg;

	if (sim_fault(2))
		q->error = "timed out";
	if (q->what == ASK_NEEDS)
		look_needs(q);
	if (q->error == NULL && q->what == ASK_WATERMARKS)
		look_marks(q);
	if (q->error == NULL && q->what == ASK_COMMITTED && !look_offsets(q)) {
		if (sim.now_us < q->until_us) {
			sim_after(NULL, LOOK_AGAIN_US, on_broker, q);
			return;
		}
		q->error = "unstable";
	}
	sim_after(q->ask->process, sim_delay(), on_answer, q);
}

static void begin(struct kafka_ask *a)
{
	struct question *q = a->first;

	if (a->busy || q == NULL)
		return;
	int64_t us = sim_delay();

	if (sim_fault(3))
		us += sim_late(sim_below(5 * SECOND));
	a->busy = true;
	q->until_us = sim.now_us + q->limit_us;
	sim_after(NULL, us, on_broker, q);
}

static struct question *put(struct kafka_ask *ask, enum what what,
                            const struct kafka_partition *list, size_t count,
                            uint32_t limit_ms)
{
	struct question *q = arena_alloc(sim.arena, sizeof(*q));

	q->ask = ask;
	q->what = what;
	q->count = count;
	q->limit_us = (int64_t)limit_ms * MS;
	for (size_t i = 0; i < count; i++)
		q->list[i] = (struct kafka_partition){
			arena_str(sim.arena, list[i].topic), list[i].partition
		};
	*ask->end = q;
	ask->end = &q->next;
	return q;
}

void kafka_ask_watermarks(struct kafka_ask *ask,
                          const struct kafka_partition *list, size_t count,
                          uint32_t limit_ms, kafka_watermarks_fn *done,
                          void *arg)
{
	struct question *q = put(ask, ASK_WATERMARKS, list, count, limit_ms);

	q->done.watermarks = done;
	q->arg = arg;
	begin(ask);
}

void kafka_ask_committed(struct kafka_ask *ask,
                         const struct kafka_partition *list, size_t count,
                         uint32_t limit_ms, kafka_offsets_fn *done, void *arg)
{
	struct question *q = put(ask, ASK_COMMITTED, list, count, limit_ms);

	q->done.committed = done;
	q->arg = arg;
	begin(ask);
}

void kafka_ask_needs(struct kafka_ask *ask, const struct kafka_need *list,
                     size_t count, uint32_t limit_ms, kafka_findings_fn *done,
                     void *arg)
{
	struct question *q = put(ask, ASK_NEEDS, NULL, 0, limit_ms);

	q->findings = arena_calloc(sim.arena, count, sizeof(*q->findings));
	q->findings_count = count;
	for (size_t i = 0; i < count; i++)
		q->findings[i].need = list[i];
	q->done.findings = done;
	q->arg = arg;
	begin(ask);
}

struct kafka_ask *kafka_ask_new(struct loop *loop,
                                const struct kafka_conf *conf,
                                const char *group_id, struct err *err)
{
	struct kafka_ask *a = arena_alloc(sim.arena, sizeof(*a));

	(void)conf;
	(void)group_id;
	(void)err;
	a->process = sim_loop_process(loop);
	a->end = &a->first;
	return a;
}

void kafka_ask_free(struct kafka_ask **ask)
{
	if (*ask != NULL)
		(*ask)->freed = true;
	*ask = NULL;
}

/* There is no broker whose address or password could be wrong. */
int kafka_conf_check(const struct kafka_conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	return 0;
}
