#include "tests/bench/load.h"

#include "base/text.h"

#include <argp.h>
#include <string.h>

enum {
	OPT_TRACE = 256,
	OPT_JSON,
	OPT_PREFIX,
	OPT_CHECKS_PARTITIONS,
	OPT_PROPERTIES,
	OPT_KILL,
	OPT_TIME_ALLOWED,
	OPT_FETCH_WAIT
};

static const struct argp_option table[] = {
	{ "brokers", 'b', "LIST", 0, "host:port", 0 },
	{ "properties", OPT_PROPERTIES, "FILE", 0, "librdkafka's, for TLS", 0 },
	{ "fetch-wait", OPT_FETCH_WAIT, "MS", 0,
	  "until an empty fetch ends (5)", 0 },
	{ "topic-prefix", OPT_PREFIX, "PREFIX", 0, "(mpic.)", 0 },
	{ "partitions", 'p', "N", 0, "of requests and decisions (12)", 0 },
	{ "checks-partitions", OPT_CHECKS_PARTITIONS, "N", 0, "(1)", 0 },
	{ "zone", 'z', "NAME", 0, "targets are names below it", 0 },
	{ "perspectives", 'P', "CODES", 0, "the primary first", 0 },
	{ "http-01", 't', "TOKEN:KEY-AUTHORIZATION", 0,
	  "dcv by acme-http-01; else caa", 0 },
	{ "tls-alpn-01", 'a', "TOKEN:KEY-AUTHORIZATION", 0,
	  "dcv by acme-tls-alpn-01", 0 },
	{ "in-flight", 'i', "N", 0, "requests undecided at a time (64)", 0 },
	{ "rate", 'r', "N", 0, "requests a second; else closed loop", 0 },
	{ "time-allowed", OPT_TIME_ALLOWED, "MS", 0, "of each request", 0 },
	{ "warm-up", 'w', "MS", 0, "(2000)", 0 },
	{ "window", 's', "MS", 0, "(10000)", 0 },
	{ "processes", 'f', "FILE", 0, "lines \"name pid\" to measure", 0 },
	{ "kill", OPT_KILL, "NAME", 0,
	  "of those, by SIGKILL when the window begins", 0 },
	{ "samples", 'S', "FOLDER", 0, "leave one of each record there", 0 },
	{ "trace", OPT_TRACE, NULL, 0, "read every topic", 0 },
	{ "json", OPT_JSON, NULL, 0, "requests as JSON", 0 },
	{ 0 },
};

static uint64_t number(struct argp_state *state, const char *arg)
{
	uint64_t n = 0;

	if (!text_u64(span_str(arg), 100000000, &n))
		argp_error(state, "'%s' is no number", arg);
	return n;
}

static void take_challenge(struct argp_state *state, struct options *o,
                           char *arg)
{
	char *colon = strchr(arg, ':');

	if (colon == NULL) {
		argp_error(state, "TOKEN:KEY-AUTHORIZATION is wanted");
		return;
	}
	*colon = '\0';
	o->token = arg;
	o->key_authorization = colon + 1;
}

static error_t on_end(struct argp_state *state, const struct options *o)
{
	if (o->brokers == NULL || o->zone == NULL || o->perspectives == NULL)
		argp_error(state, "--brokers, --zone and --perspectives are "
		                  "needed");
	if (o->kill != NULL && o->processes == NULL)
		argp_error(state, "--kill wants --processes");
	return 0;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'b': o->brokers = arg; return 0;
	case OPT_PROPERTIES: o->properties = arg; return 0;
	case OPT_FETCH_WAIT: o->fetch_wait_ms = number(state, arg); return 0;
	case OPT_PREFIX: o->prefix = arg; return 0;
	case 'p': o->partitions = number(state, arg); return 0;
	case OPT_CHECKS_PARTITIONS:
		o->checks_partitions = number(state, arg);
		return 0;
	case 'z': o->zone = arg; return 0;
	case 'P': o->perspectives = arg; return 0;
	case 'a':
		o->alpn = true;
		take_challenge(state, o, arg);
		return 0;
	case 't': take_challenge(state, o, arg); return 0;
	case 'i': o->in_flight = number(state, arg); return 0;
	case 'r': o->rate = number(state, arg); return 0;
	case OPT_TIME_ALLOWED:
		o->time_allowed_ms = number(state, arg);
		return 0;
	case 'w': o->warm_ms = number(state, arg); return 0;
	case 's': o->window_ms = number(state, arg); return 0;
	case 'f': o->processes = arg; return 0;
	case OPT_KILL: o->kill = arg; return 0;
	case 'S': o->samples = arg; return 0;
	case OPT_TRACE: o->trace = true; return 0;
	case OPT_JSON: o->json = true; return 0;
	case ARGP_KEY_ARG: argp_error(state, "unexpected '%s'", arg); return 0;
	case ARGP_KEY_END: return on_end(state, o);
	default: return ARGP_ERR_UNKNOWN;
	}
}

void options_read(struct options *o, int argc, char **argv)
{
	static const struct argp argp = { table, on_option,
		                          NULL,  "Loads a running system.",
		                          NULL,  NULL,
		                          NULL };

	*o = (struct options){ .prefix = "mpic.",
		               .partitions = 12,
		               .checks_partitions = 1,
		               .in_flight = 64,
		               .warm_ms = 2000,
		               .window_ms = 10000,
		               .fetch_wait_ms = 5 };
	(void)argp_parse(&argp, argc, argv, 0, NULL, o);
}
