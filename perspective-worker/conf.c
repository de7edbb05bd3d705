#include "perspective-worker/conf.h"

#include "base/guard.h"
#include "base/name.h"
#include "base/text.h"
#include "names/names.h"
#include "perspective-worker/canary.h"
#include "probe/frame.h"
#include "trust/record_signature.h"
#include "wire/topics.h"

#include <string.h>
#include <unistd.h>

/* clang-format off */
#define C struct worker_conf
const struct setting worker_settings[] = {
	SET_LAB(C, lab),
	SET_ENUM(C, NULL, "log_level", log_level, "info", setting_log_levels, SETTING_ENV, "error, warn, info or debug."),
	SET_TEXT(C, NULL, "deployment", deployment, NULL, 1, SIGN_DEPLOYMENT_MAX, SETTING_ENV, "Names this deployment in every signature; the same in all its programs."),
	SET_TEXT(C, NULL, "instance", instance, NULL, 1, 64, SETTING_ENV, "Names this process; stable over restarts, unique among the perspective's workers."),
	SET_TEXT(C, NULL, "perspective", perspective, NULL, 1, TOPIC_CODE_MAX, SETTING_ENV, "Code of the perspective that this worker is at, as in the coordinators' settings."),
	SET_TEXT(C, NULL, "topic_prefix", topic_prefix, "mpic.", 1, TOPIC_PREFIX_MAX, SETTING_ENV, "What all topic names begin with."),
	SET_TEXT(C, NULL, "signing_key", signing_key, NULL, 1, 4096, SETTING_SECRET_FILE, "PEM file with the Ed25519 private key for results and heartbeats."),
	SET_TEXT(C, NULL, "public_suffix_list", public_suffix_list, NAMES_PSL_DEFAULT, 1, 4096, 0, "The public suffix list: where one applicant's zones end."),
	SET_INT(C, NULL, "in_flight_max", in_flight_max, "10000", 1, 100000, 0, "Checks worked on at a time; above it intake pauses."),
	SET_DURATION(C, NULL, "heartbeat", heartbeat_ms, "5s", 100, 60000, 0, "How often this worker says that it is alive."),
	SET_DURATION(C, NULL, "drain", drain_ms, "30s", 0, 600000, 0, "How long SIGTERM waits for checks in flight."),
	SET_TEXT(C, NULL, "accept_vulnerable_resolver", accept_vulnerable_resolver, "", 0, 64, 0, "Version of a libunbound with known vulnerabilities that is used all the same; every result says so."),
	SET_TEXT(C, "kafka", "brokers", brokers, NULL, 1, 4096, SETTING_ENV, "host:port of the brokers, comma between."),
	SET_TEXT(C, "kafka", "group", group, "", 0, 128, 0, "Consumer group of this perspective's workers; empty: mpic-worker-<perspective>."),
	SET_INT(C, "kafka", "partitions", partitions, "12", 1, 1024, 0, "Partitions P of the results topic, as the coordinators have it."),
	SET_BOOL(C, "kafka", "static_member", static_member, "no", 0, "A restart within session.timeout.ms keeps this instance's partitions (group.instance.id); none but it takes them over before."),
	SET_PAIRS(C, "kafka", kafka_properties, 0, 64, "librdkafka properties, passed through."),
	SET_TEXT(C, "probe", "path", probe_path, "", 0, 4096, 0, "The probe's program; empty: mpic-probe beside this program."),
	SET_INT(C, "probe", "count", probe_count, "0", 0, 256, SETTING_ENV, "Probes at work; 0: one per core. One more is kept warm."),
	SET_TEXT(C, "probe", "user", probe_user, "", 0, 64, 0, "User that probes run as; only root can set it, and root must outside a lab."),
	SET_INT(C, "probe", "checks_max", probe_checks_max, "4096", 1, FRAME_JOBS_MAX, 0, "Checks that one probe has at a time; what is above waits in the worker."),
	SET_INT(C, "probe", "replace_checks", probe_replace_checks, "100000", 1, 1000000000, 0, "A probe is replaced after so many checks."),
	SET_DURATION(C, "probe", "replace_after", probe_replace_ms, "15m", 1000, 86400000, 0, "A probe is replaced so long after its first check."),
	SET_DURATION(C, "probe", "start_time", probe_start_ms, "10s", 100, 120000, 0, "How long a probe may take to be ready."),
	SET_DURATION(C, "probe", "set_aside", set_aside_ms, "5m", 1000, 3600000, 0, "How long a zone whose checks ended two probes gets no more."),
	SET_DURATION(C, "probe", "resolver_window", resolver_window_ms, "10s", 0, 600000, 0, "How long one resolver context takes new lookups, unless it is full sooner, before it drains and is freed; 0s: one per check."),
	SET_DURATION(C, "probe", "lookup_time", lookup_ms, "10s", 100, 120000, 0, "Limit of one try of a DNS lookup; there are two."),
	SET_DURATION(C, "probe", "connect_time", connect_ms, "5s", 100, 120000, 0, "Limit of a connection to one address, so that the next has its turn."),
	SET_TEXT(C, "probe", "trust_anchor_file", trust_anchor_file, "/usr/share/dns/root.key", 1, 4096, 0, "DS or DNSKEY records of the root, one a line; DNSSEC is always validated (R-026)."),
	SET_LIST(C, "probe", "root_servers", root_servers, "", 0, FRAME_ROOTS_MAX, SETTING_LAB_ONLY, "Addresses of another root's servers; empty: IANA's."),
	SET_TEXT(C, "probe", "user_agent", user_agent, "mpic-validation", 1, 256, 0, "User-Agent of HTTP requests that bring none."),
	SET_LIST(C, "canary", "names", canary_names, "", 0, CANARY_NAMES_MAX, 0, "Names in zones whose DNSSEC is broken, apex included: that they are refused shows that DNSSEC is validated; one that is answered disables this worker as the primary. Empty: dnssec-failed.org, in a lab none."),
	SET_DURATION(C, "canary", "interval", canary_interval_ms, "6h", 100, 86400000, 0, "How often that is tried, after the start; sooner after a time when nothing was learned."),
	SET_DURATION(C, "canary", "valid", canary_valid_ms, "26h", 1000, 93600000, 0, "How long it holds where name servers that don't answer let nothing be learned; then this worker is disabled as the primary."),
	SET_DURATION(C, "fairness", "hang_time", hang_ms, "2s", 100, 120000, 0, "A check that takes longer hangs: only such are counted and held back here."),
	SET_INT(C, "fairness", "hanging_max", hanging_max, "64", 1, 100000, 0, "Checks of one registrable domain that may hang at one address (of IPv6 one /64), or at its name servers; above it they wait."),
	SET_INT(C, "fairness", "hanging_zone_max", hanging_zone_max, "256", 1, 100000, 0, "The same at all places together."),
	SET_INT(C, "fairness", "hanging_address_max", hanging_address_max, "2000", 1, 100000, 0, "Checks of all domains that may hang at one address; above it they wait, and are never refused for that."),
	SET_INT(C, "fairness", "waiting_zone_max", waiting_zone_max, "256", 0, 100000, 0, "Checks of one registrable domain that may wait; the next is answered target-busy. As many more may wait for an address that others fill; the next goes on."),
	SET_INT(C, "fairness", "waiting_max", waiting_max, "5000", 0, 100000, 0, "Checks of all domains that may wait; none of them counts for in_flight_max."),
	SET_LIST(C, "guard", "deny", guard_deny, "", 0, 256, 0, "More prefixes that no packet may go to."),
	SET_LIST(C, "guard", "brokers", guard_brokers, "", 0, 256, 0, "Prefixes of the brokers, which no check may reach; needed when kafka.brokers has host names."),
	SET_LIST(C, "guard", "egress", guard_egress, "", 0, 32, 0, "Addresses that this worker sends from; told to the coordinators, and no check may reach them."),
	SET_LIST(C, "guard", "allow", guard_allow, "", 0, 64, SETTING_LAB_ONLY, "Loopback and documentation prefixes that checks may reach."),
	SET_LIST(C, "guard", "allow_ports", guard_allow_ports, "", 0, FRAME_PORTS_MAX, SETTING_LAB_ONLY, "Ports that checks may reach beside 53, 80 and 443."),
	SET_INT(C, NULL, "clock_shift", clock_shift_ms, "0", -86400000, 86400000, SETTING_LAB_ONLY, "Milliseconds that the wall clock is put forward: for tests of what a wrong clock does."),
	SET_ROWS(C, "key", keys, struct pinned_key, pinned_key_table, 1, 4096, 0, "A public key that is trusted, and for what: the coordinators'."),
	SET_TABLE(C, admin, struct admin_settings, admin_settings_table),
	SET_END
};
#undef C
/* clang-format on */

static int check_prefixes(const struct settings *s, const char *key,
                          const struct setting_list *list, struct err *why)
{
	struct prefix p;

	for (size_t i = 0; i < list->n; i++) {
		if (!prefix_parse(span_str(list->at[i]), &p))
			return settings_refuse(s, why, "guard", NULL, key,
			                       "\"%s\" is neither an address "
			                       "nor a prefix like 10.0.0.0/8",
			                       list->at[i]);
	}
	return 0;
}

static int check_addresses(const struct settings *s, const char *section,
                           const char *key, const struct setting_list *list,
                           struct err *why)
{
	struct addr a;

	for (size_t i = 0; i < list->n; i++) {
		if (!addr_parse(span_str(list->at[i]), &a))
			return settings_refuse(s, why, section, NULL, key,
			                       "\"%s\" is not an IP address",
			                       list->at[i]);
	}
	return 0;
}

static int check_ports(const struct settings *s, const struct worker_conf *c,
                       struct err *why)
{
	uint64_t port;

	for (size_t i = 0; i < c->guard_allow_ports.n; i++) {
		if (!text_u64(span_str(c->guard_allow_ports.at[i]), UINT16_MAX,
		              &port) ||
		    port == 0)
			return settings_refuse(s, why, "guard", NULL,
			                       "allow_ports",
			                       "\"%s\" is not a port",
			                       c->guard_allow_ports.at[i]);
	}
	return 0;
}

static int check_guard(const struct settings *s, const struct worker_conf *c,
                       struct err *why)
{
	if (check_prefixes(s, "deny", &c->guard_deny, why) != 0 ||
	    check_prefixes(s, "brokers", &c->guard_brokers, why) != 0 ||
	    check_prefixes(s, "allow", &c->guard_allow, why) != 0 ||
	    check_addresses(s, "guard", "egress", &c->guard_egress, why) != 0 ||
	    check_addresses(s, "probe", "root_servers", &c->root_servers,
	                    why) != 0)
		return -1;
	return check_ports(s, c, why);
}

static int check_canary(const struct settings *s, const struct worker_conf *c,
                        struct err *why)
{
	const struct name_rules rules = { .lab = c->lab };

	for (size_t i = 0; i < c->canary_names.n; i++) {
		struct span name = span_str(c->canary_names.at[i]);

		if (name_check_target(name, &rules, NULL) != NAME_FQDN)
			return settings_refuse(
				s, why, "canary", NULL, "names",
				"\"%.*s\" is not a domain name in lower case",
				SPAN_ARG(name));
	}
	if (c->canary_interval_ms >= c->canary_valid_ms)
		return settings_refuse(s, why, "canary", NULL, "interval",
		                       "it must be shorter than canary.valid");
	return 0;
}

int worker_conf_check(const struct settings *s, const void *conf,
                      struct err *why)
{
	static const char code[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	const struct worker_conf *c = conf;
	struct err deployment;

	if (sign_deployment_check(c->deployment, &deployment) != 0)
		return settings_refuse(s, why, NULL, NULL, "deployment", "%s",
		                       deployment.text);
	if (strspn(c->perspective, code) != strlen(c->perspective))
		return settings_refuse(s, why, NULL, NULL, "perspective",
		                       "a code has only a-z 0-9 -");
	if (!topic_prefix_ok(c->topic_prefix))
		return settings_refuse(s, why, NULL, NULL, "topic_prefix",
		                       "only letters, digits and . _ -");
	if (c->probe_user[0] != '\0' && geteuid() != 0)
		return settings_refuse(s, why, "probe", NULL, "user",
		                       "only root can give probes a user of "
		                       "their own");
	if (c->probe_user[0] == '\0' && geteuid() == 0 && !c->lab)
		return settings_refuse(s, why, "probe", NULL, "user",
		                       "a worker that runs as root must name "
		                       "a user for its probes");
	if (check_canary(s, c, why) != 0)
		return -1;
	return check_guard(s, c, why);
}
