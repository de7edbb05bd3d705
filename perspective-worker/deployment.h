/*
 * deployment.h -- what the settings mean: keys, names, and what probes are
 * told.
 *
 * Loaded once at start, whole or not at all; nothing in it changes while the
 * process runs.
 */
#ifndef PERSPECTIVE_WORKER_DEPLOYMENT_H
#define PERSPECTIVE_WORKER_DEPLOYMENT_H

#include "kafka/kafka_conf.h"
#include "names/names.h"
#include "perspective-worker/conf.h"
#include "perspective-worker/probe_process.h"
#include "probe/frame.h"
#include "trust/keyring.h"
#include "wire/topics.h"

struct deployment {
	const struct worker_conf *conf;
	struct arena *arena;
	struct topics topics;
	char checks[TOPIC_NAME_MAX];
	const char *group;
	struct kafka_conf kafka;
	struct keyring *keyring;
	struct signing_key *signing_key;
	struct names *names;
	struct probe_program program;
	size_t probe_count;
	struct probe_settings probe;
	struct text_list egress;
};

/* conf is borrowed until deployment_clear(). 0, or -1 with why and *d zeroed.
 */
int deployment_init(struct deployment *d, const struct worker_conf *conf,
                    struct err *why) __attribute__((warn_unused_result));
void deployment_clear(struct deployment *d);

/* What a record of that type is signed under. */
struct sign_domain deployment_domain(const struct deployment *d,
                                     const char *record_type);

#endif
