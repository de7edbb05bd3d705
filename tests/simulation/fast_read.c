/*
 * What is on the log is read, hashed and verified once. A decision is read by
 * the checker, by replay and by every coordinator that restores, and most of
 * the time went into that; all of it depends on the bytes alone, and those of
 * a record on the log never change. The first reader's answer comes from the
 * product's own code, and so does what is made of it each time; what is not on
 * the log, or is refused, is read anew each time.
 *
 * What was read lives as long as the schedule, not only as long as its reader's
 * arena: a build with sanitizers, which can tell the difference, remembers
 * nothing.
 */
#include "tests/simulation/fast.h"

#include "decide/policy.h"
#include "tests/simulation/sim.h"
#include "trust/jws.h"
#include "trust/keyring.h"
#include "wire/field.h"

enum { BUCKETS = 512 };

struct reading {
	const struct record_type *type;
	enum encoding encoding;
	const struct mp_limits *limits;
	void *record;
	struct reading *next;
};

typedef enum trust_result verify_fn(struct keyring *ring,
                                    const struct trust_wanted *wanted,
                                    const struct sign_domain *domain,
                                    struct span value, struct span header,
                                    const struct key_entry **entry);

struct verdict {
	verify_fn *by;
	const struct keyring *ring;
	struct trust_wanted wanted;
	struct sign_domain domain;
	struct span header;
	enum trust_result result;
	const struct key_entry *entry;
	struct verdict *next;
};

/* The value of a record on the log: where it is says which it is. */
struct logged {
	struct span value;
	bool hashed;
	struct digest digest;
	struct reading *readings;
	struct verdict *verdicts;
	struct logged *next;
};

static struct logged *logged[BUCKETS];

static struct logged **bucket_of(struct span value)
{
	return &logged[(uintptr_t)value.p / 16 % BUCKETS];
}

void fast_logged(struct span value)
{
	struct logged **bucket = bucket_of(value);
	struct logged *l;

	if (!SIMULATION_REMEMBERS || value.p == NULL)
		return;
	l = arena_alloc(sim.arena, sizeof(*l));
	l->value = value;
	l->next = *bucket;
	*bucket = l;
}

void fast_forget(void)
{
	memset(logged, 0, sizeof(logged));
}

static struct logged *find(struct span value)
{
	struct logged *l = *bucket_of(value);

	while (l != NULL &&
	       (l->value.p != value.p || l->value.len != value.len))
		l = l->next;
	return l;
}

/* -- reading -- */

const char *__wrap_record_decode(const struct record_type *type,
                                 struct span value, enum encoding encoding,
                                 const struct mp_limits *limits,
                                 struct arena *arena, void *out);
const char *__real_record_decode(const struct record_type *type,
                                 struct span value, enum encoding encoding,
                                 const struct mp_limits *limits,
                                 struct arena *arena, void *out);

const char *__wrap_record_decode(const struct record_type *type,
                                 struct span value, enum encoding encoding,
                                 const struct mp_limits *limits,
                                 struct arena *arena, void *out)
{
	struct logged *l = find(value);
	struct reading *r = l != NULL ? l->readings : NULL;

	while (r != NULL && (r->type != type || r->encoding != encoding ||
	                     r->limits != limits))
		r = r->next;
	if (r != NULL) {
		memcpy(out, r->record, type->size);
		return NULL;
	}
	const char *why =
		__real_record_decode(type, value, encoding, limits,
	                             l != NULL ? sim.arena : arena, out);

	if (why != NULL || l == NULL)
		return why;
	r = arena_alloc(sim.arena, sizeof(*r));
	*r = (struct reading){ type, encoding, limits,
		               arena_alloc(sim.arena, type->size),
		               l->readings };
	memcpy(r->record, out, type->size);
	l->readings = r;
	return NULL;
}

/* -- digests -- */

struct digest __wrap_digest_of(struct span bytes);
struct digest __real_digest_of(struct span bytes);

struct digest __wrap_digest_of(struct span bytes)
{
	struct logged *l = find(bytes);

	if (l == NULL)
		return __real_digest_of(bytes);
	if (!l->hashed)
		l->digest = __real_digest_of(bytes);
	l->hashed = true;
	return l->digest;
}

/* A rule is a constant. */
struct digest __wrap_policy_digest(const struct policy_rule *rule);
struct digest __real_policy_digest(const struct policy_rule *rule);

struct digest __wrap_policy_digest(const struct policy_rule *rule)
{
	static const struct policy_rule *known;
	static struct digest digest;

	if (rule != known || !SIMULATION_REMEMBERS)
		digest = __real_policy_digest(rule);
	known = rule;
	return digest;
}

/* -- signatures -- */

verify_fn __wrap_keyring_verify, __real_keyring_verify;
verify_fn __wrap_jws_verify, __real_jws_verify;

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_it(const struct verdict *v, const struct verdict *w)
{
	return v->by == w->by && v->ring == w->ring &&
	       v->wanted.role == w->wanted.role &&
	       v->wanted.at_ms == w->wanted.at_ms &&
	       same_text(v->wanted.perspective, w->wanted.perspective) &&
	       v->domain.lab == w->domain.lab &&
	       v->domain.schema_version == w->domain.schema_version &&
	       same_text(v->domain.deployment, w->domain.deployment) &&
	       same_text(v->domain.record_type, w->domain.record_type) &&
	       span_eq(v->header, w->header);
}

static enum trust_result verify(verify_fn *by, struct keyring *ring,
                                const struct trust_wanted *wanted,
                                const struct sign_domain *domain,
                                struct span value, struct span header,
                                const struct key_entry **entry)
{
	struct logged *l = find(value);
	struct verdict asked = { .by = by,
		                 .ring = ring,
		                 .wanted = *wanted,
		                 .domain = *domain,
		                 .header = header };
	struct verdict *v = l != NULL ? l->verdicts : NULL;

	if (l == NULL || header.p == NULL)
		return by(ring, wanted, domain, value, header, entry);
	while (v != NULL && !is_it(v, &asked))
		v = v->next;
	if (v == NULL) {
		v = arena_alloc(sim.arena, sizeof(*v));
		*v = asked;
		v->header = arena_span(sim.arena, header);
		if (wanted->perspective != NULL)
			v->wanted.perspective =
				arena_str(sim.arena, wanted->perspective);
		v->result = by(ring, wanted, domain, value, header, &v->entry);
		v->next = l->verdicts;
		l->verdicts = v;
	}
	if (entry != NULL)
		*entry = v->entry;
	return v->result;
}

enum trust_result __wrap_keyring_verify(struct keyring *ring,
                                        const struct trust_wanted *wanted,
                                        const struct sign_domain *domain,
                                        struct span value, struct span header,
                                        const struct key_entry **entry)
{
	return verify(__real_keyring_verify, ring, wanted, domain, value,
	              header, entry);
}

enum trust_result __wrap_jws_verify(struct keyring *ring,
                                    const struct trust_wanted *wanted,
                                    const struct sign_domain *domain,
                                    struct span value, struct span header,
                                    const struct key_entry **entry)
{
	return verify(__real_jws_verify, ring, wanted, domain, value, header,
	              entry);
}
