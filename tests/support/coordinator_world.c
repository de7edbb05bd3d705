#include "tests/support/coordinator_parts.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/murmur2.h"
#include "coordinator/partition.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const cw_codes[CITIES] = {
	"fra", "nyc", "sao", "sin", "syd", "jnb"
};

const char *cw_rirs[CITIES];

static const struct {
	const char *rir, *latitude, *longitude;
} places[CITIES] = {
	{ "ripe", "50.11", "8.68" },      { "arin", "40.71", "-74.01" },
	{ "lacnic", "-23.55", "-46.63" }, { "apnic", "1.35", "103.82" },
	{ "apnic", "-33.87", "151.21" },  { "afrinic", "-26.20", "28.05" },
};

struct sign_domain cw_domain(const char *type)
{
	return (struct sign_domain){ true, "test", type, 1 };
}

struct span cw_keep(struct coordinator_world *w, const struct kafka_message *m,
                    const char *header)
{
	struct span s = { NULL, 0 };

	if (kafka_message_header(m, header, &s) == 0)
		return (struct span){ NULL, 0 };
	return arena_span(w->arena, s);
}

/* -- keys and settings -- */

static void write_file(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static struct signing_key *make_key(struct coordinator_world *w,
                                    const char *name)
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

static void write_settings(struct coordinator_world *w, const char *extra)
{
	struct buf text = { 0 };
	uint8_t plan[PLAN_KEY_MIN] = { 7 };
	const char *plan_path = arena_printf(w->arena, "%s/plan.key", w->dir);

	write_file(plan_path, plan, sizeof(plan));
	buf_printf(&text,
	           "lab = yes\ndeployment = test\ninstance = c1\n"
	           "signing_key = \"%s/coordinator.key\"\n"
	           "plan_key = \"%s\"\nissuers = { \"ca.example\" }\n"
	           "kafka {\n brokers = \"%s\"\n partitions = %d\n"
	           " \"fetch.wait.max.ms\" = \"5\"\n"
	           " \"session.timeout.ms\" = \"3000\"\n"
	           " \"heartbeat.interval.ms\" = \"200\"\n}\n"
	           "admin { port = 0 }\n",
	           w->dir, plan_path, w->kafka.conf.brokers, CW_PARTITIONS);
	for (int i = 0; i < CITIES; i++)
		buf_printf(
			&text,
			"perspective \"%s\" {\n rir = %s\n latitude = %s\n"
			" longitude = %s\n}\nkey \"%s-1\" {\n role = worker\n"
			" perspective = %s\n public_key_file = "
			"\"%s/%s.pub\"\n}\n",
			cw_codes[i],
			cw_rirs[i] != NULL ? cw_rirs[i] : places[i].rir,
			places[i].latitude, places[i].longitude, cw_codes[i],
			cw_codes[i], w->dir, cw_codes[i]);
	buf_printf(&text,
	           "key \"coordinator-1\" {\n role = coordinator\n"
	           " public_key_file = \"%s/coordinator.pub\"\n}\n%s",
	           w->dir, extra);
	write_file(arena_printf(w->arena, "%s/c.conf", w->dir), text.p,
	           text.len);
	buf_clear(&text);
}

static void load_settings(struct coordinator_world *w)
{
	struct err err;

	w->settings = settings_load(coordinator_settings, &w->conf,
	                            arena_printf(w->arena, "%s/c.conf", w->dir),
	                            NULL, &err);
	ck_assert_msg(w->settings != NULL, "%s", err.text);
	ck_assert_msg(coordinator_conf_check(w->settings, &w->conf, &err) == 0,
	              "%s", err.text);
	w->ring = pinned_keys_ring(&w->conf.keys, &err);
	ck_assert_msg(w->ring != NULL, "%s", err.text);
}

/* -- its topics -- */

static void on_message(void *owner, const struct kafka_message *m)
{
	struct coordinator_world *w = owner;
	char topic[TOPIC_NAME_MAX];

	cw_note(w, m);
	for (int i = 0; i < CITIES; i++) {
		topics_checks(&w->deployment.topics, span_str(cw_codes[i]),
		              topic);
		if (strcmp(m->topic, topic) == 0)
			cw_on_check(w, i, m);
	}
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

static void add_topic(struct coordinator_world *w, const char *name,
                      int partitions)
{
	const struct mock_topic t = { name, partitions };

	ck_assert_int_eq(
		mock_broker_add_topic(w->kafka.broker, &t, &w->kafka.err), 0);
}

static void add_topics(struct coordinator_world *w)
{
	struct topics t;
	char checks[TOPIC_NAME_MAX];

	topics_init(&t, "mpic.");
	add_topic(w, t.requests, CW_PARTITIONS);
	add_topic(w, t.attempts, CW_PARTITIONS);
	add_topic(w, t.results, CW_PARTITIONS);
	add_topic(w, t.decisions, CW_PARTITIONS);
	add_topic(w, t.perspectives, 1);
	add_topic(w, t.dead_letters, 1);
	for (int i = 0; i < CITIES; i++)
		add_topic(w, topics_checks(&t, span_str(cw_codes[i]), checks),
		          1);
}

static void start_reading(struct coordinator_world *w, const char *topic,
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

static void open_clients(struct coordinator_world *w)
{
	const char *const topics[] = { w->deployment.topics.requests,
		                       w->deployment.topics.results,
		                       w->deployment.topics.perspectives };
	struct kafka_out_options out = { .topics = topics,
		                         .topic_count = 3,
		                         .on_fatal = on_fatal };
	struct kafka_in_options in = { .group_id = "test",
		                       .events = { .on_message = on_message,
		                                   .on_broken = on_broken,
		                                   .on_fatal = on_fatal,
		                                   .owner = w } };
	char checks[TOPIC_NAME_MAX];

	w->out = kafka_out_new(w->kafka.loop, &w->kafka.conf, &out,
	                       &w->kafka.err);
	w->in = kafka_in_new(w->kafka.loop, &w->kafka.conf, &in, &w->kafka.err);
	ck_assert_msg(w->out != NULL && w->in != NULL, "%s", w->kafka.err.text);
	start_reading(w, w->deployment.topics.decisions, CW_PARTITIONS);
	start_reading(w, w->deployment.topics.dead_letters, 1);
	start_reading(w, w->deployment.topics.requests, CW_PARTITIONS);
	start_reading(w, w->deployment.topics.attempts, CW_PARTITIONS);
	start_reading(w, w->deployment.topics.results, CW_PARTITIONS);
	for (int i = 0; i < CITIES; i++)
		start_reading(w,
		              topics_checks(&w->deployment.topics,
		                            span_str(cw_codes[i]), checks),
		              1);
}

/* -- its life -- */

void cw_open(struct coordinator_world *w, const char *extra)
{
	struct err err;

	memset(w, 0, sizeof(*w));
	log_open("test",
	         getenv("MPIC_TEST_DEBUG") != NULL ? LOG_DEBUG : LOG_ERROR);
	world_open(&w->kafka, NULL, 0);
	w->arena = arena_new();
	w->decided_end = &w->decided;
	w->dead_end = &w->dead;
	w->requests_end = &w->requests;
	w->attempts_end = &w->attempts;
	w->results_end = &w->results;
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/mpic-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(w->dir));
	w->coordinator_key = make_key(w, "coordinator");
	for (int i = 0; i < CITIES; i++)
		w->worker_keys[i] = make_key(w, cw_codes[i]);
	write_settings(w, extra);
	load_settings(w);
	add_topics(w);
	ck_assert_msg(deployment_init(&w->deployment, &w->conf, &err) == 0,
	              "%s", err.text);
	w->metrics = metrics_new();
	w->stats = stats_new(w->metrics);
	open_clients(w);
	w->heartbeats = true;
	w->beat = timer_new(w->kafka.loop, cw_on_beat, w);
	timer_set_ms(w->beat, 0);
	cw_play_all(w, CLASS_CORROBORATED);
}

static void remove_files(struct coordinator_world *w)
{
	static const char *const ends[] = { ".key", ".pub" };

	for (size_t e = 0; e < 2; e++) {
		for (int i = 0; i < CITIES; i++)
			(void)unlink(arena_printf(w->arena, "%s/%s%s", w->dir,
			                          cw_codes[i], ends[e]));
		(void)unlink(arena_printf(w->arena, "%s/coordinator%s", w->dir,
		                          ends[e]));
	}
	(void)unlink(arena_printf(w->arena, "%s/plan.key", w->dir));
	(void)unlink(arena_printf(w->arena, "%s/c.conf", w->dir));
	ck_assert_int_eq(rmdir(w->dir), 0);
}

void cw_close(struct coordinator_world *w)
{
	cw_kill(w);
	cw_kill_other(w);
	timer_free(&w->beat);
	kafka_in_free(&w->in);
	kafka_out_free(&w->out);
	stats_free(&w->stats);
	metrics_free(&w->metrics);
	deployment_clear(&w->deployment);
	settings_free(&w->settings);
	keyring_free(&w->ring);
	signing_key_free(&w->coordinator_key);
	for (int i = 0; i < CITIES; i++)
		signing_key_free(&w->worker_keys[i]);
	remove_files(w);
	arena_free(&w->arena);
	world_close(&w->kafka);
}

void cw_end(struct coordinator_world *w)
{
	ck_assert_int_eq(cw_replay(w), w->decisions);
	cw_close(w);
}

static bool is_ready(void *arg)
{
	struct coordinator_world *w = arg;
	struct buf reasons = { 0 };

	coordinator_ready(w->coordinator, &reasons);
	bool ready = reasons.len == 0;

	buf_clear(&reasons);
	for (int i = 0; ready && i < CITIES; i++)
		ready = liveness_alive(w->coordinator->liveness, cw_codes[i],
		                       clock_wall_ms()) ||
		        !w->heartbeats;
	return ready;
}

void cw_start(struct coordinator_world *w)
{
	struct err err;

	w->coordinator =
		coordinator_new(w->kafka.loop, &w->deployment, w->stats, &err);
	ck_assert_msg(w->coordinator != NULL, "%s", err.text);
	world_run(&w->kafka, "coordinator ready", is_ready, w);
}

void cw_kill(struct coordinator_world *w)
{
	coordinator_free(&w->coordinator);
}

void cw_start_and_run(struct coordinator_world *w, cw_step *const *steps,
                      int count)
{
	cw_start(w);
	for (int i = 0; i < count; i++) {
		cw_play_all(w, CLASS_CORROBORATED);
		memset(w->checks, 0, sizeof(w->checks));
		steps[i]();
	}
}

static size_t owned(const struct coordinator *c)
{
	size_t count = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++)
		count += c->partitions[i] != NULL &&
		         c->partitions[i]->phase == PARTITION_SERVING;
	return count;
}

static bool both_serve(void *arg)
{
	struct coordinator_world *w = arg;

	return owned(w->coordinator) > 0 && owned(w->other) > 0 &&
	       owned(w->coordinator) + owned(w->other) == CW_PARTITIONS;
}

void cw_start_other(struct coordinator_world *w)
{
	struct err err;

	w->other_conf = w->conf;
	w->other_conf.instance = "c2";
	ck_assert_msg(deployment_init(&w->other_deployment, &w->other_conf,
	                              &err) == 0,
	              "%s", err.text);
	w->other_metrics = metrics_new();
	w->other_stats = stats_new(w->other_metrics);
	w->other = coordinator_new(w->kafka.loop, &w->other_deployment,
	                           w->other_stats, &err);
	ck_assert_msg(w->other != NULL, "%s", err.text);
	world_run(&w->kafka, "both serve", both_serve, w);
}

void cw_kill_other(struct coordinator_world *w)
{
	if (w->other == NULL)
		return;
	coordinator_free(&w->other);
	stats_free(&w->other_stats);
	metrics_free(&w->other_metrics);
	deployment_clear(&w->other_deployment);
}

/* -- what is put in -- */

void cw_send(struct coordinator_world *w, const struct kafka_record *record)
{
	ck_assert_int_eq(kafka_out_send(w->out, record, NULL, NULL),
	                 KAFKA_SENT);
}

bool cw_has_figure(struct coordinator_world *w, const char *line)
{
	struct buf text = { 0 };

	metrics_render(w->metrics, &text);
	buf_add_u8(&text, '\0');
	bool has = strstr((const char *)text.p, line) != NULL;

	buf_clear(&text);
	return has;
}

struct figure {
	struct coordinator_world *w;
	const char *line;
};

static bool is_shown(void *arg)
{
	const struct figure *f = arg;

	return cw_has_figure(f->w, f->line);
}

/* A decision is read before its transaction's end is told to who made it. */
void cw_wait_figure(struct coordinator_world *w, const char *line)
{
	struct figure f = { w, line };

	world_run(&w->kafka, line, is_shown, &f);
}

void cw_submit(struct coordinator_world *w, int32_t partition, const char *key,
               const char *json)
{
	struct kafka_record record = { .topic = w->deployment.topics.requests,
		                       .partition = partition,
		                       .value = span_str(json) };

	if (key != NULL)
		record.key = span_str(key);
	if (partition < 0)
		record.partition =
			(int32_t)home_partition(span_str(key), CW_PARTITIONS);
	cw_send(w, &record);
}

const char *cw_request(struct coordinator_world *w, const char *id,
                       const char *target)
{
	return arena_printf(
		w->arena,
		"{\"request_id\":\"%s\",\"check_type\":\"dcv+caa\","
		"\"domain_or_ip_target\":\"%s\",\"dcv_check_parameters\":{"
		"\"validation_method\":\"acme-dns-01\","
		"\"key_authorization_hash\":"
		"\"LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ\"}}",
		id, target);
}
