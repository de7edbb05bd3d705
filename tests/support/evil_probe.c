/*
 * evil_probe -- a probe that an attacker has taken over: speaks the frames,
 * wears the product's own sandbox, and does what the first label of a check's
 * target says. "honest" and every label it does not know is answered well.
 *
 * What it does at its start instead is the User-Agent of its settings:
 * "start-exit", "start-hang", "start-fail", "start-twice", "no-sandbox" (for
 * what the sandbox would stop before the worker sees it).
 *
 * "mute1" to "mute9" hang at 192.0.2.1 to .9, "mute0" at its name servers, as a
 * good probe's check would: said after hang_ms, or at once where it is full,
 * answered when its time is over or by the next "free" (the oldest of all).
 * "mutedies" hangs at 192.0.2.1, and its probe dies of being told to stop. A
 * target that is an address hangs as "mute0".
 */
#include "base/addr.h"
#include "base/clock.h"
#include "probe/frame.h"
#include "probe/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_MAX = 65536,
	SLOW_MS = 400,
	FLOOD_BYTES = 64 * 1024 * 1024,
	NOISE_BYTES = 8 * 1024 * 1024
};

static struct arena *arena;
static struct buf in;

/* A "slow" job's answer is due at some time; others wait meanwhile. */
static struct later {
	int64_t id;
	unsigned set;
	int64_t at_ms;
} later[64];
static size_t later_count;

enum { MUTE_MAX = 8192 };

/* In order of arrival; id 0: ended. */
static struct mute {
	int64_t id;
	unsigned set;
	int64_t hangs_ms; /* when to say so; 0: said */
	int64_t end_ms;
	char address[16];
	bool dies;
} mutes[MUTE_MAX];
static size_t mute_count;
static int64_t hang_ms;

static void put(const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = send(PROBE_FD, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			_exit(1);
		p += n;
		len -= (size_t)n;
	}
}

static void put_frame(const struct frame *frame)
{
	struct buf out = { 0 };

	frame_encode(frame, &out);
	put(out.p, out.len);
	buf_clear(&out);
}

static struct frame done_frame(int64_t id, unsigned set, const char *detail)
{
	struct frame f = { .kind = FRAME_DONE, .done = { .id = id } };

	for (unsigned k = 0; k < KIND_COUNT; k++) {
		if ((set & 1U << k) == 0)
			continue;
		f.done.kinds[f.done.kinds_count++] = (struct kind_result){
			.kind = (enum check_kind)k,
			.result_class = CLASS_CORROBORATED,
			.reason = k == KIND_DCV ? REASON_VALUE_FOUND
			                        : REASON_CAA_PERMITS,
			.detail = span_str(detail),
			.evidence = SPAN("evidence"),
		};
	}
	return f;
}

static void answer(int64_t id, unsigned set, const char *detail)
{
	struct frame f = done_frame(id, set, detail);

	put_frame(&f);
}

static void ready(void)
{
	struct frame f = { .kind = FRAME_READY,
		           .ready = { SPAN("libunbound/1.17.1 evil/1"),
		                      SPAN("as the mode says") } };

	put_frame(&f);
}

static _Noreturn void hang(void)
{
	for (;;)
		(void)poll(NULL, 0, -1);
}

/* -- out of the sandbox: the system ends the process */

static void do_open(const struct probe_job *job)
{
	if (open("/etc/passwd", O_RDONLY) >= 0)
		answer(job->id, job->check_set, "opened a file");
}

static void do_exec(const struct probe_job *job)
{
	char name[] = "true";
	char *const argv[] = { name, NULL };

	(void)execv("/bin/true", argv);
	answer(job->id, job->check_set, "exec came back");
}

static void do_listen(const struct probe_job *job)
{
	if (listen(socket(AF_INET, SOCK_STREAM, 0), 1) == 0)
		answer(job->id, job->check_set, "listens");
}

static void do_killparent(const struct probe_job *job)
{
	if (kill(getppid(), SIGKILL) == 0)
		answer(job->id, job->check_set, "killed");
}

/* -- out of the sandbox: refused. "connect-<port>" says how it went */

static void do_connect(const struct probe_job *job, const char *mode)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_port = htons((uint16_t)strtoul(mode, NULL, 10));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		answer(job->id, job->check_set, "connected");
	else
		answer(job->id, job->check_set,
		       errno == EACCES ? "refused by the sandbox"
		                       : "refused by the network");
	(void)close(fd);
}

/* -- lies and noise */

static void do_foreign(const struct probe_job *job)
{
	answer(job->id + 1000000, job->check_set, "another's");
}

static void do_twice(const struct probe_job *job)
{
	answer(job->id, job->check_set, "once");
	answer(job->id, job->check_set, "twice");
}

static void do_oversized(const struct probe_job *job)
{
	static const uint8_t head[] = { 0x7f, 0xff, 0xff, 0xff, FRAME_DONE };

	(void)job;
	put(head, sizeof(head));
	hang();
}

static void do_undecodable(const struct probe_job *job)
{
	static const uint8_t bytes[] = { 0,    0,    0,    5,   FRAME_DONE,
		                         0xc1, 0xc1, 0xc1, 0xc1 };

	(void)job;
	put(bytes, sizeof(bytes));
	hang();
}

static void do_empty(const struct probe_job *job)
{
	struct frame f = { .kind = FRAME_DONE, .done = { .id = job->id } };

	put_frame(&f);
	hang();
}

static void do_kinds(const struct probe_job *job)
{
	answer(job->id, job->check_set ^ (SET_DCV | SET_CAA), "the other");
	hang();
}

static void do_direction(const struct probe_job *job)
{
	struct frame f = { .kind = FRAME_CANCEL, .cancel = { job->id } };

	put_frame(&f);
	hang();
}

static void do_flood(const struct probe_job *job)
{
	static const uint8_t zeros[READ_MAX];

	(void)job;
	for (size_t sent = 0; sent < FLOOD_BYTES; sent += sizeof(zeros))
		put(zeros, sizeof(zeros));
	hang();
}

static void do_readies(const struct probe_job *job)
{
	(void)job;
	for (;;)
		ready();
}

static void do_pass(const struct probe_job *job)
{
	struct frame f = done_frame(job->id, job->check_set, "and a gift");
	struct buf out = { 0 };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };

	frame_encode(&f, &out);
	struct iovec iov = { out.p, out.len };
	struct msghdr m = { .msg_iov = &iov,
		            .msg_iovlen = 1,
		            .msg_control = &control,
		            .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd = 0;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(PROBE_FD, &m, 0) < 0)
		_exit(1);
	buf_clear(&out);
	hang();
}

/* Terminal escapes and a lot of them, then an ordinary answer. */
static void do_noise(const struct probe_job *job)
{
	static const char line[] = "\x1b[31mHACKED\x1b[0m\n{\"event\":\"x\"}\n";

	(void)fcntl(2, F_SETFL, O_NONBLOCK);
	for (size_t n = 0; n < NOISE_BYTES; n += sizeof(line))
		(void)!write(2, line, sizeof(line) - 1);
	answer(job->id, job->check_set, "noisy");
}

static void do_closes(const struct probe_job *job)
{
	(void)job;
	(void)close(PROBE_FD);
	hang();
}

static void do_exit(const struct probe_job *job)
{
	(void)job;
	_exit(0);
}

static void do_abort(const struct probe_job *job)
{
	(void)job;
	abort();
}

static void do_hang(const struct probe_job *job)
{
	(void)job;
	hang();
}

/* Reads on, answers the others, never this one. */
static void do_forget(const struct probe_job *job)
{
	(void)job;
}

static void do_slow(const struct probe_job *job)
{
	if (later_count == sizeof(later) / sizeof(later[0]))
		_exit(1);
	later[later_count++] = (struct later){ job->id, job->check_set,
		                               clock_mono_ms() + SLOW_MS };
}

/* -- canaries: "turncoat" ends as the last "flip" has it */

static void answer_error(const struct probe_job *job, enum reason reason)
{
	struct frame f = done_frame(job->id, job->check_set, "played");

	for (size_t i = 0; i < f.done.kinds_count; i++) {
		f.done.kinds[i].result_class = CLASS_ERROR;
		f.done.kinds[i].reason = reason;
	}
	put_frame(&f);
}

static void do_bogus(const struct probe_job *job)
{
	answer_error(job, REASON_DNSSEC_BOGUS);
}

static void do_servfail(const struct probe_job *job)
{
	answer_error(job, REASON_DNS_SERVFAIL);
}

static void do_half(const struct probe_job *job)
{
	struct frame f = done_frame(job->id, job->check_set, "half");

	f.done.kinds[0].result_class = CLASS_ERROR;
	f.done.kinds[0].reason = REASON_DNSSEC_BOGUS;
	put_frame(&f);
}

static int flips;

static void do_flip(const struct probe_job *job)
{
	flips++;
	answer(job->id, job->check_set, "flipped");
}

static void do_turncoat(const struct probe_job *job)
{
	switch (flips % 4) {
	case 1: do_half(job); return;
	case 3: do_servfail(job); return;
	default: do_bogus(job); return;
	}
}

/* -- what hangs */

static void say_hangs(int64_t id, bool held, const char *address)
{
	struct frame f = { .kind = FRAME_HANGS,
		           .hangs = { .id = id,
		                      .held = held,
		                      .address = span_str(address) } };

	put_frame(&f);
}

static bool is_full(const struct probe_job *job, const char *address)
{
	struct prefix p;
	struct addr a;

	for (size_t i = 0; i < job->full.count; i++) {
		if (prefix_parse(job->full.items[i], &p) &&
		    addr_parse(span_str(address), &a) &&
		    prefix_contains(&p, &a))
			return true;
	}
	return false;
}

static void be_mute(const struct probe_job *job, const char *address, bool dies)
{
	int64_t now = clock_mono_ms();
	struct mute *m = &mutes[mute_count];

	if (mute_count == MUTE_MAX)
		_exit(1);
	mute_count++;
	*m = (struct mute){ .id = job->id,
		            .set = job->check_set,
		            .hangs_ms = now + hang_ms,
		            .end_ms = now + job->budget_ms,
		            .dies = dies };
	(void)snprintf(m->address, sizeof(m->address), "%s", address);
	if (!is_full(job, address))
		return;
	m->hangs_ms = 0;
	say_hangs(m->id, true, address);
}

static void time_out(struct mute *m)
{
	struct frame f = done_frame(m->id, m->set, "mute");

	for (size_t i = 0; i < f.done.kinds_count; i++) {
		f.done.kinds[i].result_class = CLASS_TIMED_OUT;
		f.done.kinds[i].reason = REASON_TIMEOUT_READ;
	}
	put_frame(&f);
	m->id = 0;
}

static void mute_due(void)
{
	int64_t now = clock_mono_ms();

	while (mute_count > 0 && mutes[mute_count - 1].id == 0)
		mute_count--;
	for (size_t i = 0; i < mute_count; i++) {
		struct mute *m = &mutes[i];

		if (m->id != 0 && m->hangs_ms != 0 && m->hangs_ms <= now) {
			m->hangs_ms = 0;
			say_hangs(m->id, false, m->address);
		}
		if (m->id != 0 && m->end_ms <= now)
			time_out(m);
	}
}

static void cancelled(int64_t id)
{
	struct frame f = { .kind = FRAME_DONE, .done = { .id = id } };

	for (size_t i = 0; i < mute_count; i++) {
		if (mutes[i].id != id)
			continue;
		if (mutes[i].dies)
			_exit(0);
		mutes[i].id = 0;
		put_frame(&f);
	}
}

static void do_mutedies(const struct probe_job *job)
{
	be_mute(job, "192.0.2.1", true);
}

static void do_free(const struct probe_job *job)
{
	for (size_t i = 0; i < mute_count; i++) {
		if (mutes[i].id == 0)
			continue;
		answer(mutes[i].id, mutes[i].set, "freed");
		mutes[i].id = 0;
		break;
	}
	answer(job->id, job->check_set, "free");
}

/* -- lies about hanging */

static void do_hangsearly(const struct probe_job *job)
{
	say_hangs(job->id, false, "192.0.2.1");
	hang();
}

static void do_hangsheld(const struct probe_job *job)
{
	say_hangs(job->id, true, "192.0.2.1");
	hang();
}

static void do_hangsforeign(const struct probe_job *job)
{
	say_hangs(job->id + 1000000, false, "");
	hang();
}

static void do_hangsnowhere(const struct probe_job *job)
{
	say_hangs(job->id, false, "192.0.2.256");
	hang();
}

static void do_hangstwice(const struct probe_job *job)
{
	int64_t from = clock_mono_ms();

	while (clock_mono_ms() - from <= hang_ms)
		(void)poll(NULL, 0, 10);
	say_hangs(job->id, false, "");
	say_hangs(job->id, false, "");
	hang();
}

static const struct mode {
	const char *name;
	void (*act)(const struct probe_job *job);
} modes[] = {
	{ "open", do_open },
	{ "exec", do_exec },
	{ "listen", do_listen },
	{ "killparent", do_killparent },
	{ "foreign", do_foreign },
	{ "twice", do_twice },
	{ "oversized", do_oversized },
	{ "undecodable", do_undecodable },
	{ "empty", do_empty },
	{ "kinds", do_kinds },
	{ "direction", do_direction },
	{ "flood", do_flood },
	{ "readies", do_readies },
	{ "pass", do_pass },
	{ "noise", do_noise },
	{ "closes", do_closes },
	{ "exit", do_exit },
	{ "abort", do_abort },
	{ "hang", do_hang },
	{ "forget", do_forget },
	{ "slow", do_slow },
	{ "bogus", do_bogus },
	{ "servfail", do_servfail },
	{ "flip", do_flip },
	{ "turncoat", do_turncoat },
	{ "mutedies", do_mutedies },
	{ "free", do_free },
	{ "hangsearly", do_hangsearly },
	{ "hangsheld", do_hangsheld },
	{ "hangsforeign", do_hangsforeign },
	{ "hangsnowhere", do_hangsnowhere },
	{ "hangstwice", do_hangstwice },
};

/* "mute7": where it hangs. */
static bool act_mute(const struct probe_job *job, const char *label)
{
	char address[16] = "";

	if (strncmp(label, "mute", 4) != 0 || label[4] < '0' ||
	    label[4] > '9' || label[5] != '\0')
		return false;
	if (label[4] != '0')
		(void)snprintf(address, sizeof(address), "192.0.2.%c",
		               label[4]);
	be_mute(job, address, false);
	return true;
}

/* What the target says to do. */
static void take_label(const struct check *check, char *out, size_t room)
{
	ptrdiff_t dot = span_find(check->target, SPAN("."));
	struct addr address;

	if (addr_parse(check->target, &address))
		(void)snprintf(out, room, "mute0");
	else
		(void)snprintf(out, room, "%.*s", (int)dot,
		               (const char *)check->target.p);
}

static void act(const struct probe_job *job)
{
	struct check check = { 0 };
	char label[64] = "honest";

	if (check_decode(job->check, arena, &check) == NULL)
		take_label(&check, label, sizeof(label));
	if (strncmp(label, "connect-", 8) == 0) {
		do_connect(job, label + 8);
		return;
	}
	if (act_mute(job, label))
		return;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(label, modes[i].name) == 0) {
			modes[i].act(job);
			return;
		}
	}
	answer(job->id, job->check_set, "honest");
}

static void enter_sandbox(void)
{
	static const uint16_t ports[] = { 53, 80, 443 };
	struct buf report = { 0 };
	struct err err;

	if (sandbox_enter(ports, 3, &report, &err) != 0)
		_exit(2);
	buf_clear(&report);
}

static void start(const struct probe_settings *s)
{
	hang_ms = s->hang_ms;
	if (span_is(s->user_agent, "start-exit"))
		_exit(0);
	if (span_is(s->user_agent, "start-hang"))
		hang();
	if (span_is(s->user_agent, "start-fail")) {
		struct frame f = { .kind = FRAME_FAILED,
			           .failed = { SPAN("as it was told") } };

		put_frame(&f);
		_exit(PROBE_EXIT_SETTINGS);
	}
	if (!span_is(s->user_agent, "no-sandbox"))
		enter_sandbox();
	ready();
	if (span_is(s->user_agent, "start-twice"))
		ready();
}

static void take_frames(void)
{
	struct span body;
	struct frame f;
	size_t taken;

	while (frame_cut(buf_span(&in), FRAME_TO_PROBE, &body, &taken) ==
	       FRAME_CUT_WHOLE) {
		if (frame_decode(body, FRAME_TO_PROBE, arena, &f) != NULL)
			_exit(3);
		buf_drop(&in, taken);
		if (f.kind == FRAME_SETTINGS)
			start(&f.settings);
		else if (f.kind == FRAME_JOB)
			act(&f.job);
		else if (f.kind == FRAME_CANCEL)
			cancelled(f.cancel.id);
		arena_reset(arena);
	}
}

static void answer_due(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < later_count; i++) {
		if (later[i].at_ms <= clock_mono_ms())
			answer(later[i].id, later[i].set, "slow");
		else
			later[kept++] = later[i];
	}
	later_count = kept;
}

int main(void)
{
	struct pollfd fd = { PROBE_FD, POLLIN, 0 };
	struct err err;

	if (sandbox_begin(PROBE_FD, &err) != 0)
		return 2;
	arena = arena_new();
	for (;;) {
		(void)poll(&fd, 1, later_count + mute_count > 0 ? 5 : -1);
		answer_due();
		mute_due();
		ssize_t n = recv(PROBE_FD, buf_reserve(&in, READ_MAX), READ_MAX,
		                 MSG_DONTWAIT);

		if (n == 0)
			_exit(0);
		if (n < 0 && errno != EAGAIN)
			_exit(1);
		in.len += n > 0 ? (size_t)n : 0;
		take_frames();
	}
}
