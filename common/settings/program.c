#include "settings/program.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { OPT_CHECK = 256, OPT_PRINT, OPT_VERSION };

struct command_line {
	const char *file;
	bool check;
	bool print;
	bool version;
};

static const struct argp_option options[] = {
	{ .name = "config",
	  .key = 'c',
	  .arg = "FILE",
	  .doc = "Read the settings from FILE" },
	{ .name = "check-config",
	  .key = OPT_CHECK,
	  .doc = "Check the settings and leave" },
	{ .name = "print-config",
	  .key = OPT_PRINT,
	  .doc = "Print the effective settings as a file and leave" },
	{ .name = "version",
	  .key = OPT_VERSION,
	  .doc = "Print our version and the libraries' and leave" },
	{ 0 },
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct command_line *line = state->input;

	switch (key) {
	case 'c': line->file = arg; return 0;
	case OPT_CHECK: line->check = true; return 0;
	case OPT_PRINT: line->print = true; return 0;
	case OPT_VERSION: line->version = true; return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* What went to stdout must have arrived: `--print-config >file` on a full disk
   is not a success. */
static int flushed(const char *program)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EX_OK;
	(void)fprintf(stderr, "%s: stdout: %s\n", program, strerror(errno));
	return EX_IOERR;
}

static int print_version(const struct settings_program *p)
{
	struct buf text = { 0 };

	version_text(&text, p->name, p->libraries);
	(void)fputs(buf_cstr(&text), stdout);
	buf_clear(&text);
	return flushed(p->name);
}

static struct settings *load(const struct settings_program *p, const char *file)
{
	struct err why = { "" };
	struct settings *s;

	s = settings_load(p->table, p->out, file, environ, &why);
	if (s != NULL && p->check != NULL && p->check(s, p->out, &why) != 0)
		settings_free(&s);
	if (s == NULL)
		(void)fprintf(stderr, "%s: %s\n", p->name, why.text);
	return s;
}

/* Good means: with these settings the program starts. */
static int check(const struct settings_program *p, const char *file)
{
	struct err why = { "" };

	if (p->try_start != NULL && p->try_start(p->out, &why) != 0) {
		(void)fprintf(stderr, "%s: %s: %s\n", p->name, file, why.text);
		return EX_CONFIG;
	}
	(void)printf("%s: %s: settings are good\n", p->name, file);
	return flushed(p->name);
}

struct settings *settings_main(const struct settings_program *p, int argc,
                               char **argv, int *exit_code)
{
	struct argp argp = { options, on_option, NULL, p->about,
		             NULL,    NULL,      NULL };
	struct command_line line = { .file = p->default_file };
	struct settings *s;

	argp_err_exit_status = EX_USAGE;
	/* argp leaves by itself after --help and on a wrong option */
	if (argp_parse(&argp, argc, argv, 0, NULL, &line) != 0) {
		*exit_code = EX_USAGE;
		return NULL;
	}
	if (line.version) {
		*exit_code = print_version(p);
		return NULL;
	}
	s = load(p, line.file);
	if (s == NULL) {
		*exit_code = EX_CONFIG;
		return NULL;
	}
	if (!line.check && !line.print)
		return s;
	if (line.print) {
		settings_print(s, stdout);
		*exit_code = flushed(p->name);
	} else {
		*exit_code = check(p, line.file);
	}
	settings_free(&s);
	return NULL;
}
