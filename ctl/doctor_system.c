#include "ctl/doctor_system.h"

#include "base/clock.h"
#include "base/text.h"
#include "ctl/trust_anchor.h"
#include "names/names.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

enum {
	SMALL_FILE_MAX = 65536,
	SKEW_MAX_US = 1000000,   /* a perspective off by more is planned last */
	NOFILE_WANTED = 16384,   /* 10,000 checks in flight, and the rest */
	LANDLOCK_ABI_WANTED = 1, /* files; 4 adds TCP ports */
};

/* Bytes read, at most room; -1: errno. */
static ssize_t read_small(const char *path, char *text, size_t room)
{
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return -1;
	size_t n = fread(text, 1, room, f);
	int failed = ferror(f);

	(void)fclose(f);
	return failed != 0 ? -1 : (ssize_t)n;
}

/* A line of /proc without its newline; "" where there is none. */
static struct span proc_line(const char *path, char *text, size_t room)
{
	ssize_t n = read_small(path, text, room);

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	return span_of(text, n > 0 ? (size_t)n : 0);
}

void doctor_trust_anchor(const char *path, bool lab, struct findings *findings)
{
	static char file[SMALL_FILE_MAX];
	static const char check[] = "root trust anchor";
	enum finding_level bad = lab ? FINDING_WARN : FINDING_BAD;
	struct anchor_tags tags;
	ssize_t n = read_small(path, file, sizeof(file));

	if (n < 0)
		findings_add(findings, bad, check,
		             "Install dns-root-data, or name the file with "
		             "--trust-anchor.",
		             "%s: %s", path, strerror(errno));
	else if (!anchor_read(span_of(file, (size_t)n), &tags))
		findings_add(findings, bad, check,
		             "It must hold DS or DNSKEY records of the root, "
		             "one a line, and nothing else.",
		             "%s: a line is not a record of the root's keys",
		             path);
	else if (!anchor_has(&tags, ANCHOR_KSK_2024))
		findings_add(findings, bad, check,
		             "The root is signed with KSK-2024: without it "
		             "every signed zone fails. Update dns-root-data. "
		             "(A lab's own root has its own keys.)",
		             "%s: %zu keys, KSK-2024 (%d) is not among them",
		             path, tags.count, ANCHOR_KSK_2024);
	else
		findings_add(findings, FINDING_GOOD, check, "",
		             "%s: has KSK-2024 (%d)", path, ANCHOR_KSK_2024);
}

void doctor_public_suffixes(const char *path, struct findings *findings)
{
	static const char check[] = "public suffix list";
	struct err why;
	struct names *names = names_open(path, &why);

	if (names == NULL) {
		findings_add(findings, FINDING_BAD, check,
		             "Install publicsuffix, or name the file with "
		             "--public-suffix-list.",
		             "%s", why.text);
		return;
	}
	int64_t days = names_psl_age_days(names, clock_wall_ms());

	findings_add(
		findings,
		days > NAMES_PSL_DAYS_MAX ? FINDING_WARN : FINDING_GOOD, check,
		"Fetch a newer list (publicsuffix.org) and name it in the "
		"settings as public_suffix_list: new suffixes are missing "
		"from this one.",
		"%s: %lld days old", names_psl_path(names), (long long)days);
	names_free(&names);
}

void doctor_clock(bool lab, struct findings *findings)
{
	static const char check[] = "clock";
	enum finding_level bad = lab ? FINDING_WARN : FINDING_BAD;
	struct timex t = { 0 };
	int state = adjtimex(&t);

	if (state < 0)
		findings_add(findings, bad, check, "Look with timedatectl.",
		             "not known: %s", strerror(errno));
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		findings_add(findings, bad, check,
		             "Run chrony or systemd-timesyncd: times go into "
		             "signed records, and a perspective that is off by "
		             "more than 1 s is planned last.",
		             "not synchronised");
	else if (t.maxerror > SKEW_MAX_US)
		findings_add(findings, bad, check,
		             "See what chrony or systemd-timesyncd says.",
		             "synchronised, but may be off by %ld ms",
		             t.maxerror / 1000);
	else
		findings_add(findings, FINDING_GOOD, check, "",
		             "synchronised, off by %ld ms at most",
		             t.maxerror / 1000);
}

static void check_files(struct findings *findings)
{
	struct rlimit limit = { 0 };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	findings_add(findings,
	             limit.rlim_max < NOFILE_WANTED ? FINDING_WARN
	                                            : FINDING_GOOD,
	             "open files",
	             "A worker with 10,000 checks in flight needs more: "
	             "LimitNOFILE=65536 in its unit.",
	             "%llu, may be raised to %llu",
	             (unsigned long long)limit.rlim_cur,
	             (unsigned long long)limit.rlim_max);
}

static void check_cores(struct findings *findings)
{
	char text[256];
	struct span pattern =
		proc_line("/proc/sys/kernel/core_pattern", text, sizeof(text));
	bool piped = pattern.len > 0 && pattern.p[0] == '|';

	findings_add(findings, piped ? FINDING_WARN : FINDING_GOOD,
	             "core files",
	             "Cores are handed to a program whatever the limits say. "
	             "Programs of ours that hold keys are not dumpable, so "
	             "they leave none; other software on this machine may.",
	             "%.*s", SPAN_ARG(pattern));
}

void doctor_limits(struct findings *findings)
{
	check_files(findings);
	check_cores(findings);
}

static void check_landlock(struct findings *findings)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	                   LANDLOCK_CREATE_RULESET_VERSION);

	if (abi < LANDLOCK_ABI_WANTED)
		findings_add(findings, FINDING_WARN, "landlock",
		             "Boot a kernel with lsm=landlock: without it only "
		             "seccomp keeps probes from files.",
		             "not there: %s", strerror(errno));
	else
		findings_add(findings, FINDING_GOOD, "landlock", "",
		             "ABI %ld%s", abi,
		             abi < 4 ? ", without TCP rules (4)" : "");
}

static void check_seccomp(struct findings *findings)
{
	char text[256];
	struct span actions = proc_line(
		"/proc/sys/kernel/seccomp/actions_avail", text, sizeof(text));
	bool there = span_find(actions, SPAN("kill_process")) >= 0;

	if (there)
		findings_add(findings, FINDING_GOOD, "seccomp", "", "there");
	else
		findings_add(findings, FINDING_BAD, "seccomp",
		             "Probes do not start without seccomp filters: "
		             "boot a kernel with CONFIG_SECCOMP_FILTER.",
		             "no filters that end a process");
}

static void check_namespaces(struct findings *findings)
{
	char text[64], clone[64];
	struct span most = proc_line("/proc/sys/user/max_user_namespaces", text,
	                             sizeof(text));
	struct span allowed =
		proc_line("/proc/sys/kernel/unprivileged_userns_clone", clone,
	                  sizeof(clone));
	bool there =
		most.len > 0 && !span_is(most, "0") && !span_is(allowed, "0");

	/* production needs none; only the lab's name servers do */
	findings_add(findings, FINDING_GOOD, "user namespaces", "",
	             there ? "there: the lab runs without root"
	                   : "none: the lab needs root");
}

static void check_entropy(struct findings *findings)
{
	uint8_t byte;

	if (getrandom(&byte, 1, GRND_NONBLOCK) == 1)
		findings_add(findings, FINDING_GOOD, "entropy", "",
		             "the kernel's generator is ready");
	else
		findings_add(findings, FINDING_BAD, "entropy",
		             "Give the machine a source (virtio-rng): keys and "
		             "attempt ids wait for it.",
		             "not ready: %s", strerror(errno));
}

void doctor_kernel(struct findings *findings)
{
	check_landlock(findings);
	check_seccomp(findings);
	check_namespaces(findings);
	check_entropy(findings);
}
