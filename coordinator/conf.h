/*
 * conf.h -- the coordinator's settings: one struct, one table, and the rules
 * between keys.
 */
#ifndef COORDINATOR_CONF_H
#define COORDINATOR_CONF_H

#include "serve/admin.h"
#include "settings/pinned_keys.h"
#include "wire/value.h"

#include "base/log.h"

enum { CONF_PERSPECTIVES_MAX = 32 };

/* `perspective "ams" { ... }`: one network perspective (BR 3.2.2.9). */
struct conf_perspective {
	const char *code;
	const char *city;
	const char *rir;
	double latitude;
	double longitude;
	const char *resolver_rir;
	double resolver_latitude;
	double resolver_longitude;
	struct setting_list egress;
	bool resolver_elsewhere;
};

struct coordinator_conf {
	bool lab;
	enum log_level log_level;
	const char *deployment;
	const char *instance;
	const char *topic_prefix;

	const char *brokers;
	struct setting_pairs kafka_properties;
	const char *group;
	bool static_member;
	int64_t partitions;

	const char *signing_key;
	const char *plan_key;

	const char *primary;
	int gate;   /* enum gate */
	int early;  /* enum early */
	int policy; /* 0: by certificate type; 1: open-mpic */
	int64_t remotes;
	struct setting_list issuers;
	bool allow_lookup_failure;
	const char *public_suffix_list;
	bool co_located;

	int64_t attempts;
	int64_t attempt_ms;
	int64_t time_allowed_ms;
	int64_t time_allowed_max_ms;
	int64_t decision_valid_ms;

	int64_t in_flight_max;
	int64_t request_max_bytes;
	int64_t duplicate_window_ms;
	int64_t duplicate_window_max;
	int64_t duplicate_window_bytes;
	int64_t heartbeat_fresh_ms;
	int64_t clock_skew_ms;
	int64_t broker_skew_ms;
	int64_t clock_shift_ms;
	int64_t drain_ms;
	struct setting_list accept_gap;

	struct setting_rows perspectives; /* struct conf_perspective */
	struct setting_rows keys;         /* struct pinned_key */
	struct admin_settings admin;
};

extern const struct setting coordinator_settings[];

/* For settings_main(). */
int coordinator_conf_check(const struct settings *s, const void *conf,
                           struct err *why);

#endif
