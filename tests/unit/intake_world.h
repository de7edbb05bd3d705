/*
 * intake_world.h -- a deployment and good requests, for tests of the intake:
 * they say what they change in one and what must come of it.
 */
#ifndef TESTS_INTAKE_WORLD_H
#define TESTS_INTAKE_WORLD_H

#include "decide/intake/intake.h"
#include "tests/support/run.h"

#include "base/buf.h"
#include "base/text.h"

#define NOW   INT64_C(1795435200000) /* 2026-11-23T12:00:00Z */
#define DAY   INT64_C(86400000)
#define DCV   "dcv_check_parameters"
#define HASH  "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"
#define TOKEN "DGyRejmCefe7v4NfDGDKfA"
/* SHA-256 of TOKEN "." HASH */
#define KA_HEX \
	"35c1a40600e76be7ff31c30a8a2cabefcddb0efa66d1f02c0be8be9c4cb1902f"
#define TEN "aaaaaaaaaa"
#define L63 TEN TEN TEN TEN TEN TEN "aaa"

enum { WORLD_SITES = 8 };

/* A primary and seven remotes, five of them planned. */
struct fixture {
	struct perspective_site sites[WORLD_SITES];
	struct inventory inventory;
	struct plan_settings plan;
	struct intake_rules rules;
	struct intake_origin origin;
	struct arena *arena;
	struct request request;
	struct request_issues issues;
	struct order order;
};

/* False, and said on stderr, when there is no public suffix list. */
bool intake_world_open(void);
void intake_world_close(void);
void fixture_init(struct fixture *f);
void fixture_clear(struct fixture *f);

/* base with patch laid over it, both in JSON with ' for ". */
bool check(struct fixture *f, const char *base, const char *patch);
const char *issues_text(const struct fixture *f);
/* The answer of check(): one issue, with that reason. */
void expect_only(const char *what, const struct fixture *f, bool ok,
                 enum reason want);
void expect_ok(const char *what, const struct fixture *f, bool ok);

/* Good requests. */
extern const char dns01[], http01[], alpn[], web[], dnsc[], caa[];

#define TARGET(name) "{'domain_or_ip_target':'" name "'}"
#define ORCH(text)   "{'orchestration_parameters':{" text "}}"
#define D(text)      "{'" DCV "':{" text "}}"
#define VALUE(text)  D("'challenge_value':'" text "'")
#define PATH(text)   D("'http_token_path':'" text "'")
#define METHOD(name) D("'validation_method':'" name "'")
#define PREFIX(text) D("'dns_name_prefix':'" text "'")
#define DOMAIN(name) D("'authorization_domain_name':'" name "'")
#define MAX64        "9223372036854775807"
#define MIN64        "-9223372036854775808"

#endif
