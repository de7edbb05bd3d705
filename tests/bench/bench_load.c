/*
 * A load of requests for the running system, and what it made of them: JSON on
 * stdout. See tests/bench/run.sh, which starts the system and calls this.
 *
 * Closed loop (--in-flight N): a new request for every decision. Open loop
 * (--rate R): R requests a second, whatever comes back. Figures are of a
 * window after a warm-up; requests sent in it are waited for.
 */
#include "tests/bench/load.h"
#include "tests/bench/properties.h"
#include "tests/bench/trace.h"
#include "tests/bench/usage.h"

#include "base/clock.h"
#include "kafka/kafka_in.h"
#include "kafka/kafka_out.h"
#include "loop/timer.h"
#include "wire/request.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	TICK_MS = 2,
	DRAIN_MS = 15000,
	SETTLE_MS = 1500, /* more than an unhurried fetch waits */
	READY_MS = 20000,
	CREDIT_MOST = 200, /* requests sent in one tick */
	OUT_FLIGHT_MAX = 50000
};

enum phase {
	PHASE_OPENING,
	PHASE_WARM,
	PHASE_MEASURED,
	PHASE_DRAIN,
	PHASE_SETTLE
};

struct load {
	struct options o;
	struct loop *loop;
	struct timer *tick;
	struct kafka_out *out;
	struct kafka_in *in;
	struct kafka_in *side; /* records whose arrival is not measured */
	struct traces traces;
	enum phase phase;
	size_t ends_missing; /* partitions whose end was not reached yet */
	char id_prefix[32];
	size_t in_flight;
	double began_ms, ended_ms; /* the window */
	double next_ms;            /* wall, when the phase ends */
	double credit, credit_ms;
	uint64_t decided; /* in the window */
	size_t most_in_flight;
	struct usage_process before[USAGE_PROCESSES_MAX];
	struct usage_process after[USAGE_PROCESSES_MAX];
	int processes;
	struct properties properties, unhurried;
};

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_load: %s: %s\n", what, why);
	exit(1);
}

static double wall_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* -- requests */

static void fill(const struct load *l, struct request *r, struct span id,
                 struct span target)
{
	bool dcv = l->o.token != NULL;

	*r = (struct request){
		.request_id = id,
		.check_type_given = true,
		.check_set = dcv ? SET_DCV : SET_CAA,
		.check_type_text = dcv ? SPAN("dcv") : SPAN("caa"),
		.domain_or_ip_target = target,
	};
	if (l->o.time_allowed_ms > 0) {
		r->time_allowed_ms.set = true;
		r->time_allowed_ms.v = (int64_t)l->o.time_allowed_ms;
	}
	if (dcv)
		r->dcv = (struct dcv_parameters){
			.present = true,
			.validation_method = l->o.alpn ? METHOD_ACME_TLS_ALPN_01
			                               : METHOD_ACME_HTTP_01,
			.validation_method_text =
				l->o.alpn ? SPAN("acme-tls-alpn-01")
					  : SPAN("acme-http-01"),
			.token = span_str(l->o.token),
			.key_authorization = span_str(l->o.key_authorization),
		};
}

static void send_one(struct load *l)
{
	struct traces *t = &l->traces;
	size_t n = traces_add(t);
	char id[64], target[256];
	struct buf value = { 0 };
	struct request r;
	struct kafka_header type = { HEADER_CONTENT_TYPE,
		                     l->o.json ? SPAN(CONTENT_TYPE_JSON)
		                               : SPAN(CONTENT_TYPE_MSGPACK) };

	(void)snprintf(id, sizeof(id), "%s%zu", l->id_prefix, n);
	(void)snprintf(target, sizeof(target), "%s%zu.%s", l->id_prefix, n,
	               l->o.zone);
	fill(l, &r, span_str(id), span_str(target));
	request_encode(&r, l->o.json ? ENCODING_JSON : ENCODING_MSGPACK,
	               &value);

	struct kafka_record record = { .topic = t->topics.requests,
		                       .partition = KAFKA_PARTITION_OF_KEY,
		                       .key = span_str(id),
		                       .value = buf_span(&value),
		                       .headers = &type,
		                       .header_count = 1 };
	struct kafka_message sent = { .key = record.key,
		                      .value = record.value,
		                      .headers = &type,
		                      .header_count = 1 };

	t->list[n].measured = l->phase == PHASE_MEASURED;
	if (t->list[n].measured && t->sample_of == SIZE_MAX)
		t->sample_of = n;
	t->list[n].sent_ms = wall_ms();
	if (kafka_out_send(l->out, &record, NULL, NULL) != KAFKA_SENT)
		die("send", "the producer is full");
	traces_size(t, TRACE_REQUEST, &sent, n);
	buf_clear(&value);
	if (++l->in_flight > l->most_in_flight)
		l->most_in_flight = l->in_flight;
}

/* As many as the loop is owed now. */
static void send_due(struct load *l, double now)
{
	if (l->phase != PHASE_WARM && l->phase != PHASE_MEASURED)
		return;
	if (l->o.rate == 0) {
		while (l->in_flight < l->o.in_flight)
			send_one(l);
		return;
	}
	l->credit += (now - l->credit_ms) * (double)l->o.rate / 1000;
	l->credit_ms = now;
	if (l->credit > CREDIT_MOST)
		l->credit = CREDIT_MOST;
	while (l->credit >= 1 && l->in_flight < l->o.in_flight) {
		l->credit--;
		send_one(l);
	}
}

/* -- phases */

static void read_usage(struct load *l, struct usage_process *into)
{
	size_t gone = 0;

	if (l->processes > 0)
		gone = usage_read(into, (size_t)l->processes);
	if (gone > (l->traces.since_ms > 0 ? 1 : 0))
		die("processes", "one of them has ended");
}

static void kill_one(struct load *l, double now)
{
	for (int i = 0; i < l->processes; i++) {
		struct usage_process *p = &l->before[i];

		if (strcmp(p->name, l->o.kill) != 0)
			continue;
		if (kill((pid_t)p->pid, SIGKILL) != 0)
			die("--kill", "it has gone");
		l->traces.since_ms = now;
		return;
	}
	die("--kill", "no process of that name");
}

static void next_phase(struct load *l, double now)
{
	switch (l->phase) {
	case PHASE_OPENING:
		if (l->ends_missing > 0)
			die("broker", "its logs can't be read to their ends");
		l->phase = PHASE_WARM;
		l->credit_ms = now;
		l->next_ms = now + (double)l->o.warm_ms;
		return;
	case PHASE_WARM:
		l->phase = PHASE_MEASURED;
		l->began_ms = now;
		l->next_ms = now + (double)l->o.window_ms;
		read_usage(l, l->before);
		if (l->o.kill != NULL)
			kill_one(l, now);
		return;
	case PHASE_MEASURED:
		read_usage(l, l->after);
		l->ended_ms = now;
		l->phase = PHASE_DRAIN;
		l->next_ms = now + DRAIN_MS;
		return;
	case PHASE_DRAIN:
		l->phase = PHASE_SETTLE;
		l->next_ms = now + (l->o.trace ? SETTLE_MS : 0);
		return;
	case PHASE_SETTLE: loop_stop(l->loop);
	}
}

static void on_tick(void *arg)
{
	struct load *l = arg;
	double now = wall_ms();

	if (now >= l->next_ms ||
	    (l->phase == PHASE_OPENING && l->ends_missing == 0) ||
	    (l->phase == PHASE_DRAIN && l->in_flight == 0))
		next_phase(l, now);
	send_due(l, now);
	timer_set_ms(l->tick, TICK_MS);
}

/* -- what comes back */

static void on_message(void *owner, const struct kafka_message *m)
{
	struct load *l = owner;
	double now = wall_ms();

	if (traces_note(&l->traces, m, now) < 0)
		return;
	l->in_flight--;
	l->decided += l->phase == PHASE_MEASURED;
	if (l->o.rate == 0)
		send_due(l, now);
}

static void on_eof(void *owner, const struct kafka_partition *p, int64_t offset,
                   int64_t high)
{
	struct load *l = owner;

	(void)p;
	(void)offset;
	(void)high;
	if (l->phase == PHASE_OPENING && l->ends_missing > 0)
		l->ends_missing--;
}

static void on_broken(void *owner, const struct kafka_partition *p,
                      const char *why)
{
	(void)owner;
	die(p->topic, why);
}

static void on_fatal(void *owner, const char *why)
{
	(void)owner;
	die("kafka", why);
}

/* -- start */

static void read_topic(struct load *l, struct kafka_in *in, const char *topic,
                       uint64_t partitions)
{
	struct err err;

	for (uint64_t i = 0; i < partitions; i++) {
		struct kafka_partition p = { topic, (int32_t)i };

		if (kafka_in_start(in, &p, KAFKA_OFFSET_END, &err) != 0)
			die(topic, err.text);
		l->ends_missing++;
	}
}

static void open_clients(struct load *l)
{
	char wait[48];
	struct err err;

	if (properties_read(&l->properties, l->o.properties, &err) != 0)
		die("--properties", err.text);

	struct kafka_conf conf = { .brokers = l->o.brokers,
		                   .client_id = "mpic-bench",
		                   .properties = l->properties.list,
		                   .property_count = l->properties.count,
		                   .lab = true };
	const char *topics[] = { l->traces.topics.requests };
	struct kafka_out_options out = { .in_flight_max = OUT_FLIGHT_MAX,
		                         .topics = topics,
		                         .topic_count = 1,
		                         .on_fatal = on_fatal };
	struct kafka_in_options in = { .group_id = "mpic-bench",
		                       .events = { .on_message = on_message,
		                                   .on_eof = on_eof,
		                                   .on_broken = on_broken,
		                                   .on_fatal = on_fatal,
		                                   .owner = l } };

	l->out = kafka_out_new(l->loop, &conf, &out, &err);
	if (l->out == NULL)
		die("producer", err.text);
	(void)snprintf(wait, sizeof(wait), "fetch.wait.max.ms=%llu",
	               (unsigned long long)l->o.fetch_wait_ms);
	properties_add(&l->properties, wait);
	conf.property_count = l->properties.count;
	l->in = kafka_in_new(l->loop, &conf, &in, &err);
	if (l->in == NULL)
		die("consumer", err.text);
	if (!l->o.trace)
		return;
	/* Large fetches, so that what is looked at weighs little on what is
	   measured. */
	if (properties_read(&l->unhurried, l->o.properties, &err) != 0)
		die("--properties", err.text);
	properties_add(&l->unhurried, "fetch.wait.max.ms=500");
	properties_add(&l->unhurried, "fetch.min.bytes=1000000");
	conf.properties = l->unhurried.list;
	conf.property_count = l->unhurried.count;
	l->side = kafka_in_new(l->loop, &conf, &in, &err);
	if (l->side == NULL)
		die("second consumer", err.text);
}

static void start_reading(struct load *l)
{
	const struct topics *t = &l->traces.topics;

	read_topic(l, l->in, t->decisions, l->o.partitions);
	if (!l->o.trace)
		return;
	read_topic(l, l->side, t->attempts, l->o.partitions);
	read_topic(l, l->side, t->results, l->o.partitions);
	for (int i = 0; i < l->traces.perspectives_count; i++) {
		char name[TOPIC_NAME_MAX];

		read_topic(l, l->side,
		           topics_checks(t, span_str(l->traces.perspectives[i]),
		                         name),
		           l->o.checks_partitions);
	}
}

static void init_traces(struct load *l)
{
	struct traces *t = &l->traces;
	char *codes = xstrdup(l->o.perspectives), *at = codes;

	topics_init(&t->topics, l->o.prefix);
	t->arena = arena_new();
	t->scratch = arena_new();
	t->id_prefix = l->id_prefix;
	t->sample_of = SIZE_MAX;
	t->late_after_ms = (double)l->o.time_allowed_ms;
	for (char *code; (code = strsep(&at, ",")) != NULL;) {
		if (t->perspectives_count == TRACE_PERSPECTIVES_MAX)
			die("--perspectives", "too many");
		t->perspectives[t->perspectives_count++] =
			arena_str(t->arena, code);
	}
	free(codes);
}

/* -- the end */

static void print_processes(const struct load *l)
{
	(void)printf(",\"processes\":[");
	for (int i = 0; i < l->processes; i++) {
		const struct usage_process *a = &l->before[i];
		const struct usage_process *b = &l->after[i];

		(void)printf("%s{\"name\":\"%s\",\"cpu_s\":%.3f,"
		             "\"below_cpu_s\":%.3f,\"rss_kb\":%lld,"
		             "\"peak_kb\":%lld,\"below_rss_kb\":%lld,"
		             "\"below_peak_kb\":%lld}",
		             i > 0 ? "," : "", b->name,
		             b->self.cpu_s - a->self.cpu_s,
		             b->below.cpu_s - a->below.cpu_s,
		             (long long)b->self.rss_kb,
		             (long long)b->self.peak_kb,
		             (long long)b->below.rss_kb,
		             (long long)b->below.peak_kb);
	}
	(void)printf("]");
}

static void print(const struct load *l)
{
	(void)printf("{\"seconds\":%.3f,\"decided\":%llu,"
	             "\"most_in_flight\":%zu,",
	             (l->ended_ms - l->began_ms) / 1000,
	             (unsigned long long)l->decided, l->most_in_flight);
	traces_print(&l->traces);
	print_processes(l);
	(void)printf("}\n");
}

/* What the load itself costs is shown beside the others. */
static void add_self(struct load *l)
{
	if (l->processes == USAGE_PROCESSES_MAX)
		die("--processes", "too many");
	l->before[l->processes++] =
		(struct usage_process){ .name = "load", .pid = getpid() };
}

int main(int argc, char **argv)
{
	struct load l = { .processes = 0 };

	options_read(&l.o, argc, argv);
	/* another load may have begun in the same millisecond */
	(void)snprintf(l.id_prefix, sizeof(l.id_prefix), "b%llx-%lx-",
	               (unsigned long long)clock_wall_ms(), (long)getpid());
	init_traces(&l);
	if (l.o.processes != NULL) {
		l.processes = usage_load(l.o.processes, l.before);
		if (l.processes < 0)
			die(l.o.processes, "lines \"name pid\" are wanted");
		add_self(&l);
		memcpy(l.after, l.before, sizeof(l.after));
	}
	l.loop = loop_new();
	open_clients(&l);
	start_reading(&l);
	l.tick = timer_new(l.loop, on_tick, &l);
	l.next_ms = wall_ms() + READY_MS;
	timer_set_ms(l.tick, TICK_MS);
	loop_run(l.loop);
	print(&l);
	if (l.o.samples != NULL && traces_save(&l.traces, l.o.samples) != 0)
		die(l.o.samples, "no complete sample could be left there");
	timer_free(&l.tick);
	kafka_in_free(&l.in);
	if (l.side != NULL)
		kafka_in_free(&l.side);
	kafka_out_free(&l.out);
	properties_clear(&l.properties);
	properties_clear(&l.unhurried);
	loop_free(&l.loop);
	arena_free(&l.traces.scratch);
	arena_free(&l.traces.arena);
	free(l.traces.list);
	return 0;
}
