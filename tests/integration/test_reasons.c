/*
 * Reason codes as the coordinator says them: every one for which a request is
 * rejected, and what it says of votes and outcomes that nothing else here
 * brings about.
 */
#include "tests/support/coordinator_world.h"
#include "tests/support/run.h"

#include "base/clock.h"
#include "base/mem.h"
#include "coordinator/liveness.h"

#include <stdio.h>

enum { JSON_MAX = 4096 };

static struct coordinator_world w;

static void teardown(void)
{
	cw_end(&w);
	memset(cw_rirs, 0, sizeof(cw_rirs));
}

static void expect_vote(const struct decided *d, const char *code,
                        enum check_kind kind, enum reason reason)
{
	ck_assert_str_eq(reason_name(cw_vote(d, code, kind)->reason),
	                 reason_name(reason));
}

/* -- what is wrong with a request; ' stands for " */

#define TOKEN   "DGyRejmCefe7v4NfDGDKfA"
#define HASH    "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"
#define VALUE   "n4bQgYhMfWWaL-qgxVrQFaO"
#define WWW     "'domain_or_ip_target':'www.example.com'"
#define ADDRESS "'domain_or_ip_target':'93.184.216.34'"
#define DCV(method, more) \
	",'check_type':'dcv','dcv_check_parameters':{'validation_method':" \
	"'" method "'" more "}"
#define DNS01(more) \
	DCV("acme-dns-01", ",'key_authorization_hash':'" HASH "'" more)
#define WEB(more) \
	DCV("website-change", \
	    ",'challenge_value':'" VALUE "','http_token_path':'a.txt'" more)
#define CHANGE(more) \
	DCV("dns-change", \
	    ",'challenge_value':'" VALUE "','dns_record_type':'TXT'" more)
#define ORCH(text) WWW ",'orchestration_parameters':{" text "}"
#define A100 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *members; /* beside the id */
	enum reason want;
} rejected[] = {
	{ "'check_type':'caa'", REASON_FIELD_MISSING },
	{ WWW ",'account_uri':1", REASON_FIELD_TYPE },
	{ WWW ",'trace_identifier':'" A100 A100 A100 "'",
	  REASON_FIELD_TOO_LONG },
	{ WWW ",'certificate_type':'code'", REASON_FIELD_VALUE },
	{ WWW ",'critical':['speed']", REASON_FIELD_CRITICAL },
	{ WWW ",'certificate_type':'tls-server','caa_check_parameters':"
	      "{'certificate_type':'s-mime'}",
	  REASON_FIELD_CONTRADICTS },
	{ WWW ",'schema_version':2", REASON_SCHEMA_VERSION },
	{ WWW DNS01("") ",'challenge_created_at_ms':0",
	  REASON_CHALLENGE_EXPIRED },
	{ WWW DNS01("") ",'challenge_created_at_ms':9223372036854775807",
	  REASON_CHALLENGE_FUTURE },
	{ WWW DCV("carrier-pigeon", ""), REASON_METHOD_UNKNOWN },
	{ WWW DCV("ip-address", ""), REASON_METHOD_FORBIDDEN },
	{ "'domain_or_ip_target':'*.example.com'" WEB(""),
	  REASON_METHOD_WILDCARD },
	{ ADDRESS DNS01(""), REASON_METHOD_TARGET },
	{ "'domain_or_ip_target':'a_b.example.com'", REASON_NAME_INVALID },
	{ "'domain_or_ip_target':"
	  "'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'",
	  REASON_NAME_ONION },
	{ "'domain_or_ip_target':'*.co.uk'", REASON_NAME_PUBLIC_SUFFIX },
	{ "'domain_or_ip_target':'10.0.0.1'" WEB(""), REASON_ADDRESS_SPECIAL },
	{ ADDRESS, REASON_CAA_FOR_ADDRESS },
	{ WWW DNS01(",'authorization_domain_name':'*.example.com'"),
	  REASON_NAME_INVALID },
	{ WWW WEB(",'authorization_domain_name':'example.net'"),
	  REASON_DOMAIN_NOT_DERIVED },
	{ WWW DCV("website-change", ",'challenge_value':'short',"
	                            "'http_token_path':'a.txt'"),
	  REASON_ENTROPY },
	{ WWW DCV("website-change", ",'challenge_value':'" VALUE
	                            "','http_token_path':'" VALUE "'"),
	  REASON_CHALLENGE_IN_REQUEST },
	{ WWW DCV("website-change",
	          ",'challenge_value':'" VALUE "','http_token_path':'../a'"),
	  REASON_PATH_INVALID },
	{ WWW CHANGE(",'dns_name_prefix':'_a._b'"), REASON_PREFIX_INVALID },
	{ WWW WEB(",'http_headers':{'Cookie':'x'}"), REASON_HEADER_FORBIDDEN },
	{ ORCH("'perspective_count':1"), REASON_PERSPECTIVE_COUNT },
	{ ORCH("'quorum_count':1"), REASON_QUORUM_COUNT },
	{ ORCH("'max_attempts':0"), REASON_MAX_ATTEMPTS },
	{ ORCH("'cohort_for_single_attempt':0"), REASON_COHORT },
	{ WWW ",'caa_check_parameters':{'caa_domains':['other.example']}",
	  REASON_ISSUER_NOT_OURS },
	{ WWW ",'account_uri':'account'", REASON_ACCOUNT_URI },
	{ WWW ",'time_allowed_ms':0", REASON_TIME_ALLOWED },
	{ WWW WEB(",'match_regex':'(ab'"), REASON_REGEX_INVALID },
};

static const char *request(const char *id, const char *members)
{
	char *json = arena_alloc(w.arena, JSON_MAX);
	int n = snprintf(json, JSON_MAX, "{'request_id':'%s',%s}", id, members);

	ck_assert_int_lt(n, JSON_MAX);
	for (char *at = json; *at != '\0'; at++)
		if (*at == '\'')
			*at = '"';
	return json;
}

static void rejects_for_every_code(void)
{
	const int before = w.decisions;

	for (int i = 0; i < COUNT(rejected); i++) {
		const char *id = arena_printf(w.arena, "rejected-%d", i);

		cw_submit(&w, -1, id, request(id, rejected[i].members));
	}
	cw_wait_decisions(&w, before + COUNT(rejected));
	for (int i = 0; i < COUNT(rejected); i++) {
		const char *id = arena_printf(w.arena, "rejected-%d", i);
		const struct decision *d = &cw_decision(&w, id, 0)->decision;

		ck_assert_msg(d->outcome == OUTCOME_REJECTED &&
		                      d->reason == rejected[i].want &&
		                      d->issues_count == 1,
		              "%s: %s, %s, %zu issues", rejected[i].members,
		              outcome_name(d->outcome), reason_name(d->reason),
		              d->issues_count);
	}
}

/* -- what becomes of results */

/* who was planned and does not count is named with why. */
static void says_why_a_perspective_does_not_count(void)
{
	const struct decided *d;

	w.play[1].late = true;
	w.play[2].no_caa = true;
	w.play[3].bad_signature = true;
	w.play[4].dcv = CLASS_UNKNOWN;
	d = cw_ask(&w, "votes", "votes.example.com");
	cw_expect(d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
	expect_vote(d, "fra", KIND_DCV, REASON_VALUE_FOUND);
	expect_vote(d, "nyc", KIND_DCV, REASON_RESULT_LATE);
	expect_vote(d, "sao", KIND_DCV, REASON_VALUE_FOUND);
	expect_vote(d, "sao", KIND_CAA, REASON_RESULT_INCOMPLETE);
	expect_vote(d, "sin", KIND_DCV, REASON_RESULT_REFUSED);
	expect_vote(d, "syd", KIND_CAA, REASON_NO_RESULT);
	cw_play_all(&w, CLASS_CORROBORATED);
}

/* what will not be allowed much longer is, with a warning. */
static void warns_of_what_ends(void)
{
	const struct decided *d =
		cw_decide(&w, "ends",
	                  request("ends", WWW DCV("contact-email-txt",
	                                          ",'challenge_value':"
	                                          "'a@example.com'")));

	ck_assert_uint_eq(d->decision.warnings_count, 1);
	ck_assert_str_eq(reason_name(d->decision.warnings[0].reason),
	                 reason_name(REASON_METHOD_DISCOURAGED));
}

/* -- what becomes of perspectives */

static bool is_live(void *arg)
{
	(void)arg;
	for (int i = 0; i < CITIES; i++)
		if (!liveness_alive(w.coordinator->liveness, cw_codes[i],
		                    clock_wall_ms()))
			return false;
	return true;
}

static bool is_skewed(void *arg)
{
	(void)arg;
	return liveness_skewed(w.coordinator->liveness, cw_codes[1],
	                       clock_wall_ms());
}

/* one clock is an hour behind, and nobody is left in its place. */
static void needs_enough_perspectives(void)
{
	struct heartbeat h = cw_heartbeat(&w, 1);

	h.wall_ms -= 3600000;
	h.started_ms -= 3600000;
	cw_send_heartbeat(&w, 1, &h, true);
	world_run(&w.kafka, "a skewed clock", is_skewed, NULL);
	cw_expect(cw_ask(&w, "few", "few.example.com"), OUTCOME_DO_NOT_ISSUE,
	          REASON_INSUFFICIENT_PERSPECTIVES);
	w.heartbeats = true;
	world_run(&w.kafka, "honest clocks", is_live, NULL);
}

START_TEST(codes_of_requests_and_votes)
{
	cw_open(&w, "plan {\n primary = fra\n attempt_time = \"1500ms\"\n"
	            " attempts = 1\n early = never\n}\n"
	            "workers { heartbeat_fresh = \"600s\" }\n");
	w.heartbeats = false;
	cw_start(&w);
	needs_enough_perspectives();
	rejects_for_every_code();
	warns_of_what_ends();
	says_why_a_perspective_does_not_count();
}
END_TEST

/* -- the caller is the primary, and four of six perspectives share a RIR */

static void wants_the_callers_observation(void)
{
	const struct decided *d =
		cw_decide(&w, "unseen",
	                  request("unseen", WWW DNS01("") ",'primary_"
	                                                  "observation':"
	                                                  "{'dcv_passed'"
	                                                  ":true}"));

	cw_expect(d, OUTCOME_REJECTED, REASON_PRIMARY_OBSERVATION);
}

static void does_not_wait_for_what_is_certain(void)
{
	const struct decided *d;

	w.play[5].hold = true;
	d = cw_ask(&w, "early", "early.example.com");
	cw_expect(d, OUTCOME_CORROBORATED, REASON_QUORUM_MET);
	expect_vote(d, "jnb", KIND_DCV, REASON_NOT_HEARD_YET);
	cw_play_all(&w, CLASS_CORROBORATED);
}

/* enough, but all of one region. */
static void wants_two_regions(void)
{
	w.play[0].dcv = CLASS_DISAGREED;
	w.play[5].dcv = CLASS_DISAGREED;
	cw_expect(cw_ask(&w, "region", "region.example.com"),
	          OUTCOME_DO_NOT_ISSUE, REASON_RIR_DIVERSITY);
}

START_TEST(codes_of_outcomes)
{
	for (int i = 1; i < CITIES - 1; i++)
		cw_rirs[i] = "apnic";
	cw_open(&w, "plan {\n primary = caller\n attempt_time = \"10s\"\n"
	            " attempts = 1\n early = both\n}\n");
	cw_start(&w);
	wants_the_callers_observation();
	does_not_wait_for_what_is_certain();
	wants_two_regions();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("reasons");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, codes_of_requests_and_votes);
	tcase_add_test(tc, codes_of_outcomes);
	return run_case(tc);
}
