#include "ctl/rollout.h"

#include "ctl/command.h"
#include "ctl/rollout_line.h"
#include "ctl/show.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define DEFAULT_BROKERS "localhost:9093"

enum { LOOKS = 50, LOOK_MS = 100 };

static void print(const struct buf *text)
{
	if (text->len > 0)
		(void)fwrite(text->p, 1, text->len, stdout);
}

static struct render_client client_of(const struct rollout_line *line,
                                      const struct ctl_conf *conf)
{
	return (struct render_client){
		.bootstrap = conf->is.brokers[0] != '\0' ? conf->is.brokers
		                                         : DEFAULT_BROKERS,
		.command_config = line->command_config,
	};
}

static void render(const struct rollout *r, const struct rollout_line *line,
                   const struct ctl_conf *conf,
                   const struct cluster_state *wanted)
{
	const struct render_client client = client_of(line, conf);
	struct buf text = { 0 };

	if (line->form == FORM_STRIMZI)
		r->strimzi(wanted, line->cluster, &text);
	else
		r->lines(wanted, &client, &text);
	print(&text);
	buf_clear(&text);
}

/* What apply meets is told change by change. */
static void say_none(const struct rollout *r, const struct rollout_line *line,
                     const struct cluster_state *found)
{
	if (r->none != NULL && line->verb != VERB_APPLY &&
	    found->topics_count == 0 && found->rights.n == 0)
		(void)ctl_fail(line->argv0, 0, r->none);
}

static void show(const struct rollout *r, const struct rollout_line *line,
                 const struct ctl_conf *conf,
                 const struct cluster_state *wanted,
                 const struct changes *changes)
{
	const struct render_client client = client_of(line, conf);
	struct buf text = { 0 };

	if (line->form == FORM_KAFKA_CLI)
		render_changes(changes, &client, &text);
	else if (output_is_json(&line->output))
		changes_json(changes, &text);
	else if (changes_count(changes) > 0)
		changes_table(changes, show_width(STDOUT_FILENO),
		              show_colour(STDOUT_FILENO), &text);
	else
		buf_printf(&text, "all %zu %s are as the manifest says\n",
		           r->count(wanted), r->name);
	print(&text);
	buf_clear(&text);
}

/* Is it done, and lacking all the same? now: NULL, nothing is known. */
static bool is_unseen(const struct change *done, const struct changes *now)
{
	if (done->state != CHANGE_DONE || now == NULL)
		return done->state == CHANGE_DONE;
	for (size_t i = 0; i < changes_count(now); i++) {
		const struct change *change = changes_at(now, i);

		if (change->kind == done->kind &&
		    change->topic == done->topic &&
		    change->right == done->right)
			return true;
	}
	return false;
}

static size_t count_unseen(struct changes *changes, const struct changes *now,
                           const char *fail)
{
	size_t unseen = 0;

	for (size_t i = 0; i < changes_count(changes); i++) {
		struct change *change = changes_at(changes, i);

		if (!is_unseen(change, now))
			continue;
		unseen++;
		if (fail != NULL)
			changes_fail(changes, change, fail);
	}
	return unseen;
}

/* How many are done and can't be seen; on the last look they have failed. */
static size_t look_again(const struct rollout *r, struct cluster *cluster,
                         const struct cluster_state *wanted,
                         struct changes *changes, bool last)
{
	struct changes *now = changes_new();
	struct cluster_state found;
	struct err why;
	size_t unseen;

	cluster_state_init(&found);
	err_set(&why, "the brokers took it, but do not show it");
	if (r->read(cluster, wanted, &found, &why) == EX_OK)
		r->compare(wanted, &found, now);
	else
		changes_free(&now);
	unseen = count_unseen(changes, now, last ? why.text : NULL);
	cluster_state_clear(&found);
	changes_free(&now);
	return unseen;
}

/* A broker learns a moment later what the controller did: until it shows, a
   program that is started next would not find it. */
static void bring_about(const struct rollout *r, struct cluster *cluster,
                        const struct cluster_state *wanted,
                        struct changes *changes)
{
	cluster_apply(cluster, changes);
	for (int i = 1; i <= LOOKS; i++) {
		if (look_again(r, cluster, wanted, changes, i == LOOKS) == 0)
			return;
		cluster_pause(cluster, LOOK_MS);
	}
}

/* The exit code; or a fault's with *why. */
static int roll_out(const struct rollout *r, const struct rollout_line *line,
                    const struct ctl_conf *conf, struct cluster *cluster,
                    const struct cluster_state *wanted, struct err *why)
{
	struct changes *changes = changes_new();
	struct cluster_state found;
	int code;

	cluster_state_init(&found);
	code = r->read(cluster, wanted, &found, why);
	if (code == EX_OK) {
		say_none(r, line, &found);
		r->compare(wanted, &found, changes);
		if (line->verb == VERB_APPLY)
			bring_about(r, cluster, wanted, changes);
		show(r, line, conf, wanted, changes);
		if (line->verb != VERB_PLAN && changes_left(changes) > 0)
			code = 1;
	}
	changes_free(&changes);
	cluster_state_clear(&found);
	return code;
}

/* One prefix, whoever says it; a flag says it to both. */
static int make_wanted(struct cluster_state *wanted,
                       const struct rollout_line *line,
                       const struct ctl_conf *conf, struct err *why)
{
	struct wanted_options changed = line->wanted;
	struct manifest m;
	int rc = -1;

	changed.prefix = line->flags.topic_prefix;
	if (manifest_load(&m, line->manifest, why) != 0)
		return -1;
	if (changed.prefix == NULL &&
	    strcmp(m.prefix, conf->is.topic_prefix) != 0)
		err_set(why,
		        "%s: prefix is \"%s\", but topic_prefix in the "
		        "settings is \"%s\": make them one, or say it with "
		        "--topic-prefix",
		        line->manifest, m.prefix, conf->is.topic_prefix);
	else if (wanted_make(wanted, &m, &changed, why) != 0)
		(void)err_prefix(why, "%s", line->manifest);
	else
		rc = 0;
	manifest_clear(&m);
	return rc;
}

static int run(const struct rollout *r, const struct rollout_line *line,
               const struct ctl_conf *conf, struct err *why)
{
	struct cluster *cluster = NULL;
	struct cluster_state wanted;
	int code = EX_CONFIG;

	if (make_wanted(&wanted, line, conf, why) != 0)
		return EX_CONFIG;
	if (line->verb == VERB_RENDER) {
		render(r, line, conf, &wanted);
		code = EX_OK;
	} else if (ctl_conf_check_kafka(conf, why) == 0) {
		cluster = cluster_open(conf, why);
		if (cluster != NULL)
			code = roll_out(r, line, conf, cluster, &wanted, why);
	}
	cluster_free(&cluster);
	cluster_state_clear(&wanted);
	return code;
}

int rollout_run(const struct rollout *rollout, int argc, char **argv)
{
	struct rollout_line line;
	struct ctl_conf conf;
	struct err why;
	int code;

	if (!rollout_line_parse(&line, rollout->doc, argc, argv))
		return EX_USAGE;
	if (ctl_conf_load(&conf, &line.flags, &why) != 0)
		return ctl_fail(argv[0], EX_CONFIG, why.text);
	code = run(rollout, &line, &conf, &why);
	if (code >= EX__BASE)
		(void)ctl_fail(argv[0], code, why.text);
	ctl_conf_clear(&conf);
	return ctl_flushed(argv[0], code);
}
