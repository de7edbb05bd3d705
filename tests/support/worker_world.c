#include "tests/support/worker_world.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PERSPECTIVE "fra"

/* -- keys and settings -- */

static struct signing_key *make_key(struct worker_world *w, const char *name)
{
	struct signing_key *key = signing_key_generate();
	struct err err;

	ck_assert_msg(signing_key_write(
			      key,
			      arena_printf(w->arena, "%s/%s.key", w->dir, name),
			      arena_printf(w->arena, "%s/%s.pub", w->dir, name),
			      &err) == 0,
	              "%s", err.text);
	return key;
}

static void write_settings(struct worker_world *w, const char *extra)
{
	FILE *f = fopen(arena_printf(w->arena, "%s/w.conf", w->dir), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	ck_assert_int_gt(
		fprintf(f,
	                "lab = yes\ndeployment = test\ninstance = w1\n"
	                "perspective = " PERSPECTIVE "\n"
	                "signing_key = \"%s/worker.key\"\nheartbeat = 300ms\n"
	                "kafka {\n brokers = \"%s\"\n partitions = %d\n"
	                " \"fetch.wait.max.ms\" = \"5\"\n"
	                " \"session.timeout.ms\" = \"6000\"\n"
	                " \"heartbeat.interval.ms\" = \"200\"\n}\n"
	                "probe {\n path = \"" BINARY_DIR
	                "/perspective-worker/evil_probe\"\n count = 1\n}\n"
	                "guard {\n allow = { \"127.0.0.0/8\" }\n"
	                " egress = { \"192.0.2.7\", \"2001:db8::7\" }\n}\n"
	                "admin { port = 0 }\n"
	                "key \"c1\" {\n role = coordinator\n"
	                " public_key_file = \"%s/coordinator.pub\"\n}\n"
	                "key \"w1\" {\n role = worker\n"
	                " perspective = " PERSPECTIVE "\n"
	                " public_key_file = \"%s/worker.pub\"\n}\n%s",
	                w->dir, w->kafka.conf.brokers, WW_PARTITIONS, w->dir,
	                w->dir, extra),
		0);
	ck_assert_int_eq(fclose(f), 0);
}

static void load_settings(struct worker_world *w)
{
	struct err err;

	w->settings = settings_load(worker_settings, &w->conf,
	                            arena_printf(w->arena, "%s/w.conf", w->dir),
	                            NULL, &err);
	ck_assert_msg(w->settings != NULL, "%s", err.text);
	ck_assert_msg(worker_conf_check(w->settings, &w->conf, &err) == 0, "%s",
	              err.text);
	w->ring = pinned_keys_ring(&w->conf.keys, &err);
	ck_assert_msg(w->ring != NULL, "%s", err.text);
	ck_assert_msg(deployment_init(&w->deployment, &w->conf, &err) == 0,
	              "%s", err.text);
	w->second_conf = w->conf;
	w->second_conf.instance = "w2";
	ck_assert_msg(deployment_init(&w->second_deployment, &w->second_conf,
	                              &err) == 0,
	              "%s", err.text);
}

/* -- what comes back -- */

static void verify(struct worker_world *w, const struct kafka_message *m,
                   const char *type)
{
	struct trust_wanted wanted = { .role = KEY_ROLE_WORKER,
		                       .perspective = PERSPECTIVE,
		                       .at_ms = m->timestamp_ms };
	struct sign_domain d = ww_domain(type);
	struct span header;

	ck_assert_uint_eq(
		kafka_message_header(m, RECORD_SIGNATURE_HEADER, &header), 1);
	ck_assert_int_eq(
		keyring_verify(w->ring, &wanted, &d, m->value, header, NULL),
		TRUST_OK);
}

static struct span keep(struct worker_world *w, const struct kafka_message *m,
                        const char *header)
{
	struct span s = { NULL, 0 };

	if (kafka_message_header(m, header, &s) != 1)
		return (struct span){ NULL, 0 };
	return arena_span(w->arena, s);
}

static void on_result(struct worker_world *w, const struct kafka_message *m)
{
	struct got_result *g = arena_alloc(w->arena, sizeof(*g));

	verify(w, m, SIGN_RESULT);
	ck_assert_ptr_null(result_decode(m->value, w->arena, &g->result));
	g->key = arena_span(w->arena, m->key);
	g->traceparent = keep(w, m, HEADER_TRACEPARENT);
	g->partition = m->partition;
	*w->results_end = g;
	w->results_end = &g->next;
	w->results_count++;
}

static void on_dead(struct worker_world *w, const struct kafka_message *m)
{
	struct got_dead *g = arena_alloc(w->arena, sizeof(*g));

	g->key = arena_span(w->arena, m->key);
	g->value = arena_span(w->arena, m->value);
	g->reason = keep(w, m, HEADER_DEAD_REASON);
	g->detail = keep(w, m, HEADER_DEAD_DETAIL);
	g->topic = keep(w, m, HEADER_DEAD_TOPIC);
	g->partition = keep(w, m, HEADER_DEAD_PARTITION);
	g->offset = keep(w, m, HEADER_DEAD_OFFSET);
	*w->dead_end = g;
	w->dead_end = &g->next;
	w->dead_count++;
}

static void on_beat(struct worker_world *w, const struct kafka_message *m)
{
	verify(w, m, SIGN_HEARTBEAT);
	if (!span_is(m->key, PERSPECTIVE "/w1"))
		return;
	ck_assert_ptr_null(heartbeat_decode(m->value, w->arena, &w->beat));
	w->beats++;
}

static void on_message(void *owner, const struct kafka_message *m)
{
	struct worker_world *w = owner;
	const struct topics *t = &w->deployment.topics;

	if (strcmp(m->topic, t->results) == 0)
		on_result(w, m);
	else if (strcmp(m->topic, t->dead_letters) == 0)
		on_dead(w, m);
	else
		on_beat(w, m);
}

static void on_broken(void *owner, const struct kafka_partition *p,
                      const char *why)
{
	(void)owner;
	ck_abort_msg("%s/%d: %s", p->topic, p->partition, why);
}

static void on_fatal(void *owner, const char *why)
{
	(void)owner;
	ck_abort_msg("fatal: %s", why);
}

/* -- the world -- */

static void add_topic(struct worker_world *w, const char *name, int partitions)
{
	const struct mock_topic t = { name, partitions };

	ck_assert_int_eq(
		mock_broker_add_topic(w->kafka.broker, &t, &w->kafka.err), 0);
}

static void start_reading(struct worker_world *w, const char *topic,
                          int partitions)
{
	for (int i = 0; i < partitions; i++) {
		struct kafka_partition at = { topic, i };

		ck_assert_int_eq(kafka_in_start(w->in, &at,
		                                KAFKA_OFFSET_BEGINNING,
		                                &w->kafka.err),
		                 0);
	}
}

static void open_clients(struct worker_world *w)
{
	const struct topics *t = &w->deployment.topics;
	const char *const topics[] = { w->deployment.checks };
	struct kafka_out_options out = { .topics = topics,
		                         .topic_count = 1,
		                         .on_fatal = on_fatal };
	struct kafka_in_options in = { .group_id = "test",
		                       .events = { .on_message = on_message,
		                                   .on_broken = on_broken,
		                                   .on_fatal = on_fatal,
		                                   .owner = w } };

	w->out = kafka_out_new(w->kafka.loop, &w->kafka.conf, &out,
	                       &w->kafka.err);
	w->in = kafka_in_new(w->kafka.loop, &w->kafka.conf, &in, &w->kafka.err);
	ck_assert_msg(w->out != NULL && w->in != NULL, "%s", w->kafka.err.text);
	start_reading(w, t->results, WW_PARTITIONS);
	start_reading(w, t->dead_letters, 1);
	start_reading(w, t->perspectives, 1);
}

void ww_open(struct worker_world *w, const char *extra)
{
	memset(w, 0, sizeof(*w));
	log_open("test",
	         getenv("MPIC_TEST_DEBUG") != NULL ? LOG_DEBUG : LOG_ERROR);
	world_open(&w->kafka, NULL, 0);
	w->arena = arena_new();
	w->results_end = &w->results;
	w->dead_end = &w->dead;
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/mpic-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(w->dir));
	w->coordinator_key = make_key(w, "coordinator");
	w->worker_key = make_key(w, "worker");
	w->stranger_key = signing_key_generate();
	write_settings(w, extra);
	load_settings(w);
	add_topic(w, w->deployment.checks, WW_CHECKS_PARTITIONS);
	add_topic(w, w->deployment.topics.results, WW_PARTITIONS);
	add_topic(w, w->deployment.topics.perspectives, 1);
	add_topic(w, w->deployment.topics.dead_letters, 1);
	w->metrics = metrics_new();
	w->stats = stats_new(w->metrics);
	open_clients(w);
}

static void remove_files(struct worker_world *w)
{
	static const char *const names[] = { "coordinator.key",
		                             "coordinator.pub", "worker.key",
		                             "worker.pub", "w.conf" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(arena_printf(w->arena, "%s/%s", w->dir, names[i]));
	ck_assert_int_eq(rmdir(w->dir), 0);
}

void ww_close(struct worker_world *w)
{
	worker_free(&w->worker);
	worker_free(&w->second);
	kafka_in_free(&w->in);
	kafka_out_free(&w->out);
	stats_free(&w->stats);
	metrics_free(&w->metrics);
	deployment_clear(&w->deployment);
	deployment_clear(&w->second_deployment);
	settings_free(&w->settings);
	keyring_free(&w->ring);
	signing_key_free(&w->coordinator_key);
	signing_key_free(&w->worker_key);
	signing_key_free(&w->stranger_key);
	remove_files(w);
	arena_free(&w->arena);
	world_close(&w->kafka);
}

static bool is_ready(void *arg)
{
	struct buf reasons = { 0 };

	worker_ready(arg, &reasons);
	bool ready = reasons.len == 0;

	buf_clear(&reasons);
	return ready;
}

void ww_start(struct worker_world *w)
{
	struct err err;

	w->worker = worker_new(w->kafka.loop, &w->deployment, w->stats, &err);
	ck_assert_msg(w->worker != NULL, "%s", err.text);
	world_run(&w->kafka, "worker ready", is_ready, w->worker);
}

void ww_start_second(struct worker_world *w)
{
	struct err err;

	w->second = worker_new(w->kafka.loop, &w->second_deployment, w->stats,
	                       &err);
	ck_assert_msg(w->second != NULL, "%s", err.text);
	world_run(&w->kafka, "second worker ready", is_ready, w->second);
}

void ww_kill(struct worker_world *w)
{
	worker_free(&w->worker);
}

void ww_drain(struct worker_world *w)
{
	worker_drain(w->worker);
	loop_run(w->kafka.loop); /* the worker stops it */
	ck_assert(w->worker->leaving);
	worker_free(&w->worker);
}

void ww_kill_probes(void)
{
	char text[4096];
	uint64_t pid;

	(void)snprintf(text, sizeof(text), "/proc/self/task/%d/children",
	               (int)getpid());
	FILE *f = fopen(text, "r");

	ck_assert_ptr_nonnull(f);
	struct span left = span_of(text, fread(text, 1, sizeof(text), f));

	(void)fclose(f);
	while (left.len > 0) {
		ptrdiff_t space = span_find(left, SPAN(" "));
		size_t len = space < 0 ? left.len : (size_t)space;

		if (text_u64(span_sub(left, 0, len), INT32_MAX, &pid))
			(void)kill((pid_t)pid, SIGKILL);
		left = span_sub(left, len + 1, SIZE_MAX);
	}
}

/* -- checks -- */

struct sign_domain ww_domain(const char *type)
{
	return (struct sign_domain){ true, "test", type, 1 };
}

struct check ww_check(const char *id, const char *target)
{
	struct check c = {
		.schema_version = 1,
		.request_id = span_str(id),
		.attempt_id = SPAN("0123456789abcdef0123456789abcdef"),
		.perspective = SPAN(PERSPECTIVE),
		.role = ROLE_REMOTE,
		.check_set = SET_DCV | SET_CAA,
		.target = span_str(target),
		.dcv = { .present = true,
		         .validation_method = METHOD_ACME_DNS_01,
		         .key_authorization_hash = SPAN("hash") },
		.deadline_ms = clock_wall_ms() + 10000,
		.budget_ms = 10000,
		.results_partition = 1,
	};

	memset(c.plan.b, 7, sizeof(c.plan.b));
	return c;
}

void ww_send_bytes(struct worker_world *w, struct span value,
                   struct signing_key *key, const struct sign_domain *domain,
                   const char *traceparent)
{
	struct buf text = { 0 };
	struct kafka_header headers[2];
	struct kafka_record record = { .topic = w->deployment.checks,
		                       .partition = 0,
		                       .key = SPAN("key"),
		                       .value = value,
		                       .headers = headers };

	if (key != NULL) {
		record_sign(key, domain, value, &text);
		headers[record.header_count++] =
			(struct kafka_header){ RECORD_SIGNATURE_HEADER,
			                       buf_span(&text) };
	}
	if (traceparent != NULL)
		headers[record.header_count++] =
			(struct kafka_header){ HEADER_TRACEPARENT,
			                       span_str(traceparent) };
	ck_assert_int_eq(kafka_out_send(w->out, &record, NULL, NULL),
	                 KAFKA_SENT);
	buf_clear(&text);
}

void ww_send(struct worker_world *w, const struct check *check)
{
	struct sign_domain d = ww_domain(SIGN_CHECK);
	struct buf value = { 0 };

	check_encode(check, &value);
	ww_send_bytes(w, buf_span(&value), w->coordinator_key, &d, "00-trace");
	buf_clear(&value);
}

struct waiting {
	const int *have;
	int want;
};

static bool has_enough(void *arg)
{
	struct waiting *x = arg;

	return *x->have >= x->want;
}

void ww_wait_results(struct worker_world *w, int count)
{
	struct waiting x = { &w->results_count, count };

	world_run(&w->kafka, "results", has_enough, &x);
}

void ww_wait_dead(struct worker_world *w, int count)
{
	struct waiting x = { &w->dead_count, count };

	world_run(&w->kafka, "dead letters", has_enough, &x);
}

const struct got_result *ww_result(struct worker_world *w, const char *id,
                                   int n)
{
	for (const struct got_result *g = w->results; g != NULL; g = g->next) {
		if (span_is(g->result.request_id, id) && n-- == 0)
			return g;
	}
	ck_abort_msg("no such result for %s", id);
	return NULL;
}

void ww_ask(struct worker_world *w, const char *id, const char *target)
{
	struct check c = ww_check(id, target);

	ww_send(w, &c);
}

const struct got_result *ww_answer(struct worker_world *w, const char *id,
                                   const char *target)
{
	int before = w->results_count;

	ww_ask(w, id, target);
	ww_wait_results(w, before + 1);
	return ww_result(w, id, 0);
}

void ww_expect(const struct got_result *g, enum result_class class,
               enum reason reason)
{
	ck_assert_uint_eq(g->result.kinds_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct kind_result *k = &g->result.kinds[i];

		ck_assert_str_eq(result_class_name(k->result_class),
		                 result_class_name(class));
		if (reason != REASON_UNKNOWN)
			ck_assert_str_eq(reason_name(k->reason),
			                 reason_name(reason));
	}
}

int ww_count(const struct worker_world *w, const char *id)
{
	int count = 0;

	for (const struct got_result *g = w->results; g != NULL; g = g->next)
		count += span_is(g->result.request_id, id);
	return count;
}
