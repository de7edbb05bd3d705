/*
 * conf.h -- a perspective worker's settings: one struct, one table, and the
 * rules between keys.
 */
#ifndef PERSPECTIVE_WORKER_CONF_H
#define PERSPECTIVE_WORKER_CONF_H

#include "base/log.h"
#include "serve/admin.h"
#include "settings/pinned_keys.h"

struct worker_conf {
	bool lab;
	enum log_level log_level;
	const char *deployment;
	const char *instance;
	const char *perspective;
	const char *topic_prefix;

	const char *brokers;
	struct setting_pairs kafka_properties;
	const char *group; /* empty: "mpic-worker-<perspective>" */
	bool static_member;
	int64_t partitions;

	const char *signing_key;
	const char *public_suffix_list;

	int64_t in_flight_max;
	int64_t heartbeat_ms;
	int64_t clock_shift_ms;
	int64_t drain_ms;
	const char *accept_vulnerable_resolver;

	struct setting_list canary_names;
	int64_t canary_interval_ms;
	int64_t canary_valid_ms;

	const char *probe_path; /* empty: beside this program */
	int64_t probe_count;    /* 0: one per core */
	const char *probe_user;
	int64_t probe_checks_max;
	int64_t probe_replace_checks;
	int64_t probe_replace_ms;
	int64_t probe_start_ms;
	int64_t set_aside_ms;
	int64_t resolver_window_ms;
	int64_t lookup_ms;
	int64_t connect_ms;
	const char *trust_anchor_file;
	struct setting_list root_servers;
	const char *user_agent;

	int64_t hang_ms;
	int64_t hanging_max;
	int64_t hanging_zone_max;
	int64_t hanging_address_max;
	int64_t waiting_zone_max;
	int64_t waiting_max;

	struct setting_list guard_deny;
	struct setting_list guard_brokers;
	struct setting_list guard_egress;
	struct setting_list guard_allow;
	struct setting_list guard_allow_ports;

	struct setting_rows keys; /* struct pinned_key */
	struct admin_settings admin;
};

extern const struct setting worker_settings[];

/* For settings_main(). */
int worker_conf_check(const struct settings *s, const void *conf,
                      struct err *why);

#endif
