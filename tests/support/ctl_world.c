#include "tests/support/ctl_world.h"

#include "tests/support/run.h"
#include "tests/wire/samples.h"

#include "base/murmur2.h"
#include "trust/jws.h"
#include "wire/request.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { HOLD_MS = 40 };

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

static struct decision sample_decision(struct ctl_world *w)
{
	for (size_t i = 0; i < samples_count; i++) {
		if (strcmp(samples[i].name, "decision-issue") == 0)
			return *(struct decision *)samples[i].make(w->arena);
	}
	ck_abort_msg("no sample");
}

static void set_outcome(struct ctl_world *w, struct decision *d,
                        enum outcome outcome, enum reason reason)
{
	d->outcome = outcome;
	d->reason = reason;
	if (!decision_is_valid(d))
		d->valid_until_ms = (struct opt_int){ 0 };
	if (outcome != OUTCOME_REJECTED)
		return;
	d->issues = arena_alloc(w->arena, sizeof(*d->issues));
	d->issues[0] = (struct request_issue){ REASON_NAME_INVALID,
		                               SPAN("domain_or_ip_target"),
		                               SPAN("\x1b]0;owned\x07") };
	d->issues_count = 1;
}

static void on_delivered(void *arg, const struct kafka_delivery *d)
{
	struct ctl_world *w = arg;

	ck_assert_int_eq(d->fate, KAFKA_DELIVERED);
	w->flying--;
}

struct signing {
	struct signing_key *key; /* NULL: no header */
	const char *deployment;
	bool altered; /* the value is changed once it is signed */
};

static void say(struct ctl_world *w, const struct decision *d,
                int32_t partition, const struct signing *signing)
{
	struct sign_domain domain = { .lab = true,
		                      .deployment = signing->deployment,
		                      .record_type = SIGN_DECISION,
		                      .schema_version = 1 };
	struct decision shown = *d;
	struct buf value = { 0 }, jws = { 0 };
	struct kafka_header header = { JWS_HEADER, { NULL, 0 } };
	struct kafka_record r = { .topic = w->topics.decisions,
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
	w->flying++;
	ck_assert_int_eq(kafka_out_send(w->out, &r, on_delivered, w),
	                 KAFKA_SENT);
	buf_clear(&value);
	buf_clear(&jws);
}

/* Decisions that must not count, told by the label. False: it is no such. */
static bool say_forgery(struct ctl_world *w, struct decision *d,
                        int32_t partition)
{
	struct signing s = { w->key, DEPLOYMENT, false };

	set_outcome(w, d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	if (plays(d->target, "unsigned")) {
		s.key = NULL;
	} else if (plays(d->target, "stranger")) {
		s.key = w->other_key;
	} else if (plays(d->target, "elsewhere")) {
		s.deployment = "another";
	} else if (plays(d->target, "altered")) {
		set_outcome(w, d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
		s.altered = true;
	} else if (plays(d->target, "target")) {
		d->target = SPAN("other.example");
	} else if (plays(d->target, "digest")) {
		d->request.digest.b[0] ^= 1;
	} else {
		return false;
	}
	say(w, d, partition, &s);
	return true;
}

static void answer(struct ctl_world *w, const struct held *h)
{
	const struct signing good = { w->key, DEPLOYMENT, false };
	struct decision d = sample_decision(w);
	struct request request;
	struct request_issues issues;
	enum encoding encoding;
	struct span why;

	ck_assert_int_eq(request_decode(h->value, span_str(""), w->arena,
	                                &request, &issues, &encoding, &why),
	                 REASON_UNKNOWN);
	d.request_id = h->key;
	d.target = request.domain_or_ip_target;
	d.request = (struct record_ref){ h->partition, h->offset,
		                         digest_of(h->value) };
	d.sequence = ++w->sequence;
	w->answers++;
	if (plays(d.target, "silent") || say_forgery(w, &d, h->partition))
		return;
	if (plays(d.target, "first")) { /* a false one before the true one */
		d.request.digest.b[0] ^= 1;
		say(w, &d, h->partition, &good);
		d.request.digest.b[0] ^= 1;
	}
	if (plays(d.target, "hostile"))
		d.attempts[0].perspectives[0].votes[0].detail =
			SPAN("\x1b[2J\xe2\x80\xaetxt");
	for (int i = 0; i < COUNT(parts); i++) {
		if (plays(d.target, parts[i].label))
			set_outcome(w, &d, parts[i].outcome, parts[i].reason);
	}
	say(w, &d, h->partition, &good);
}

static void on_answer(void *arg)
{
	struct ctl_world *w = arg;

	if (w->held_count > w->held_most)
		w->held_most = w->held_count;
	for (size_t i = 0; i < w->held_count; i++)
		answer(w, &w->held[i]);
	w->held_count = 0;
}

static void on_request(void *owner, const struct kafka_message *m)
{
	struct ctl_world *w = owner;
	struct span type;
	struct held *h = &w->held[w->held_count++];

	ck_assert_uint_lt(w->held_count, HELD_MAX);
	*h = (struct held){ arena_span(w->arena, m->key),
		            arena_span(w->arena, m->value), m->partition,
		            m->offset };
	w->requests++;
	(void)snprintf(w->watched, sizeof(w->watched), "%.*s",
	               SPAN_ARG(m->key));
	/* kcat sends no such header, and hashes otherwise */
	if (kafka_message_header(m, HEADER_CONTENT_TYPE, &type) == 1) {
		ck_assert(span_is(type, CONTENT_TYPE_JSON));
		ck_assert_int_eq(m->partition, (int32_t)home_partition(
						       m->key, CTL_PARTITIONS));
	}
	timer_set_ms(w->answer, w->holding ? HOLD_MS : 0);
}

/* -- the world -- */

static void on_fatal(void *owner, const char *why)
{
	(void)owner;
	ck_abort_msg("%s", why);
}

static void write_confs(struct ctl_world *w)
{
	struct buf text = { 0 }, public = { 0 };

	buf_printf(
		&text,
		"lab = yes\ntopic_prefix = \"t.\"\n"
		"kafka { brokers = \"%s\"\n\"fetch.wait.max.ms\" = \"5\" }\n",
		w->kafka.conf.brokers);
	temp_write(&w->dir, "bare.conf", buf_cstr(&text));
	signing_key_public_base64(w->key, &public);
	buf_printf(&text,
	           "deployment = \"" DEPLOYMENT "\"\n"
	           "key \"c1\" { role = coordinator\npublic_key = \"%s\"\n}\n",
	           buf_cstr(&public));
	temp_write(&w->dir, "mpicctl.conf", buf_cstr(&text));
	temp_path(&w->dir, "mpicctl.conf", w->conf);
	temp_path(&w->dir, "bare.conf", w->bare_conf);
	buf_clear(&public);
	buf_clear(&text);
}

static void add_topics(struct ctl_world *w)
{
	const struct mock_topic list[] = {
		{ w->topics.requests, CTL_PARTITIONS },
		{ w->topics.attempts, CTL_PARTITIONS },
		{ w->topics.results, CTL_PARTITIONS },
		{ w->topics.decisions, CTL_PARTITIONS },
		{ w->topics.perspectives, 1 },
		{ w->topics.dead_letters, 1 },
	};

	for (int i = 0; i < COUNT(list); i++)
		ck_assert_int_eq(mock_broker_add_topic(w->kafka.broker,
		                                       &list[i], &w->kafka.err),
		                 0);
}

void ctl_open(struct ctl_world *w)
{
	const struct kafka_in_options in = {
		.group_id = "played",
		.events = { .on_message = on_request,
		            .on_fatal = on_fatal,
		            .owner = w },
	};
	const char *topics[] = { w->topics.decisions };
	const struct kafka_out_options out = { .topics = topics,
		                               .topic_count = 1,
		                               .on_fatal = on_fatal };

	memset(w, 0, sizeof(*w));
	world_open(&w->kafka, NULL, 0);
	topics_init(&w->topics, "t.");
	add_topics(w);
	temp_dir_make(&w->dir);
	w->arena = arena_new();
	w->key = signing_key_generate();
	w->other_key = signing_key_generate();
	write_confs(w);
	w->answer = timer_new(w->kafka.loop, on_answer, w);
	w->out = kafka_out_new(w->kafka.loop, &w->kafka.conf, &out,
	                       &w->kafka.err);
	w->in = kafka_in_new(w->kafka.loop, &w->kafka.conf, &in, &w->kafka.err);
	ck_assert(w->out != NULL && w->in != NULL);
	for (int32_t i = 0; i < CTL_PARTITIONS; i++) {
		const struct kafka_partition at = { w->topics.requests, i };

		ck_assert_int_eq(kafka_in_start(w->in, &at, 0, &w->kafka.err),
		                 0);
	}
}

void ctl_close(struct ctl_world *w)
{
	kafka_in_free(&w->in);
	kafka_out_free(&w->out);
	timer_free(&w->answer);
	signing_key_free(&w->key);
	signing_key_free(&w->other_key);
	arena_free(&w->arena);
	world_close(&w->kafka);
	temp_dir_remove(&w->dir);
}

bool ctl_is_over(void *program)
{
	return program_ended(program);
}

void ctl_run(struct ctl_world *w, struct program *p, const char *const *argv,
             const char *input)
{
	program_start(p, argv, input, NULL);
	world_run(&w->kafka, argv[1], ctl_is_over, p);
}

const char *ctl_member(struct ctl_world *w, const char *line, const char *name)
{
	size_t len = strcspn(line, "\n");
	json_t *root = json_loadb(line, len, 0, NULL);
	const char *text;

	ck_assert_msg(root != NULL, "not JSON: %s", line);
	text = json_string_value(json_object_get(root, name));
	text = arena_str(w->arena, text != NULL ? text : "");
	json_decref(root);
	return text;
}

int ctl_lines(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}
