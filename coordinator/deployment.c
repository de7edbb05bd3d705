#include "coordinator/deployment.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

enum { PLAN_KEY_MAX = 4096 };

static struct geo_point point(double latitude, double longitude)
{
	return (struct geo_point){ (int32_t)lround(latitude * 1e6),
		                   (int32_t)lround(longitude * 1e6) };
}

static int read_plan_key(struct deployment *d, struct err *why)
{
	uint8_t *key = arena_alloc(d->arena, PLAN_KEY_MAX);
	FILE *f = fopen(d->conf->plan_key, "re");

	if (f == NULL)
		return err_set(why, "plan_key: %s: %s", d->conf->plan_key,
		               strerror(errno));
	size_t len = fread(key, 1, PLAN_KEY_MAX, f);

	(void)fclose(f);
	if (len < PLAN_KEY_MIN)
		return err_set(why,
		               "plan_key: %s has %zu bytes; make one with "
		               "at least %d random bytes: mpicctl keygen "
		               "--plan-key FILE",
		               d->conf->plan_key, len, PLAN_KEY_MIN);
	d->plan.key = span_of(key, len);
	return 0;
}

static int read_egress(struct deployment *d, const struct conf_perspective *p,
                       struct perspective_site *site, struct err *why)
{
	struct addr *egress =
		arena_calloc(d->arena, p->egress.n + 1, sizeof(*egress));

	for (size_t i = 0; i < p->egress.n; i++) {
		if (!addr_parse(span_str(p->egress.at[i]), &egress[i]))
			return err_set(why,
			               "perspective \"%s\": egress: \"%s\" is "
			               "not an IP address",
			               p->code, p->egress.at[i]);
	}
	site->egress = egress;
	site->egress_count = p->egress.n;
	return 0;
}

/* All keys that are ever valid for it; the plan takes those valid then. */
static void collect_keys(struct deployment *d, const char *code,
                         struct perspective_site *site)
{
	size_t all = keyring_count(d->keyring);
	struct digest *keys = arena_calloc(d->arena, all + 1, sizeof(*keys));

	for (size_t i = 0; i < all; i++) {
		const struct key_entry *k = keyring_at(d->keyring, i);

		if (k->role == KEY_ROLE_WORKER &&
		    strcmp(k->perspective, code) == 0)
			keys[site->keys_count++] = k->key_id;
	}
	site->keys = keys;
}

static int read_site(struct deployment *d, const struct conf_perspective *p,
                     struct perspective_site *site, struct err *why)
{
	*site = (struct perspective_site){
		.code = span_str(p->code),
		.city = span_str(p->city),
		.rir = RIR_COUNT,
		.place = point(p->latitude, p->longitude),
		.enabled = true,
	};
	(void)rir_parse(span_str(p->rir), &site->rir);
	site->resolver_rir = site->rir;
	site->resolver_place = site->place;
	if (p->resolver_elsewhere)
		site->resolver_place =
			point(p->resolver_latitude, p->resolver_longitude);
	collect_keys(d, p->code, site);
	return read_egress(d, p, site, why);
}

static int read_inventory(struct deployment *d, struct err *why)
{
	const struct coordinator_conf *c = d->conf;
	const struct conf_perspective *p = c->perspectives.at;
	struct perspective_site *sites =
		arena_calloc(d->arena, c->perspectives.n, sizeof(*sites));
	bool caller = strcmp(c->primary, "caller") == 0;

	for (size_t i = 0; i < c->perspectives.n; i++) {
		if (read_site(d, &p[i], &sites[i], why) != 0)
			return -1;
	}
	d->inventory = (struct inventory){
		.sites = sites,
		.count = c->perspectives.n,
		.primary = caller ? span_str("") : span_str(c->primary),
		.colocated_ok = c->co_located,
	};
	const struct policy_rule *floor =
		policy_at(c->policy != 0 ? POLICY_OPEN_MPIC : POLICY_CABF_TLS,
	                  clock_wall_ms());

	if (floor == NULL)
		return err_set(why, "no policy is in force at this machine's "
		                    "time: is its clock right?");
	if (inventory_check(&d->inventory, floor, why) != 0)
		return -1;
	d->inventory_digest = inventory_digest(&d->inventory);
	return 0;
}

static void read_rules(struct deployment *d)
{
	const struct coordinator_conf *c = d->conf;
	struct span *issuers =
		arena_calloc(d->arena, c->issuers.n, sizeof(*issuers));

	for (size_t i = 0; i < c->issuers.n; i++)
		issuers[i] = span_str(c->issuers.at[i]);
	d->plan.remotes = c->remotes != 0
	                          ? c->remotes
	                          : (int64_t)inventory_remotes(&d->inventory);
	d->plan.max_attempts = c->attempts;
	d->plan.early = (enum early)c->early;
	d->rules = (struct intake_rules){
		.lab = c->lab,
		.open_mpic_policy = c->policy != 0,
		.names = d->names,
		.issuers = { issuers, c->issuers.n },
		.plan = &d->plan,
		.inventory = &d->inventory,
		.time_allowed_default_ms = c->time_allowed_ms,
		.time_allowed_least_ms = 1000,
		.time_allowed_most_ms = c->time_allowed_max_ms,
		.allow_lookup_failure = c->allow_lookup_failure,
		.partitions = d->partitions,
		.primary_kind = d->inventory.primary.len == 0
		                        ? PRIMARY_CALLER
		                        : PRIMARY_PERSPECTIVE,
	};
}

/* Over what bears on decisions and is in no other digest. */
static struct digest settings_digest(const struct deployment *d)
{
	const struct coordinator_conf *c = d->conf;
	char list[DIGEST_HEX_ROOM];
	struct buf text = { 0 };

	buf_printf(&text,
	           "mpic-settings-v1\nlab %d\ndeployment %s\npolicy %d\n"
	           "remotes %lld\ngate %d\nearly %d\nattempts %lld\n"
	           "attempt_ms %lld\nvalid_ms %lld\nlookup_failure %d\n"
	           "partitions %lld\n",
	           c->lab, c->deployment, c->policy, (long long)c->remotes,
	           c->gate, c->early, (long long)c->attempts,
	           (long long)c->attempt_ms, (long long)c->decision_valid_ms,
	           c->allow_lookup_failure, (long long)c->partitions);
	for (size_t i = 0; i < c->issuers.n; i++)
		buf_printf(&text, "issuer %s\n", c->issuers.at[i]);
	buf_printf(&text, "public_suffix_list %s\n",
	           digest_hex(names_psl_digest(d->names), list));
	struct digest digest = digest_of(buf_span(&text));

	buf_clear(&text);
	return digest;
}

static int load(struct deployment *d, struct err *why)
{
	const struct coordinator_conf *c = d->conf;

	d->keyring = pinned_keys_ring(&c->keys, why);
	if (d->keyring == NULL)
		return -1;
	d->signing_key = signing_key_load(c->signing_key, why);
	if (d->signing_key == NULL)
		return -1;
	const struct key_entry *own =
		keyring_find(d->keyring, signing_key_id(d->signing_key));

	if (own == NULL || own->role != KEY_ROLE_COORDINATOR)
		return err_set(why,
		               "signing_key: %s is not among the `key` "
		               "sections as a coordinator's: what it signs "
		               "nobody would trust, after a restart not even "
		               "this program",
		               c->signing_key);
	d->names = names_open(c->public_suffix_list, why);
	if (d->names == NULL || read_plan_key(d, why) != 0)
		return -1;
	return read_inventory(d, why);
}

static int read_kafka(struct deployment *d, struct err *why)
{
	const struct coordinator_conf *c = d->conf;
	const char **properties = arena_calloc(
		d->arena, c->kafka_properties.n + 1, sizeof(*properties));

	for (size_t i = 0; i < c->kafka_properties.n; i++)
		properties[i] = arena_printf(d->arena, "%s=%s",
		                             c->kafka_properties.at[i].name,
		                             c->kafka_properties.at[i].value);
	d->kafka = (struct kafka_conf){
		.brokers = c->brokers,
		.client_id = c->instance,
		.properties = properties,
		.property_count = c->kafka_properties.n,
		.lab = c->lab,
	};
	return kafka_conf_check(&d->kafka, why);
}

int deployment_init(struct deployment *d, const struct coordinator_conf *conf,
                    struct err *why)
{
	*d = (struct deployment){ .conf = conf, .arena = arena_new() };
	topics_init(&d->topics, conf->topic_prefix);
	d->partitions = (uint32_t)conf->partitions;
	if (load(d, why) != 0 || read_kafka(d, why) != 0) {
		deployment_clear(d);
		return -1;
	}
	read_rules(d);
	d->settings_digest = settings_digest(d);
	return 0;
}

void deployment_clear(struct deployment *d)
{
	signing_key_free(&d->signing_key);
	keyring_free(&d->keyring);
	names_free(&d->names);
	if (d->plan.key.len > 0) {
		/* our own copy, in our own arena */
		secret_wipe((void *)(uintptr_t)d->plan.key.p, d->plan.key.len);
	}
	arena_free(&d->arena);
	*d = (struct deployment){ 0 };
}

struct sign_domain deployment_domain(const struct deployment *d,
                                     const char *record_type)
{
	return (struct sign_domain){ .lab = d->conf->lab,
		                     .deployment = d->conf->deployment,
		                     .record_type = record_type,
		                     .schema_version = 1 };
}
