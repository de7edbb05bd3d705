#include "ctl/command.h"
#include "ctl/decisions.h"
#include "ctl/output.h"
#include "ctl/show.h"
#include "loop/loop.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { OPT_FROM = 1024, OPT_COUNT };
enum {
	ASK_LIMIT_MS = 10000,
	COMPLAINTS_MAX = 20,
	WIDTH_DEFAULT = 132 /* where stdout is no terminal */
};

struct watch_line {
	struct ctl_flags flags;
	struct output_flags output;
	bool from_beginning;
	uint64_t count; /* 0: for ever */
};

struct watch {
	const struct watch_line *line;
	const struct ctl_conf *conf;
	const char *argv0;
	struct loop *loop;
	struct table *table;
	bool json;
	uint64_t seen;
	unsigned complaints;
	int code;
};

static const struct argp_option options[] = {
	{ .name = "from",
	  .key = OPT_FROM,
	  .arg = "WHERE",
	  .doc = "beginning: all that is on the log first; end: what comes "
	         "from now on (end)",
	  .group = 1 },
	{ .name = "count",
	  .key = OPT_COUNT,
	  .arg = "N",
	  .doc = "Leave after N decisions" },
	{ 0 },
};

static const char doc[] =
	"Shows decisions as they come, until Ctrl-C. Of several partitions "
	"those of one come in order."
	"\v"
	"What no configured key of a coordinator signed is told on stderr and "
	"not\n"
	"shown; without any key all is shown and said to be NOT VERIFIED.\n"
	"\n"
	"Exit codes: 0, or a fault (64 and up, as in sysexits.h).\n"
	"\n"
	"Examples:\n"
	"  mpicctl watch\n"
	"  mpicctl watch --from beginning --count 100 --json |\n"
	"          jq -r 'select(.outcome == \"do-not-issue\") | .reason'\n";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct watch_line *line = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &line->flags;
		state->child_inputs[1] = &line->output;
		return 0;
	case OPT_FROM:
		line->from_beginning = strcmp(arg, "beginning") == 0;
		if (!line->from_beginning && strcmp(arg, "end") != 0)
			argp_error(state,
			           "--from: '%s' is not beginning or end", arg);
		return 0;
	case OPT_COUNT:
		if (!text_u64(span_str(arg), INT64_MAX, &line->count) ||
		    line->count == 0)
			argp_error(state,
			           "--count: '%s' is not a number from "
			           "1 on",
			           arg);
		return 0;
	case ARGP_KEY_ARG: argp_error(state, "unexpected '%s'", arg); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static void leave(struct watch *w, int code)
{
	w->code = code;
	loop_stop(w->loop);
}

static void add_table(struct watch *w, const struct answer *a, struct buf *out)
{
	size_t width = show_width(STDOUT_FILENO);
	const struct table_look look = {
		.width = width > 0 ? width : WIDTH_DEFAULT,
		.colour = show_colour(STDOUT_FILENO),
	};

	show_row(w->table, a, w->line->output.wide);
	table_render(w->table, &look, out);
	table_reset(w->table);
}

static void show(struct watch *w, const struct answer *a)
{
	struct buf text = { 0 };

	if (w->json)
		show_json(a, &text);
	else
		add_table(w, a, &text);
	(void)fwrite(text.p, 1, text.len, stdout);
	buf_clear(&text);
	w->seen++;
	if (ctl_flushed(w->argv0, EX_OK) != EX_OK)
		leave(w, EX_IOERR);
	else if (w->seen == w->line->count)
		leave(w, EX_OK);
}

static void on_message(void *owner, const struct kafka_message *m)
{
	struct watch *w = owner;
	struct answer *answer;
	struct err text;
	const char *why;

	if (w->line->count != 0 && w->seen >= w->line->count)
		return;
	why = answer_read(w->conf, m, &answer);
	if (why == NULL) {
		show(w, answer);
		answer_free(&answer);
	} else if (++w->complaints <= COMPLAINTS_MAX) {
		err_set(&text, "not shown: %s [%d] at %lld: %s", m->topic,
		        m->partition, (long long)m->offset, why);
		(void)ctl_fail(w->argv0, 0, text.text);
	}
}

static void on_ready(void *owner, uint32_t partitions)
{
	const struct watch *w = owner;

	(void)partitions;
	if (isatty(STDERR_FILENO) == 1)
		(void)ctl_fail(w->argv0, 0, "watching; Ctrl-C to leave");
	if (w->conf->keyring == NULL)
		(void)ctl_fail(w->argv0, 0,
		               "NOT VERIFIED: no `key' sections are "
		               "configured, so whoever may write decisions may "
		               "have made these up");
}

static void on_failed(void *owner, const char *why)
{
	struct watch *w = owner;

	leave(w, ctl_fail(w->argv0, EX_UNAVAILABLE, why));
}

static void on_stop(void *arg)
{
	loop_stop(arg);
}

static int run(struct watch *w)
{
	const struct decisions_options from = {
		.from_beginning = w->line->from_beginning,
		.limit_ms = ASK_LIMIT_MS,
		.events = { on_ready, on_message, on_failed, w },
	};
	struct decisions *d;
	struct err why;

	w->loop = loop_new();
	w->table = show_table(true);
	d = decisions_new(w->loop, w->conf, &from, &why);
	if (d == NULL) {
		w->code = ctl_fail(w->argv0, EX_UNAVAILABLE, why.text);
	} else {
		loop_on_shutdown(w->loop, on_stop, on_stop, w->loop);
		loop_run(w->loop);
	}
	decisions_free(&d);
	table_free(&w->table);
	loop_free(&w->loop);
	return w->code;
}

int watch_run(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &ctl_flags_argp, 0, NULL, 6 },
		{ &output_flags_argp, 0, NULL, 5 },
		{ 0 },
	};
	const struct argp argp = { options,  on_option, NULL, doc,
		                   children, NULL,      NULL };
	struct watch_line line = { 0 };
	struct watch watch = { .line = &line, .argv0 = argv[0] };
	struct ctl_conf conf;
	struct err why;

	if (!ctl_parse(&argp, argc, argv, &line))
		return EX_USAGE;
	if (ctl_conf_load(&conf, &line.flags, &why) != 0)
		return ctl_fail(argv[0], EX_CONFIG, why.text);
	watch.conf = &conf;
	watch.json = output_is_json(&line.output);
	if (ctl_conf_check_kafka(&conf, &why) != 0)
		watch.code = ctl_fail(argv[0], EX_CONFIG, why.text);
	else
		watch.code = run(&watch);
	ctl_conf_clear(&conf);
	return watch.code;
}
