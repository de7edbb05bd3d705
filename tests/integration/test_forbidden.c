/* Every way to an address that nothing may be sent to (promise 7, R-107), in a
   network of its own where most of the Internet is this host, and a canary that
   sees each packet. */
#include "base/addr.h"
#include "tests/support/fault_world.h"
#include "tests/support/probe_jobs.h"
#include "tests/support/run.h"

#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ROWS_MAX = 400,
	LINE_MAX_BYTES = 512,
	BUDGET_MS = 60000, /* none is meant to run out of time */
	READ_MS = 90000,
	FIRST_OCTETS = 3
};

static const char table[] = SOURCE_DIR "/tests/fixtures/faults/forbidden.table";

struct row {
	const char *id;
	const char *method;
	const char *result_class;
	const char *reason;
	const char *how;
	const char *what;
};

static struct lab_world *lab;
static struct arena *arena;
static struct row rows[ROWS_MAX];
static size_t rows_count;
static struct probe_world world;

/* -- the table */

/* What forbidden.py gives the same names to. */
static const char *beside_web(const char *last)
{
	const char *net = lab_value(lab, "WEB_NET"); /* 127.B.8.0/24 */
	size_t n = 0;

	for (int dots = 0; dots < FIRST_OCTETS; n++)
		dots += net[n] == '.';
	return arena_printf(arena, "%.*s%s", (int)n, net, last);
}

/* The next word, NUL behind it; *rest: what comes after. */
static const char *cut_word(char **rest, const char *ends)
{
	char *word = *rest + strspn(*rest, " \t");
	char *end = word + strcspn(word, ends);

	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	return word;
}

static void read_row(char *line, int number)
{
	struct row *row = &rows[rows_count];
	const char **fields[] = { &row->id,           &row->method,
		                  &row->result_class, &row->reason,
		                  &row->how,          &row->what };
	char *rest = line;

	ck_assert_uint_lt(rows_count, ROWS_MAX);
	for (int i = 0; i < COUNT(fields); i++) {
		bool last = fields[i] == &row->what;

		*fields[i] = cut_word(&rest, last ? "\n" : " \t\n");
		ck_assert_msg(**fields[i] != '\0', "%s:%d is no row", table,
		              number);
	}
	rows_count++;
}

static void read_rows(void)
{
	FILE *f = fopen(table, "r");
	char line[LINE_MAX_BYTES];

	ck_assert_ptr_nonnull(f);
	for (int number = 1; fgets(line, sizeof(line), f) != NULL; number++)
		if (line[0] != '#' && line[0] != '\n')
			read_row(arena_str(arena, line), number);
	fclose(f);
}

static const char *target_of(const struct row *row)
{
	if (strcmp(row->how, "target") != 0)
		return arena_printf(arena, "%s.t.forbid.lab", row->id);
	if (strcmp(row->what, "@BROKER@") == 0)
		return beside_web("102");
	return row->what;
}

static struct check check_of(const struct row *row)
{
	return probe_check(lab, row->method, target_of(row));
}

/* -- the probe: loopback is as forbidden as anywhere, but for the lab */

static void start(void)
{
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);

	settings.settings.lab_allowed =
		span_str(arena_printf(arena, "%s %s", lab_value(lab, "DNS_NET"),
	                              lab_value(lab, "WEB_NET")));
	settings.settings.forbidden =
		span_str(arena_printf(arena, "%s/32", beside_web("101")));
	settings.settings.brokers =
		span_str(arena_printf(arena, "%s/32", beside_web("102")));
	settings.settings.own =
		span_str(arena_printf(arena, "%s/32", beside_web("103")));
	settings.settings.lookup_ms = BUDGET_MS;
	settings.settings.connect_ms = BUDGET_MS;
	(void)probe_start(&world, &settings, READ_MS);
}

/* -- what was seen */

static bool may_be_connected(const struct connect_evidence *c)
{
	static const char *const forbidden[] = { "101", "102", "103" };
	struct span net = span_str(beside_web(""));
	struct addr addr = { .family = ADDR_V4 };
	char text[ADDR_TEXT_MAX];
	struct span shown;

	if (c->address.len != 4)
		return false;
	memcpy(addr.bytes, c->address.p, 4);
	shown = span_str(addr_text(&addr, text, sizeof(text)));
	for (int i = 0; i < COUNT(forbidden); i++)
		if (span_is(shown, beside_web(forbidden[i])))
			return false;
	return span_eq(span_sub(shown, 0, net.len), net);
}

/* Refused by the guard, not just not reached: 0, or 1 with a line. */
static int wrong_connects(const struct row *row,
                          const struct connect_evidence *all, size_t count,
                          bool *refused)
{
	int bad = 0;

	for (size_t i = 0; i < count; i++) {
		if (all[i].end == CONNECT_FORBIDDEN)
			*refused = true;
		if ((all[i].end == CONNECT_FORBIDDEN) ==
		    may_be_connected(&all[i])) {
			fprintf(stderr, "%s: connect %zu: %s\n", row->id, i,
			        connect_end_name(all[i].end));
			bad = 1;
		}
	}
	return bad;
}

/* openmpic-113: the hop before, too. */
static bool hops_are_told(const struct row *row, const struct evidence *e)
{
	bool rebinds = strcmp(row->how, "rebind") == 0;

	if (!rebinds && strcmp(row->how, "hop") != 0 &&
	    strcmp(row->how, "hop-tls") != 0)
		return true;
	return e->http_count == 2 && e->http[0].status == 302 &&
	       (rebinds || span_find(e->http[0].headers, e->http[1].url) > 0);
}

static int wrong_evidence(const struct row *row, const struct evidence *e)
{
	bool expected = strcmp(row->reason, "forbidden-address") == 0;
	bool refused = false;
	int bad = 0;

	for (size_t i = 0; i < e->http_count; i++)
		bad += wrong_connects(row, e->http[i].connects,
		                      e->http[i].connects_count, &refused);
	for (size_t i = 0; i < e->tls_count; i++)
		bad += wrong_connects(row, e->tls[i].connects,
		                      e->tls[i].connects_count, &refused);
	if (!hops_are_told(row, e)) {
		fprintf(stderr, "%s: the redirect is not told\n", row->id);
		bad++;
	}
	if (expected && !refused) {
		fprintf(stderr, "%s: the guard refused nothing\n", row->id);
		bad++;
	}
	return bad;
}

static int wrong(const struct row *row, const struct kind_result *r)
{
	struct check check = check_of(row);
	struct evidence evidence;
	const char *result_class = result_class_name(r->result_class);

	if (!probe_replays(&world, &check, r, &evidence)) {
		fprintf(stderr, "%s: replay differs\n", row->id);
		return 1;
	}
	if (strcmp(result_class, row->result_class) == 0 &&
	    strcmp(reason_name(r->reason), row->reason) == 0)
		return wrong_evidence(row, &evidence);
	fprintf(stderr, "%s: %s, %s: %.*s\n", row->id, result_class,
	        reason_name(r->reason), SPAN_ARG(r->detail));
	return 1;
}

/* R-107, by every row of forbidden.table. */
START_TEST(nothing_forbidden_is_reached)
{
	int bad = 0;

	read_rows();
	start();
	for (size_t i = 0; i < rows_count; i++) {
		struct check check = check_of(&rows[i]);

		probe_job_send(&world, (int64_t)i + 1, &check, BUDGET_MS);
	}
	for (size_t i = 0; i < rows_count; i++) {
		struct probe_done done = probe_job_done(&world, READ_MS);

		ck_assert_uint_eq(done.kinds_count, 1);
		bad += wrong(&rows[done.id - 1], &done.kinds[0]);
	}
	probe_end_with(&world, 0);
	ck_assert_msg(bad == 0, "%d of %zu were wrong", bad, rows_count);
}
END_TEST

/* -- the canary */

/* What it has to tell of, so that its silence says something. */
static const struct {
	const char *address;
	int type;
	uint16_t port;
	const char *line;
} calls[] = {
	{ "10.66.66.66", SOCK_DGRAM, 53, "udp 10.66.66.66 53\n" },
	{ "169.254.169.254", SOCK_STREAM, 9, "tcp 169.254.169.254 9\n" },
	{ "127.0.0.1", SOCK_STREAM, 22, "tcp 127.0.0.1 22\n" },
	{ "fd00:ec2::254", SOCK_STREAM, 9, "tcp fd00:ec2::254 9\n" },
	{ "::1", SOCK_DGRAM, 53, "udp ::1 53\n" },
};

/* Outside of a test, where Check's assertions are of no use. */
static void need(bool had)
{
	if (!had)
		abort();
}

static void call(int i)
{
	struct sockaddr_storage to;
	struct addr addr;
	int fd;

	need(addr_parse(span_str(calls[i].address), &addr));

	socklen_t len = addr_to_sockaddr(&addr, calls[i].port, &to);

	fd = socket(to.ss_family, calls[i].type, 0);
	need(fd >= 0);
	(void)connect(fd, (struct sockaddr *)&to, len);
	(void)send(fd, "x", 1, MSG_NOSIGNAL);
	close(fd);
}

static char *heard(void)
{
	char *text = arena_alloc(arena, 65536);
	FILE *f = fopen(
		arena_printf(arena, "%s/log/canary", lab_value(lab, "LAB_DIR")),
		"r");
	size_t n;

	need(f != NULL);
	n = fread(text, 1, 65535, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* After all else: the calls are the only lines. */
static int check_canary(pid_t pid)
{
	char *text;

	for (int i = 0; i < COUNT(calls); i++)
		call(i);
	if (!fault_server_end(pid))
		return EXIT_FAILURE;
	text = heard();
	for (int i = 0; i < COUNT(calls); i++) {
		char *at = strstr(text, calls[i].line);

		if (at == NULL) {
			fprintf(stderr, "the canary missed %s", calls[i].line);
			return EXIT_FAILURE;
		}
		memmove(at, at + strlen(calls[i].line),
		        strlen(at + strlen(calls[i].line)) + 1);
	}
	if (strcmp(text, "end\n") == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "the canary heard:\n%s", text);
	return EXIT_FAILURE;
}

/* -- the network */

static bool ip_does(const char *const argv[])
{
	int status = -1;
	pid_t pid = fork();

	need(pid >= 0);
	if (pid == 0) {
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static bool have_own_network(void)
{
	static const char *const up[] = { "/sbin/ip", "link", "set",
		                          "lo",       "up",   NULL };
	static const char *const all_v4[] = { "/sbin/ip", "-4",    "route",
		                              "add",      "local", "default",
		                              "dev",      "lo",    NULL };
	static const char *const all_v6[] = { "/sbin/ip", "-6",    "route",
		                              "add",      "local", "default",
		                              "dev",      "lo",    NULL };

	return unshare(CLONE_NEWNET) == 0 && ip_does(up) && ip_does(all_v4) &&
	       ip_does(all_v6);
}

static int run_all(void)
{
	TCase *tc = tcase_create("forbidden");
	pid_t server = fault_server_start("forbidden.py", lab);
	pid_t canary = fault_server_start("canary.py", lab);
	int status;

	tcase_set_timeout(tc, 240);
	tcase_add_test(tc, nothing_forbidden_is_reached);
	status = run_case(tc);
	if (check_canary(canary) != EXIT_SUCCESS)
		status = EXIT_FAILURE;
	if (!fault_server_end(server))
		status = EXIT_FAILURE;
	return status;
}

int main(void)
{
	int status;

	if (!have_own_network()) {
		printf("skipped: no network of its own, packets would not be "
		       "watched\n");
		return LAB_SKIPPED;
	}
	lab = lab_world_new(1);
	if (lab == NULL)
		return LAB_SKIPPED;
	arena = arena_new();
	status = run_all();
	arena_free(&arena);
	lab_world_free(&lab);
	return status;
}
