#include "coordinator/conf.h"

#include "base/geo.h"
#include "names/names.h"
#include "trust/record_signature.h"
#include "wire/topics.h"

#include <string.h>

static const struct setting_choice gates[] = {
	{ "sequential", GATE_SEQUENTIAL },
	{ "parallel", GATE_PARALLEL },
	{ 0 },
};

static const struct setting_choice earlies[] = {
	{ "deny", EARLY_DENY },
	{ "both", EARLY_BOTH },
	{ "never", EARLY_NEVER },
	{ 0 },
};

static const struct setting_choice policies[] = {
	{ "cabf", 0 },
	{ "open-mpic", 1 },
	{ 0 },
};

/* clang-format off */
#define P struct conf_perspective
static const struct setting perspective_table[] = {
	SET_TITLE(P, code, 1, 32, "The perspective's code, as in topic names and records."),
	SET_TEXT(P, NULL, "city", city, "", 0, 64, 0, "Where it is, for people."),
	SET_TEXT(P, NULL, "rir", rir, NULL, 4, 8, 0, "Whose service region: afrinic, apnic, arin, lacnic or ripe (R-004)."),
	SET_REAL(P, NULL, "latitude", latitude, NULL, -90, 90, 0, "Degrees north of where its traffic reaches the Internet (R-008)."),
	SET_REAL(P, NULL, "longitude", longitude, NULL, -180, 180, 0, "Degrees east of it."),
	SET_BOOL(P, NULL, "resolver_elsewhere", resolver_elsewhere, "no", 0, "Its resolver hands its queries to the Internet at another place (R-009)."),
	SET_TEXT(P, NULL, "resolver_rir", resolver_rir, "", 0, 8, 0, "That place's RIR; must be the perspective's."),
	SET_REAL(P, NULL, "resolver_latitude", resolver_latitude, "0", -90, 90, 0, "Degrees north of that place."),
	SET_REAL(P, NULL, "resolver_longitude", resolver_longitude, "0", -180, 180, 0, "Degrees east of it."),
	SET_LIST(P, NULL, "egress", egress, "", 0, 64, 0, "Addresses it sends from; no two perspectives may share one."),
	SET_END
};
#undef P

#define C struct coordinator_conf
const struct setting coordinator_settings[] = {
	SET_LAB(C, lab),
	SET_ENUM(C, NULL, "log_level", log_level, "info", setting_log_levels, SETTING_ENV, "error, warn, info or debug."),
	SET_TEXT(C, NULL, "deployment", deployment, NULL, 1, SIGN_DEPLOYMENT_MAX, SETTING_ENV, "Names this deployment in every signature; the same in all its programs."),
	SET_TEXT(C, NULL, "instance", instance, NULL, 1, 64, SETTING_ENV, "Names this process; stable over restarts, unique among coordinators."),
	SET_TEXT(C, NULL, "topic_prefix", topic_prefix, "mpic.", 1, 64, SETTING_ENV, "What all topic names begin with."),
	SET_TEXT(C, NULL, "signing_key", signing_key, NULL, 1, 4096, SETTING_SECRET_FILE, "PEM file with the Ed25519 private key for attempts, checks and decisions."),
	SET_TEXT(C, NULL, "plan_key", plan_key, NULL, 1, 4096, SETTING_SECRET_FILE, "File with at least 32 random bytes that key the choice of perspectives; the same for all coordinators."),
	SET_TEXT(C, NULL, "public_suffix_list", public_suffix_list, NAMES_PSL_DEFAULT, 1, 4096, 0, "The public suffix list; keep it fresh (R-042)."),
	SET_LIST(C, NULL, "issuers", issuers, NULL, 1, 32, 0, "Issuer Domain Names of this CA (CPS 4.2): what CAA must name."),
	SET_TEXT(C, "kafka", "brokers", brokers, NULL, 1, 4096, SETTING_ENV, "host:port of the brokers, comma between."),
	SET_TEXT(C, "kafka", "group", group, "mpic-coordinator", 1, 128, 0, "Consumer group of all coordinators."),
	SET_INT(C, "kafka", "partitions", partitions, "12", 1, 1024, 0, "Partitions P of requests, attempts, results and decisions; never changes."),
	SET_DURATION(C, "kafka", "clock_skew", broker_skew_ms, "500ms", 10, 60000, 0, "How far this machine's clock may be off the brokers'; above it the coordinator is not ready."),
	SET_BOOL(C, "kafka", "static_member", static_member, "no", 0, "A restart within session.timeout.ms keeps this instance's partitions (group.instance.id); none but it takes them over before."),
	SET_PAIRS(C, "kafka", kafka_properties, 0, 64, "librdkafka properties, passed through."),
	SET_TEXT(C, "plan", "primary", primary, NULL, 1, 32, 0, "Code of the primary perspective, or caller."),
	SET_ENUM(C, "plan", "policy", policy, "cabf", policies, SETTING_LAB_ONLY, "cabf: the Baseline Requirements; open-mpic: Open MPIC's own rule."),
	SET_INT(C, "plan", "remotes", remotes, "0", 0, 31, 0, "Remote perspectives per attempt; 0: all that are configured, or what policy demands if that is more."),
	SET_ENUM(C, "plan", "gate", gate, "sequential", gates, 0, "sequential: remotes are asked once the primary passed; parallel: at once."),
	SET_ENUM(C, "plan", "early", early, "deny", earlies, 0, "What may end an attempt before all have answered: deny, both or never."),
	SET_INT(C, "plan", "attempts", attempts, "2", 1, 8, 0, "The most attempts a request may take."),
	SET_DURATION(C, "plan", "attempt_time", attempt_ms, "20s", 100, 120000, 0, "How long one attempt may take."),
	SET_BOOL(C, "plan", "allow_lookup_failure", allow_lookup_failure, "no", 0, "Lets a request take a CAA lookup failure as permission where R-068 does."),
	SET_BOOL(C, "plan", "co_located", co_located, "no", SETTING_LAB_ONLY, "Lets perspectives stand closer together than 510 km."),
	SET_DURATION(C, "requests", "time_allowed", time_allowed_ms, "60s", 1000, 600000, 0, "Time a request has from its timestamp when it says nothing."),
	SET_DURATION(C, "requests", "time_allowed_max", time_allowed_max_ms, "5m", 1000, 3600000, 0, "The most that a request may ask for."),
	SET_SIZE(C, "requests", "max_bytes", request_max_bytes, "64KiB", 1024, 65536, 0, "Larger requests become dead letters."),
	SET_INT(C, "requests", "in_flight_max", in_flight_max, "2000", 1, 10000, 0, "Requests worked on at a time; above it intake pauses."),
	SET_DURATION(C, "requests", "duplicate_window", duplicate_window_ms, "15m", 1000, 86400000, 0, "How long a repeated request id is answered with the first decision."),
	SET_INT(C, "requests", "duplicate_window_max", duplicate_window_max, "50000", 100, 10000000, 0, "Decisions kept for that, per partition."),
	SET_SIZE(C, "requests", "duplicate_window_bytes", duplicate_window_bytes, "256MiB", 1048576, 17179869184, 0, "Memory kept for that, per partition."),
	SET_DURATION(C, "decisions", "valid", decision_valid_ms, "1h", 60000, 28800000, 0, "The longest a decision may be relied on."),
	SET_DURATION(C, "workers", "heartbeat_fresh", heartbeat_fresh_ms, "15s", 100, 600000, 0, "An older heartbeat does not count as alive."),
	SET_DURATION(C, "workers", "clock_skew", clock_skew_ms, "1s", 10, 60000, 0, "A perspective whose clocks are off by more is not planned (R-100)."),
	SET_DURATION(C, NULL, "drain", drain_ms, "30s", 0, 600000, 0, "How long SIGTERM waits for requests in flight."),
	SET_LIST(C, NULL, "accept_gap", accept_gap, "", 0, 1024, 0, "Partitions whose log may begin late or not continue: an operator's word that the gap is known."),
	SET_INT(C, NULL, "clock_shift", clock_shift_ms, "0", -86400000, 86400000, SETTING_LAB_ONLY, "Milliseconds that the wall clock is put forward: for tests of what a wrong clock does."),
	SET_ROWS(C, "perspective", perspectives, struct conf_perspective, perspective_table, 2, CONF_PERSPECTIVES_MAX, 0, "A network perspective."),
	SET_ROWS(C, "key", keys, struct pinned_key, pinned_key_table, 1, 4096, 0, "A public key that is trusted, and for what."),
	SET_TABLE(C, admin, struct admin_settings, admin_settings_table),
	SET_END
};
#undef C
/* clang-format on */

static int check_perspective(const struct settings *s,
                             const struct conf_perspective *p, struct err *why)
{
	enum rir rir;

	if (!rir_parse(span_str(p->rir), &rir))
		return settings_refuse(s, why, "perspective", p->code, "rir",
		                       "\"%s\" is none of afrinic, apnic, "
		                       "arin, lacnic, ripe",
		                       p->rir);
	if (p->resolver_elsewhere && strcmp(p->resolver_rir, p->rir) != 0)
		return settings_refuse(
			s, why, "perspective", p->code, "resolver_rir",
			"must be %s, the perspective's (R-009)", p->rir);
	for (const char *c = p->code; *c != '\0'; c++) {
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-", *c) == NULL)
			return settings_refuse(s, why, "perspective", p->code,
			                       "title",
			                       "a code has only a-z 0-9 -");
	}
	return 0;
}

static bool has_perspective(const struct coordinator_conf *c, const char *code)
{
	const struct conf_perspective *p = c->perspectives.at;

	for (size_t i = 0; i < c->perspectives.n; i++) {
		if (strcmp(p[i].code, code) == 0)
			return true;
	}
	return false;
}

int coordinator_conf_check(const struct settings *s, const void *conf,
                           struct err *why)
{
	const struct coordinator_conf *c = conf;
	const struct conf_perspective *p = c->perspectives.at;
	struct err deployment;

	if (sign_deployment_check(c->deployment, &deployment) != 0)
		return settings_refuse(s, why, NULL, NULL, "deployment", "%s",
		                       deployment.text);
	for (size_t i = 0; i < c->perspectives.n; i++) {
		if (check_perspective(s, &p[i], why) != 0)
			return -1;
	}
	if (strcmp(c->primary, "caller") != 0 &&
	    !has_perspective(c, c->primary))
		return settings_refuse(s, why, "plan", NULL, "primary",
		                       "there is no perspective \"%s\"; name "
		                       "one, or caller",
		                       c->primary);
	if (!topic_prefix_ok(c->topic_prefix))
		return settings_refuse(s, why, NULL, NULL, "topic_prefix",
		                       "only letters, digits and . _ -");
	if (c->time_allowed_ms > c->time_allowed_max_ms)
		return settings_refuse(s, why, "requests", NULL, "time_allowed",
		                       "more than time_allowed_max");
	return 0;
}
