#include "landlock.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <linux/landlock.h> of the kernel that we build on may be older than the
   kernel that we run on: its names are kept here, by ABI. */
enum {
	ABI_REFER = 2,
	ABI_TRUNCATE = 3,
	ABI_NET = 4,
	ABI_IOCTL = 5,
	ABI_SCOPE = 6,
	VERSION_FLAG = 1,
	RULE_NET_PORT = 2,
};

#define FS_FIRST     ((UINT64_C(1) << 13) - 1) /* all of ABI 1 */
#define FS_REFER     (UINT64_C(1) << 13)
#define FS_TRUNCATE  (UINT64_C(1) << 14)
#define FS_IOCTL     (UINT64_C(1) << 15)
#define NET_BIND     (UINT64_C(1) << 0)
#define NET_CONNECT  (UINT64_C(1) << 1)
#define SCOPE_UNIX   (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct net_port {
	uint64_t allowed;
	uint64_t port;
};

/* Each kernel takes the struct as long as it knows it. */
static size_t ruleset_size(long abi)
{
	if (abi < ABI_NET)
		return offsetof(struct ruleset, net);
	return abi < ABI_SCOPE ? offsetof(struct ruleset, scoped)
	                       : sizeof(struct ruleset);
}

static struct ruleset everything(long abi)
{
	struct ruleset r = { .fs = FS_FIRST };

	if (abi >= ABI_REFER)
		r.fs |= FS_REFER;
	if (abi >= ABI_TRUNCATE)
		r.fs |= FS_TRUNCATE;
	if (abi >= ABI_IOCTL)
		r.fs |= FS_IOCTL;
	if (abi >= ABI_NET)
		r.net = NET_BIND | NET_CONNECT;
	if (abi >= ABI_SCOPE)
		r.scoped = SCOPE_UNIX | SCOPE_SIGNAL;
	return r;
}

static bool allow_ports(long fd, const uint16_t *ports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct net_port rule = { NET_CONNECT, ports[i] };

		if (syscall(SYS_landlock_add_rule, fd, RULE_NET_PORT, &rule,
		            0) != 0)
			return false;
	}
	return true;
}

static void tell(long abi, struct buf *report)
{
	buf_printf(report, "landlock/%ld", abi);
	if (abi < ABI_NET)
		buf_add_str(report, " (no tcp rules)");
	if (abi < ABI_SCOPE)
		buf_add_str(report, " (no scopes)");
}

int landlock_enter(const uint16_t *ports, size_t count, struct buf *report,
                   struct err *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION_FLAG);
	struct ruleset rules = everything(abi);
	bool good;
	long fd;

	if (abi < 1) { /* not built in, or turned off */
		buf_add_str(report, "no-landlock");
		return 0;
	}
	fd = syscall(SYS_landlock_create_ruleset, &rules, ruleset_size(abi), 0);
	if (fd < 0)
		return err_set(err, "landlock: %s", strerror(errno));
	good = (abi < ABI_NET || allow_ports(fd, ports, count)) &&
	       syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	if (!good)
		(void)err_set(err, "landlock: %s", strerror(errno));
	(void)close((int)fd);
	if (good)
		tell(abi, report);
	return good ? 0 : -1;
}
