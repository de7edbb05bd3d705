/* CAA RDATA and issue values. */
#include "decide/judge/caa_conditions.h"
#include "decide/judge/caa_parse.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct span part, struct span whole)
{
	return part.len == 0 ||
	       (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static void check_value(struct span value)
{
	struct span account = SPAN("https://a.example/1");
	struct caa_issue issue;

	if (!caa_issue_parse(value, &issue))
		return;
	assert(is_inside(issue.domain, value));
	assert(issue.parameters_count <= CAA_PARAMETERS_MAX);
	for (size_t i = 0; i < issue.domain.len; i++)
		assert(issue.domain.p[i] > ' ' && issue.domain.p[i] < 0x7f);
	for (size_t i = 0; i < issue.parameters_count; i++) {
		assert(issue.parameters[i].tag.len > 0);
		assert(is_inside(issue.parameters[i].tag, value));
		assert(is_inside(issue.parameters[i].value, value));
	}
	/* Who has no account is never let in where one with an account is
	   not. */
	if (caa_conditions_hold(&issue, (struct span){ NULL, 0 },
	                        METHOD_ACME_HTTP_01))
		assert(caa_conditions_hold(&issue, account,
		                           METHOD_ACME_HTTP_01));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rdata = span_of(data, size);
	struct caa caa;

	if (caa_parse(rdata, &caa) == CAA_OK) {
		assert(caa.tag.len > 0);
		assert(caa.tag.len + caa.value.len + 2 == size);
		check_value(caa.value);
	}
	check_value(rdata);
	return 0;
}
