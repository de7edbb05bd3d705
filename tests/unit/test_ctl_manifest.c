/* The manifest of topics and rights: read strictly, filled in, rendered. */
#include "tests/support/run.h"

#include "ctl/file.h"
#include "ctl/render.h"
#include "ctl/wanted.h"
#include "wire/topics.h"

#include <stdio.h>

#define FIXTURES SOURCE_DIR "/tests/fixtures/kafka/"
#define SMALL    FIXTURES "small.manifest.json"
#define OURS     SOURCE_DIR "/deploy/kafka/topics.manifest.json"

static void load(const char *path, struct buf *text)
{
	struct err why;

	ck_assert_msg(file_load(path, 1 << 20, text, &why) == 0, "%s",
	              why.text);
}

/* The small manifest with the first `from' replaced by `to'. */
static void spoil(const char *from, const char *to, struct buf *out)
{
	struct buf text = { 0 };
	ptrdiff_t at;

	load(SMALL, &text);
	at = span_find(buf_span(&text), span_str(from));
	ck_assert_msg(at >= 0, "no %s", from);
	buf_add_span(out, span_sub(buf_span(&text), 0, (size_t)at));
	buf_add_str(out, to);
	buf_add_span(out, span_sub(buf_span(&text), (size_t)at + strlen(from),
	                           text.len));
	buf_clear(&text);
}

static const struct {
	const char *from, *to;
	const char *why; /* NULL: it is as good */
} bad[] = {
	/* clang-format off */
	{ "\"version\": 1", "\"version\": 1", NULL },
	{ "{\n", "", "line 1" },
	{ "\"version\": 1", "\"version\": 2", "version is 2" },
	{ "\"version\": 1", "\"version\": 1, \"also\": 1", "also" },
	{ "\"version\": 1,", "", "version" },
	{ "\"prefix\"", "\"prefix\": \"x\", \"prefix\"", "duplicate" },
	{ "\"Lab_\"", "\"a b\"", "deployment: prefix: \"a b\"" },
	{ "\"Lab_\"", "\"\"", "deployment: prefix" },
	{ "\"partitions\": 4", "\"partitions\": 0", "partitions: 0 is not from 1" },
	{ "\"partitions\": 4", "\"partitions\": 4.5", "deployment" },
	{ "\"partitions\": 4", "\"partitions\": 10001", "10001 is not from 1 to 10000" },
	{ "\"min_insync_replicas\": 2", "\"min_insync_replicas\": 4", "min_insync_replicas: 4 is not from 1 to 3" },
	{ "CN={name}", "CN=x", "principal has no {name}" },
	{ "\"ams\"", "\"AMS\"", "perspectives[0]: code: \"AMS\"" },
	{ "\"ams\"", "\"nyc\"", "perspectives[1]: code: nyc is there twice" },
	{ "\"ams\"", "\"\"", "perspectives[0]: code" },
	{ "\"each\": \"perspective\"", "\"each\": \"region\"", "topics[1]: each: \"region\"" },
	{ "\"partitions\": \"P\"", "\"partitions\": \"Q\"", "topics[0]: partitions is not" },
	{ "\"partitions\": \"P\"", "\"partitions\": \"perspective\"", "topics[0]: partitions is not" },
	{ "\"partitions\": \"P\"", "\"partitions\": -1", "topics[0]: partitions is not" },
	{ "\"1000\"", "1000", "topics[1]: config: retention.ms is not a text" },
	{ "\"1000\"", "\"\"", "topics[1]: config: retention.ms is not a text" },
	{ "\"retention.ms\"", "\"min.insync.replicas\"", "topics[1]: config: min.insync.replicas" },
	{ "\"config\": {}", "\"config\": []", "topics[2]: config is not" },
	{ "\"name\": \"dead\"", "\"name\": \"de ad\"", "topics[2]: name" },
	{ "[\"coordinator\"]", "[]", "principals: coordinator has 0 entries" },
	{ "[\"coordinator\"]", "[7]", "principals: coordinator[0]" },
	{ "\"role\": \"coordinator\"", "\"role\": \"king\"", "acls[0]: role: there is no \"king\"" },
	{ "\"resource\": \"topic\"", "\"resource\": \"cluster\"", "acls[0]: resource: \"cluster\"" },
	{ "\"pattern\": \"prefixed\"", "\"pattern\": \"any\"", "acls[1]: pattern: \"any\"" },
	{ "[\"Read\", \"Write\"]", "[\"Read\", \"write\"]", "acls[0]: operations: there is no \"write\"" },
	{ "[\"Read\", \"Write\"]", "\"Read\"", "acls[0]: operations is not a list" },
	{ "\"names\": [\"{prefix}requests\", \"dead\"],", "", "acls[0]" },
	/* clang-format on */
};

START_TEST(reads_strictly)
{
	struct buf text = { 0 };
	struct manifest m = { .partitions = 77 };
	struct err why = { "" };
	int rc;

	spoil(bad[_i].from, bad[_i].to, &text);
	rc = manifest_read(&m, buf_span(&text), &why);
	ck_assert_msg((rc == 0) == (bad[_i].why == NULL), "%s -> %s: %s",
	              bad[_i].from, bad[_i].to, why.text);
	if (bad[_i].why != NULL)
		ck_assert_msg(strstr(why.text, bad[_i].why) != NULL,
		              "no \"%s\": %s", bad[_i].why, why.text);
	if (rc == 0)
		manifest_clear(&m);
	buf_clear(&text);
}
END_TEST

static void want(const char *path, const struct wanted_options *options,
                 struct cluster_state *wanted)
{
	struct manifest m;
	struct err why;

	ck_assert_msg(manifest_load(&m, path, &why) == 0, "%s", why.text);
	ck_assert_msg(wanted_make(wanted, &m, options, &why) == 0, "%s",
	              why.text);
	manifest_clear(&m);
}

static const struct {
	const char *from, *to;
	const char *why;
} unfillable[] = {
	{ "{prefix}checks.{perspective}", "{prefix}checks.{region}",
	  "what is that to be" },
	{ "{prefix}requests", "{perspective}requests", "what is that to be" },
	{ "{prefix}requests", "{prefix", "what is that to be" },
	{ "worker-{perspective}", "worker-{name}", "what is that to be" },
	{ "{prefix}checks.{perspective}", "{prefix}checks",
	  "Lab_checks: two topics" },
};

START_TEST(refuses_what_it_cannot_fill)
{
	const struct wanted_options none = { 0 };
	struct buf text = { 0 };
	struct cluster_state wanted;
	struct manifest m;
	struct err why;

	spoil(unfillable[_i].from, unfillable[_i].to, &text);
	ck_assert_int_eq(manifest_read(&m, buf_span(&text), &why), 0);
	ck_assert_int_eq(wanted_make(&wanted, &m, &none, &why), -1);
	ck_assert_msg(strstr(why.text, unfillable[_i].why) != NULL, "%s",
	              why.text);
	manifest_clear(&m);
	buf_clear(&text);
}
END_TEST

static const char *const one_perspective[] = { "sin" };

static const struct {
	const char *what;
	struct wanted_options options;
	const char *topic;
	int partitions, replication;
	const char *min_insync;
} replaced[] = {
	{ "nothing", { 0 }, "Lab_requests", 4, 3, "2" },
	{ "nothing, one of each", { 0 }, "Lab_checks.nyc", 3, 3, "2" },
	{ "nothing, a number", { 0 }, "dead", 1, 3, "2" },
	{ "prefix", { .prefix = "x." }, "x.checks.ams", 2, 3, "2" },
	{ "partitions", { .partitions = 9 }, "Lab_requests", 9, 3, "2" },
	{ "one replica", { .replication = 1 }, "dead", 1, 1, "1" },
	{ "two replicas", { .replication = 2 }, "dead", 1, 2, "1" },
	{ "five replicas", { .replication = 5 }, "dead", 1, 5, "2" },
	{ "perspectives",
	  { .perspectives = one_perspective, .perspectives_count = 1 },
	  "Lab_checks.sin",
	  4,
	  3,
	  "2" },
};

START_TEST(takes_what_replaces)
{
	const struct topic_spec *t;
	struct cluster_state wanted;

	want(SMALL, &replaced[_i].options, &wanted);
	t = cluster_state_topic(&wanted, replaced[_i].topic);
	ck_assert_msg(t != NULL, "%s", replaced[_i].what);
	ck_assert_int_eq(t->partitions, replaced[_i].partitions);
	ck_assert_int_eq(t->replication, replaced[_i].replication);
	ck_assert_str_eq(topic_spec_config(t, "min.insync.replicas"),
	                 replaced[_i].min_insync);
	ck_assert_ptr_null(topic_spec_config(t, "no.such"));
	if (replaced[_i].options.perspectives_count > 0)
		ck_assert_ptr_null(
			cluster_state_topic(&wanted, "Lab_checks.nyc"));
	cluster_state_clear(&wanted);
}
END_TEST

/* Programs take the names of wire/topics.h, whatever the manifest says. */
START_TEST(ours_has_the_topics_of_the_programs)
{
	const struct wanted_options options = { .prefix = "p." };
	struct cluster_state wanted;
	char name[TOPIC_NAME_MAX];
	struct topics topics;

	topics_init(&topics, "p.");
	want(OURS, &options, &wanted);
	const char *names[] = {
		topics.requests,
		topics.attempts,
		topics.results,
		topics.decisions,
		topics.perspectives,
		topics.dead_letters,
		topics_checks(&topics, SPAN("fra"), name),
	};
	for (int i = 0; i < COUNT(names); i++)
		ck_assert_msg(cluster_state_topic(&wanted, names[i]) != NULL,
		              "%s", names[i]);
	/* one number for the four (design: P), or no coordinator starts */
	for (int i = 1; i < 4; i++)
		ck_assert_int_eq(
			cluster_state_topic(&wanted, names[i])->partitions,
			cluster_state_topic(&wanted, names[0])->partitions);
	cluster_state_clear(&wanted);
}
END_TEST

static bool may(const struct cluster_state *wanted, const char *user,
                enum right_kind kind)
{
	for (size_t i = 0; i < wanted->rights.n; i++) {
		const struct right *r = &wanted->rights.at[i];

		if (r->kind == kind &&
		    strncmp(r->user, user, strlen(user)) == 0)
			return true;
	}
	return false;
}

/* least privilege; an open transaction of a pipeline stalls intake. */
START_TEST(ours_gives_transactions_to_coordinators_alone)
{
	const struct wanted_options none = { 0 };
	struct cluster_state wanted;

	want(OURS, &none, &wanted);
	ck_assert(may(&wanted, "coordinator", RIGHT_TRANSACTIONAL_ID));
	ck_assert(may(&wanted, "pipeline", RIGHT_TOPIC));
	ck_assert(!may(&wanted, "pipeline", RIGHT_TRANSACTIONAL_ID));
	ck_assert(!may(&wanted, "gateway", RIGHT_TRANSACTIONAL_ID));
	ck_assert(!may(&wanted, "worker", RIGHT_TRANSACTIONAL_ID));
	ck_assert(!may(&wanted, "auditor", RIGHT_TRANSACTIONAL_ID));
	cluster_state_clear(&wanted);
}
END_TEST

/* -- rendering -- */

static const struct render_client client = { "b1:9093,b2:9093",
	                                     "/etc/my admin.properties" };

static void topic_lines(const struct cluster_state *wanted, struct buf *out)
{
	for (size_t i = 0; i < wanted->topics_count; i++)
		render_topic_line(&wanted->topics[i], &client, out);
}

static void config_lines(const struct cluster_state *wanted, struct buf *out)
{
	for (size_t i = 0; i < wanted->topics_count; i++)
		render_config_line(&wanted->topics[i], &client, out);
}

static void right_lines(const struct cluster_state *wanted, struct buf *out)
{
	render_right_lines(&wanted->rights, &client, out);
}

static void strimzi_topics(const struct cluster_state *wanted, struct buf *out)
{
	render_strimzi_topics(wanted, "prod", out);
}

static void strimzi_users(const struct cluster_state *wanted, struct buf *out)
{
	render_strimzi_users(wanted, "prod", out);
}

static const struct {
	const char *golden;
	void (*render)(const struct cluster_state *wanted, struct buf *out);
} renderings[] = {
	{ FIXTURES "small.topics.lines", topic_lines },
	{ FIXTURES "small.configs.lines", config_lines },
	{ FIXTURES "small.acls.lines", right_lines },
	{ FIXTURES "small.topics.yaml", strimzi_topics },
	{ FIXTURES "small.users.yaml", strimzi_users },
};

START_TEST(renders_golden)
{
	const struct wanted_options none = { 0 };
	struct buf golden = { 0 }, got = { 0 };
	struct cluster_state wanted;

	want(SMALL, &none, &wanted);
	renderings[_i].render(&wanted, &got);
	load(renderings[_i].golden, &golden);
	ck_assert_msg(span_eq(buf_span(&got), buf_span(&golden)),
	              "%s differs; now:\n%s", renderings[_i].golden,
	              buf_cstr(&got));
	cluster_state_clear(&wanted);
	buf_clear(&golden);
	buf_clear(&got);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("manifest");

	tcase_add_loop_test(tc, reads_strictly, 0, COUNT(bad));
	tcase_add_loop_test(tc, refuses_what_it_cannot_fill, 0,
	                    COUNT(unfillable));
	tcase_add_loop_test(tc, takes_what_replaces, 0, COUNT(replaced));
	tcase_add_test(tc, ours_has_the_topics_of_the_programs);
	tcase_add_test(tc, ours_gives_transactions_to_coordinators_alone);
	tcase_add_loop_test(tc, renders_golden, 0, COUNT(renderings));
	return run_case(tc);
}
