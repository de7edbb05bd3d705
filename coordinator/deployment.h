/*
 * deployment.h -- what the settings mean: keys, names, inventory, rules.
 *
 * Loaded once at start, whole or not at all; nothing in it changes while the
 * process runs.
 */
#ifndef COORDINATOR_DEPLOYMENT_H
#define COORDINATOR_DEPLOYMENT_H

#include "coordinator/conf.h"
#include "decide/intake/intake.h"
#include "kafka/kafka_conf.h"
#include "trust/keyring.h"
#include "wire/topics.h"

struct deployment {
	const struct coordinator_conf *conf;
	struct arena *arena;
	struct topics topics;
	struct kafka_conf kafka;
	struct keyring *keyring;
	struct signing_key *signing_key;
	struct names *names;
	struct inventory inventory;
	struct plan_settings plan;
	struct intake_rules rules;
	struct digest inventory_digest;
	struct digest settings_digest;
	uint32_t partitions;
};

/* conf is borrowed until deployment_clear(). 0, or -1 with why and *d zeroed.
 */
int deployment_init(struct deployment *d, const struct coordinator_conf *conf,
                    struct err *why) __attribute__((warn_unused_result));
void deployment_clear(struct deployment *d);

/* What a record of that type is signed under. */
struct sign_domain deployment_domain(const struct deployment *d,
                                     const char *record_type);

#endif
