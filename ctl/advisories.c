#include "ctl/advisories.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { PARTS = 3, PART_MAX = 1000000000 };

struct advisory {
	const char *library;
	const char *from;  /* first version that has the fault; "": all */
	const char *fixed; /* first that has not */
	const char *id;
	const char *what;
	enum finding_level level;
	const char *advice;
};

#define NEWER_UNBOUND \
	"Probes read hostile zones with it: the confinement of mpic-probe " \
	"(no " \
	"keys, no files, no exec) is why a lab still runs. Get 1.26.2 or a " \
	"package whose changelog names the fix, and then set " \
	"accept_vulnerable_resolver in the worker's settings to its version."

static const struct advisory advisories[] = {
	{ "libunbound", "", "1.26.1", "CVE-2026-81642",
	  "heap overflow when a DNSKEY is digested, code may be run",
	  FINDING_BAD, NEWER_UNBOUND },
	{ "libunbound", "", "1.25.1", "CVE-2026-42959",
	  "one malicious signed answer ends the process", FINDING_BAD,
	  NEWER_UNBOUND },
	{ "libunbound", "", "1.26.2", "floor",
	  "below the oldest release that workers take without a setting",
	  FINDING_BAD, NEWER_UNBOUND },
	{ "librdkafka", "", "2.3.0", "idempotence",
	  "a producer may end with a sequence desynchronization", FINDING_WARN,
	  "Nothing is lost: coordinators and workers make a new producer and "
	  "send again. A newer librdkafka does not need it." },
	{ "librdkafka", "", "2.6.1", "SCRAM",
	  "brokers of Kafka 4 refuse its SCRAM logins (it doubles the nonce)",
	  FINDING_WARN,
	  "Only with sasl.mechanism SCRAM-SHA-256 or -512: use client "
	  "certificates, or PLAIN over TLS, or a newer librdkafka." },
	{ "librdkafka", "", "2.10.1", "first record",
	  "the first record for a topic may be up to 1 s late", FINDING_WARN,
	  "The programs ask for their topics at start. A newer librdkafka "
	  "does not need it." },
	{ "librdkafka", "", "2.14.2", "close",
	  "closing a consumer whose coordinator is gone may crash",
	  FINDING_WARN,
	  "Handles are taken down on threads of their own, at exit and with a "
	  "limit; a restart then recovers from the logs." },
	{ "libevent", "", "2.1.13", "2.1.13 notes",
	  "evhttp: request smuggling and trailers", FINDING_WARN,
	  "Debian 12 has mended it in 2.1.12-stable-8+deb12u1: see that the "
	  "package is that one or newer. Keep the admin ports on loopback." },
};

static bool parse(const char *version, uint64_t parts[static PARTS])
{
	struct span rest = span_str(version);

	for (int i = 0; i < PARTS; i++) {
		size_t digits = 0;

		parts[i] = 0;
		while (digits < rest.len && ascii_is_digit(rest.p[digits]))
			digits++;
		if (digits == 0 && i == 0)
			return false;
		if (digits > 0 &&
		    !text_u64(span_sub(rest, 0, digits), PART_MAX, &parts[i]))
			return false;
		rest = span_sub(rest, digits, SIZE_MAX);
		if (rest.len == 0 || rest.p[0] != '.')
			rest.len = 0;
		else
			rest = span_sub(rest, 1, SIZE_MAX);
	}
	return true;
}

bool version_compare(const char *a, const char *b, int *out)
{
	uint64_t x[PARTS], y[PARTS];

	if (!parse(a, x) || !parse(b, y))
		return false;
	*out = 0;
	for (int i = 0; i < PARTS && *out == 0; i++)
		*out = x[i] < y[i] ? -1 : x[i] > y[i] ? 1 : 0;
	return true;
}

/* What can't be read is taken for old. */
static bool applies(const struct advisory *a, const char *version)
{
	int order;

	if (!version_compare(version, a->fixed, &order))
		return true;
	if (order >= 0)
		return false;
	return a->from[0] == '\0' ||
	       !version_compare(version, a->from, &order) || order >= 0;
}

static void check_one(const struct version_part *library, bool lab,
                      struct findings *findings)
{
	size_t found = 0;

	for (size_t i = 0; i < sizeof(advisories) / sizeof(advisories[0]);
	     i++) {
		const struct advisory *a = &advisories[i];
		enum finding_level level = a->level;

		if (strcmp(a->library, library->name) != 0 ||
		    !applies(a, library->version))
			continue;
		if (lab && level == FINDING_BAD)
			level = FINDING_WARN;
		findings_add(findings, level, library->name, a->advice,
		             "%s: %s: %s; not so from %s on", library->version,
		             a->id, a->what, a->fixed);
		found++;
	}
	if (found == 0)
		findings_add(findings, FINDING_GOOD, library->name, "", "%s",
		             library->version);
}

void advisories_check(const struct version_part *libraries, bool lab,
                      struct findings *findings)
{
	for (; libraries->name != NULL; libraries++)
		check_one(libraries, lab, findings);
}
