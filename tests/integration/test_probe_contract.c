/* What the real probe and its worker owe each other: settings, one end for each
   job, word of what hangs, and the end of whoever breaks it. */
#include "base/clock.h"
#include "tests/support/probe_jobs.h"
#include "tests/support/run.h"

#include <poll.h>
#include <stdio.h>
#include <sysexits.h>

enum {
	BUDGET_MS = 4000, /* of what is meant to run out of time */
	AMPLE_MS = 30000, /* of what is not, however busy the machine */
	READ_MS = 40000,
	HANG_MS = 120000 /* of what hangs as long as it is looked at */
};

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define MEMORY_IS_PADDED true
#else
#define MEMORY_IS_PADDED false
#endif

#define ROOT_KSK_2017 \
	". IN DS 20326 8 2 " \
	"E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
#define ROOT_KSK_2024 \
	". IN DS 38696 8 2 " \
	"683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16"

static struct lab_world *lab;
static struct probe_world world;

static void start(void)
{
	(void)probe_start_patient(&world, lab, READ_MS);
}

/* A job has one done, and a cancelled one has no kinds. */
START_TEST(cancel_ends_a_job_without_results)
{
	struct check c = probe_check(lab, "http-01", "http-mute.lab");
	struct frame cancel = { .kind = FRAME_CANCEL, .cancel = { 1 } };
	struct probe_done done;
	int64_t began_ms;

	start();
	began_ms = clock_mono_ms();
	probe_job_send(&world, 1, &c, AMPLE_MS);
	probe_job_send(&world, 2, &c, 300);
	probe_world_send(&world, &cancel);
	probe_world_send(&world, &cancel);
	done = probe_job_done(&world, READ_MS);
	ck_assert_int_eq(done.id, 1);
	ck_assert_uint_eq(done.kinds_count, 0);
	done = probe_job_done(&world, READ_MS);
	ck_assert_int_eq(done.id, 2);
	ck_assert_msg(done.kinds[0].result_class == CLASS_TIMED_OUT, "%s: %.*s",
	              reason_name(done.kinds[0].reason),
	              SPAN_ARG(done.kinds[0].detail));
	ck_assert_int_lt(clock_mono_ms() - began_ms, AMPLE_MS);
	cancel.cancel.id = 2; /* crossed its done: not a breach */
	probe_world_send(&world, &cancel);
	probe_job_send(&world, 3, &c, 100);
	ck_assert_int_eq(probe_job_done(&world, READ_MS).id, 3);
	probe_end_with(&world, 0);
}
END_TEST

static const struct {
	const char *what;
	const char *target;
	const char *method;
	const char *full; /* where it must not go; NULL: nowhere */
	const char *at;   /* the lab's name of it; NULL: name servers */
} hangs[] = {
	{ "a web server", "http-mute.lab", "http-01", NULL, "HOSTILE_WEB" },
	{ "a TLS server", "http-mute.lab", "alpn", NULL, "HOSTILE_WEB" },
	{ "name servers", "dns-mute.lab", "dns-01", NULL, NULL },
	{ "before it goes there", "http-mute.lab", "http-01", "127.0.0.0/8",
	  "HOSTILE_WEB" },
	{ "another place is full", "http-mute.lab", "http-01", "192.0.2.0/24",
	  "HOSTILE_WEB" },
	{ "a handshake that is not begun", "http-mute.lab", "alpn",
	  "127.0.0.0/8", "HOSTILE_WEB" },
};

/* A job of the row, and what is told of it first. */
static struct probe_hangs hang(int row, bool held)
{
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);
	struct check c = probe_check(lab, hangs[row].method, hangs[row].target);
	const struct probe_job_more more = { .full = hangs[row].full };
	struct frame got;

	settings.settings.hang_ms = held ? READ_MS : 300;
	settings.settings.lookup_ms = AMPLE_MS;
	settings.settings.connect_ms = AMPLE_MS;
	(void)probe_start(&world, &settings, READ_MS);
	probe_job_send_more(&world, 1, &c, AMPLE_MS, &more);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert_msg(got.kind == FRAME_HANGS, "%s", hangs[row].what);
	return got.hangs;
}

/* What hangs is told of, once, and waits for a cancel where it must not go. */
START_TEST(what_hangs_is_told)
{
	struct frame cancel = { .kind = FRAME_CANCEL, .cancel = { 1 } };
	bool held = hangs[_i].full != NULL &&
	            strncmp(hangs[_i].full, "127", 3) == 0;
	struct probe_hangs told = hang(_i, held);

	ck_assert_int_eq(told.id, 1);
	ck_assert(told.held == held);
	ck_assert_msg(
		span_is(told.address, hangs[_i].at != NULL
	                                      ? lab_value(lab, hangs[_i].at)
	                                      : ""),
		"%s: %.*s", hangs[_i].what, SPAN_ARG(told.address));
	probe_world_send(&world, &cancel);
	ck_assert_uint_eq(probe_job_done(&world, READ_MS).kinds_count, 0);
	probe_end_with(&world, 0);
}
END_TEST

static const struct {
	const char *zone; /* each name below it hangs */
	const char *method;
	int64_t lookup_ms; /* 0: all are in their first try */
} mutes[] = {
	{ "mute-web.lab", "http-01", 0 },
	{ "mute-web.lab", "alpn", 0 },
	{ "mute-dns.lab", "caa", 0 },
	{ "mute-dns.lab", "caa", 4000 },
};

static long resident_kib(void)
{
	char path[64], line[256];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)world.pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	}
	fclose(f);
	return kib;
}

/* The next that ends is this one: what was sent before it hangs. */
static void read_done_of(int64_t id)
{
	struct frame got;

	do {
		ck_assert(probe_world_read(&world, READ_MS, &got));
	} while (got.kind != FRAME_DONE);
	ck_assert_int_eq(got.done.id, id);
}

/* Sent in small numbers, each with a quick check behind it, so that no more
   than they ask for what is answered at a time. */
static void let_hang(int count, const char *method, const char *zone)
{
	enum { AT_ONCE = 100 };
	struct check quick = probe_check(lab, "dns-01", "dns-good.lab");
	char name[64];

	for (int i = 1; i <= count; i++) {
		snprintf(name, sizeof(name), "n%d.%s", i, zone);
		struct check c = probe_check(lab, method, name);

		probe_job_send(&world, i, &c, HANG_MS);
		if (i % AT_ONCE != 0)
			continue;
		probe_job_send(&world, count + i, &quick, HANG_MS);
		read_done_of(count + i);
	}
}

/* Promise 7: 32 KiB each, of which four are left to the worker; at targets that
   say nothing at all. Each is for a registrable domain of its own, with name
   servers of its own. */
START_TEST(what_hangs_holds_little)
{
	enum { HANGING = 2500, HELD_KIB_MAX = 28 };
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);
	int64_t again_ms = mutes[_i].lookup_ms;
	long before, held;

	settings.settings.jobs_max = (int64_t)2 * HANGING;
	settings.settings.lookup_ms = again_ms > 0 ? again_ms : HANG_MS;
	settings.settings.connect_ms = HANG_MS;
	(void)probe_start(&world, &settings, READ_MS);
	before = resident_kib();
	let_hang(HANGING, mutes[_i].method, mutes[_i].zone);
	/* until all are in their second try */
	(void)poll(NULL, 0, (int)again_ms + (int)again_ms / 4);
	held = (resident_kib() - before) / HANGING;
	ck_assert_msg(held > 0 && held <= HELD_KIB_MAX, "%s: %ld KiB each",
	              mutes[_i].zone, held);
	probe_end_with(&world, 0);
}
END_TEST

/* A held check's time runs all the same, and it has not passed. */
START_TEST(what_is_held_ends_with_its_time)
{
	struct check c = probe_check(lab, "http-01", "http-good.lab");
	const struct probe_job_more more = { .full = "127.0.0.0/8" };
	struct probe_done done;
	struct evidence e;
	struct frame got;

	start();
	probe_job_send_more(&world, 1, &c, BUDGET_MS, &more);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert(got.kind == FRAME_HANGS && got.hangs.held);
	done = probe_job_done(&world, READ_MS);
	ck_assert_uint_eq(done.kinds_count, 1);
	ck_assert(done.kinds[0].result_class == CLASS_TIMED_OUT);
	ck_assert(probe_replays(&world, &c, &done.kinds[0], &e));
	probe_end_with(&world, 0);
}
END_TEST

/* The root's own anchor and servers: nothing of a lab, nothing to look up. */
START_TEST(production_settings_are_taken)
{
	static struct span anchors[] = {
		{ (const uint8_t *)ROOT_KSK_2017, sizeof(ROOT_KSK_2017) - 1 },
		{ (const uint8_t *)ROOT_KSK_2024, sizeof(ROOT_KSK_2024) - 1 },
	};
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);

	settings.settings.lab = false;
	settings.settings.lab_allowed = (struct span){ NULL, 0 };
	settings.settings.root_servers.count = 0;
	settings.settings.trust_anchors = (struct text_list){ anchors, 2 };
	(void)probe_start(&world, &settings, READ_MS);
	probe_end_with(&world, 0);
}
END_TEST

static void bad_anchor(struct frame *f)
{
	f->settings.trust_anchors.items[0] = SPAN("this is no anchor");
}

static void root_without_lab(struct frame *f)
{
	f->settings.lab = false;
	f->settings.lab_allowed = (struct span){ NULL, 0 };
}

static void allowance_without_lab(struct frame *f)
{
	f->settings.lab = false;
	f->settings.root_servers.count = 0;
}

static void bad_prefix(struct frame *f)
{
	f->settings.forbidden = SPAN("10.0.0.0/33");
}

static void bad_root(struct frame *f)
{
	f->settings.root_servers.items[0] = SPAN("a.root.example");
}

static void bad_port(struct frame *f)
{
	static struct span port[1] = { { (const uint8_t *)"0", 1 } };

	f->settings.lab_ports = (struct text_list){ port, 1 };
}

/* a probe that can't validate does not start. */
static const struct {
	const char *what;
	void (*spoil)(struct frame *f);
} bad_settings[] = {
	{ "an anchor that is none", bad_anchor },
	{ "a root of one's own without lab", root_without_lab },
	{ "an opened guard without lab", allowance_without_lab },
	{ "a prefix that is none", bad_prefix },
	{ "a root server by name", bad_root },
	{ "port 0", bad_port },
};

START_TEST(bad_settings_are_refused_with_words)
{
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);
	struct frame got;

	bad_settings[_i].spoil(&settings);
	probe_world_start(&world);
	probe_world_send(&world, &settings);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert_msg(got.kind == FRAME_FAILED, "%s: got %s",
	              bad_settings[_i].what, frame_kind_name(got.kind));
	ck_assert_uint_gt(got.failed.why.len, 10);
	probe_end_with(&world, PROBE_EXIT_SETTINGS);
}
END_TEST

static void send_garbage(void)
{
	probe_world_send_bytes(&world, SPAN("\x00\x00\x00\x02\xff\x80"));
}

static void send_oversized(void)
{
	probe_world_send_bytes(&world, SPAN("\xff\xff\xff\xff"));
}

static void send_check_that_is_none(void)
{
	struct frame f = { .kind = FRAME_JOB,
		           .job = { .id = 1,
		                    .check_set = SET_DCV,
		                    .check = SPAN("\x80"),
		                    .budget_ms = 1000 } };

	probe_world_send(&world, &f);
}

static void send_more_than_the_check(void)
{
	struct check c = probe_check(lab, "dns-01", "dns-good.lab");
	const struct probe_job_more more = { .check_set = SET_DCV | SET_CAA };

	probe_job_send_more(&world, 1, &c, 1000, &more);
}

static void send_full_that_is_none(void)
{
	struct check c = probe_check(lab, "dns-01", "dns-good.lab");
	const struct probe_job_more more = { .full = "127.0.0.1/33" };

	probe_job_send_more(&world, 1, &c, 1000, &more);
}

static void send_id_twice(void)
{
	struct check c = probe_check(lab, "http-01", "http-mute.lab");

	probe_job_send(&world, 1, &c, 1000);
	probe_job_send(&world, 1, &c, 1000);
}

static const struct {
	const char *what;
	void (*send)(void);
} breaches[] = {
	{ "a frame that is none", send_garbage },
	{ "a frame of 4 G", send_oversized },
	{ "a check that is none", send_check_that_is_none },
	{ "a job of more than its check", send_more_than_the_check },
	{ "an id twice", send_id_twice },
	{ "a prefix that is none", send_full_that_is_none },
};

START_TEST(breach_ends_the_probe)
{
	struct frame got;

	start();
	breaches[_i].send();
	while (probe_world_read(&world, READ_MS, &got))
		;
	probe_end_with(&world, EX_PROTOCOL);
}
END_TEST

START_TEST(worker_that_goes_ends_the_probe)
{
	struct check c = probe_check(lab, "http-01", "http-mute.lab");

	start();
	probe_job_send(&world, 1, &c, BUDGET_MS);
	probe_end_with(&world, 0); /* closes first */
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("contract");
	int status;

	lab = lab_world_new(1);
	if (lab == NULL)
		return LAB_SKIPPED;
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, cancel_ends_a_job_without_results);
	tcase_add_loop_test(tc, what_hangs_is_told, 0, COUNT(hangs));
	if (!MEMORY_IS_PADDED)
		tcase_add_loop_test(tc, what_hangs_holds_little, 0,
		                    COUNT(mutes));
	tcase_add_test(tc, what_is_held_ends_with_its_time);
	tcase_add_test(tc, production_settings_are_taken);
	tcase_add_loop_test(tc, bad_settings_are_refused_with_words, 0,
	                    COUNT(bad_settings));
	tcase_add_loop_test(tc, breach_ends_the_probe, 0, COUNT(breaches));
	tcase_add_test(tc, worker_that_goes_ends_the_probe);
	status = run_case(tc);
	lab_world_free(&lab);
	return status;
}
