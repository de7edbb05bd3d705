/*
 * mpicctl submit and watch over the mock cluster, with a played coordinator
 * that says what each test wants, forgeries included.
 */
#include "tests/support/kafka_world.h"
#include "tests/support/program.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"
#include "tests/wire/samples.h"

#include "base/clock.h"
#include "base/murmur2.h"
#include "loop/timer.h"
#include "trust/jws.h"
#include "wire/topics.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MPICCTL    BINARY_DIR "/bin/mpicctl"
#define DEPLOYMENT "test-lab"

enum { P = 3, HELD_MAX = 64, HOLD_MS = 40, PRODUCE = 0 /* an API key */ };

struct held {
	struct span key, value;
	int32_t partition;
	int64_t offset;
};

/* What it plays is in the first label of the target. */
static struct {
	struct world kafka;
	struct topics topics;
	struct temp_dir dir;
	char conf[TEMP_PATH_MAX];
	char bare_conf[TEMP_PATH_MAX]; /* without keys */
	struct arena *arena;
	struct signing_key *key, *other_key;
	struct kafka_in *in;
	struct kafka_out *out;
	struct timer *answer;
	bool holding; /* answers a while after the last request came */
	struct held held[HELD_MAX];
	size_t held_count, held_most;
	int requests, answers, flying;
	int64_t sequence;
	char watched[128]; /* the last request's key */
} w;

/* -- what it says -- */

struct part {
	const char *label;
	enum outcome outcome;
	enum reason reason;
};

static const struct part parts[] = {
	{ "issue", OUTCOME_ISSUE, REASON_QUORUM_MET },
	{ "good", OUTCOME_CORROBORATED, REASON_QUORUM_MET },
	{ "deny", OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET },
	{ "reject", OUTCOME_REJECTED, REASON_NAME_INVALID },
};

static bool plays(struct span target, const char *label)
{
	return target.len > strlen(label) &&
	       span_is(span_sub(target, 0, strlen(label)), label) &&
	       target.p[strlen(label)] == '.';
}

static struct decision sample_decision(void)
{
	for (size_t i = 0; i < samples_count; i++) {
		if (strcmp(samples[i].name, "decision-issue") == 0)
			return *(struct decision *)samples[i].make(w.arena);
	}
	ck_abort_msg("no sample");
}

static void set_outcome(struct decision *d, enum outcome outcome,
                        enum reason reason)
{
	d->outcome = outcome;
	d->reason = reason;
	if (!decision_is_valid(d))
		d->valid_until_ms = (struct opt_int){ 0 };
	if (outcome != OUTCOME_REJECTED)
		return;
	d->issues = arena_alloc(w.arena, sizeof(*d->issues));
	d->issues[0] = (struct request_issue){ REASON_NAME_INVALID,
		                               SPAN("domain_or_ip_target"),
		                               SPAN("\x1b]0;owned\x07") };
	d->issues_count = 1;
}

static void on_delivered(void *arg, const struct kafka_delivery *d)
{
	(void)arg;
	ck_assert_int_eq(d->fate, KAFKA_DELIVERED);
	w.flying--;
}

struct signing {
	struct signing_key *key; /* NULL: no header */
	const char *deployment;
	bool altered; /* the value is changed once it is signed */
};

static void say(const struct decision *d, int32_t partition,
                const struct signing *signing)
{
	struct sign_domain domain = { .lab = true,
		                      .deployment = signing->deployment,
		                      .record_type = SIGN_DECISION,
		                      .schema_version = 1 };
	struct decision shown = *d;
	struct buf value = { 0 }, jws = { 0 };
	struct kafka_header header = { JWS_HEADER, { NULL, 0 } };
	struct kafka_record r = { .topic = w.topics.decisions,
		                  .partition = partition,
		                  .key = d->request_id,
		                  .headers = &header };

	decision_encode(&shown, ENCODING_JSON, &value);
	if (signing->key != NULL) {
		jws_sign(signing->key, &domain, buf_span(&value), &jws);
		header.value = buf_span(&jws);
		r.header_count = 1;
	}
	if (signing->altered) {
		shown.outcome = OUTCOME_ISSUE;
		value.len = 0;
		decision_encode(&shown, ENCODING_JSON, &value);
	}
	r.value = buf_span(&value);
	w.flying++;
	ck_assert_int_eq(kafka_out_send(w.out, &r, on_delivered, NULL),
	                 KAFKA_SENT);
	buf_clear(&value);
	buf_clear(&jws);
}

/* Decisions that must not count, told by the label. False: it is no such. */
static bool say_forgery(struct decision *d, int32_t partition)
{
	struct signing s = { w.key, DEPLOYMENT, false };

	set_outcome(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	if (plays(d->target, "unsigned")) {
		s.key = NULL;
	} else if (plays(d->target, "stranger")) {
		s.key = w.other_key;
	} else if (plays(d->target, "elsewhere")) {
		s.deployment = "another";
	} else if (plays(d->target, "altered")) {
		set_outcome(d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
		s.altered = true;
	} else if (plays(d->target, "target")) {
		d->target = SPAN("other.example");
	} else if (plays(d->target, "digest")) {
		d->request.digest.b[0] ^= 1;
	} else {
		return false;
	}
	say(d, partition, &s);
	return true;
}

static void answer(const struct held *h)
{
	const struct signing good = { w.key, DEPLOYMENT, false };
	struct decision d = sample_decision();
	struct request request;
	struct request_issues issues;
	enum encoding encoding;
	struct span why;

	ck_assert_int_eq(request_decode(h->value, span_str(""), w.arena,
	                                &request, &issues, &encoding, &why),
	                 REASON_UNKNOWN);
	d.request_id = h->key;
	d.target = request.domain_or_ip_target;
	d.request = (struct record_ref){ h->partition, h->offset,
		                         digest_of(h->value) };
	d.sequence = ++w.sequence;
	w.answers++;
	if (plays(d.target, "silent") || say_forgery(&d, h->partition))
		return;
	if (plays(d.target, "first")) { /* a false one before the true one */
		d.request.digest.b[0] ^= 1;
		say(&d, h->partition, &good);
		d.request.digest.b[0] ^= 1;
	}
	if (plays(d.target, "hostile"))
		d.attempts[0].perspectives[0].votes[0].detail =
			SPAN("\x1b[2J\xe2\x80\xaetxt");
	for (int i = 0; i < COUNT(parts); i++) {
		if (plays(d.target, parts[i].label))
			set_outcome(&d, parts[i].outcome, parts[i].reason);
	}
	say(&d, h->partition, &good);
}

static void on_answer(void *arg)
{
	(void)arg;
	if (w.held_count > w.held_most)
		w.held_most = w.held_count;
	for (size_t i = 0; i < w.held_count; i++)
		answer(&w.held[i]);
	w.held_count = 0;
}

static void on_request(void *owner, const struct kafka_message *m)
{
	struct span type;
	struct held *h = &w.held[w.held_count++];

	(void)owner;
	ck_assert_uint_lt(w.held_count, HELD_MAX);
	*h = (struct held){ arena_span(w.arena, m->key),
		            arena_span(w.arena, m->value), m->partition,
		            m->offset };
	w.requests++;
	(void)snprintf(w.watched, sizeof(w.watched), "%.*s", SPAN_ARG(m->key));
	/* kcat sends no such header, and hashes otherwise */
	if (kafka_message_header(m, HEADER_CONTENT_TYPE, &type) == 1) {
		ck_assert(span_is(type, CONTENT_TYPE_JSON));
		ck_assert_int_eq(m->partition,
		                 (int32_t)home_partition(m->key, P));
	}
	timer_set_ms(w.answer, w.holding ? HOLD_MS : 0);
}

/* -- the world -- */

static void on_fatal(void *owner, const char *why)
{
	(void)owner;
	ck_abort_msg("%s", why);
}

static void write_confs(void)
{
	struct buf text = { 0 }, public = { 0 };

	buf_printf(
		&text,
		"lab = yes\ntopic_prefix = \"t.\"\n"
		"kafka { brokers = \"%s\"\n\"fetch.wait.max.ms\" = \"5\" }\n",
		w.kafka.conf.brokers);
	temp_write(&w.dir, "bare.conf", buf_cstr(&text));
	signing_key_public_base64(w.key, &public);
	buf_printf(&text,
	           "deployment = \"" DEPLOYMENT "\"\n"
	           "key \"c1\" { role = coordinator\npublic_key = \"%s\"\n}\n",
	           buf_cstr(&public));
	temp_write(&w.dir, "mpicctl.conf", buf_cstr(&text));
	temp_path(&w.dir, "mpicctl.conf", w.conf);
	temp_path(&w.dir, "bare.conf", w.bare_conf);
	buf_clear(&public);
	buf_clear(&text);
}

static void add_topics(void)
{
	const struct mock_topic list[] = {
		{ w.topics.requests, P },     { w.topics.attempts, P },
		{ w.topics.results, P },      { w.topics.decisions, P },
		{ w.topics.perspectives, 1 }, { w.topics.dead_letters, 1 },
	};

	for (int i = 0; i < COUNT(list); i++)
		ck_assert_int_eq(mock_broker_add_topic(w.kafka.broker, &list[i],
		                                       &w.kafka.err),
		                 0);
}

static void setup(void)
{
	const struct kafka_in_options in = {
		.group_id = "played",
		.events = { .on_message = on_request, .on_fatal = on_fatal },
	};
	const char *topics[] = { w.topics.decisions };
	const struct kafka_out_options out = { .topics = topics,
		                               .topic_count = 1,
		                               .on_fatal = on_fatal };

	memset(&w, 0, sizeof(w));
	world_open(&w.kafka, NULL, 0);
	topics_init(&w.topics, "t.");
	add_topics();
	temp_dir_make(&w.dir);
	w.arena = arena_new();
	w.key = signing_key_generate();
	w.other_key = signing_key_generate();
	write_confs();
	w.answer = timer_new(w.kafka.loop, on_answer, NULL);
	w.out = kafka_out_new(w.kafka.loop, &w.kafka.conf, &out, &w.kafka.err);
	w.in = kafka_in_new(w.kafka.loop, &w.kafka.conf, &in, &w.kafka.err);
	ck_assert(w.out != NULL && w.in != NULL);
	for (int32_t i = 0; i < P; i++) {
		const struct kafka_partition at = { w.topics.requests, i };

		ck_assert_int_eq(kafka_in_start(w.in, &at, 0, &w.kafka.err), 0);
	}
}

static void teardown(void)
{
	kafka_in_free(&w.in);
	kafka_out_free(&w.out);
	timer_free(&w.answer);
	signing_key_free(&w.key);
	signing_key_free(&w.other_key);
	arena_free(&w.arena);
	world_close(&w.kafka);
	temp_dir_remove(&w.dir);
}

static bool is_over(void *arg)
{
	return program_ended(arg);
}

static void run(struct program *p, const char *const *argv, const char *input)
{
	program_start(p, argv, input, NULL);
	world_run(&w.kafka, argv[1], is_over, p);
}

/* A member of a JSON line, as text; "" where there is none. */
static const char *member(const char *line, const char *name)
{
	size_t len = strcspn(line, "\n");
	json_t *root = json_loadb(line, len, 0, NULL);
	const char *text;

	ck_assert_msg(root != NULL, "not JSON: %s", line);
	text = json_string_value(json_object_get(root, name));
	text = arena_str(w.arena, text != NULL ? text : "");
	json_decref(root);
	return text;
}

static int lines_of(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* -- one request -- */

static const struct {
	const char *target;
	int code;
	const char *outcome;
	const char *reason;
	const char *detail; /* part of it; NULL: not asked */
	const char *err;    /* part of stderr; NULL: nothing there */
} singles[] = {
	/* clang-format off */
	{ "issue.example", 0, "issue", "quorum-met", NULL, NULL },
	{ "good.example", 0, "corroborated", "quorum-met", NULL, NULL },
	{ "deny.example", 1, "do-not-issue", "quorum-not-met", NULL, NULL },
	{ "reject.example", 3, "rejected", "name-invalid", NULL, NULL },
	{ "silent.example", 2, "not-completed", "no-decision", "is a coordinator running?", "1 of 1 not completed: " },
	/* what does not verify is no decision */
	{ "unsigned.example", 2, "not-completed", "no-decision", "does not count: unsigned", "unsigned" },
	{ "stranger.example", 2, "not-completed", "no-decision", "does not count: unknown-key", "unknown-key" },
	{ "elsewhere.example", 2, "not-completed", "no-decision", "does not count: wrong-domain", "wrong-domain" },
	{ "altered.example", 2, "not-completed", "no-decision", "does not count: bad-signature", "bad-signature" },
	{ "target.example", 2, "not-completed", "no-decision", "does not count: it is about another target", "another target" },
	{ "digest.example", 2, "not-completed", "no-decision", "it is about another request", "another request under the same id" },
	{ "first.example", 0, "issue", "quorum-met", NULL, "another request under the same id" },
	/* clang-format on */
};

START_TEST(one_request)
{
	const char *target = singles[_i].target;
	const char *argv[] = { MPICCTL,     "submit", target,
		               "--config",  w.conf,   "--json",
		               "--timeout", "1200ms", NULL };
	struct program p;

	run(&p, argv, NULL);
	ck_assert_msg(p.code == singles[_i].code, "%s: exit %d: %s", target,
	              p.code, program_err(&p));
	ck_assert_int_eq(lines_of(program_out(&p)), 1);
	ck_assert_str_eq(member(program_out(&p), "outcome"),
	                 singles[_i].outcome);
	ck_assert_str_eq(member(program_out(&p), "reason"), singles[_i].reason);
	ck_assert_str_eq(member(program_out(&p), "request_id"), w.watched);
	ck_assert_msg(singles[_i].detail == NULL ||
	                      strstr(member(program_out(&p), "detail"),
	                             singles[_i].detail) != NULL,
	              "%s: %s", target, program_out(&p));
	if (singles[_i].err == NULL)
		ck_assert_str_eq(program_err(&p), "");
	else
		ck_assert_msg(strstr(program_err(&p), singles[_i].err) != NULL,
		              "%s: %s", target, program_err(&p));
	program_clear(&p);
}
END_TEST

START_TEST(flags_make_the_request)
{
	const char *argv[] = { MPICCTL,
		               "submit",
		               "*.issue.example",
		               "--config",
		               w.conf,
		               "--method",
		               "dns-change",
		               "--record-type",
		               "txt",
		               "--prefix",
		               "_proof",
		               "--challenge",
		               "0123456789abcdef0123456789abcdef",
		               "--issuer",
		               "ca.example",
		               "--time-allowed",
		               "30s",
		               "--id",
		               "order-7",
		               "--trace",
		               "t-1",
		               "--attempts",
		               "1",
		               "--timeout",
		               "1s",
		               NULL };
	static const char want[] =
		"{\"request_id\":\"order-7\",\"check_type\":\"dcv+caa\","
		"\"domain_or_ip_target\":\"*.issue.example\","
		"\"trace_identifier\":\"t-1\",\"orchestration_parameters\":{"
		"\"max_attempts\":1},\"dcv_check_parameters\":{"
		"\"validation_method\":\"dns-change\",\"challenge_value\":"
		"\"0123456789abcdef0123456789abcdef\",\"dns_record_type\":"
		"\"TXT\",\"dns_name_prefix\":\"_proof\"},"
		"\"caa_check_parameters\":{\"caa_domains\":[\"ca.example\"]},"
		"\"time_allowed_ms\":30000}";
	struct program p;

	w.holding = true; /* kept, to be looked at */
	run(&p, argv, NULL);
	ck_assert_str_eq(w.watched, "order-7");
	ck_assert_int_eq(w.requests, 1);
	ck_assert_msg(span_is(w.held[0].value, want), "%.*s",
	              SPAN_ARG(w.held[0].value));
	program_clear(&p);
}
END_TEST

/* -- many -- */

START_TEST(many_from_stdin_bounded)
{
	const char *argv[] = { MPICCTL,     "submit", "--file",      "-",
		               "--config",  w.conf,   "--in-flight", "5",
		               "--timeout", "15s",    "--output",    "json",
		               NULL };
	struct buf input = { 0 };
	struct program p;

	for (int i = 0; i < 23; i++) {
		if (i % 2 == 0)
			buf_printf(&input, "{\"request_id\":\"many-%d\",", i);
		else
			buf_add_str(&input, "\r\n{");
		buf_printf(&input, "\"domain_or_ip_target\":\"%s.example\"}\n",
		           i == 7 ? "deny" : "good");
	}
	w.holding = true;
	run(&p, argv, buf_cstr(&input));
	ck_assert_msg(p.code == 1, "exit %d: %s", p.code, program_err(&p));
	ck_assert_int_eq(lines_of(program_out(&p)), 23);
	ck_assert_int_eq(w.requests, 23);
	ck_assert_uint_eq(w.held_most, 5);
	ck_assert_ptr_nonnull(
		strstr(program_out(&p), "\"request_id\":\"many-22\""));
	program_clear(&p);
	buf_clear(&input);
}
END_TEST

static const struct {
	const char *targets[4];
	int code;
} worst[] = {
	{ { "issue.a.example", "good.a.example" }, 0 },
	{ { "issue.a.example", "deny.a.example" }, 1 },
	{ { "deny.a.example", "reject.a.example", "good.a.example" }, 3 },
	{ { "silent.a.example", "reject.a.example", "deny.a.example" }, 2 },
};

START_TEST(the_worst_decides)
{
	const char *argv[12] = { MPICCTL,  "submit",    "--config", w.conf,
		                 "--json", "--timeout", "1500ms" };
	struct program p;

	for (int i = 0; i < 4; i++)
		argv[7 + i] = worst[_i].targets[i];
	run(&p, argv, NULL);
	ck_assert_msg(p.code == worst[_i].code, "exit %d: %s", p.code,
	              program_err(&p));
	program_clear(&p);
}
END_TEST

/* The broker has the request long before it says so: the decision is printed,
   and its order over, when the report comes. The other one keeps it waiting. */
START_TEST(decided_before_it_is_delivered)
{
	const char *argv[] = { MPICCTL,           "submit",
		               "issue.a.example", "silent.a.example",
		               "--config",        w.conf,
		               "--json",          "--timeout",
		               "1500ms",          NULL };
	struct program p;

	mock_broker_delay_next(w.kafka.broker, PRODUCE, P, 500);
	run(&p, argv, NULL);
	ck_assert_msg(p.code == 2, "exit %d: %s", p.code, program_err(&p));
	ck_assert_int_eq(lines_of(program_out(&p)), 2);
	ck_assert_str_eq(member(program_out(&p), "outcome"), "issue");
	program_clear(&p);
}
END_TEST

/* What is no request is said, with its line; the others are decided. */
START_TEST(bad_lines_are_named)
{
	const char *argv[] = { MPICCTL,    "submit", "--file", "-",
		               "--config", w.conf,   "--json", NULL };
	struct buf input = { 0 };
	struct program p;

	buf_add_str(&input, "{\"domain_or_ip_target\":\"good.example\"}\n"
	                    "{\"domain_or_ip_target\":\n"
	                    "[1]\n"
	                    "{\"a\":1,\"a\":2}\n{\"x\":\"");
	for (int i = 0; i < 70000; i++)
		buf_add_u8(&input, 'a');
	buf_add_str(&input, "\"}\n{\"domain_or_ip_target\":\"deny.example\"}");
	run(&p, argv, buf_cstr(&input));
	ck_assert_msg(p.code == 65, "exit %d: %s", p.code, program_err(&p));
	ck_assert_int_eq(w.requests, 2);
	ck_assert_int_eq(lines_of(program_out(&p)), 2);
	ck_assert_ptr_nonnull(strstr(program_err(&p), "line 2 is not"));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "line 3 is not"));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "line 4 is not"));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "line 5 is longer"));
	program_clear(&p);
	buf_clear(&input);
}
END_TEST

START_TEST(open_mpic_bodies_are_requests)
{
	const char *argv[] = { MPICCTL,    "submit", "--file", "-",
		               "--config", w.conf,   "--json", NULL };
	struct program p;

	run(&p, argv,
	    "{\"check_type\":\"dcv\",\"domain_or_ip_target\":\"good.example\","
	    "\"trace_identifier\":\"t\",\"orchestration_parameters\":{"
	    "\"perspective_count\":6},\"dcv_check_parameters\":{"
	    "\"validation_method\":\"website-change\",\"challenge_value\":"
	    "\"v\","
	    "\"http_token_path\":\"p\"}}\n");
	ck_assert_msg(p.code == 0, "exit %d: %s", p.code, program_err(&p));
	program_clear(&p);
}
END_TEST

/* The same bytes twice have one decision, and both get it. */
START_TEST(repeats_share_a_decision)
{
	static const char line[] =
		"{\"request_id\":\"same\","
		"\"domain_or_ip_target\":\"good.example\"}\n";
	const char *argv[] = { MPICCTL,    "submit", "--file", "-",
		               "--config", w.conf,   "--json", NULL };
	struct buf input = { 0 };
	struct program p;

	buf_printf(&input, "%s%s", line, line);
	w.holding = true;
	run(&p, argv, buf_cstr(&input));
	ck_assert_int_eq(p.code, 0);
	ck_assert_int_eq(lines_of(program_out(&p)), 2);
	program_clear(&p);
	buf_clear(&input);
}
END_TEST

/* -- what is shown -- */

START_TEST(tables_are_for_people)
{
	const char *argv[] = { MPICCTL,
		               "submit",
		               "hostile.example",
		               "reject.example",
		               "silent.example",
		               "--config",
		               w.conf,
		               "--output",
		               "table",
		               "--wide",
		               "--timeout",
		               "1500ms",
		               NULL };
	struct program p;

	run(&p, argv, NULL);
	ck_assert_int_eq(p.code, 2);
	const char *out = program_out(&p);

	ck_assert_ptr_null(strchr(out, '\033'));
	ck_assert_ptr_null(strstr(out, "\xe2\x80\xae"));
	ck_assert_ptr_nonnull(strstr(out, "\\x1b[2J"));
	ck_assert_ptr_nonnull(strstr(out, "name-invalid: \\x1b]0;owned\\x07"));
	ck_assert_ptr_nonnull(strstr(out, "not-completed"));
	/* in the order given */
	ck_assert(strstr(out, "hostile.ex") < strstr(out, "reject.ex"));
	ck_assert(strstr(out, "reject.ex") < strstr(out, "silent.ex"));
	program_clear(&p);
}
END_TEST

START_TEST(without_keys_it_says_so)
{
	const char *argv[] = { MPICCTL,    "submit",    "unsigned.example",
		               "--config", w.bare_conf, "--json",
		               NULL };
	struct program p;

	run(&p, argv, NULL);
	ck_assert_int_eq(p.code, 0);
	ck_assert_ptr_nonnull(strstr(program_out(&p), "\"verified\":false"));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "NOT VERIFIED"));
	program_clear(&p);
}
END_TEST

static bool has_answered(void *arg)
{
	(void)arg;
	return w.answers > 0;
}

START_TEST(interrupted_is_not_completed)
{
	const char *argv[] = { MPICCTL,    "submit", "silent.example",
		               "--config", w.conf,   "--json",
		               NULL };
	struct program p;

	program_start(&p, argv, NULL, NULL);
	world_run(&w.kafka, "request", has_answered, NULL);
	kill(p.pid, SIGINT);
	world_run(&w.kafka, "submit", is_over, &p);
	ck_assert_int_eq(p.code, 2);
	ck_assert_str_eq(member(program_out(&p), "reason"), "interrupted");
	program_clear(&p);
}
END_TEST

START_TEST(no_broker_is_a_fault)
{
	const char *argv[] = { MPICCTL,  "submit",    "issue.example",
		               "--lab",  "--brokers", "127.0.0.1:1",
		               "--json", "--timeout", "1s",
		               NULL };
	struct program p;

	run(&p, argv, NULL);
	ck_assert_int_eq(p.code, 69);
	ck_assert_ptr_nonnull(strstr(program_err(&p), "127.0.0.1:1"));
	program_clear(&p);
}
END_TEST

/* -- watch, and kcat beside it -- */

static bool all_flown(void *arg)
{
	return w.answers >= *(int *)arg && w.flying == 0;
}

static void kcat(const char *key, const char *request)
{
	const char *argv[] = { "kcat", "-P",
		               "-b",   w.kafka.conf.brokers,
		               "-t",   w.topics.requests,
		               "-k",   key,
		               NULL };
	struct program p;

	run(&p, argv, request);
	ck_assert_msg(p.code == 0, "kcat: %s", program_err(&p));
	program_clear(&p);
}

START_TEST(watch_shows_what_kcat_asked_for)
{
	const char *argv[] = { MPICCTL,  "watch",     "--config", w.conf,
		               "--from", "beginning", "--count",  "2",
		               "--json", NULL };
	struct program p;
	int two = 2;

	kcat("from-kcat", "{\"domain_or_ip_target\":\"deny.example\"}");
	kcat("from-kcat-2", "{\"domain_or_ip_target\":\"issue.example\"}");
	world_run(&w.kafka, "answers", all_flown, &two);
	run(&p, argv, NULL);
	ck_assert_msg(p.code == 0, "exit %d: %s", p.code, program_err(&p));
	ck_assert_int_eq(lines_of(program_out(&p)), 2);
	ck_assert_ptr_nonnull(strstr(program_out(&p),
	                             "\"request_id\":\"from-kcat\","
	                             "\"domain_or_ip_target\":"
	                             "\"deny.example\",\"outcome\":"
	                             "\"do-not-issue\""));
	ck_assert_ptr_nonnull(strstr(program_out(&p), "\"verified\":true"));
	ck_assert_ptr_nonnull(strstr(program_out(&p), "from-kcat-2"));
	program_clear(&p);
}
END_TEST

START_TEST(watch_passes_over_forgeries)
{
	const char *argv[] = { MPICCTL,  "watch",     "--config", w.conf,
		               "--from", "beginning", "--count",  "1",
		               "--wide", "-o",        "table",    NULL };
	struct program p;
	int two = 2;

	/* one partition, so the forgery comes first */
	kcat("k", "{\"domain_or_ip_target\":\"stranger.example\"}");
	world_run(&w.kafka, "forgery", has_answered, NULL);
	kcat("k", "{\"domain_or_ip_target\":\"hostile.example\"}");
	world_run(&w.kafka, "answers", all_flown, &two);
	run(&p, argv, NULL);
	ck_assert_int_eq(p.code, 0);
	ck_assert_ptr_null(strstr(program_out(&p), "stranger"));
	ck_assert_ptr_nonnull(strstr(program_out(&p), "hostile.example"));
	ck_assert_ptr_null(strchr(program_out(&p), '\033'));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "unknown-key"));
	program_clear(&p);
}
END_TEST

START_TEST(doctor_looks_at_topics)
{
	const char *argv[] = { MPICCTL, "doctor", "--config",
		               w.conf,  "--json", NULL };
	struct program p;

	run(&p, argv, NULL);
	ck_assert_int_eq(p.code, 0); /* a lab: warnings at most */
	ck_assert_ptr_nonnull(
		strstr(program_out(&p), "t.decisions: 3 partitions"));
	ck_assert_ptr_nonnull(
		strstr(program_out(&p), "t.dead-letters: 1 partitions"));
	program_clear(&p);
}
END_TEST

/* -- dev-broker -- */

static bool is_there(void *arg)
{
	char path[TEMP_PATH_MAX];
	FILE *f = fopen(temp_path(&w.dir, arg, path), "re");

	if (f != NULL)
		(void)fclose(f);
	return f != NULL;
}

START_TEST(dev_broker_has_all_topics)
{
	char path[TEMP_PATH_MAX], address[64] = "", name[] = "bootstrap";
	const char *argv[] = { MPICCTL,
		               "dev-broker",
		               "--perspective",
		               "ams",
		               "--partitions",
		               "5",
		               "--checks-partitions",
		               "2",
		               "--topic-prefix",
		               "d.",
		               "--bootstrap-file",
		               temp_path(&w.dir, name, path),
		               NULL };
	struct program broker, list;
	FILE *f;

	program_start(&broker, argv, NULL, NULL);
	world_run(&w.kafka, "bootstrap file", is_there, name);
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(fgets(address, sizeof(address), f));
	(void)fclose(f);
	address[strcspn(address, "\n")] = '\0';
	const char *kcat_list[] = { "kcat", "-L", "-b", address, NULL };

	run(&list, kcat_list, NULL);
	static const char *const topics[] = {
		"\"d.requests\" with 5",     "\"d.attempts\" with 5",
		"\"d.results\" with 5",      "\"d.decisions\" with 5",
		"\"d.perspectives\" with 1", "\"d.dead-letters\" with 1",
		"\"d.checks.ams\" with 2",
	};
	for (int i = 0; i < COUNT(topics); i++)
		ck_assert_msg(strstr(program_out(&list), topics[i]) != NULL,
		              "%s: %s", topics[i], program_out(&list));
	program_clear(&list);
	kill(broker.pid, SIGTERM);
	world_run(&w.kafka, "end", is_over, &broker);
	ck_assert_int_eq(broker.code, 0);
	ck_assert_ptr_nonnull(strstr(program_out(&broker), address));
	ck_assert_ptr_nonnull(
		strstr(program_err(&broker), "no read_committed"));
	ck_assert(!is_there(name));
	program_clear(&broker);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ctl");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, one_request, 0, COUNT(singles));
	tcase_add_test(tc, flags_make_the_request);
	tcase_add_test(tc, many_from_stdin_bounded);
	tcase_add_loop_test(tc, the_worst_decides, 0, COUNT(worst));
	tcase_add_test(tc, decided_before_it_is_delivered);
	tcase_add_test(tc, bad_lines_are_named);
	tcase_add_test(tc, open_mpic_bodies_are_requests);
	tcase_add_test(tc, repeats_share_a_decision);
	tcase_add_test(tc, tables_are_for_people);
	tcase_add_test(tc, without_keys_it_says_so);
	tcase_add_test(tc, interrupted_is_not_completed);
	tcase_add_test(tc, no_broker_is_a_fault);
	tcase_add_test(tc, watch_shows_what_kcat_asked_for);
	tcase_add_test(tc, watch_passes_over_forgeries);
	tcase_add_test(tc, doctor_looks_at_topics);
	tcase_add_test(tc, dev_broker_has_all_topics);
	return run_case(tc);
}
