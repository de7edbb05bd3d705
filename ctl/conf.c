#include "ctl/conf.h"

#include "base/log.h"
#include "base/mem.h"
#include "trust/record_signature.h"

#include <string.h>
#include <unistd.h>

#define DEFAULT_FILE "/etc/mpic/mpicctl.conf"

/* clang-format off */
#define C struct ctl_settings
static const struct setting table[] = {
	SET_LAB(C, lab),
	SET_TEXT(C, NULL, "deployment", deployment, "", 0, SIGN_DEPLOYMENT_MAX, SETTING_ENV, "The deployment's name in every signature; needed to verify decisions."),
	SET_TEXT(C, NULL, "topic_prefix", topic_prefix, "mpic.", 1, TOPIC_PREFIX_MAX, SETTING_ENV, "What all topic names begin with."),
	SET_TEXT(C, "kafka", "brokers", brokers, "", 0, 4096, SETTING_ENV, "host:port of the brokers, comma between."),
	SET_TEXT(C, "kafka", "group", group, "mpicctl", 1, 128, 0, "The consumer group whose rights are used; it is never joined."),
	SET_PAIRS(C, "kafka", kafka_properties, 0, 64, "librdkafka properties, passed through."),
	SET_ROWS(C, "key", keys, struct pinned_key, pinned_key_table, 0, KEYRING_MAX, 0, "A public key that is trusted, and for what."),
	SET_END
};
#undef C
/* clang-format on */

enum { OPT_PREFIX = 512, OPT_DEPLOYMENT, OPT_LAB, OPT_VERBOSE };

static const struct argp_option options[] = {
	{ .doc = "Which deployment:" },
	{ .name = "config",
	  .key = 'c',
	  .arg = "FILE",
	  .doc = "Read the settings from FILE (" DEFAULT_FILE ", if it is "
	         "there)" },
	{ .name = "brokers",
	  .key = 'b',
	  .arg = "LIST",
	  .doc = "host:port of the brokers, comma between" },
	{ .name = "topic-prefix",
	  .key = OPT_PREFIX,
	  .arg = "PREFIX",
	  .doc = "What all topic names begin with (mpic.)" },
	{ .name = "deployment",
	  .key = OPT_DEPLOYMENT,
	  .arg = "NAME",
	  .doc = "The deployment's name in its signatures" },
	{ .name = "lab",
	  .key = OPT_LAB,
	  .doc = "It is a laboratory: plaintext to a broker on loopback" },
	{ .name = "verbose",
	  .key = OPT_VERBOSE,
	  .doc = "Log on stderr what the Kafka library has to say" },
	{ 0 },
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct ctl_flags *flags = state->input;

	switch (key) {
	case 'c': flags->config = arg; return 0;
	case 'b': flags->brokers = arg; return 0;
	case OPT_PREFIX: flags->topic_prefix = arg; return 0;
	case OPT_DEPLOYMENT: flags->deployment = arg; return 0;
	case OPT_LAB: flags->lab = true; return 0;
	case OPT_VERBOSE: flags->verbose = true; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp ctl_flags_argp = { options, on_option, NULL, NULL,
	                             NULL,    NULL,      NULL };

static int load_file(struct ctl_conf *conf, const char *path, struct err *why)
{
	/* an empty file gives the defaults */
	if (path == NULL)
		path = access(DEFAULT_FILE, F_OK) == 0 ? DEFAULT_FILE
		                                       : "/dev/null";
	conf->settings = settings_load(table, &conf->is, path, environ, why);
	return conf->settings != NULL ? 0 : -1;
}

static void apply_flags(struct ctl_settings *is, const struct ctl_flags *flags)
{
	if (flags->brokers != NULL)
		is->brokers = flags->brokers;
	if (flags->topic_prefix != NULL)
		is->topic_prefix = flags->topic_prefix;
	if (flags->deployment != NULL)
		is->deployment = flags->deployment;
	if (flags->lab)
		is->lab = true;
}

static int check(const struct ctl_settings *is, struct err *why)
{
	struct err deployment;

	if (!topic_prefix_ok(is->topic_prefix))
		return err_set(why,
		               "topic_prefix: \"%s\": at most %d letters, "
		               "digits and . _ -",
		               is->topic_prefix, TOPIC_PREFIX_MAX);
	if (is->deployment[0] != '\0' &&
	    sign_deployment_check(is->deployment, &deployment) != 0)
		return err_set(why, "deployment: %s", deployment.text);
	if (is->keys.n > 0 && is->deployment[0] == '\0')
		return err_set(why, "keys are configured, but no deployment: "
		                    "what they sign names one");
	return 0;
}

static bool has_property(const struct setting_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->at[i].name, name) == 0)
			return true;
	}
	return false;
}

static void fill_kafka(struct ctl_conf *conf)
{
	const struct setting_pairs *pairs = &conf->is.kafka_properties;
	const char **properties =
		arena_calloc(conf->arena, pairs->n + 1, sizeof(*properties));
	size_t count = 0;

	for (size_t i = 0; i < pairs->n; i++)
		properties[count++] =
			arena_printf(conf->arena, "%s=%s", pairs->at[i].name,
		                     pairs->at[i].value);
	/* dev-broker answers a fetch no earlier than that */
	if (conf->is.lab && !has_property(pairs, "fetch.wait.max.ms"))
		properties[count++] = "fetch.wait.max.ms=10";
	conf->kafka = (struct kafka_conf){ .brokers = conf->is.brokers,
		                           .client_id = "mpicctl",
		                           .properties = properties,
		                           .property_count = count,
		                           .lab = conf->is.lab };
}

int ctl_conf_load(struct ctl_conf *conf, const struct ctl_flags *flags,
                  struct err *why)
{
	*conf = (struct ctl_conf){ .arena = arena_new() };
	if (flags->verbose)
		log_open("mpicctl", LOG_DEBUG);
	if (load_file(conf, flags->config, why) != 0)
		goto fail;
	apply_flags(&conf->is, flags);
	if (check(&conf->is, why) != 0)
		goto fail;
	if (conf->is.keys.n > 0) {
		conf->keyring = pinned_keys_ring(&conf->is.keys, why);
		if (conf->keyring == NULL)
			goto fail;
	}
	topics_init(&conf->topics, conf->is.topic_prefix);
	fill_kafka(conf);
	return 0;
fail:
	ctl_conf_clear(conf);
	return -1;
}

void ctl_conf_clear(struct ctl_conf *conf)
{
	keyring_free(&conf->keyring);
	settings_free(&conf->settings);
	arena_free(&conf->arena);
	*conf = (struct ctl_conf){ 0 };
}

int ctl_conf_check_kafka(const struct ctl_conf *conf, struct err *why)
{
	if (conf->is.brokers[0] == '\0')
		return err_set(why, "no brokers: set them in " DEFAULT_FILE
		                    " (kafka section), with --config or with "
		                    "--brokers host:port");
	return kafka_conf_check(&conf->kafka, why);
}
