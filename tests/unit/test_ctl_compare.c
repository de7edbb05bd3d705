/* What should be against what is: topics and rights. */
#include "tests/support/run.h"

#include "ctl/compare.h"
#include "ctl/render.h"

static const struct topic_config wanted_configs[] = {
	{ "cleanup.policy", "compact,delete", true },
	{ "retention.ms", "1000", true },
};

static const struct topic_spec wanted_topic = { "t", 3, 2, wanted_configs, 2 };

static const struct {
	const char *what;
	int partitions, replication;
	struct topic_config configs[4];
	size_t configs_count;
	const char *changes; /* as JSON lines without advice */
} topics[] = {
	{ "not there",
	  0,
	  0,
	  { { 0 } },
	  0,
	  "create t 3 partitions, 2 replicas, cleanup.policy=compact,delete, "
	  "retention.ms=1000\n" },
	{ "the same",
	  3,
	  2,
	  { { "cleanup.policy", "compact,delete", true },
	    { "retention.ms", "1000", true } },
	  2,
	  "" },
	{ "a list in another order",
	  3,
	  2,
	  { { "cleanup.policy", "delete,compact", true },
	    { "retention.ms", "1000", true } },
	  2,
	  "" },
	{ "a list with less",
	  3,
	  2,
	  { { "cleanup.policy", "delete", true },
	    { "retention.ms", "1000", true } },
	  2,
	  "set t cleanup.policy=compact,delete (is delete)\n" },
	{ "a list with more",
	  3,
	  2,
	  { { "cleanup.policy", "compact,delete,x", true },
	    { "retention.ms", "1000", true } },
	  2,
	  "set t cleanup.policy=compact,delete (is compact,delete,x)\n" },
	{ "another value, and none",
	  3,
	  2,
	  { { "retention.ms", "10000", true } },
	  1,
	  "set t cleanup.policy=compact,delete (is not known to the broker), "
	  "retention.ms=1000 (is 10000)\n" },
	{ "the broker's value is right",
	  3,
	  2,
	  { { "cleanup.policy", "compact,delete", true },
	    { "retention.ms", "1000", false } },
	  2,
	  "" },
	{ "more, of the topic's own",
	  3,
	  2,
	  { { "cleanup.policy", "compact,delete", true },
	    { "retention.ms", "1000", true },
	    { "retention.bytes", "7", true } },
	  3,
	  "extra t retention.bytes=7\n" },
	{ "more, of the broker's",
	  3,
	  2,
	  { { "cleanup.policy", "compact,delete", true },
	    { "retention.ms", "1000", true },
	    { "retention.bytes", "7", false } },
	  3,
	  "" },
	{ "fewer partitions",
	  2,
	  2,
	  { { "cleanup.policy", "compact,delete", true },
	    { "retention.ms", "1000", true } },
	  2,
	  "by hand t 2 partitions, the manifest says 3\n" },
	{ "more partitions, fewer replicas",
	  4,
	  1,
	  { { "cleanup.policy", "compact,delete", true },
	    { "retention.ms", "1000", true } },
	  2,
	  "by hand t 4 partitions, the manifest says 3\n"
	  "by hand t 1 replicas, the manifest says 2\n" },
};

/* "<action> <what> <detail>" per line, cut out of the JSON. */
static void flatten(const struct changes *changes, struct buf *out)
{
	struct buf json = { 0 };
	struct span left;

	changes_json(changes, &json);
	left = buf_span(&json);
	for (size_t i = 0; i < changes_count(changes); i++) {
		static const char *const names[] = { "\"action\":\"",
			                             "\"what\":\"",
			                             "\"detail\":\"" };

		for (int k = 0; k < COUNT(names); k++) {
			ptrdiff_t at = span_find(left, span_str(names[k]));

			ck_assert(at >= 0);
			left = span_sub(left, (size_t)at + strlen(names[k]),
			                left.len);
			at = span_find(left, SPAN("\""));
			buf_printf(out, "%s%.*s", k > 0 ? " " : "", (int)at,
			           (const char *)left.p);
		}
		buf_add_u8(out, '\n');
	}
	buf_clear(&json);
}

START_TEST(finds_what_differs_in_topics)
{
	const struct topic_spec found_topic = {
		.name = "t",
		.partitions = topics[_i].partitions,
		.replication = topics[_i].replication,
		.configs = topics[_i].configs,
		.configs_count = topics[_i].configs_count,
	};
	struct changes *changes = changes_new();
	struct cluster_state wanted, found;
	struct buf text = { 0 };

	cluster_state_init(&wanted);
	cluster_state_init(&found);
	cluster_state_add_topic(&wanted, &wanted_topic);
	cluster_state_add_topic(&found, &found_topic);
	compare_topics(&wanted, &found, changes);
	flatten(changes, &text);
	ck_assert_msg(strcmp(buf_cstr(&text), topics[_i].changes) == 0,
	              "%s: %s", topics[_i].what, buf_cstr(&text));
	for (size_t i = 0; i < changes_count(changes); i++) {
		const struct change *c = changes_at(changes, i);

		/* what apply leaves alone says what to do */
		ck_assert(
			(c->advice[0] != '\0') ==
			(c->kind == CHANGE_BY_HAND || c->kind == CHANGE_EXTRA));
	}
	buf_clear(&text);
	changes_free(&changes);
	cluster_state_clear(&wanted);
	cluster_state_clear(&found);
}
END_TEST

/* -- rights -- */

static const struct right wanted_rights[] = {
	{ "User:a", "a", "*", RIGHT_TOPIC, RIGHT_LITERAL, "m.requests", 3, 0 },
	{ "User:a", "a", "*", RIGHT_TRANSACTIONAL_ID, RIGHT_PREFIXED, "m.", 4,
	  0 },
};

#define A_READS     "allow User:a Read on topic m.requests\n"
#define A_TRANSACTS "allow User:a Write on transactional-id m.*\n"

static const struct {
	const char *what;
	struct right found[3];
	size_t count;
	const char *changes;
} rights[] = {
	/* clang-format off */
	{ "none", { { 0 } }, 0, A_READS A_TRANSACTS },
	{ "the same",
	  { { "User:a", NULL, "*", RIGHT_TOPIC, RIGHT_LITERAL, "m.requests", 3, 0 },
	    { "User:a", NULL, "*", RIGHT_TRANSACTIONAL_ID, RIGHT_PREFIXED, "m.", 4, 0 } }, 2, "" },
	{ "a library without transactional ids",
	  { { "User:a", NULL, "*", RIGHT_TOPIC, RIGHT_LITERAL, "m.requests", 3, 0 },
	    { "User:a", NULL, "*", RIGHT_OTHER, RIGHT_PREFIXED, "m.", 4, 0 } }, 2, "" },
	{ "something else without a word is no topic",
	  { { "User:a", NULL, "*", RIGHT_OTHER, RIGHT_LITERAL, "m.requests", 3, 0 } }, 1,
	  A_READS A_TRANSACTS "extra User:a Read on other m.requests\n" },
	{ "from one host only",
	  { { "User:a", NULL, "10.0.0.1", RIGHT_TOPIC, RIGHT_LITERAL, "m.requests", 3, 0 } }, 1,
	  A_READS A_TRANSACTS "extra User:a Read on topic m.requests from 10.0.0.1\n" },
	{ "denied",
	  { { "User:a", NULL, "*", RIGHT_TOPIC, RIGHT_LITERAL, "m.requests", 3, 1 } }, 1,
	  A_READS A_TRANSACTS "extra User:a may not Read on topic m.requests\n" },
	{ "prefixed instead of literal",
	  { { "User:a", NULL, "*", RIGHT_TOPIC, RIGHT_PREFIXED, "m.requests", 3, 0 } }, 1,
	  A_READS A_TRANSACTS "extra User:a Read on topic m.requests*\n" },
	{ "another operation",
	  { { "User:a", NULL, "*", RIGHT_TOPIC, RIGHT_LITERAL, "m.requests", 4, 0 } }, 1,
	  A_READS A_TRANSACTS "extra User:a Write on topic m.requests\n" },
	{ "ours on something else",
	  { { "User:a", NULL, "*", RIGHT_CLUSTER, RIGHT_LITERAL, "kafka-cluster", 7, 0 } }, 1,
	  A_READS A_TRANSACTS "extra User:a Alter on cluster kafka-cluster\n" },
	{ "somebody on ours",
	  { { "User:b", NULL, "*", RIGHT_TOPIC, RIGHT_LITERAL, "m.requests", 3, 0 } }, 1,
	  A_READS A_TRANSACTS "extra User:b Read on topic m.requests\n" },
	{ "somebody on a prefix of ours",
	  { { "User:b", NULL, "*", RIGHT_TOPIC, RIGHT_PREFIXED, "m", 3, 0 } }, 1,
	  A_READS A_TRANSACTS "extra User:b Read on topic m*\n" },
	{ "somebody on everything",
	  { { "User:*", NULL, "*", RIGHT_TOPIC, RIGHT_LITERAL, "*", 2, 0 } }, 1,
	  A_READS A_TRANSACTS "extra User:* All on topic *\n" },
	{ "somebody under our prefix",
	  { { "User:b", NULL, "*", RIGHT_TRANSACTIONAL_ID, RIGHT_LITERAL, "m.x", 4, 0 } }, 1,
	  A_READS A_TRANSACTS "extra User:b Write on transactional-id m.x\n" },
	{ "somebody elsewhere",
	  { { "User:b", NULL, "*", RIGHT_TOPIC, RIGHT_LITERAL, "m.request", 3, 0 },
	    { "User:b", NULL, "*", RIGHT_TOPIC, RIGHT_PREFIXED, "m.requests.", 3, 0 },
	    { "User:b", NULL, "*", RIGHT_GROUP, RIGHT_LITERAL, "m.requests", 3, 0 } }, 3,
	  A_READS A_TRANSACTS },
	/* clang-format on */
};

/* a right that nobody wrote down is told. */
START_TEST(finds_what_differs_in_rights)
{
	struct changes *changes = changes_new();
	struct cluster_state wanted, found;
	struct buf text = { 0 };

	cluster_state_init(&wanted);
	cluster_state_init(&found);
	for (int i = 0; i < COUNT(wanted_rights); i++)
		cluster_state_add_right(&wanted, &wanted_rights[i]);
	for (size_t i = 0; i < rights[_i].count; i++)
		cluster_state_add_right(&found, &rights[_i].found[i]);
	compare_rights(&wanted, &found, changes);
	flatten(changes, &text);
	ck_assert_msg(strcmp(buf_cstr(&text), rights[_i].changes) == 0,
	              "%s: %s", rights[_i].what, buf_cstr(&text));
	buf_clear(&text);
	changes_free(&changes);
	cluster_state_clear(&wanted);
	cluster_state_clear(&found);
}
END_TEST

/* -- what became of it -- */

static void add_three(struct changes *changes)
{
	const struct change create = { .kind = CHANGE_CREATE,
		                       .topic = &wanted_topic,
		                       .what = "t" };
	struct change allow = { .kind = CHANGE_ALLOW,
		                .right = &wanted_rights[0],
		                .what = "User:a" };

	changes_add(changes, &create, "%d", 3);
	changes_add(changes, &allow, "Read");
	allow.right = &wanted_rights[1];
	changes_add(changes, &allow, "transact\033[2J");
}

START_TEST(keeps_what_became_of_it)
{
	struct changes *changes = changes_new();
	struct buf text = { 0 };

	add_three(changes);
	ck_assert_uint_eq(changes_left(changes), 3);
	changes_at(changes, 0)->state = CHANGE_DONE;
	changes_fail(changes, changes_at(changes, 1), "no \"right\"");
	changes_leave(changes, changes_at(changes, 2), "do it");
	ck_assert_uint_eq(changes_left(changes), 2);
	changes_json(changes, &text);
	ck_assert_str_eq(
		buf_cstr(&text),
		"{\"action\":\"created\",\"what\":\"t\",\"detail\":\"3\","
		"\"advice\":\"\"}\n"
		"{\"action\":\"not allowed\",\"what\":\"User:a\",\"detail\":"
		"\"Read\",\"advice\":\"no \\\"right\\\"\"}\n"
		"{\"action\":\"by hand\",\"what\":\"User:a\",\"detail\":"
		"\"transact\\u001b[2J\",\"advice\":\"do it\"}\n");
	text.len = 0;
	changes_table(changes, 80, false, &text);
	ck_assert_str_eq(buf_cstr(&text),
	                 "ACTION       WHAT    DETAIL\n"
	                 "created      t       3\n"
	                 "not allowed  User:a  Read\n"
	                 "    no \"right\"\n"
	                 "by hand      User:a  transact\\x1b[2J\n"
	                 "    do it\n");
	buf_clear(&text);
	changes_free(&changes);
}
END_TEST

/* What is done needs no line; what is left to hands does. */
START_TEST(renders_what_is_open)
{
	const struct render_client client = { "b:1", NULL };
	struct changes *changes = changes_new();
	struct buf text = { 0 };

	add_three(changes);
	changes_at(changes, 1)->state = CHANGE_DONE;
	changes_leave(changes, changes_at(changes, 2), "do it");
	render_changes(changes, &client, &text);
	ck_assert_str_eq(
		buf_cstr(&text),
		"kafka-topics.sh --bootstrap-server b:1 --create "
		"--if-not-exists --topic t --partitions 3 "
		"--replication-factor 2 --config cleanup.policy=compact,delete "
		"--config retention.ms=1000\n"
		"kafka-acls.sh --bootstrap-server b:1 --add --force "
		"--allow-principal User:a --operation Write "
		"--resource-pattern-type prefixed --transactional-id m.\n");
	buf_clear(&text);
	changes_free(&changes);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("compare");

	tcase_add_loop_test(tc, finds_what_differs_in_topics, 0, COUNT(topics));
	tcase_add_loop_test(tc, finds_what_differs_in_rights, 0, COUNT(rights));
	tcase_add_test(tc, keeps_what_became_of_it);
	tcase_add_test(tc, renders_what_is_open);
	return run_case(tc);
}
