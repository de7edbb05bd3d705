#include "ctl/command.h"

#include "base/escape.h"
#include "base/mem.h"
#include "base/text.h"
#include "ctl/file.h"
#include "kafka/mock_broker.h"
#include "loop/loop.h"
#include "wire/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { PERSPECTIVES_MAX = 64, PARTITIONS_MAX = 1024 };

enum {
	OPT_PREFIX = 256,
	OPT_PARTITIONS,
	OPT_PERSPECTIVE,
	OPT_CHECKS_PARTITIONS,
	OPT_BOOTSTRAP_FILE
};

struct broker_line {
	const char *prefix;
	const char *bootstrap_file; /* NULL: none */
	int partitions;
	int checks_partitions;
	const char *perspectives[PERSPECTIVES_MAX];
	size_t perspectives_count;
};

static const struct argp_option options[] = {
	{ .name = "perspective",
	  .key = OPT_PERSPECTIVE,
	  .arg = "CODE",
	  .doc = "Make the topic of the checks for CODE; once per "
	         "perspective" },
	{ .name = "partitions",
	  .key = OPT_PARTITIONS,
	  .arg = "N",
	  .doc = "Partitions of requests, attempts, results and decisions "
	         "(12)" },
	{ .name = "checks-partitions",
	  .key = OPT_CHECKS_PARTITIONS,
	  .arg = "N",
	  .doc = "Partitions of each checks topic: the most workers that a "
	         "perspective can have (4)" },
	{ .name = "topic-prefix",
	  .key = OPT_PREFIX,
	  .arg = "PREFIX",
	  .doc = "What all topic names begin with (mpic.)" },
	{ .name = "bootstrap-file",
	  .key = OPT_BOOTSTRAP_FILE,
	  .arg = "FILE",
	  .doc = "Write the address to FILE once the broker is ready; the "
	         "file is gone when the broker is" },
	{ 0 },
};

static const char doc[] =
	"Runs a Kafka broker in this process, for a laboratory: with all "
	"topics of one prefix, on a port of 127.0.0.1 that the system "
	"chooses. Prints the address and runs until SIGTERM or Ctrl-C."
	"\v"
	"What it is not:\n"
	"  - It keeps nothing: all records are gone when it stops.\n"
	"  - It holds 5 MB or 100,000 records per partition; older ones go.\n"
	"  - It does not honour read_committed: aborted records are seen.\n"
	"  - It forgets offsets that were committed in a transaction, and "
	"fences\n"
	"    nobody: never judge recovery by it.\n"
	"  - It knows no TLS, no ACLs and no LogAppendTime.\n"
	"  - It answers a fetch at the end of a log only after the client's\n"
	"    fetch.wait.max.ms: set \"fetch.wait.max.ms\" = \"5\" in the "
	"kafka\n"
	"    sections of the settings files.\n"
	"\n"
	"Programs that use it need `lab = yes'. For anything that matters run\n"
	"Apache Kafka.\n"
	"\n"
	"Example:\n"
	"  mpicctl dev-broker --perspective ams --perspective nyc \\\n"
	"          --bootstrap-file /tmp/broker &\n"
	"  kcat -L -b \"$(cat /tmp/broker)\"\n";

static int number(struct argp_state *state, const char *option, const char *arg)
{
	uint64_t n;

	if (!text_u64(span_str(arg), PARTITIONS_MAX, &n) || n == 0)
		argp_error(state, "--%s: '%s' is not a number from 1 to %d",
		           option, arg, PARTITIONS_MAX);
	return (int)n;
}

static void add_perspective(struct argp_state *state, struct broker_line *line,
                            const char *code)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(code);

	if (len == 0 || len > TOPIC_CODE_MAX || strspn(code, letters) != len)
		argp_error(state,
		           "--perspective: '%s' is not a code: 1 to %d of a-z "
		           "0-9 -",
		           code, TOPIC_CODE_MAX);
	if (line->perspectives_count == PERSPECTIVES_MAX)
		argp_error(state, "--perspective: at most %d",
		           PERSPECTIVES_MAX);
	for (size_t i = 0; i < line->perspectives_count; i++) {
		if (strcmp(line->perspectives[i], code) == 0)
			argp_error(state, "--perspective %s: twice", code);
	}
	line->perspectives[line->perspectives_count++] = code;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct broker_line *line = state->input;

	switch (key) {
	case OPT_PREFIX:
		if (!topic_prefix_ok(arg))
			argp_error(state,
			           "--topic-prefix: '%s': at most %d letters, "
			           "digits and . _ -",
			           arg, TOPIC_PREFIX_MAX);
		line->prefix = arg;
		return 0;
	case OPT_PARTITIONS:
		line->partitions = number(state, "partitions", arg);
		return 0;
	case OPT_CHECKS_PARTITIONS:
		line->checks_partitions =
			number(state, "checks-partitions", arg);
		return 0;
	case OPT_PERSPECTIVE: add_perspective(state, line, arg); return 0;
	case OPT_BOOTSTRAP_FILE: line->bootstrap_file = arg; return 0;
	case ARGP_KEY_ARG: argp_error(state, "unexpected '%s'", arg); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static int add(struct mock_broker *broker, const char *name, int partitions,
               struct err *why)
{
	const struct mock_topic topic = { name, partitions };

	return mock_broker_add_topic(broker, &topic, why);
}

static int add_topics(struct mock_broker *broker,
                      const struct broker_line *line, struct err *why)
{
	struct topics topics;
	char name[TOPIC_NAME_MAX];

	topics_init(&topics, line->prefix);
	if (add(broker, topics.requests, line->partitions, why) != 0 ||
	    add(broker, topics.attempts, line->partitions, why) != 0 ||
	    add(broker, topics.results, line->partitions, why) != 0 ||
	    add(broker, topics.decisions, line->partitions, why) != 0 ||
	    add(broker, topics.perspectives, 1, why) != 0 ||
	    add(broker, topics.dead_letters, 1, why) != 0)
		return -1;
	for (size_t i = 0; i < line->perspectives_count; i++) {
		topics_checks(&topics, span_str(line->perspectives[i]), name);
		if (add(broker, name, line->checks_partitions, why) != 0)
			return -1;
	}
	return 0;
}

static int announce(const struct broker_line *line, const char *address,
                    struct err *why)
{
	struct buf text = { 0 };
	int rc = 0;

	buf_printf(&text, "%s\n", address);
	if (line->bootstrap_file != NULL)
		rc = file_replace(line->bootstrap_file, 0644, buf_span(&text),
		                  why);
	buf_clear(&text);
	if (rc != 0)
		return -1;
	(void)printf("%s\n", address);
	(void)fprintf(stderr,
	              "mpicctl dev-broker: ready at %s; for a laboratory only: "
	              "all is lost when it\nstops, 5 MB or 100,000 records per "
	              "partition, no read_committed, no fencing.\n",
	              address);
	return 0;
}

static void on_stop(void *arg)
{
	loop_stop(arg);
}

static int serve(const char *argv0, const struct broker_line *line,
                 struct mock_broker *broker)
{
	struct loop *loop = loop_new();
	struct err why;
	int code = EX_OK;

	loop_on_shutdown(loop, on_stop, on_stop, loop);
	if (add_topics(broker, line, &why) != 0)
		code = ctl_fail(argv0, EX_UNAVAILABLE, why.text);
	else if (announce(line, mock_broker_bootstrap(broker), &why) != 0)
		code = ctl_fail(argv0, EX_CANTCREAT, why.text);
	else
		code = ctl_flushed(argv0, EX_OK);
	if (code == EX_OK)
		loop_run(loop);
	if (code == EX_OK && line->bootstrap_file != NULL)
		(void)unlink(line->bootstrap_file);
	loop_free(&loop);
	return code;
}

int dev_broker_run(int argc, char **argv)
{
	const struct argp argp = { options, on_option, NULL, doc,
		                   NULL,    NULL,      NULL };
	struct broker_line line = { .prefix = "mpic.",
		                    .partitions = 12,
		                    .checks_partitions = 4 };
	struct mock_broker *broker;
	struct err why;
	int code;

	if (!ctl_parse(&argp, argc, argv, &line))
		return EX_USAGE;
	broker = mock_broker_new(1, &why);
	if (broker == NULL)
		return ctl_fail(argv[0], EX_UNAVAILABLE, why.text);
	code = serve(argv[0], &line, broker);
	mock_broker_free(&broker);
	return code;
}
