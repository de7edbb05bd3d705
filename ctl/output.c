#include "ctl/output.h"

#include <string.h>
#include <unistd.h>

enum { OPT_JSON = 768 };

static const struct argp_option options[] = {
	{ .doc = "What is printed:" },
	{ .name = "output",
	  .key = 'o',
	  .arg = "FORM",
	  .doc = "table or json; without it a table on a terminal, else one "
	         "JSON object per line" },
	{ .name = "json", .key = OPT_JSON, .doc = "The same as --output json" },
	{ .name = "wide",
	  .key = 'w',
	  .doc = "Below each row of a table: what each perspective saw, and "
	         "why; what may be told to the subscriber" },
	{ 0 },
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct output_flags *flags = state->input;

	switch (key) {
	case 'o':
		if (strcmp(arg, "table") == 0)
			flags->output = OUTPUT_TABLE;
		else if (strcmp(arg, "json") == 0)
			flags->output = OUTPUT_JSON;
		else
			argp_error(state, "--output: '%s' is not table or json",
			           arg);
		return 0;
	case OPT_JSON: flags->output = OUTPUT_JSON; return 0;
	case 'w': flags->wide = true; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp output_flags_argp = { options, on_option, NULL, NULL,
	                                NULL,    NULL,      NULL };

bool output_is_json(const struct output_flags *flags)
{
	if (flags->output == OUTPUT_UNSAID)
		return isatty(STDOUT_FILENO) == 0;
	return flags->output == OUTPUT_JSON;
}
