#include "decide/policy.h"

#include "base/buf.h"

#include <assert.h>

/* 00:00:00 UTC of a day (BR 1.6.4), in ms; a constant expression. March is
   month 0 of its year, so that the leap day is the last. */
#define SHIFTED_YEAR(y, m) ((int64_t)(y) - ((m) <= 2))
#define SHIFTED_MONTH(m)   ((m) > 2 ? (m)-3 : (m) + 9)
#define EPOCH_DAYS         719468
#define DAYS_OF_YEAR(y)    (365 * (y) + (y) / 4 - (y) / 100 + (y) / 400)
#define DAY_IN_YEAR(m, d)  ((153 * SHIFTED_MONTH(m) + 2) / 5 + (d)-1)
#define DAY_MS             INT64_C(86400000)
#define DATE(y, m, d) \
	((DAYS_OF_YEAR(SHIFTED_YEAR(y, m)) + DAY_IN_YEAR(m, d) - EPOCH_DAYS) * \
	 DAY_MS)

/* clang-format off */

/* BR 3.2.2.9 phase-in (table 9(b)); S/MIME by reference since 2025-05-15
   . Columns behind the dates: fewest remotes, non-corroborations
   allowed among 2-5 and among 6+, RIRs, and the fewest remotes to which the
   RIR rule applies. Open MPIC asks for two RIRs in cohorts of three or more. */
static const struct policy_rule rules[] = {
	{ POLICY_CABF_TLS,   "cabf-tls/2025-03-15",   DATE(2025,  3, 15), DATE(2025,  9, 15), 2, 1, 2, 1, 2 },
	{ POLICY_CABF_TLS,   "cabf-tls/2025-09-15",   DATE(2025,  9, 15), DATE(2026,  3, 15), 2, 1, 2, 1, 2 },
	{ POLICY_CABF_TLS,   "cabf-tls/2026-03-15",   DATE(2026,  3, 15), DATE(2026,  6, 15), 3, 1, 2, 2, 2 },
	{ POLICY_CABF_TLS,   "cabf-tls/2026-06-15",   DATE(2026,  6, 15), DATE(2026, 12, 15), 4, 1, 2, 2, 2 },
	{ POLICY_CABF_TLS,   "cabf-tls/2026-12-15",   DATE(2026, 12, 15), POLICY_NO_END,      5, 1, 2, 2, 2 },

	{ POLICY_CABF_SMIME, "cabf-smime/2025-05-15", DATE(2025,  5, 15), DATE(2025,  9, 15), 2, 1, 2, 1, 2 },
	{ POLICY_CABF_SMIME, "cabf-smime/2025-09-15", DATE(2025,  9, 15), DATE(2026,  3, 15), 2, 1, 2, 1, 2 },
	{ POLICY_CABF_SMIME, "cabf-smime/2026-03-15", DATE(2026,  3, 15), DATE(2026,  6, 15), 3, 1, 2, 2, 2 },
	{ POLICY_CABF_SMIME, "cabf-smime/2026-06-15", DATE(2026,  6, 15), DATE(2026, 12, 15), 4, 1, 2, 2, 2 },
	{ POLICY_CABF_SMIME, "cabf-smime/2026-12-15", DATE(2026, 12, 15), POLICY_NO_END,      5, 1, 2, 2, 2 },

	{ POLICY_OPEN_MPIC,  "open-mpic/1",           0,                  POLICY_NO_END,      2, 1, 2, 2, 3 },
};

/* When a method may be used (table 9(a)): for domain names, for addresses. */
struct method_dates {
	enum validation_method method;
	bool for_address;
	int64_t from_ms;        /* introduced; 0: before all that matters */
	int64_t discouraged_ms;
	int64_t forbidden_ms;
};

#define NEVER POLICY_NO_END

static const struct method_dates methods[] = {
	{ METHOD_WEBSITE_CHANGE,         false, 0,                  NEVER,              NEVER },              /* .18 */
	{ METHOD_DNS_CHANGE,             false, 0,                  NEVER,              NEVER },              /* .7 */
	{ METHOD_DNS_PERSISTENT,         false, DATE(2025, 11, 10), NEVER,              NEVER },              /* .22, SC-088 */
	{ METHOD_ACME_HTTP_01,           false, 0,                  NEVER,              NEVER },              /* .19 */
	{ METHOD_ACME_DNS_01,            false, 0,                  NEVER,              NEVER },              /* .7 */
	{ METHOD_ACME_TLS_ALPN_01,       false, 0,                  NEVER,              NEVER },              /* .20 */
	{ METHOD_DNS_ACCOUNT_01,         false, DATE(2025,  3,  1), NEVER,              NEVER },              /* .21, SC-084 */
	{ METHOD_CONTACT_EMAIL_TXT,      false, 0,                  DATE(2026,  3, 15), DATE(2028,  3, 15) }, /* .14, SC-090 */
	{ METHOD_CONTACT_EMAIL_CAA,      false, 0,                  DATE(2026,  3, 15), DATE(2028,  3, 15) }, /* .13 */
	{ METHOD_CONTACT_PHONE_TXT,      false, 0,                  DATE(2026,  3, 15), DATE(2027,  3, 15) }, /* .16 */
	{ METHOD_CONTACT_PHONE_CAA,      false, 0,                  DATE(2026,  3, 15), DATE(2027,  3, 15) }, /* .17 */
	{ METHOD_IP_ADDRESS,             false, 0,                  NEVER,              DATE(2026,  3, 15) }, /* .8 */
	{ METHOD_WEBSITE_CHANGE,         true,  0,                  NEVER,              NEVER },              /* IP.1 */
	{ METHOD_REVERSE_ADDRESS_LOOKUP, true,  0,                  DATE(2025, 12, 16), DATE(2027,  3, 15) }, /* IP.3, SC-091 */
	{ METHOD_ACME_HTTP_01,           true,  0,                  NEVER,              NEVER },              /* IP.6 */
	{ METHOD_ACME_TLS_ALPN_01,       true,  0,                  NEVER,              NEVER },              /* IP.7 */
	{ METHOD_DNS_PERSISTENT,         true,  DATE(2025, 12, 16), NEVER,              NEVER },              /* IP.8, SC-091 */
};

static const char *const family_names[POLICY_FAMILIES] = {
	[POLICY_UNKNOWN] = "unknown",
	[POLICY_CABF_TLS] = "cabf-tls",
	[POLICY_CABF_SMIME] = "cabf-smime",
	[POLICY_OPEN_MPIC] = "open-mpic",
};

/* clang-format on */

enum {
	RULES = sizeof(rules) / sizeof(rules[0]),
	METHOD_ROWS = sizeof(methods) / sizeof(methods[0]),
	FEW_MOST = 5 /* the row 2 to 5 */
};

static int64_t more_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t less_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

const char *policy_family_name(enum policy_family family)
{
	return (unsigned)family < POLICY_FAMILIES ? family_names[family]
	                                          : family_names[0];
}

enum policy_family policy_family_parse(struct span name)
{
	for (int f = POLICY_UNKNOWN + 1; f < POLICY_FAMILIES; f++)
		if (span_is(name, family_names[f]))
			return (enum policy_family)f;
	return POLICY_UNKNOWN;
}

const struct policy_rule *policy_at(enum policy_family family, int64_t at_ms)
{
	for (size_t i = 0; i < RULES; i++)
		if (rules[i].family == family &&
		    at_ms >= rules[i].valid_from_ms &&
		    at_ms < rules[i].valid_until_ms)
			return &rules[i];
	return NULL;
}

const struct policy_rule *policy_find(struct span id)
{
	for (size_t i = 0; i < RULES; i++)
		if (span_is(id, rules[i].id))
			return &rules[i];
	return NULL;
}

const struct policy_rule *policy_rules(size_t *count)
{
	*count = RULES;
	return rules;
}

struct digest policy_digest(const struct policy_rule *rule)
{
	struct buf text = { 0 };

	buf_printf(&text,
	           "mpic-policy-1\n"
	           "id %s\n"
	           "from %lld\n"
	           "until %lld\n"
	           "min-remotes %lld\n"
	           "allowed 2-5:%lld 6+:%lld\n"
	           "min-rirs %lld from %lld\n",
	           rule->id, (long long)rule->valid_from_ms,
	           (long long)rule->valid_until_ms,
	           (long long)rule->min_remotes, (long long)rule->allowed_few,
	           (long long)rule->allowed_many, (long long)rule->min_rirs,
	           (long long)rule->rirs_from);

	struct digest d = digest_of(buf_span(&text));

	buf_clear(&text);
	return d;
}

static bool is_weaker(const struct policy_rule *later,
                      const struct policy_rule *earlier)
{
	return later->min_remotes < earlier->min_remotes ||
	       later->allowed_few > earlier->allowed_few ||
	       later->allowed_many > earlier->allowed_many ||
	       later->min_rirs < earlier->min_rirs ||
	       later->rirs_from > earlier->rirs_from;
}

static int check_neighbours(const struct policy_rule *a,
                            const struct policy_rule *b, struct err *err)
{
	if (a->valid_until_ms < b->valid_from_ms)
		return err_set(err, "gap between %s and %s", a->id, b->id);
	if (a->valid_until_ms > b->valid_from_ms)
		return err_set(err, "%s and %s overlap", a->id, b->id);
	if (is_weaker(b, a))
		return err_set(err, "%s permits more than %s", b->id, a->id);
	return 0;
}

int policy_check_rules(const struct policy_rule *list, size_t count,
                       struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct policy_rule *r = &list[i];
		bool last = i + 1 == count || list[i + 1].family != r->family;

		if (r->valid_from_ms >= r->valid_until_ms)
			return err_set(err, "%s ends before it begins", r->id);
		if (last && r->valid_until_ms != POLICY_NO_END)
			return err_set(err, "no rule follows %s", r->id);
		if (!last && check_neighbours(r, &list[i + 1], err) != 0)
			return -1;
		for (size_t j = 0; last && j < i; j++)
			if (list[j].family == r->family &&
			    list[j].valid_until_ms == POLICY_NO_END)
				return err_set(err, "%s and %s overlap",
				               list[j].id, r->id);
	}
	return 0;
}

int64_t policy_allowed_failures(const struct policy_rule *rule, int64_t n)
{
	if (n < 2)
		return 0;
	return n <= FEW_MOST ? rule->allowed_few : rule->allowed_many;
}

int64_t policy_quorum(const struct policy_rule *rule, int64_t n)
{
	return more_of(1, n - policy_allowed_failures(rule, n));
}

int64_t policy_rirs(const struct policy_rule *rule, int64_t n)
{
	return n >= rule->rirs_from ? more_of(1, rule->min_rirs) : 1;
}

struct policy_rule policy_tighter(const struct policy_rule *earlier,
                                  const struct policy_rule *later)
{
	struct policy_rule t = *later;

	t.min_remotes = more_of(earlier->min_remotes, later->min_remotes);
	t.allowed_few = less_of(earlier->allowed_few, later->allowed_few);
	t.allowed_many = less_of(earlier->allowed_many, later->allowed_many);
	t.min_rirs = more_of(earlier->min_rirs, later->min_rirs);
	t.rirs_from = less_of(earlier->rirs_from, later->rirs_from);
	return t;
}

enum reason policy_permits(const struct policy_rule *rule,
                           const struct policy_figures *figures)
{
	int64_t n = figures->remotes;

	if (n < rule->min_remotes)
		return REASON_INSUFFICIENT_PERSPECTIVES;
	if (figures->corroborated < policy_quorum(rule, n))
		return REASON_QUORUM_NOT_MET;
	if (figures->rirs < policy_rirs(rule, n))
		return REASON_RIR_DIVERSITY;
	return REASON_UNKNOWN;
}

static const struct method_dates *find_method(enum validation_method method,
                                              bool is_address)
{
	for (size_t i = 0; i < METHOD_ROWS; i++)
		if (methods[i].method == method &&
		    methods[i].for_address == is_address)
			return &methods[i];
	return NULL;
}

enum method_gate method_gate(enum policy_family family,
                             enum validation_method method, bool is_address,
                             int64_t at_ms)
{
	const struct method_dates *row = find_method(method, is_address);

	if (family == POLICY_OPEN_MPIC)
		return method > METHOD_UNKNOWN && method < METHOD_COUNT
		               ? GATE_METHOD_ALLOWED
		               : GATE_METHOD_FORBIDDEN;
	if (family != POLICY_CABF_TLS && family != POLICY_CABF_SMIME)
		return GATE_METHOD_FORBIDDEN;
	if (row == NULL || at_ms < row->from_ms || at_ms >= row->forbidden_ms)
		return GATE_METHOD_FORBIDDEN;
	return at_ms >= row->discouraged_ms ? GATE_METHOD_DISCOURAGED
	                                    : GATE_METHOD_ALLOWED;
}

int64_t method_ends_at(enum policy_family family, enum validation_method method,
                       bool is_address)
{
	const struct method_dates *row = find_method(method, is_address);

	return row != NULL && family != POLICY_OPEN_MPIC ? row->forbidden_ms
	                                                 : POLICY_NO_END;
}

bool method_proves_control(enum validation_method method)
{
	switch (method) {
	case METHOD_WEBSITE_CHANGE:
	case METHOD_DNS_CHANGE:
	case METHOD_DNS_PERSISTENT:
	case METHOD_ACME_HTTP_01:
	case METHOD_ACME_DNS_01:
	case METHOD_ACME_TLS_ALPN_01:
	case METHOD_DNS_ACCOUNT_01:
	case METHOD_IP_ADDRESS: return true;
	case METHOD_CONTACT_EMAIL_TXT:
	case METHOD_CONTACT_EMAIL_CAA:
	case METHOD_CONTACT_PHONE_TXT:
	case METHOD_CONTACT_PHONE_CAA:
	case METHOD_REVERSE_ADDRESS_LOOKUP:
	case METHOD_UNKNOWN:
	case METHOD_COUNT: return false;
	}
	return false;
}

static bool all_permitted(const struct policy_rule *rule,
                          const struct policy_figures *figures, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (policy_permits(rule, &figures[i]) != REASON_UNKNOWN)
			return false;
	return true;
}

int64_t policy_fails_from(enum policy_family family,
                          const struct policy_figures *figures, size_t count,
                          enum validation_method method, bool is_address,
                          int64_t at_ms)
{
	int64_t ends = method_ends_at(family, method, is_address);
	int64_t fails = POLICY_NO_END;

	for (size_t i = 0; i < RULES; i++)
		if (rules[i].family == family &&
		    rules[i].valid_from_ms > at_ms &&
		    !all_permitted(&rules[i], figures, count))
			fails = less_of(fails, rules[i].valid_from_ms);
	if (ends > at_ms)
		fails = less_of(fails, ends);
	return fails;
}
