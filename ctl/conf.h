/*
 * conf.h -- which deployment a command talks to: settings file and flags.
 *
 * /etc/mpic/mpicctl.conf, which need not exist, or --config FILE, which must;
 * flags override it. Secrets come from files that the settings name, never
 * from the command line or the environment.
 */
#ifndef CTL_CONF_H
#define CTL_CONF_H

#include "kafka/kafka_conf.h"
#include "settings/pinned_keys.h"
#include "wire/topics.h"

#include <argp.h>

/* As in the file. */
struct ctl_settings {
	bool lab;
	const char *deployment;
	const char *topic_prefix;
	const char *brokers;
	const char *group;
	struct setting_pairs kafka_properties;
	struct setting_rows keys;
};

/* What flags said; NULL or false: nothing. */
struct ctl_flags {
	const char *config;
	const char *brokers;
	const char *topic_prefix;
	const char *deployment;
	bool lab;
	bool verbose;
};

/* For argp's children, with a struct ctl_flags as input: --config, --brokers,
   --topic-prefix, --deployment, --lab, --verbose. */
extern const struct argp ctl_flags_argp;

struct ctl_conf {
	struct ctl_settings is; /* with the flags in */
	struct topics topics;
	struct kafka_conf kafka;
	struct keyring *keyring; /* NULL: no keys are configured */
	struct settings *settings;
	struct arena *arena;
};

/* 0, or -1 with *why and nothing to clear. brokers may still be empty. */
int ctl_conf_load(struct ctl_conf *conf, const struct ctl_flags *flags,
                  struct err *why) __attribute__((warn_unused_result));
void ctl_conf_clear(struct ctl_conf *conf);

/* 0, or -1 with *why if it can't be used for Kafka: no brokers, or a transport
   or property that is not allowed. */
int ctl_conf_check_kafka(const struct ctl_conf *conf, struct err *why)
	__attribute__((warn_unused_result));

#endif
