#include "ctl/rollout_line.h"

#include "base/text.h"
#include "ctl/command.h"

#include <string.h>

#define DEFAULT_MANIFEST "/etc/mpic/topics.manifest.json"

enum {
	OPT_MANIFEST = 1280,
	OPT_PERSPECTIVE,
	OPT_PARTITIONS,
	OPT_REPLICATION,
	OPT_AS,
	OPT_CLUSTER,
	OPT_COMMAND_CONFIG
};

static const struct argp_option options[] = {
	{ .name = "manifest",
	  .key = OPT_MANIFEST,
	  .arg = "FILE",
	  .doc = "Read it from FILE (" DEFAULT_MANIFEST ")",
	  .group = 1 },
	{ .doc = "Instead of what the manifest says:", .group = 2 },
	{ .name = "perspective",
	  .key = OPT_PERSPECTIVE,
	  .arg = "CODE",
	  .doc = "A perspective, with as many partitions as the deployment; "
	         "may be repeated, and is then all there are" },
	{ .name = "partitions",
	  .key = OPT_PARTITIONS,
	  .arg = "N",
	  .doc = "Of requests, attempts, results and decisions" },
	{ .name = "replication",
	  .key = OPT_REPLICATION,
	  .arg = "N",
	  .doc = "Copies of each partition; min.insync.replicas stays below" },
	{ .doc = "For render and plan:", .group = 3 },
	{ .name = "as",
	  .key = OPT_AS,
	  .arg = "FORM",
	  .doc = "kafka-cli: lines of Kafka's own tools; strimzi: resources "
	         "for its operator (render only)" },
	{ .name = "command-config",
	  .key = OPT_COMMAND_CONFIG,
	  .arg = "FILE",
	  .doc = "The client properties that those lines name" },
	{ .name = "cluster",
	  .key = OPT_CLUSTER,
	  .arg = "NAME",
	  .doc = "The Strimzi cluster (mpic)" },
	{ 0 },
};

static const struct {
	const char *word;
	enum verb verb;
} verbs[] = {
	{ "plan", VERB_PLAN },
	{ "apply", VERB_APPLY },
	{ "check", VERB_CHECK },
	{ "render", VERB_RENDER },
};

static void take_verb(struct argp_state *state, struct rollout_line *line,
                      const char *word)
{
	if (line->verb != VERB_NONE)
		argp_error(state, "unexpected '%s'", word);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].word, word) == 0)
			line->verb = verbs[i].verb;
	}
	if (line->verb == VERB_NONE)
		argp_error(state, "'%s' is not plan, apply, check or render",
		           word);
}

static void take_form(struct argp_state *state, struct rollout_line *line,
                      const char *word)
{
	if (strcmp(word, "kafka-cli") == 0)
		line->form = FORM_KAFKA_CLI;
	else if (strcmp(word, "strimzi") == 0)
		line->form = FORM_STRIMZI;
	else
		argp_error(state, "--as: '%s' is not kafka-cli or strimzi",
		           word);
}

static void take_perspective(struct argp_state *state,
                             struct rollout_line *line, const char *code)
{
	size_t *count = &line->wanted.perspectives_count;

	if (!manifest_code_ok(code))
		argp_error(state,
		           "--perspective: '%s' is not a code: 1 to %d of a-z "
		           "0-9 -",
		           code, TOPIC_CODE_MAX);
	if (*count == MANIFEST_LIST_MAX)
		argp_error(state, "--perspective: at most %d",
		           MANIFEST_LIST_MAX);
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(line->perspectives[i], code) == 0)
			argp_error(state, "--perspective %s: twice", code);
	}
	line->perspectives[(*count)++] = code;
}

static int number(struct argp_state *state, const char *option, const char *arg,
                  int most)
{
	uint64_t n = 0;

	if (!text_u64(span_str(arg), (uint64_t)most, &n) || n == 0)
		argp_error(state, "--%s: '%s' is not a number from 1 to %d",
		           option, arg, most);
	return (int)n;
}

/* Which forms go with which verbs. */
static void check_line(struct argp_state *state,
                       const struct rollout_line *line)
{
	if (line->verb == VERB_NONE)
		argp_error(state, "plan, apply, check or render?");
	if (line->form != FORM_NONE && line->verb != VERB_RENDER &&
	    line->verb != VERB_PLAN)
		argp_error(state, "--as goes with render and plan");
	if (line->form == FORM_STRIMZI && line->verb == VERB_PLAN)
		argp_error(state, "--as strimzi goes with render: the operator "
		                  "finds differences itself");
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct rollout_line *line = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &line->flags;
		state->child_inputs[1] = &line->output;
		return 0;
	case OPT_MANIFEST: line->manifest = arg; return 0;
	case OPT_PERSPECTIVE: take_perspective(state, line, arg); return 0;
	case OPT_PARTITIONS:
		line->wanted.partitions = number(state, "partitions", arg,
		                                 MANIFEST_PARTITIONS_MAX);
		return 0;
	case OPT_REPLICATION:
		line->wanted.replication = number(state, "replication", arg,
		                                  MANIFEST_REPLICATION_MAX);
		return 0;
	case OPT_AS: take_form(state, line, arg); return 0;
	case OPT_CLUSTER: line->cluster = arg; return 0;
	case OPT_COMMAND_CONFIG: line->command_config = arg; return 0;
	case ARGP_KEY_ARG: take_verb(state, line, arg); return 0;
	case ARGP_KEY_END: check_line(state, line); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

bool rollout_line_parse(struct rollout_line *line, const char *doc, int argc,
                        char **argv)
{
	static const struct argp_child children[] = {
		{ &ctl_flags_argp, 0, NULL, 6 },
		{ &output_flags_argp, 0, NULL, 5 },
		{ 0 },
	};
	const struct argp argp = {
		options, on_option, "plan|apply|check|render", doc, children,
		NULL,    NULL
	};

	*line = (struct rollout_line){ .argv0 = argv[0],
		                       .manifest = DEFAULT_MANIFEST,
		                       .cluster = "mpic" };
	line->wanted.perspectives = line->perspectives;
	return ctl_parse(&argp, argc, argv, line);
}
