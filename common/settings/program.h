/*
 * program.h -- the command line that all our daemons share.
 *
 *   --config FILE    another settings file
 *   --check-config   load and check the settings, say so, leave
 *   --print-config   print the effective settings as a file, leave
 *   --version        our version and the libraries', leave
 *   --help, --usage
 *
 * Exit codes are those of sysexits.h: 0, EX_USAGE 64 for the command line,
 * EX_CONFIG 78 for the settings, EX_IOERR 74 when stdout refused. Answers go
 * to stdout, errors to stderr, one line.
 */
#ifndef SETTINGS_PROGRAM_H
#define SETTINGS_PROGRAM_H

#include "settings/settings.h"
#include "settings/version.h"

struct settings_program {
	const char *name;         /* "mpic-coordinator" */
	const char *about;        /* a sentence for --help */
	const char *default_file; /* "/etc/mpic/coordinator.conf" */
	const struct setting *table;
	void *out; /* the struct that table describes */
	/* Rules between keys; -1 with why (settings_refuse()). May be NULL. */
	int (*check)(const struct settings *s, const void *out,
	             struct err *why);
	/* For --check-config: what a start finds out besides, from files that
	   the settings name; -1 with why, a whole sentence. May be NULL. */
	int (*try_start)(const void *out, struct err *why);
	const struct version_part *libraries; /* ends with {0}; may be NULL */
};

/*
 * Returns the loaded settings: go on. Or NULL: leave with *exit_code, all has
 * been said. Reads the process's environment.
 */
struct settings *settings_main(const struct settings_program *program, int argc,
                               char **argv, int *exit_code)
	__attribute__((warn_unused_result));

#endif
