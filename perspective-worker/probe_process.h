/*
 * probe_process.h -- a probe as a process: started with nothing of ours, ended
 * for certain.
 *
 * It gets an empty environment, /dev/null as 0 and 1, a pipe as 2, one end of
 * a socketpair as PROBE_FD (probe/frame.h), its own process group, its own
 * user where the worker may give it one, and no other descriptor. It dies with
 * the worker.
 */
#ifndef PERSPECTIVE_WORKER_PROBE_PROCESS_H
#define PERSPECTIVE_WORKER_PROBE_PROCESS_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Texts are borrowed as long as probes are started from it. */
struct probe_program {
	const char *path;
	bool own_user; /* become uid and gid; needs root */
	uid_t uid;
	gid_t gid;
};

/* Descriptors are ours to close: non-blocking, close-on-exec. */
struct probe_process {
	pid_t pid; /* 0: reaped */
	int socket;
	int errors; /* what it writes to its stderr: hostile text */
};

/* Exit statuses of a child that never became a probe. */
enum { PROBE_EXIT_NO_USER = 125, PROBE_EXIT_NO_EXEC = 126 };

/* 0, or -1 with why. That the program can't be run shows as its exit status
   only. */
int probe_process_start(const struct probe_program *program,
                        struct probe_process *out, struct err *why)
	__attribute__((warn_unused_result));
/* SIGKILL, unless it was reaped. */
void probe_process_kill(const struct probe_process *p);
/* True once it has ended, with its wait status; never blocks. */
bool probe_process_reap(struct probe_process *p, int *status)
	__attribute__((warn_unused_result));
/* After a kill: waits for the end, which a killed process can't put off. */
void probe_process_bury(struct probe_process *p);

#endif
