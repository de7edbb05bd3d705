/*
 * kafka_out.h over the model: in order per partition, reported once.
 */
#include "kafka/kafka_out.h"

#include "kafka/kafka_produce.h"
#include "tests/simulation/model_log.h"
#include "tests/simulation/model_out.h"

struct sent {
	struct kafka_out *out;
	struct lane *lane;
	struct kafka_record record;
	kafka_delivered_fn *delivered;
	void *arg;
	int64_t sent_us;
	bool lost; /* never reaches the log */
	struct kafka_delivery report;
	struct sent *next; /* on its way, in order */
};

/* Records for one partition overtake no other. */
struct lane {
	struct log_partition *p;
	int64_t busy_until_us, told_until_us;
	struct sent *first, **end;
	struct lane *next;
};

struct kafka_out {
	struct process *process;
	uint32_t most, in_flight;
	struct lane *lanes;
	bool freed;
	struct kafka_out *next;
};

static struct kafka_out *outs;

void model_out_begin(void)
{
	outs = NULL;
}

/* Each lane's last records may have been in the process still. */
void model_out_killed(const struct process *process)
{
	for (struct kafka_out *o = outs; o != NULL; o = o->next) {
		if (o->process != process)
			continue;
		for (struct lane *l = o->lanes; l != NULL; l = l->next) {
			bool lost = false;

			for (struct sent *s = l->first; s != NULL;
			     s = s->next) {
				lost = lost || sim_percent(40);
				s->lost = s->lost || lost;
			}
		}
	}
}

static void on_report(void *arg)
{
	struct sent *s = arg;

	s->out->in_flight--;
	if (!s->out->freed && s->delivered != NULL)
		s->delivered(s->arg, &s->report);
}

static void on_arrival(void *arg)
{
	struct sent *s = arg;
	struct lane *l = s->lane;
	int64_t at = sim.now_us + sim_delay();

	l->first = s->next;
	if (l->first == NULL)
		l->end = &l->first;
	if (!s->lost) {
		const struct log_record *r =
			log_append(l->p, &s->record, s->sent_us);

		s->report.offset = r->offset;
		s->report.timestamp_ms = r->timestamp_ms;
	}
	if (at < l->told_until_us)
		at = l->told_until_us;
	l->told_until_us = at;
	sim_at(s->out->process, at, on_report, s);
}

static struct lane *lane_of(struct kafka_out *out, struct log_partition *p)
{
	struct lane *l = out->lanes;

	while (l != NULL && l->p != p)
		l = l->next;
	if (l != NULL)
		return l;
	l = arena_alloc(sim.arena, sizeof(*l));
	l->p = p;
	l->end = &l->first;
	l->next = out->lanes;
	out->lanes = l;
	return l;
}

static struct span keep(struct span s)
{
	return s.p == NULL ? s : arena_span(sim.arena, s);
}

static struct kafka_record keep_record(const struct kafka_record *r)
{
	struct kafka_record copy = *r;
	struct kafka_header *headers =
		arena_calloc(sim.arena, r->header_count + 1, sizeof(*headers));

	copy.key = keep(r->key);
	copy.value = keep(r->value);
	for (size_t i = 0; i < r->header_count; i++)
		headers[i] =
			(struct kafka_header){ arena_str(sim.arena,
			                                 r->headers[i].name),
			                       keep(r->headers[i].value) };
	copy.headers = headers;
	return copy;
}

static void decide_fate(struct sent *s)
{
	s->report = (struct kafka_delivery){ .fate = KAFKA_DELIVERED,
		                             .partition = s->lane->p->number,
		                             .offset = -1,
		                             .timestamp_ms = -1,
		                             .time_kind = KAFKA_TIME_APPEND };
	if (sim_fault(1)) {
		s->report.fate = KAFKA_UNDELIVERED;
		s->report.error = "timed out";
		s->lost = sim_percent(50);
	} else if (sim_fault(0.2)) {
		s->report.fate = KAFKA_REFUSED;
		s->report.error = "refused";
		s->lost = true;
	}
}

enum kafka_send kafka_out_send(struct kafka_out *out,
                               const struct kafka_record *record,
                               kafka_delivered_fn *delivered, void *arg)
{
	struct log_partition *p = log_find(
		record->topic, record->partition < 0 ? 0 : record->partition);

	if (p == NULL)
		return KAFKA_FAILED;
	if (out->in_flight >= out->most || sim_fault(0.5))
		return KAFKA_FULL;
	struct lane *l = lane_of(out, p);
	struct sent *s = arena_alloc(sim.arena, sizeof(*s));
	int64_t at = sim.now_us + sim_delay();

	s->out = out;
	s->lane = l;
	s->sent_us = sim.now_us;
	s->record = keep_record(record);
	s->delivered = delivered;
	s->arg = arg;
	decide_fate(s);
	if (sim_fault(0.3)) /* its partition has no leader for a while */
		at += sim_late(sim_below(25 * SECOND));
	if (at < l->busy_until_us)
		at = l->busy_until_us;
	l->busy_until_us = at;
	*l->end = s;
	l->end = &s->next;
	out->in_flight++;
	sim_at(NULL, at, on_arrival, s);
	return KAFKA_SENT;
}

struct kafka_out *kafka_out_new(struct loop *loop,
                                const struct kafka_conf *conf,
                                const struct kafka_out_options *options,
                                struct err *err)
{
	struct kafka_out *out = arena_alloc(sim.arena, sizeof(*out));

	(void)conf;
	(void)err;
	out->process = sim_loop_process(loop);
	out->most = options->in_flight_max;
	out->next = outs;
	outs = out;
	return out;
}

void kafka_out_free(struct kafka_out **out)
{
	if (*out != NULL)
		(*out)->freed = true;
	*out = NULL;
}

uint32_t kafka_out_in_flight(const struct kafka_out *out)
{
	return out->in_flight;
}

size_t kafka_record_bytes(const struct kafka_record *r)
{
	size_t n = r->key.len + r->value.len;

	for (size_t i = 0; i < r->header_count; i++)
		n += strlen(r->headers[i].name) + r->headers[i].value.len;
	return n;
}
