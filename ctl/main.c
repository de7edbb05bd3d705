/* mpicctl: finds the sub-command and runs it. */
#include "ctl/command.h"
#include "ctl/libraries.h"

#include "base/log.h"
#include "kafka/kafka_end.h"
#include "settings/version.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct command {
	const char *name; /* as argv[0] of the command, behind the prefix */
	ctl_run_fn *run;
};

#define PREFIX "mpicctl "

static const struct command commands[] = {
	{ PREFIX "submit", submit_run },
	{ PREFIX "watch", watch_run },
	{ PREFIX "keygen", keygen_run },
	{ PREFIX "dev-broker", dev_broker_run },
	{ PREFIX "check-config", check_config_run },
	{ PREFIX "doctor", doctor_run },
	{ PREFIX "topics", topics_run },
	{ PREFIX "acls", acls_run },
};

enum { OPT_VERSION = 256 };
enum { HANDLES_END_MS = 2000 };

static const struct argp_option options[] = {
	{ .name = "version",
	  .key = OPT_VERSION,
	  .doc = "Print our version and the libraries' and leave" },
	{ 0 },
};

static const char doc[] =
	"Works with a multi-perspective corroboration system from the command "
	"line."
	"\v"
	"Commands:\n"
	"  submit        submit check requests and wait for their decisions\n"
	"  watch         show decisions as they come\n"
	"  keygen        make a signing key, or the coordinators' plan key\n"
	"  check-config  check a settings file before a program gets it\n"
	"  doctor        look for what is wrong with this machine\n"
	"  topics        make, check and render the topics of a manifest\n"
	"  acls          make, check and render its access rules\n"
	"  dev-broker    a Kafka broker in a process, for a laboratory\n"
	"\n"
	"`mpicctl COMMAND --help' says more, with examples.\n"
	"\n"
	"Exit codes: 0 issue or corroborated, 1 do-not-issue, 2 not "
	"completed,\n"
	"3 rejected, 64 and up: wrong usage and faults, as in sysexits.h.\n";

struct chosen {
	const struct command *command; /* NULL: --version */
	int argc;
	char **argv;
	bool version;
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name + strlen(PREFIX), name) == 0)
			return &commands[i];
	}
	return NULL;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct chosen *chosen = state->input;

	switch (key) {
	case OPT_VERSION: chosen->version = true; return 0;
	case ARGP_KEY_ARG:
		chosen->command = find(arg);
		if (chosen->command == NULL)
			argp_error(state, "there is no command '%s'", arg);
		/* the rest is the command's */
		chosen->argv = &state->argv[state->next - 1];
		chosen->argc = state->argc - state->next + 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (chosen->command == NULL && !chosen->version)
			argp_error(state, "which command?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static int print_version(void)
{
	struct buf text = { 0 };

	version_text(&text, "mpicctl", libraries_running());
	(void)fputs(buf_cstr(&text), stdout);
	buf_clear(&text);
	return ctl_flushed("mpicctl", EX_OK);
}

int main(int argc, char **argv)
{
	static char program[] = "mpicctl";
	const struct argp argp = { options, on_option, "COMMAND [...]",
		                   doc,     NULL,      NULL,
		                   NULL };
	struct chosen chosen = { 0 };

	log_open(program, LOG_ERROR);
	argp_err_exit_status = EX_USAGE;
	if (argc > 0)
		argv[0] = program;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &chosen) != 0)
		return EX_USAGE;
	if (chosen.version)
		return print_version();
	/* argp names the program by what is in argv[0] */
	chosen.argv[0] = (char *)(uintptr_t)chosen.command->name;
	int code = chosen.command->run(chosen.argc, chosen.argv);

	if (!kafka_end_wait(HANDLES_END_MS))
		_exit(code);
	return code;
}
