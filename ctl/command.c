#include "ctl/command.h"

#include "base/escape.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { SAID_MAX = 8192 }; /* bytes of one line of talk */

bool ctl_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	argp_err_exit_status = EX_USAGE;
	return argp_parse(argp, argc, argv, 0, NULL, input) == 0;
}

int ctl_fail(const char *argv0, int code, const char *why)
{
	struct buf shown = { 0 };

	escape_terminal(&shown, span_str(why), SAID_MAX);
	(void)fprintf(stderr, "%s: %s\n", argv0, buf_cstr(&shown));
	buf_clear(&shown);
	return code;
}

int ctl_worse(int a, int b)
{
	static const int rank[] = { [CTL_OK] = 0,
		                    [CTL_DO_NOT_ISSUE] = 1,
		                    [CTL_REJECTED] = 2,
		                    [CTL_NOT_COMPLETED] = 3 };

	if (a >= EX__BASE || b >= EX__BASE)
		return a >= EX__BASE ? a : b;
	return rank[a] >= rank[b] ? a : b;
}

int ctl_flushed(const char *argv0, int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	(void)fprintf(stderr, "%s: stdout: %s\n", argv0, strerror(errno));
	return EX_IOERR;
}
