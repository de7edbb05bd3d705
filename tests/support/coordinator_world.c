#include "tests/support/coordinator_world.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/murmur2.h"
#include "coordinator/partition.h"
#include "decide/replay/replay.h"
#include "trust/jws.h"
#include "wire/heartbeat.h"
#include "wire/request.h"

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

/* -- the played perspectives -- */

static struct sign_domain domain(const char *type)
{
	return (struct sign_domain){ true, "test", type, 1 };
}

void cw_send_signed(struct coordinator_world *w, int city, const char *type,
                    const struct kafka_record *given)
{
	struct sign_domain d = domain(type);
	struct kafka_record record = *given;
	struct buf text = { 0 };

	record_sign(w->worker_keys[city], &d, record.value, &text);
	struct kafka_header header = { RECORD_SIGNATURE_HEADER,
		                       buf_span(&text) };

	record.headers = &header;
	record.header_count = 1;
	ck_assert_int_eq(kafka_out_send(w->out, &record, NULL, NULL),
	                 KAFKA_SENT);
	buf_clear(&text);
}

static enum reason reason_of(enum check_kind kind, enum result_class class)
{
	if (class == CLASS_CORROBORATED)
		return kind == KIND_DCV ? REASON_VALUE_FOUND
		                        : REASON_CAA_PERMITS;
	if (class == CLASS_DISAGREED)
		return kind == KIND_DCV ? REASON_VALUE_NOT_FOUND
		                        : REASON_CAA_FORBIDS;
	return class == CLASS_ERROR ? REASON_DNS_SERVFAIL : REASON_TIMEOUT_DNS;
}

static void add_kind(struct result *r, enum check_kind kind,
                     enum result_class class)
{
	r->kinds[r->kinds_count++] = (struct kind_result){
		.kind = kind,
		.result_class = class,
		.reason = reason_of(kind, class),
		.detail = SPAN("as the script says"),
		.looked_up_ms = clock_wall_ms(),
	};
}

static void send_result(struct coordinator_world *w, int city,
                        const struct check *c, enum result_class dcv,
                        enum result_class caa)
{
	const struct play *play = &w->play[city];
	struct result r = {
		.schema_version = 1,
		.request_id = c->request_id,
		.attempt_id = c->attempt_id,
		.perspective = c->perspective,
		.instance = SPAN("w1"),
		.plan = c->plan,
		.started_ms = clock_wall_ms(),
		.finished_ms = clock_wall_ms(),
		.tries = 1,
		.versions = SPAN("played"),
	};
	struct buf value = { 0 };

	if (play->wrong_plan)
		r.plan.b[0] ^= 1;
	if (c->check_set & SET_DCV)
		add_kind(&r, KIND_DCV, dcv);
	if (c->check_set & SET_CAA)
		add_kind(&r, KIND_CAA, caa);
	result_encode(&r, &value);
	struct kafka_record record = { .topic = w->deployment.topics.results,
		                       .partition =
		                               (int32_t)c->results_partition,
		                       .key = c->request_id,
		                       .value = buf_span(&value) };
	int signer = play->bad_signature ? (city + 1) % CITIES : city;

	if (play->no_signature)
		cw_send(w, &record);
	else
		cw_send_signed(w, signer, SIGN_RESULT, &record);
	buf_clear(&value);
}

static struct span keep(struct coordinator_world *w,
                        const struct kafka_message *m, const char *header)
{
	struct span s = { NULL, 0 };

	if (kafka_message_header(m, header, &s) == 0)
		return (struct span){ NULL, 0 };
	return arena_span(w->arena, s);
}

static void on_check(struct coordinator_world *w, int city,
                     const struct kafka_message *m)
{
	struct play *play = &w->play[city];
	struct trust_wanted wanted = { .role = KEY_ROLE_COORDINATOR,
		                       .at_ms = m->timestamp_ms };
	struct sign_domain d = domain(SIGN_CHECK);
	struct span header;
	struct check c;

	w->checks[city]++;
	ck_assert_uint_eq(
		kafka_message_header(m, RECORD_SIGNATURE_HEADER, &header), 1);
	ck_assert_int_eq(
		keyring_verify(w->ring, &wanted, &d, m->value, header, NULL),
		TRUST_OK);
	struct span kept = arena_span(w->arena, m->value);

	ck_assert_ptr_null(check_decode(kept, w->arena, &c));
	w->check_trace = keep(w, m, HEADER_TRACEPARENT);
	if (play->hold) {
		w->held[city] = c;
		return;
	}
	if (play->once_silent > 0) {
		play->once_silent--;
		return;
	}
	if (play->dcv == CLASS_UNKNOWN)
		return;
	send_result(w, city, &c, play->dcv, play->caa);
	if (play->twice)
		send_result(w, city, &c, CLASS_DISAGREED, CLASS_DISAGREED);
}

static void on_beat(void *arg)
{
	struct coordinator_world *w = arg;

	for (int i = 0; w->heartbeats && i < CITIES; i++) {
		struct buf value = { 0 };
		struct heartbeat h = { .schema_version = 1,
			               .perspective = span_str(cw_codes[i]),
			               .instance = SPAN("w1"),
			               .wall_ms = clock_wall_ms(),
			               .started_ms = clock_wall_ms(),
			               .validation = w->validation,
			               .resolver = SPAN("played"),
			               .versions = SPAN("played") };

		heartbeat_encode(&h, &value);
		struct kafka_record record = {
			.topic = w->deployment.topics.perspectives,
			.key = span_str(cw_codes[i]),
			.value = buf_span(&value)
		};
		cw_send_signed(w, i, SIGN_HEARTBEAT, &record);
		buf_clear(&value);
	}
	timer_set_ms(w->beat, 300);
}

/* -- what comes back -- */

static void on_decision(struct coordinator_world *w,
                        const struct kafka_message *m)
{
	struct decided *d = arena_alloc(w->arena, sizeof(*d));
	struct trust_wanted wanted = { .role = KEY_ROLE_COORDINATOR,
		                       .at_ms = m->timestamp_ms };
	struct sign_domain dom = domain(SIGN_DECISION);
	const char *why;

	d->value = arena_span(w->arena, m->value);
	d->key = arena_span(w->arena, m->key);
	d->jws = keep(w, m, JWS_HEADER);
	d->echo = keep(w, m, HEADER_ECHO);
	d->trace = keep(w, m, HEADER_TRACEPARENT);
	d->partition = m->partition;
	d->offset = m->offset;
	ck_assert_int_eq(
		jws_verify(w->ring, &wanted, &dom, m->value, d->jws, NULL),
		TRUST_OK);
	why = decision_decode(d->value, w->arena, &d->decision, &d->encoding);
	ck_assert_msg(why == NULL, "decision: %s", why);
	*w->decided_end = d;
	w->decided_end = &d->next;
	w->decisions++;
	w->echoes += d->echo.p != NULL;
}

static void on_dead(struct coordinator_world *w, const struct kafka_message *m)
{
	struct dead *d = arena_alloc(w->arena, sizeof(*d));

	d->value = arena_span(w->arena, m->value);
	d->reason = keep(w, m, HEADER_DEAD_REASON);
	d->detail = keep(w, m, HEADER_DEAD_DETAIL);
	*w->dead_end = d;
	w->dead_end = &d->next;
	w->dead_letters++;
}

static void note(struct coordinator_world *w, const struct kafka_message *m,
                 struct logged ***end)
{
	struct logged *l = arena_alloc(w->arena, sizeof(*l));

	if (m->key.p != NULL)
		l->key = arena_span(w->arena, m->key);
	l->value = arena_span(w->arena, m->value);
	l->content_type = keep(w, m, HEADER_CONTENT_TYPE);
	l->forwarded = keep(w, m, HEADER_FORWARDED);
	l->signature = keep(w, m, RECORD_SIGNATURE_HEADER);
	l->partition = m->partition;
	l->offset = m->offset;
	l->timestamp_ms = m->timestamp_ms;
	**end = l;
	*end = &l->next;
}

static void on_message(void *owner, const struct kafka_message *m)
{
	struct coordinator_world *w = owner;
	const struct topics *t = &w->deployment.topics;

	if (strcmp(m->topic, t->requests) == 0)
		note(w, m, &w->requests_end);
	else if (strcmp(m->topic, t->attempts) == 0)
		note(w, m, &w->attempts_end);
	else if (strcmp(m->topic, t->results) == 0)
		note(w, m, &w->results_end);

	if (strcmp(m->topic, t->decisions) == 0)
		on_decision(w, m);
	else if (strcmp(m->topic, t->dead_letters) == 0)
		on_dead(w, m);
	for (int i = 0; i < CITIES; i++) {
		char topic[TOPIC_NAME_MAX];

		if (strcmp(m->topic,
		           topics_checks(t, span_str(cw_codes[i]), topic)) == 0)
			on_check(w, i, m);
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

/* -- the world -- */

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
	w->beat = timer_new(w->kafka.loop, on_beat, w);
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

void cw_play_all(struct coordinator_world *w, enum result_class class)
{
	for (int i = 0; i < CITIES; i++)
		w->play[i] = (struct play){ .dcv = class, .caa = class };
}

struct held {
	struct coordinator_world *w;
	int city;
};

static bool is_held(void *arg)
{
	struct held *h = arg;

	return h->w->held[h->city].request_id.p != NULL;
}

void cw_wait_held(struct coordinator_world *w, int city)
{
	struct held h = { w, city };

	world_run(&w->kafka, "check held", is_held, &h);
}

void cw_answer_held(struct coordinator_world *w, int city,
                    enum result_class class)
{
	send_result(w, city, &w->held[city], class, class);
	w->held[city] = (struct check){ 0 };
}

/* -- requests -- */

void cw_send(struct coordinator_world *w, const struct kafka_record *record)
{
	ck_assert_int_eq(kafka_out_send(w->out, record, NULL, NULL),
	                 KAFKA_SENT);
}

static bool find_figure(struct coordinator_world *w, const char *line,
                        bool tell)
{
	struct buf text = { 0 };

	metrics_render(w->metrics, &text);
	buf_add_u8(&text, '\0');
	bool has = strstr((const char *)text.p, line) != NULL;

	if (!has && tell)
		(void)fprintf(stderr, "%s", (const char *)text.p);
	buf_clear(&text);
	return has;
}

bool cw_has_figure(struct coordinator_world *w, const char *line)
{
	return find_figure(w, line, true);
}

bool cw_shows_figure(struct coordinator_world *w, const char *line)
{
	return find_figure(w, line, false);
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

static const struct logged *find_logged(const struct logged *l,
                                        int64_t partition, int64_t offset)
{
	while (l != NULL && (l->partition != partition || l->offset != offset))
		l = l->next;
	return l;
}

/* What a decision rests on was read too: topics do not wait for each other. */
static bool is_whole(const struct coordinator_world *w, const struct decided *d)
{
	const struct record_ref *at = &d->decision.request;

	if (find_logged(w->requests, at->partition, at->offset) == NULL)
		return false;
	for (size_t i = 0; i < d->decision.attempts_count; i++) {
		const struct decided_attempt *a = &d->decision.attempts[i];
		int64_t cut = a->close.cut;

		at = &a->attempt;
		if (find_logged(w->attempts, at->partition, at->offset) == NULL)
			return false;
		if (cut >= 0 &&
		    find_logged(w->results, at->partition, cut) == NULL)
			return false;
	}
	return true;
}

static bool are_whole(const struct coordinator_world *w)
{
	for (const struct decided *d = w->decided; d != NULL; d = d->next) {
		if (!is_whole(w, d))
			return false;
	}
	return true;
}

struct waiting {
	struct coordinator_world *w;
	const int *have;
	int want;
};

static bool has_enough(void *arg)
{
	struct waiting *x = arg;

	return *x->have >= x->want && are_whole(x->w);
}

void cw_wait_decisions(struct coordinator_world *w, int count)
{
	struct waiting x = { w, &w->decisions, count };

	world_run(&w->kafka, "decisions", has_enough, &x);
}

void cw_wait_dead(struct coordinator_world *w, int count)
{
	struct waiting x = { w, &w->dead_letters, count };

	world_run(&w->kafka, "dead letters", has_enough, &x);
}

const struct decided *cw_decision(struct coordinator_world *w, const char *id,
                                  int n)
{
	for (const struct decided *d = w->decided; d != NULL; d = d->next) {
		if (span_is(d->decision.request_id, id) && n-- == 0)
			return d;
	}
	ck_abort_msg("no such decision for %s", id);
	return NULL;
}

const struct perspective_vote *cw_vote(const struct decided *d,
                                       const char *code, enum check_kind kind)
{
	const struct decided_attempt *a =
		&d->decision.attempts[d->decision.attempts_count - 1];

	for (size_t i = 0; i < a->perspectives_count; i++) {
		const struct perspective_outcome *p = &a->perspectives[i];

		if (!span_is(p->code, code))
			continue;
		for (size_t k = 0; k < p->votes_count; k++) {
			if (p->votes[k].kind == kind)
				return &p->votes[k];
		}
	}
	ck_abort_msg("%s has no vote", code);
	return NULL;
}

/* -- promise 3 -- */

static size_t attempts_of(const struct coordinator_world *w,
                          const struct decided *d, struct replay_attempt *out)
{
	size_t n = 0;

	for (const struct logged *l = w->attempts; l != NULL; l = l->next) {
		if (l->partition == d->partition && span_eq(l->key, d->key))
			out[n++] =
				(struct replay_attempt){ l->value, l->offset };
	}
	return n;
}

static struct replay_result result_of(struct coordinator_world *w,
                                      const struct logged *l)
{
	struct replay_result x = { .value = l->value, .offset = l->offset };
	struct sign_domain d = domain(SIGN_RESULT);
	const struct key_entry *entry = NULL;
	struct result result;

	x.trust = TRUST_UNSIGNED;
	if (result_decode(l->value, w->arena, &result) != NULL)
		return x;
	struct trust_wanted wanted = {
		.role = KEY_ROLE_WORKER,
		.perspective = (const char *)result.perspective.p,
		.at_ms = l->timestamp_ms
	};

	x.trust = keyring_verify(w->ring, &wanted, &d, l->value, l->signature,
	                         &entry);
	if (x.trust == TRUST_OK)
		x.key_id = entry->key_id;
	return x;
}

static size_t results_of(struct coordinator_world *w, const struct decided *d,
                         struct replay_result *out)
{
	size_t n = 0;

	for (const struct logged *l = w->results; l != NULL; l = l->next) {
		if (l->partition == d->partition && span_eq(l->key, d->key))
			out[n++] = result_of(w, l);
	}
	return n;
}

/* Forwarded under the id that it was given where it was first found. */
static bool is_assigned(const struct logged *q)
{
	struct forwarded from;
	int32_t partition;
	int64_t offset;

	return q->forwarded.p != NULL && forwarded_parse(q->forwarded, &from) &&
	       id_parse_assigned(q->key, &partition, &offset) &&
	       partition == from.partition && offset == from.offset;
}

static const char *try_replay(struct coordinator_world *w,
                              const struct decided *d, struct buf *again)
{
	enum { MOST = 256 };
	static struct replay_attempt attempts[MOST];
	static struct replay_result results[MOST];
	const struct record_ref *at = &d->decision.request;
	const struct logged *q =
		find_logged(w->requests, at->partition, at->offset);
	struct forwarded from;

	ck_assert_ptr_nonnull(q);
	struct replay_input in = {
		.rules = &w->deployment.rules,
		.valid_for_ms = w->conf.decision_valid_ms,
		.request = { .value = q->value,
		             .content_type = q->content_type,
		             .key = q->key,
		             .forwarded = is_assigned(q),
		             .timestamp_ms = q->timestamp_ms,
		             .partition = q->partition,
		             .offset = q->offset },
		.attempts = attempts,
		.attempts_count = attempts_of(w, d, attempts),
		.results = results,
		.results_count = results_of(w, d, results),
		.decision = d->value,
		.answer_to_repeat = d->echo.p != NULL,
	};

	if (q->forwarded.p != NULL && forwarded_parse(q->forwarded, &from) &&
	    from.timestamp_ms < q->timestamp_ms)
		in.request.timestamp_ms = from.timestamp_ms;
	return replay_decision(&in, w->arena, again);
}

const char *cw_replay_problem(struct coordinator_world *w,
                              const struct decided *d)
{
	return try_replay(w, d, NULL);
}

static void replay_one(struct coordinator_world *w, const struct decided *d)
{
	struct buf again = { 0 };
	const char *wrong = try_replay(w, d, &again);

	ck_assert_msg(wrong == NULL, "replay of %.*s: %s\n%.*s\n%.*s",
	              SPAN_ARG(d->key), wrong, SPAN_ARG(d->value),
	              SPAN_ARG(buf_span(&again)));
	buf_clear(&again);
}

int cw_replay(struct coordinator_world *w)
{
	int count = 0;

	for (const struct decided *d = w->decided; d != NULL; d = d->next) {
		replay_one(w, d);
		count++;
	}
	return count;
}
