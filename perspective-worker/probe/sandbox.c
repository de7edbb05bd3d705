#include "sandbox.h"

#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FILES_MAX = 65536, CAPABILITY_LAST = 63 };

static const rlim_t address_space_max = (rlim_t)4 << 30;

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif
enum { MDWE_REFUSE_EXEC_GAIN = 1 };

static int fail(struct err *err, const char *what)
{
	return err_set(err, "%s: %s", what, strerror(errno));
}

int sandbox_begin(int last, struct err *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return fail(err, "PR_SET_PDEATHSIG");
	if (close_range((unsigned)last + 1, ~0U, 0) != 0)
		return fail(err, "close_range");
	return 0;
}

/* -- limits */

static int limit(int resource, rlim_t most, const char *name, struct err *err)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now) != 0)
		return fail(err, name);
	if (most > now.rlim_max)
		most = now.rlim_max;
	now.rlim_cur = most;
	now.rlim_max = most;
	if (setrlimit((__rlimit_resource_t)resource, &now) != 0)
		return fail(err, name);
	return 0;
}

/* AddressSanitizer maps terabytes that it never touches. */
static rlim_t address_space(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return RLIM_INFINITY;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	return RLIM_INFINITY;
#endif
#endif
	return address_space_max;
}

static int set_limits(struct err *err)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const struct {
		int resource;
		rlim_t most;
		const char *name;
	} limits[] = {
		{ RLIMIT_CORE, 0, "RLIMIT_CORE" },
		{ RLIMIT_FSIZE, 0, "RLIMIT_FSIZE" },
		{ RLIMIT_NPROC, 0, "RLIMIT_NPROC" },
		{ RLIMIT_MEMLOCK, 0, "RLIMIT_MEMLOCK" },
		{ RLIMIT_MSGQUEUE, 0, "RLIMIT_MSGQUEUE" },
		{ RLIMIT_NOFILE, FILES_MAX, "RLIMIT_NOFILE" },
		{ RLIMIT_AS, address_space(), "RLIMIT_AS" },
	};

	/* should descriptor 2 be a file, a line is lost, not the process */
	if (sigaction(SIGXFSZ, &ignore, NULL) != 0)
		return fail(err, "SIGXFSZ");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limit(limits[i].resource, limits[i].most, limits[i].name,
		          err) != 0)
			return -1;
	return 0;
}

/* Root without these is a user whose files we can't reach either. */
static int drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { { 0 } };

	for (int c = 0; c <= CAPABILITY_LAST; c++)
		(void)prctl(PR_CAPBSET_DROP, c, 0, 0, 0); /* if it has it */
	if (syscall(SYS_capset, &head, none) != 0)
		return fail(err, "capset");
	return 0;
}

static int harden(struct err *err)
{
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return fail(err, "PR_SET_DUMPABLE");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail(err, "PR_SET_NO_NEW_PRIVS");
	/* newer kernels: memory once writable never becomes code */
	(void)prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	return 0;
}

/* -- system calls */

/* Without conditions. What libevent, libunbound, libcurl, OpenSSL and libc call
   while they work on descriptors and memory that are already theirs. */
static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recv),
	SCMP_SYS(close),
	SCMP_SYS(shutdown),
	SCMP_SYS(connect),
	SCMP_SYS(bind), /* libunbound picks its own ports */
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(futex_time64),
	SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

struct rule {
	int call;
	unsigned conditions;
	struct scmp_arg_cmp condition[3];
};

/* clang-format off */
#define SOCKET_RULE(family, type, protocol) \
	{ SCMP_SYS(socket), 3, \
	  { SCMP_CMP(0, SCMP_CMP_EQ, (family), 0), \
	    SCMP_CMP(1, SCMP_CMP_MASKED_EQ, \
	             (scmp_datum_t)(uint32_t)~(SOCK_CLOEXEC | SOCK_NONBLOCK), \
	             (type)), \
	    SCMP_CMP(2, SCMP_CMP_EQ, (protocol), 0) } }
#define VALUE_RULE(call, arg, value) \
	{ SCMP_SYS(call), 1, { SCMP_CMP((arg), SCMP_CMP_EQ, (value), 0) } }
#define NO_EXEC_RULE(call) \
	{ SCMP_SYS(call), 1, \
	  { SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) } }
#define OPTION_RULE(level, name) \
	{ SCMP_SYS(setsockopt), 2, \
	  { SCMP_CMP(1, SCMP_CMP_EQ, (level), 0), \
	    SCMP_CMP(2, SCMP_CMP_EQ, (name), 0) } }
/* A connection made by sending is one that Landlock does not see. */
#define NO_FASTOPEN_RULE(call, flags) \
	{ SCMP_SYS(call), 1, \
	  { SCMP_CMP((flags), SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0) } }

static const struct rule rules[] = {
	/* not MPTCP: Landlock does not count it as TCP */
	SOCKET_RULE(AF_INET, SOCK_DGRAM, 0),
	SOCKET_RULE(AF_INET, SOCK_DGRAM, IPPROTO_UDP),
	SOCKET_RULE(AF_INET, SOCK_STREAM, 0),
	SOCKET_RULE(AF_INET, SOCK_STREAM, IPPROTO_TCP),
	SOCKET_RULE(AF_INET6, SOCK_DGRAM, 0),
	SOCKET_RULE(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
	SOCKET_RULE(AF_INET6, SOCK_STREAM, 0),
	SOCKET_RULE(AF_INET6, SOCK_STREAM, IPPROTO_TCP),
	NO_FASTOPEN_RULE(sendto, 3),
	NO_FASTOPEN_RULE(send, 3),
	/* by name: TCP_ULP, IPV6_ADDRFORM, multicast and netfilter's are doors
	   to parts of the kernel that nothing here needs */
	OPTION_RULE(IPPROTO_IP, IP_TOS),
	OPTION_RULE(IPPROTO_IP, IP_TTL),
	OPTION_RULE(IPPROTO_IP, IP_MTU_DISCOVER),
	OPTION_RULE(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT),
	OPTION_RULE(IPPROTO_IPV6, IPV6_V6ONLY),
	OPTION_RULE(IPPROTO_IPV6, IPV6_MTU),
	OPTION_RULE(IPPROTO_IPV6, IPV6_MTU_DISCOVER),
	OPTION_RULE(IPPROTO_IPV6, IPV6_TCLASS),
	OPTION_RULE(IPPROTO_IPV6, IPV6_UNICAST_HOPS),
	OPTION_RULE(IPPROTO_TCP, TCP_NODELAY),
	OPTION_RULE(IPPROTO_TCP, TCP_MAXSEG),
	OPTION_RULE(IPPROTO_TCP, TCP_KEEPIDLE),
	OPTION_RULE(IPPROTO_TCP, TCP_KEEPINTVL),
	OPTION_RULE(IPPROTO_TCP, TCP_KEEPCNT),
	OPTION_RULE(IPPROTO_TCP, TCP_USER_TIMEOUT),
	OPTION_RULE(SOL_SOCKET, SO_REUSEADDR),
	OPTION_RULE(SOL_SOCKET, SO_KEEPALIVE),
	OPTION_RULE(SOL_SOCKET, SO_RCVBUF),
	OPTION_RULE(SOL_SOCKET, SO_SNDBUF),
	VALUE_RULE(fcntl, 1, F_GETFL),
	VALUE_RULE(fcntl, 1, F_SETFL),
	VALUE_RULE(fcntl, 1, F_GETFD),
	VALUE_RULE(fcntl, 1, F_SETFD),
	VALUE_RULE(ioctl, 1, FIONBIO),
	VALUE_RULE(ioctl, 1, FIONREAD),
	NO_EXEC_RULE(mmap),
	NO_EXEC_RULE(mprotect),
	/* libcurl ignores SIGPIPE around TLS; no handler that is new */
	VALUE_RULE(rt_sigaction, 0, SIGPIPE),
	VALUE_RULE(rt_sigaction, 0, SIGABRT),
};
/* clang-format on */

/* Not at all: a descriptor may travel in a message, and a filter that only
   excepts the worker's socket sees 64 bits of a number of which the kernel
   takes
   32. libunbound tries it for TCP fast open and then connects. */
static int refuse_sendmsg(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EOPNOTSUPP),
	                        SCMP_SYS(sendmsg), 0);
}

/* abort(): so that whoever waits for us sees an assertion as one. */
static int allow_abort(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2,
	                        SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0),
	                        SCMP_A2(SCMP_CMP_EQ, SIGABRT, 0));
}

static int add_rules(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);

		if (rc != 0)
			return rc;
	}
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		int rc = seccomp_rule_add_array(
			filter, SCMP_ACT_ALLOW, rules[i].call,
			rules[i].conditions, rules[i].condition);

		if (rc != 0)
			return rc;
	}
	int rc = refuse_sendmsg(filter);

	return rc != 0 ? rc : allow_abort(filter);
}

static int load_filter(struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc;

	if (filter == NULL)
		return err_set(err, "seccomp_init");
	rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
	                      SCMP_ACT_KILL_PROCESS);
	/* a binary tree instead of a list; older libraries lack it */
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = add_rules(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc != 0)
		return err_set(err, "seccomp: %s", strerror(-rc));
	return 0;
}

int sandbox_enter(const uint16_t *tcp_ports, size_t tcp_ports_count,
                  struct buf *report, struct err *err)
{
	if (set_limits(err) != 0 || drop_capabilities(err) != 0 ||
	    harden(err) != 0 ||
	    landlock_enter(tcp_ports, tcp_ports_count, report, err) != 0)
		return -1;
	buf_add_str(report, " seccomp");
	return load_filter(err);
}
