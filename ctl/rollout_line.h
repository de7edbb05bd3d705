/*
 * rollout_line.h -- the command line of `mpicctl topics' and `mpicctl acls'.
 */
#ifndef CTL_ROLLOUT_LINE_H
#define CTL_ROLLOUT_LINE_H

#include "ctl/conf.h"
#include "ctl/output.h"
#include "ctl/wanted.h"

enum verb { VERB_NONE, VERB_PLAN, VERB_APPLY, VERB_CHECK, VERB_RENDER };
enum form { FORM_NONE, FORM_KAFKA_CLI, FORM_STRIMZI };

struct rollout_line {
	const char *argv0;
	struct ctl_flags flags;
	struct output_flags output;
	enum verb verb;
	enum form form;
	const char *manifest;
	struct wanted_options wanted; /* but for its prefix */
	const char *perspectives[MANIFEST_LIST_MAX];
	const char *cluster;        /* Strimzi's */
	const char *command_config; /* or NULL */
};

/* Texts are argv's; line->wanted points into line. doc: of --help. */
bool rollout_line_parse(struct rollout_line *line, const char *doc, int argc,
                        char **argv);

#endif
