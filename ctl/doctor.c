#include "ctl/advisories.h"
#include "ctl/command.h"
#include "ctl/conf.h"
#include "ctl/doctor_system.h"
#include "ctl/doctor_times.h"
#include "ctl/doctor_topics.h"
#include "ctl/libraries.h"
#include "ctl/output.h"
#include "ctl/show.h"
#include "names/names.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

enum { OPT_ANCHOR = 1024, OPT_PSL };

struct doctor_line {
	struct ctl_flags flags;
	struct output_flags output;
	const char *anchor;
	const char *psl;
};

static const struct argp_option options[] = {
	{ .name = "trust-anchor",
	  .key = OPT_ANCHOR,
	  .arg = "FILE",
	  .doc = "The root's trust anchor (/usr/share/dns/root.key)",
	  .group = 1 },
	{ .name = "public-suffix-list",
	  .key = OPT_PSL,
	  .arg = "FILE",
	  .doc = "The public suffix list (" NAMES_PSL_DEFAULT ")" },
	{ 0 },
};

static const char doc[] =
	"Looks at this machine: versions of libraries with known faults, the "
	"root's trust anchor, the public suffix list, clock, limits, kernel, "
	"and, where brokers are set, the topics and whose time they carry."
	"\v"
	"With --lab (or `lab = yes' in the settings) what only production may "
	"not\n"
	"have is a warning.\n"
	"\n"
	"requests, attempts, results, decisions and perspectives must have\n"
	"message.timestamp.type=LogAppendTime. To see it takes the right\n"
	"DescribeConfigs on them; `mpicctl topics apply' mends it. A lab is "
	"not\n"
	"asked: its broker in a process does not know it.\n"
	"\n"
	"Exit codes: 0 good or warnings only, 1 something is bad, 64 and up a "
	"fault\n"
	"of mpicctl's own.\n"
	"\n"
	"Examples:\n"
	"  mpicctl doctor\n"
	"  mpicctl doctor --json | jq -r 'select(.state != \"good\") | "
	".found'\n";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct doctor_line *line = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &line->flags;
		state->child_inputs[1] = &line->output;
		return 0;
	case OPT_ANCHOR: line->anchor = arg; return 0;
	case OPT_PSL: line->psl = arg; return 0;
	case ARGP_KEY_ARG: argp_error(state, "unexpected '%s'", arg); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static void look(const struct doctor_line *line, const struct ctl_conf *conf,
                 struct findings *findings)
{
	struct err why;

	advisories_check(libraries_running(), conf->is.lab, findings);
	doctor_trust_anchor(line->anchor, conf->is.lab, findings);
	doctor_public_suffixes(line->psl, findings);
	doctor_clock(conf->is.lab, findings);
	doctor_limits(findings);
	doctor_kernel(findings);
	if (conf->is.brokers[0] == '\0')
		return;
	if (ctl_conf_check_kafka(conf, &why) != 0)
		findings_add(findings, FINDING_BAD, "brokers",
		             "See the kafka section of the settings.", "%s",
		             why.text);
	else if (doctor_topics(conf, findings) && !conf->is.lab)
		doctor_times(conf, findings);
}

static void print(const struct doctor_line *line,
                  const struct findings *findings)
{
	struct buf text = { 0 };

	if (output_is_json(&line->output))
		findings_json(findings, &text);
	else
		findings_table(findings, show_width(STDOUT_FILENO),
		               show_colour(STDOUT_FILENO), &text);
	(void)fwrite(text.p, 1, text.len, stdout);
	buf_clear(&text);
}

int doctor_run(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &ctl_flags_argp, 0, NULL, 6 },
		{ &output_flags_argp, 0, NULL, 5 },
		{ 0 },
	};
	const struct argp argp = { options,  on_option, NULL, doc,
		                   children, NULL,      NULL };
	struct doctor_line line = { .anchor = "/usr/share/dns/root.key",
		                    .psl = NAMES_PSL_DEFAULT };
	struct findings *findings;
	struct ctl_conf conf;
	struct err why;
	int code;

	if (!ctl_parse(&argp, argc, argv, &line))
		return EX_USAGE;
	if (ctl_conf_load(&conf, &line.flags, &why) != 0)
		return ctl_fail(argv[0], EX_CONFIG, why.text);
	findings = findings_new();
	look(&line, &conf, findings);
	print(&line, findings);
	code = findings_worst(findings) == FINDING_BAD ? 1 : 0;
	findings_free(&findings);
	ctl_conf_clear(&conf);
	return ctl_flushed(argv[0], code);
}
