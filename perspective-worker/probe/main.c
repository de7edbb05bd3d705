/*
 * mpic-probe: started by mpic-perspective-worker, not by people. Takes no
 * arguments, reads no environment and no file; see frame.h.
 */
#include "base/log.h"
#include "frame.h"
#include "probe.h"
#include "sandbox.h"
#include "tls_memory.h"

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

int main(void)
{
	struct err err;

	struct stat fd;

	log_open("probe", LOG_WARN);
	if (fstat(PROBE_FD, &fd) != 0 || !S_ISSOCK(fd.st_mode)) {
		log_error("probe_start_failed",
		          F_STR("error", "no worker at descriptor 3: "
		                         "mpic-perspective-worker starts "
		                         "probes, people do not"));
		return EX_USAGE;
	}
	if (!tls_memory_init()) /* then there is only more in use */
		log_warn("probe_tls_memory_not_ours",
		         F_STR("why", "OpenSSL was used before"));
	if (sandbox_begin(PROBE_FD, &err) != 0) {
		log_error("probe_start_failed", F_STR("error", err.text));
		return EX_OSERR;
	}

	struct loop *loop = loop_new();
	struct probe *probe = probe_new(loop, PROBE_FD);

	loop_run(loop); /* returns when the worker is gone */

	int status = probe_exit_status(probe);

	probe_free(&probe);
	loop_free(&loop);
	/* exit handlers of libraries may want what the sandbox took away */
	_exit(status);
}
