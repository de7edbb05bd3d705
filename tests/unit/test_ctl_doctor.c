#include "tests/support/run.h"

#include "ctl/advisories.h"
#include "ctl/doctor_times.h"
#include "ctl/trust_anchor.h"
#include "perspective-worker/resolver_floor.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *what;
	const char *name, *version;
	bool lab;
	enum finding_level worst;
	size_t count;
	const char *said; /* of one of the findings; NULL: nothing */
} doctored[] = {
	{ "Debian 12's resolver", "libunbound", "1.17.1", false, FINDING_BAD, 3,
	  "CVE-2026-81642" },
	{ "Debian 12's resolver in a lab", "libunbound", "1.17.1", true,
	  FINDING_WARN, 3, "CVE-2026-42959" },
	{ "one fault mended", "libunbound", "1.25.1", false, FINDING_BAD, 2,
	  "CVE-2026-81642" },
	{ "below the floor", "libunbound", "1.26.1", false, FINDING_BAD, 1,
	  "floor" },
	{ "a mended resolver", "libunbound", "1.26.2", false, FINDING_GOOD, 1,
	  "1.26.2" },
	{ "a resolver of next year", "libunbound", "2.0.0", false, FINDING_GOOD,
	  1, "2.0.0" },
	{ "a version that is none", "libunbound", "nightly", false, FINDING_BAD,
	  3, "nightly" },
	{ "old librdkafka", "librdkafka", "2.0.2", false, FINDING_WARN, 4,
	  "sequence" },
	{ "SCRAM not mended", "librdkafka", "2.6.0", false, FINDING_WARN, 3,
	  "SCRAM" },
	{ "SCRAM mended", "librdkafka", "2.6.1", false, FINDING_WARN, 2,
	  "first record" },
	{ "new librdkafka", "librdkafka", "2.15.0", false, FINDING_GOOD, 1,
	  NULL },
	{ "two-digit parts", "librdkafka", "2.9.0", false, FINDING_WARN, 2,
	  "first record" },
	{ "a suffix", "libevent", "2.1.12-stable", false, FINDING_WARN, 1,
	  "smuggling" },
	{ "a mended one with suffix", "libevent", "2.1.13-stable", false,
	  FINDING_GOOD, 1, NULL },
	{ "nothing known", "libcurl", "7.88.1", false, FINDING_GOOD, 1,
	  "7.88.1" },
};

static bool says(const struct findings *f, const char *text)
{
	for (size_t i = 0; i < findings_count(f); i++) {
		if (strstr(findings_at(f, i)->found, text) != NULL)
			return true;
	}
	return false;
}

START_TEST(knows_bad_versions)
{
	const struct version_part parts[] = {
		{ doctored[_i].name, doctored[_i].version }, { 0 }
	};
	const char *what = doctored[_i].what;
	struct findings *f = findings_new();

	advisories_check(parts, doctored[_i].lab, f);
	ck_assert_msg(findings_worst(f) == doctored[_i].worst, "%s: %s", what,
	              finding_level_name(findings_worst(f)));
	ck_assert_msg(findings_count(f) == doctored[_i].count, "%s: %zu", what,
	              findings_count(f));
	ck_assert_msg(doctored[_i].said == NULL || says(f, doctored[_i].said),
	              "%s: not said", what);
	for (size_t i = 0; i < findings_count(f); i++) {
		const struct finding *one = findings_at(f, i);

		ck_assert_msg((one->advice[0] == '\0') ==
		                      (one->level == FINDING_GOOD),
		              "%s: advice", what);
	}
	findings_free(&f);
}
END_TEST

static const struct {
	const char *what;
	const char *topic, *type;
	int partitions;
	enum finding_level worst;
	const char *said;
} times[] = {
	{ "the brokers' time", "t.decisions", "LogAppendTime", 3, FINDING_GOOD,
	  "LogAppendTime" },
	{ "a producer's time", "t.decisions", "CreateTime", 3, FINDING_WARN,
	  "t.decisions: wants message.timestamp.type=LogAppendTime (is "
	  "CreateTime)" },
	{ "heartbeats", "t.perspectives", "CreateTime", 1, FINDING_WARN,
	  "t.perspectives" },
	{ "where it does not matter", "t.dead-letters", "CreateTime", 1,
	  FINDING_GOOD, NULL },
	{ "no topic", "t.results", "CreateTime", 0, FINDING_GOOD, NULL },
};

START_TEST(sees_whose_time_it_is)
{
	struct topic_config config[] = {
		{ "message.timestamp.type", times[_i].type, true },
		{ "retention.ms", "1", true },
	};
	struct topic_spec spec = { .name = times[_i].topic,
		                   .partitions = times[_i].partitions,
		                   .replication = 1,
		                   .configs = config,
		                   .configs_count = 2 };
	struct findings *f = findings_new();
	struct cluster_state found;
	struct topics topics;

	topics_init(&topics, "t.");
	cluster_state_init(&found);
	cluster_state_add_topic(&found, &spec);
	doctor_times_judge(&topics, &found, f);
	ck_assert_uint_eq(findings_count(f), 1);
	ck_assert_msg(findings_worst(f) == times[_i].worst, "%s",
	              times[_i].what);
	ck_assert_msg(times[_i].said == NULL || says(f, times[_i].said), "%s",
	              times[_i].what);
	ck_assert((strstr(findings_at(f, 0)->advice,
	                  "topics apply --topic-prefix t.") != NULL) ==
	          (times[_i].worst == FINDING_WARN));
	cluster_state_clear(&found);
	findings_free(&f);
}
END_TEST

static const char *const resolvers[] = {
	"1.17.1", "1.25.0", "1.25.1", "1.26.0",
	"1.26.1", "1.26.2", "1.27.0", "2.0.0"
};

/* doctor and the workers that refuse to start must be of one opinion. */
START_TEST(agrees_with_the_worker)
{
	const struct version_part parts[] = { { "libunbound", resolvers[_i] },
		                              { 0 } };
	struct findings *f = findings_new();

	advisories_check(parts, false, f);
	ck_assert_msg((findings_worst(f) == FINDING_BAD) ==
	                      resolver_is_vulnerable(span_str(resolvers[_i])),
	              "%s", resolvers[_i]);
	findings_free(&f);
}
END_TEST

static const struct {
	const char *a, *b;
	int order;
} versions[] = {
	{ "1.17.1", "1.17.1", 0 },
	{ "1.9.0", "1.17.0", -1 },
	{ "2", "1.26.2", 1 },
	{ "2.14", "2.14.0", 0 },
	{ "2.1.12-stable", "2.1.12", 0 },
	{ "3.0.22", "3.0.9", 1 },
};

START_TEST(compares_by_numbers)
{
	int order = 9;

	ck_assert(version_compare(versions[_i].a, versions[_i].b, &order));
	ck_assert_msg(order == versions[_i].order, "%s %s: %d", versions[_i].a,
	              versions[_i].b, order);
}
END_TEST

START_TEST(refuses_what_is_no_version)
{
	int order = 9;

	ck_assert(!version_compare("", "1.0", &order));
	ck_assert(!version_compare("v1.0", "1.0", &order));
	ck_assert(!version_compare("99999999999999999999", "1.0", &order));
	ck_assert_int_eq(order, 9);
}
END_TEST

/* Long lines as dns-root-data has them: both keys. */
#define KSK_2017 \
	". IN DNSKEY 257 3 8 " \
	"AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+" \
	"/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+" \
	"B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3Eg" \
	"VLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+" \
	"sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/" \
	"ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8s" \
	"ubX2Nn6UwNR1AkUTV74bU="

static const struct {
	const char *what;
	const char *file;
	bool read;
	size_t count;
	int tag; /* 0: not asked */
} anchors[] = {
	{ "an old image", KSK_2017 " ; keytag 38696\n", true, 1,
	  ANCHOR_KSK_2017 },
	{ "DS records",
	  ". IN DS 20326 8 2 E06D44B8\n.\t3600 IN DS 38696 8 2 683D2D0A\n",
	  true, 2, ANCHOR_KSK_2024 },
	{ "no class", ". DS 38696 8 2 683D\n", true, 1, ANCHOR_KSK_2024 },
	{ "comments and blanks", "; keys\n\n  \n. IN DS 1 8 2 AA ; x\r\n", true,
	  1, 1 },
	{ "no newline at the end", ". IN DS 38696 8 2 68", true, 1,
	  ANCHOR_KSK_2024 },
	{ "empty", "", true, 0, 0 },
	{ "another zone's key", "com. IN DS 38696 8 2 683D\n", false, 0, 0 },
	{ "another type", ". IN NS a.root-servers.net.\n", false, 0, 0 },
	{ "bad base64", ". IN DNSKEY 257 3 8 A*A=\n", false, 0, 0 },
	{ "bad protocol", ". IN DNSKEY 257 4 8 AAAA\n", false, 0, 0 },
	{ "revoked", ". IN DNSKEY 385 3 8 AAAA\n", false, 0, 0 },
	{ "short", ". IN DS 38696 8\n", false, 0, 0 },
	{ "a tag too large", ". IN DS 65536 8 2 AA\n", false, 0, 0 },
	{ "what is not of it", "<html>\n", false, 0, 0 },
};

START_TEST(reads_trust_anchors)
{
	const char *what = anchors[_i].what;
	struct anchor_tags tags;
	bool read = anchor_read(span_str(anchors[_i].file), &tags);

	ck_assert_msg(read == anchors[_i].read, "%s", what);
	ck_assert_msg(tags.count == anchors[_i].count, "%s: %zu", what,
	              tags.count);
	ck_assert_msg(anchors[_i].tag == 0 ||
	                      anchor_has(&tags, (uint16_t)anchors[_i].tag),
	              "%s: tag", what);
	ck_assert_msg(anchors[_i].tag == ANCHOR_KSK_2024 ||
	                      !anchor_has(&tags, ANCHOR_KSK_2024),
	              "%s: not KSK-2024", what);
}
END_TEST

START_TEST(shows_findings)
{
	struct findings *f = findings_new();
	struct buf out = { 0 };

	findings_add(f, FINDING_GOOD, "clock", "unused", "%s", "fine");
	findings_add(f, FINDING_BAD, "file", "mend it", "%s", "\x1b[2J\"x");
	ck_assert_int_eq(findings_worst(f), FINDING_BAD);
	findings_table(f, 0, false, &out);
	ck_assert_str_eq(buf_cstr(&out), "CHECK  STATE  FOUND\n"
	                                 "clock  good   fine\n"
	                                 "file   bad    \\x1b[2J\"x\n"
	                                 "    mend it\n");
	out.len = 0;
	findings_json(f, &out);
	ck_assert_str_eq(buf_cstr(&out),
	                 "{\"check\":\"clock\",\"state\":\"good\",\"found\":"
	                 "\"fine\",\"advice\":\"\"}\n"
	                 "{\"check\":\"file\",\"state\":\"bad\",\"found\":"
	                 "\"\\u001b[2J\\\"x\",\"advice\":\"mend it\"}\n");
	buf_clear(&out);
	findings_free(&f);
}
END_TEST

/* Below the last that it is for, and not below each. */
START_TEST(same_advice_once)
{
	struct findings *f = findings_new();
	struct buf out = { 0 };
	char first[] = "mend it", second[] = "mend it";

	findings_add(f, FINDING_BAD, "one", first, "%s", "bad");
	findings_add(f, FINDING_BAD, "two", second, "%s", "bad");
	findings_add(f, FINDING_BAD, "three", "mend that", "%s", "bad");
	findings_table(f, 0, false, &out);
	ck_assert_str_eq(buf_cstr(&out), "CHECK  STATE  FOUND\n"
	                                 "one    bad    bad\n"
	                                 "two    bad    bad\n"
	                                 "    mend it\n"
	                                 "three  bad    bad\n"
	                                 "    mend that\n");
	buf_clear(&out);
	findings_free(&f);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("doctor");

	tcase_add_loop_test(tc, sees_whose_time_it_is, 0,
	                    sizeof(times) / sizeof(times[0]));
	tcase_add_loop_test(tc, knows_bad_versions, 0, COUNT(doctored));
	tcase_add_loop_test(tc, agrees_with_the_worker, 0, COUNT(resolvers));
	tcase_add_loop_test(tc, compares_by_numbers, 0, COUNT(versions));
	tcase_add_test(tc, refuses_what_is_no_version);
	tcase_add_loop_test(tc, reads_trust_anchors, 0, COUNT(anchors));
	tcase_add_test(tc, shows_findings);
	tcase_add_test(tc, same_advice_once);
	return run_case(tc);
}
