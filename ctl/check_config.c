#include "ctl/command.h"

#include "base/buf.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* Only programs of ours are ever run. */
static const struct {
	const char *name;
	const char *program;
} programs[] = {
	{ "coordinator", "mpic-coordinator" },
	{ "perspective-worker", "mpic-perspective-worker" },
	{ "worker", "mpic-perspective-worker" },
	{ "gateway", "mpic-gateway" },
};

struct check_line {
	const char *program;
	char *file;
};

static const char doc[] =
	"Checks the settings FILE of PROGRAM (coordinator, worker or gateway) "
	"by that program's own --check-config, and says what it says. The "
	"program is looked for beside mpicctl, then in PATH."
	"\v"
	"The exit code is the program's: 0 good, 78 not good.\n"
	"\n"
	"Example:\n"
	"  mpicctl check-config coordinator /etc/mpic/coordinator.conf\n";

static const char *find_program(const char *name)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (strcmp(programs[i].name, name) == 0 ||
		    strcmp(programs[i].program, name) == 0)
			return programs[i].program;
	}
	return NULL;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct check_line *line = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (line->file != NULL) {
			argp_error(state, "unexpected '%s'", arg);
		} else if (line->program != NULL) {
			line->file = arg;
		} else {
			line->program = find_program(arg);
			if (line->program == NULL)
				argp_error(state,
				           "'%s' is none of coordinator, "
				           "worker, gateway",
				           arg);
		}
		return 0;
	case ARGP_KEY_END:
		if (line->file == NULL)
			argp_error(state, "name the program and the file");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* Returns only if it could not. */
static void exec_beside(const char *program, char **argv)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct buf path = { 0 };

	if (n <= 0)
		return;
	self[n] = '\0';
	buf_printf(&path, "%s/%s", dirname(self), program);
	execv(buf_cstr(&path), argv);
	buf_clear(&path);
}

int check_config_run(int argc, char **argv)
{
	const struct argp argp = { NULL, on_option, "PROGRAM FILE", doc, NULL,
		                   NULL, NULL };
	char config[] = "--config";
	char check[] = "--check-config";
	struct check_line line = { 0 };
	struct err why;

	if (!ctl_parse(&argp, argc, argv, &line))
		return EX_USAGE;
	/* exec takes the strings for writable and does not write */
	char *args[] = { (char *)(uintptr_t)line.program, config, line.file,
		         check, NULL };

	exec_beside(line.program, args);
	execvp(line.program, args);
	err_set(&why, "%s: neither beside mpicctl nor in PATH: %s",
	        line.program, strerror(errno));
	return ctl_fail(argv[0], EX_UNAVAILABLE, why.text);
}
