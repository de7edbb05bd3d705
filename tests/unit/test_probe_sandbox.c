/* What a probe can't do any more (design.md, section 2): each attempt in a
   process of its own, which has to die of it or be refused. */
#include "probe/sandbox.h"

#include "base/mem.h"
#include "tests/support/run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	HIGH_FD = 20,
	WORKER_FD = 3,
	IT_WORKED = 40,
	REFUSED = 41,
	NO_SANDBOX = 42
};

static const uint16_t ports[] = { 53, 80, 443 };

static int outcome(long rc)
{
	return rc >= 0 ? IT_WORKED : REFUSED;
}

/* -- the attempts: what is returned becomes the exit status */

static int try_open(void)
{
	return outcome(open("/etc/passwd", O_RDONLY));
}

static int try_openat(void)
{
	return outcome(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0));
}

static int try_execve(void)
{
	char name[] = "true";
	char *const argv[] = { name, NULL };

	return outcome(execv("/bin/true", argv));
}

static int try_fork(void)
{
	return outcome(fork());
}

static int try_clone3(void)
{
	return outcome(syscall(SYS_clone3, NULL, 0));
}

static int try_unix_socket(void)
{
	return outcome(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_socketpair(void)
{
	int pair[2];

	return outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static int try_netlink(void)
{
	return outcome(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int try_packet(void)
{
	return outcome(socket(AF_PACKET, SOCK_RAW, 0));
}

static int try_raw(void)
{
	return outcome(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int try_mptcp(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM, 262));
}

static int try_listen(void)
{
	return outcome(listen(socket(AF_INET, SOCK_STREAM, 0), 1));
}

static int try_accept(void)
{
	return outcome(accept4(socket(AF_INET, SOCK_STREAM, 0), NULL, NULL, 0));
}

static int try_ptrace(void)
{
	return outcome(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int try_process_vm(void)
{
	return outcome(syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0));
}

static int try_kill(void)
{
	return outcome(kill(1, 0));
}

static int try_tgkill_other(void)
{
	return outcome(syscall(SYS_tgkill, 1, 1, SIGABRT));
}

static int try_dup(void)
{
	return outcome(dup(0));
}

static int try_pass_descriptor(void)
{
	struct msghdr message = { 0 };

	return outcome(sendmsg(WORKER_FD, &message, 0));
}

/* The kernel takes 32 bits for a descriptor, a filter sees all 64. */
static int try_pass_descriptor_wide(void)
{
	struct msghdr message = { 0 };
	long fd = (1L << 32) | WORKER_FD;

	return outcome(syscall(SYS_sendmsg, fd, &message, 0));
}

/* Connects without a call to connect(): past Landlock's ports. */
static int try_fastopen(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(22),
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };

	return outcome(sendto(socket(AF_INET, SOCK_STREAM, 0), "x", 1,
	                      MSG_FASTOPEN, (struct sockaddr *)&to,
	                      sizeof(to)));
}

static int try_ulp(void)
{
	return outcome(setsockopt(socket(AF_INET, SOCK_STREAM, 0), IPPROTO_TCP,
	                          TCP_ULP, "tls", 3));
}

static int try_multicast(void)
{
	return outcome(setsockopt(socket(AF_INET, SOCK_DGRAM, 0), IPPROTO_IP,
	                          IP_ADD_MEMBERSHIP, "", 0));
}

static int try_exec_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? REFUSED : IT_WORKED;
}

static int try_make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int try_bpf_filter(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return outcome(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, "", 0));
}

static int try_io_uring(void)
{
	return outcome(syscall(SYS_io_uring_setup, 1, NULL));
}

static int try_prctl(void)
{
	return outcome(prctl(PR_SET_DUMPABLE, 1));
}

static int try_setrlimit(void)
{
	struct rlimit r = { 0, 0 };

	return outcome(setrlimit(RLIMIT_NOFILE, &r));
}

static int try_setuid(void)
{
	return outcome(setuid(1));
}

static int try_mount(void)
{
	return outcome(syscall(SYS_mount, NULL, NULL, NULL, 0, NULL));
}

static int try_landlocked_port(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(22),
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };

	if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to,
	            sizeof(to)) == 0)
		return IT_WORKED;
	return errno == EACCES ? REFUSED : IT_WORKED;
}

static int try_tcp_bind(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };

	return outcome(bind(socket(AF_INET, SOCK_STREAM, 0),
	                    (struct sockaddr *)&to, sizeof(to)));
}

static int do_network(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(53),
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in any = { .sin_family = AF_INET };
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int tcp = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);

	if (udp < 0 || tcp < 0 ||
	    bind(udp, (struct sockaddr *)&any, sizeof(any)) != 0 ||
	    connect(udp, (struct sockaddr *)&to, sizeof(to)) != 0 ||
	    send(udp, "x", 1, 0) != 1)
		return REFUSED;
	return IT_WORKED;
}

static int do_memory(void)
{
	char *p = xzalloc(1 << 20);

	p[0] = 'x';
	free(p);
	return IT_WORKED;
}

static int do_write_to_worker(void)
{
	return outcome(write(WORKER_FD, "x", 1));
}

static int do_abort(void)
{
	abort();
}

static const struct attempt {
	const char *what;
	int (*act)(void);
	int want; /* exit status, or minus the signal */
} attempts[] = {
	{ "open", try_open, -SIGSYS },
	{ "openat", try_openat, -SIGSYS },
	{ "execve", try_execve, -SIGSYS },
	{ "fork", try_fork, -SIGSYS },
	{ "clone3", try_clone3, -SIGSYS },
	{ "socket AF_UNIX", try_unix_socket, -SIGSYS },
	{ "socketpair", try_socketpair, -SIGSYS },
	{ "socket AF_NETLINK", try_netlink, -SIGSYS },
	{ "socket AF_PACKET", try_packet, -SIGSYS },
	{ "socket SOCK_RAW", try_raw, -SIGSYS },
	{ "socket MPTCP", try_mptcp, -SIGSYS },
	{ "listen", try_listen, -SIGSYS },
	{ "accept", try_accept, -SIGSYS },
	{ "ptrace", try_ptrace, -SIGSYS },
	{ "process_vm_readv", try_process_vm, -SIGSYS },
	{ "kill", try_kill, -SIGSYS },
	{ "tgkill of another", try_tgkill_other, -SIGSYS },
	{ "dup", try_dup, -SIGSYS },
	{ "sendmsg to the worker", try_pass_descriptor, REFUSED },
	{ "the same, spelt wide", try_pass_descriptor_wide, REFUSED },
	{ "TCP fast open", try_fastopen, -SIGSYS },
	{ "TCP_ULP", try_ulp, -SIGSYS },
	{ "IP_ADD_MEMBERSHIP", try_multicast, -SIGSYS },
	{ "executable memory", try_exec_memory, -SIGSYS },
	{ "memory made executable", try_make_executable, -SIGSYS },
	{ "a socket filter", try_bpf_filter, -SIGSYS },
	{ "io_uring", try_io_uring, -SIGSYS },
	{ "prctl", try_prctl, -SIGSYS },
	{ "setrlimit", try_setrlimit, -SIGSYS },
	{ "setuid", try_setuid, -SIGSYS },
	{ "mount", try_mount, -SIGSYS },
	/* and what it is there for */
	{ "UDP and TCP", do_network, IT_WORKED },
	{ "memory", do_memory, IT_WORKED },
	{ "a word to the worker", do_write_to_worker, IT_WORKED },
	{ "abort", do_abort, -SIGABRT },
};

/* Needs a kernel whose Landlock knows TCP. */
static const struct attempt tcp_attempts[] = {
	{ "connect to another port", try_landlocked_port, REFUSED },
	{ "bind a TCP port", try_tcp_bind, REFUSED },
};

/* Our end of the socket as WORKER_FD, the worker's as descriptor 0. */
static bool enter(void)
{
	struct buf report = { 0 };
	struct err err;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return false;
	for (int i = 0; i < 2; i++)
		pair[i] = fcntl(pair[i], F_DUPFD, HIGH_FD);
	return dup2(pair[0], WORKER_FD) == WORKER_FD && dup2(pair[1], 0) == 0 &&
	       sandbox_begin(WORKER_FD, &err) == 0 &&
	       sandbox_enter(ports, COUNT(ports), &report, &err) == 0;
}

static void in_sandbox(const struct attempt *a)
{
	_exit(enter() ? a->act() : NO_SANDBOX);
}

static int fate_of(const struct attempt *a)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		in_sandbox(a);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

START_TEST(attempt_ends)
{
	int got = fate_of(&attempts[_i]);

	ck_assert_msg(got == attempts[_i].want, "%s: got %d, want %d",
	              attempts[_i].what, got, attempts[_i].want);
}
END_TEST

static long landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
}

START_TEST(landlock_refuses)
{
	int got = fate_of(&tcp_attempts[_i]);

	if (landlock_abi() < 4)
		return;
	ck_assert_msg(got == tcp_attempts[_i].want, "%s: got %d",
	              tcp_attempts[_i].what, got);
}
END_TEST

/* Seen from outside: nothing of another process is left in it. */
static int show_state(void)
{
	(void)!write(WORKER_FD, "s", 1);
	for (;;) {
		char c;

		if (read(WORKER_FD, &c, 1) <= 0)
			return IT_WORKED;
	}
}

static void read_proc(pid_t pid, const char *file, char *out, size_t room)
{
	char path[64];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "r");
	if (f != NULL) {
		n = fread(out, 1, room - 1, f);
		fclose(f);
	}
	out[n] = '\0';
}

START_TEST(process_has_given_everything_up)
{
	static const struct attempt show = { "show", show_state, IT_WORKED };
	static const char *const lines[] = {
		"CapEff:\t0000000000000000",
		"CapPrm:\t0000000000000000",
		"CapInh:\t0000000000000000",
		"NoNewPrivs:\t1",
		"Seccomp:\t2",
	};
	char text[8192];
	int pair[2];
	int status;
	char c;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);

	pid_t pid = fork();

	if (pid == 0) {
		struct buf report = { 0 };
		struct err err;

		if (dup2(pair[0], WORKER_FD) < 0 ||
		    sandbox_begin(WORKER_FD, &err) != 0 ||
		    sandbox_enter(ports, 3, &report, &err) != 0)
			_exit(NO_SANDBOX);
		_exit(show.act());
	}
	close(pair[0]);
	ck_assert_int_eq(read(pair[1], &c, 1), 1);
	read_proc(pid, "status", text, sizeof(text));
	for (int i = 0; i < COUNT(lines); i++)
		ck_assert_msg(strstr(text, lines[i]) != NULL, "not there: %s",
		              lines[i]);
	read_proc(pid, "limits", text, sizeof(text));
	ck_assert(strstr(text, "Max core file size        0 ") != NULL);
	ck_assert(strstr(text, "Max file size             0 ") != NULL);
	ck_assert(strstr(text, "Max processes             0 ") != NULL);
	close(pair[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == IT_WORKED);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("sandbox");

	tcase_add_loop_test(tc, attempt_ends, 0, COUNT(attempts));
	tcase_add_loop_test(tc, landlock_refuses, 0, COUNT(tcp_attempts));
	tcase_add_test(tc, process_has_given_everything_up);
	return run_case(tc);
}
