#include "ctl/command.h"
#include "ctl/submission.h"
#include "ctl/submit_line.h"
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static_assert(IN_FLIGHT_MOST >= 1000, "--in-flight takes up to 1000");

static void on_interrupt(void *arg)
{
	submission_interrupt(arg);
}

/* What flags describe: each is small, and well-formed by making. */
static int add_targets(struct submission *s, const struct submit_line *line,
                       struct err *why)
{
	struct buf request = { 0 };
	int rc = 0;

	for (size_t i = 0; i < line->targets_count && rc == 0; i++) {
		request.len = 0;
		submit_line_request(line, i, &request);
		rc = submission_add(s, buf_span(&request), why);
	}
	buf_clear(&request);
	return rc;
}

static int add_file(struct submission *s, const char *path, struct err *why)
{
	int fd = STDIN_FILENO;

	if (strcmp(path, "-") != 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(why, "%s: %s", path, strerror(errno));
	submission_read(s, fd);
	return 0;
}

static int run(const struct submit_line *line, const struct ctl_conf *conf,
               const char *argv0)
{
	const struct submission_options options = {
		.argv0 = argv0,
		.json = output_is_json(&line->output),
		.wide = line->output.wide,
		.limit_ms = line->timeout_ms,
		.in_flight_max = line->in_flight_max,
	};
	struct loop *loop = loop_new();
	struct err why;
	struct submission *s = submission_new(loop, conf, &options, &why);
	int code;

	if (s == NULL) {
		code = ctl_fail(argv0, EX_UNAVAILABLE, why.text);
	} else if ((line->file == NULL ? add_targets(s, line, &why)
	                               : add_file(s, line->file, &why)) != 0) {
		code = ctl_fail(argv0,
		                line->file == NULL ? EX_DATAERR : EX_NOINPUT,
		                why.text);
	} else {
		loop_on_shutdown(loop, on_interrupt, on_interrupt, s);
		loop_run(loop);
		code = submission_finish(s);
	}
	submission_free(&s);
	loop_free(&loop);
	return code;
}

int submit_run(int argc, char **argv)
{
	static struct submit_line line; /* large */
	struct ctl_conf conf;
	struct err why;
	int code;

	if (!submit_line_parse(&line, argc, argv))
		return EX_USAGE;
	if (ctl_conf_load(&conf, &line.flags, &why) != 0)
		return ctl_fail(argv[0], EX_CONFIG, why.text);
	if (ctl_conf_check_kafka(&conf, &why) != 0)
		code = ctl_fail(argv[0], EX_CONFIG, why.text);
	else
		code = run(&line, &conf, argv[0]);
	ctl_conf_clear(&conf);
	return code;
}
