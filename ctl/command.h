/*
 * command.h -- what all sub-commands of mpicctl have in common.
 *
 * Data goes to stdout, talk to stderr. A command parses its own part of the
 * command line, does its work and returns the exit code; it leaves the process
 * only where argp does (--help, a wrong option).
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include "base/err.h"

#include <argp.h>
#include <stdbool.h>

/* What a CA pipeline may branch on; 64 and up are those of sysexits.h. */
enum ctl_exit {
	CTL_OK = 0,           /* issue or corroborated */
	CTL_DO_NOT_ISSUE = 1, /* also: doctor, topics or acls found something */
	CTL_NOT_COMPLETED = 2, /* no decision in time: ask again */
	CTL_REJECTED = 3,      /* the request itself is bad: mend it */
};

typedef int ctl_run_fn(int argc, char **argv);

/* argv[0] is "mpicctl <command>". */
ctl_run_fn submit_run, watch_run, keygen_run, dev_broker_run, check_config_run,
	doctor_run, topics_run, acls_run;

/* argp_parse() with our exit code for usage; false: leave with EX_USAGE, it
   has been said. Options and arguments may be in any order. */
bool ctl_parse(const struct argp *argp, int argc, char **argv, void *input);

/* "mpicctl <command>: <why>" on stderr, escaped; returns code. */
int ctl_fail(const char *argv0, int code, const char *why);

/* Which of two exit codes says more: a fault (64 and up) before not completed
   before rejected before do-not-issue. */
int ctl_worse(int a, int b);

/* code if all that was printed has arrived, else EX_IOERR, having said so. */
int ctl_flushed(const char *argv0, int code);

#endif
