#include "base/guard.h"

#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>

enum { GUARD_PORTS_MAX = 64 };

struct forbidden {
	struct prefix prefix;
	enum guard_result why;
	char label[PREFIX_TEXT_MAX];
};

struct guard {
	bool lab;
	struct forbidden *forbidden;
	size_t forbidden_count;
	struct prefix *allowed; /* lab: wins over the registries */
	size_t allowed_count;
	uint16_t ports[GUARD_PORTS_MAX];
	size_t port_count;
};

/* Reached from inside a cloud only, but public by its number. */
static const struct {
	struct prefix prefix;
	const char *label;
} metadata[] = {
	{ { { ADDR_V4, { 168, 63, 129, 16 } }, 32 },
	  "168.63.129.16/32 platform services of a cloud (Azure)" },
};

enum { METADATA = sizeof(metadata) / sizeof(metadata[0]) };

const char *guard_result_name(enum guard_result result)
{
	switch (result) {
	case GUARD_OK: return "ok";
	case GUARD_NO_ADDRESS: return "no-address";
	case GUARD_BROKER: return "broker-address";
	case GUARD_OWN: return "own-address";
	case GUARD_OPERATOR: return "operator-list";
	case GUARD_METADATA: return "cloud-metadata-address";
	case GUARD_SPECIAL: return "special-purpose-address";
	case GUARD_PORT: return "forbidden-port";
	}
	return "unknown";
}

struct guard *guard_new(bool lab)
{
	struct guard *guard = xzalloc(sizeof(*guard));

	guard->lab = lab;
	guard->ports[0] = 53;
	guard->ports[1] = 80;
	guard->ports[2] = 443;
	guard->port_count = 3;
	return guard;
}

void guard_free(struct guard **guard)
{
	if (*guard == NULL)
		return;
	free((*guard)->forbidden);
	free((*guard)->allowed);
	free(*guard);
	*guard = NULL;
}

void guard_forbid(struct guard *guard, const struct prefix *p,
                  enum guard_result why)
{
	assert(why == GUARD_BROKER || why == GUARD_OWN ||
	       why == GUARD_OPERATOR);
	guard->forbidden =
		xreallocarray(guard->forbidden, guard->forbidden_count + 1,
	                      sizeof(*guard->forbidden));
	struct forbidden *f = &guard->forbidden[guard->forbidden_count++];

	*f = (struct forbidden){ .prefix = *p, .why = why };
	(void)prefix_text(p, f->label, sizeof(f->label));
}

static bool is_between(uint8_t c)
{
	return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next word of *list, without what stands between; empty at the end. */
static struct span next_word(struct span *list)
{
	size_t from = 0;

	while (from < list->len && is_between(list->p[from]))
		from++;
	size_t to = from;

	while (to < list->len && !is_between(list->p[to]))
		to++;
	struct span word = span_sub(*list, from, to - from);

	*list = span_sub(*list, to, list->len);
	return word;
}

/* Appends to *out, for the caller to free also when -1 comes back. */
static int parse_list(struct span list, struct prefix **out, size_t *count,
                      struct err *err)
{
	*out = NULL;
	*count = 0;
	for (;;) {
		struct span word = next_word(&list);
		struct prefix p;

		if (word.len == 0)
			return 0;
		if (!prefix_parse(word, &p))
			return err_set(err,
			               "'%.*s' is not a prefix like 10.0.0.0/8 "
			               "or 2001:db8::/32 (nothing may be set "
			               "behind the length)",
			               (int)(word.len < 64 ? word.len : 64),
			               (const char *)word.p);
		*out = xreallocarray(*out, *count + 1, sizeof(**out));
		(*out)[(*count)++] = p;
	}
}

int guard_forbid_text(struct guard *guard, struct span list,
                      enum guard_result why, struct err *err)
{
	struct prefix *parsed;
	size_t count;
	int rc = parse_list(list, &parsed, &count, err);

	for (size_t i = 0; rc == 0 && i < count; i++)
		guard_forbid(guard, &parsed[i], why);
	free(parsed);
	return rc;
}

/* Inside one loopback or documentation entry of the registries. */
static bool is_lab_prefix(const struct prefix *p)
{
	size_t count;
	const struct special *specials = addr_specials(&count);

	for (size_t i = 0; i < count; i++) {
		if (specials[i].lab && prefix_covers(&specials[i].prefix, p))
			return true;
	}
	return false;
}

static int only_lab_prefixes(const struct prefix *p, size_t count,
                             struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		char text[PREFIX_TEXT_MAX];

		if (!is_lab_prefix(&p[i]))
			return err_set(err,
			               "%s may not be allowed: a lab uses "
			               "loopback and documentation addresses",
			               prefix_text(&p[i], text, sizeof(text)));
	}
	return 0;
}

int guard_allow_text(struct guard *guard, struct span list, struct err *err)
{
	struct prefix *parsed;
	size_t count;

	if (!guard->lab)
		return err_set(err, "only a lab may allow addresses");
	if (parse_list(list, &parsed, &count, err) != 0 ||
	    only_lab_prefixes(parsed, count, err) != 0) {
		free(parsed);
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		guard->allowed =
			xreallocarray(guard->allowed, guard->allowed_count + 1,
		                      sizeof(*guard->allowed));
		guard->allowed[guard->allowed_count++] = parsed[i];
	}
	free(parsed);
	return 0;
}

int guard_allow_port(struct guard *guard, uint16_t port, struct err *err)
{
	if (!guard->lab)
		return err_set(err, "only a lab may allow port %d", port);
	if (port == 0)
		return err_set(err, "port 0 is not a port");
	if (guard->port_count == GUARD_PORTS_MAX)
		return err_set(err, "more than %d ports", GUARD_PORTS_MAX);
	guard->ports[guard->port_count++] = port;
	return 0;
}

static const struct forbidden *find_forbidden(const struct guard *guard,
                                              const struct addr *a)
{
	const struct forbidden *found = NULL;

	for (size_t i = 0; i < guard->forbidden_count; i++) {
		const struct forbidden *f = &guard->forbidden[i];

		if (prefix_contains(&f->prefix, a) &&
		    (found == NULL || f->why < found->why))
			found = f;
	}
	return found;
}

static bool is_allowed(const struct guard *guard, const struct addr *a)
{
	for (size_t i = 0; i < guard->allowed_count; i++) {
		if (prefix_contains(&guard->allowed[i], a))
			return true;
	}
	return false;
}

enum guard_result guard_check_addr(const struct guard *guard,
                                   const struct addr *a, const char **detail)
{
	const char *unused;
	const char **say = detail != NULL ? detail : &unused;

	*say = "";
	if (a->family != ADDR_V4 && a->family != ADDR_V6)
		return GUARD_NO_ADDRESS;
	const struct forbidden *f = find_forbidden(guard, a);

	if (f != NULL) {
		*say = f->label;
		return f->why;
	}
	for (size_t i = 0; i < METADATA; i++) {
		if (prefix_contains(&metadata[i].prefix, a)) {
			*say = metadata[i].label;
			return GUARD_METADATA;
		}
	}
	if (!is_allowed(guard, a) && addr_special(a, say))
		return GUARD_SPECIAL;
	return GUARD_OK;
}

enum guard_result guard_check(const struct guard *guard, const struct addr *a,
                              uint16_t port, const char **detail)
{
	enum guard_result result = guard_check_addr(guard, a, detail);

	if (result != GUARD_OK)
		return result;
	for (size_t i = 0; i < guard->port_count; i++) {
		if (guard->ports[i] == port)
			return GUARD_OK;
	}
	return GUARD_PORT;
}

/* What is taken out of a registry prefix: its reachable parts and the lab's. */
struct holes {
	const struct guard *guard;
	const struct special *specials;
	size_t count;
	guard_prefix_fn *each;
	void *owner;
};

enum overlap { APART, PARTLY, COVERED };

static enum overlap against(const struct prefix *hole, const struct prefix *p)
{
	if (prefix_covers(hole, p))
		return COVERED;
	return prefix_covers(p, hole) ? PARTLY : APART;
}

/* A reachable entry counts only inside the special one that is being cut. */
static enum overlap worst_hole(const struct holes *h, const struct prefix *of,
                               const struct prefix *p)
{
	enum overlap worst = APART;

	for (size_t i = 0; i < h->count && worst != COVERED; i++) {
		const struct special *s = &h->specials[i];

		if (!s->reachable || s->prefix.bits <= of->bits)
			continue;
		enum overlap now = against(&s->prefix, p);

		worst = now > worst ? now : worst;
	}
	for (size_t i = 0; i < h->guard->allowed_count; i++) {
		enum overlap now = against(&h->guard->allowed[i], p);

		worst = now > worst ? now : worst;
	}
	return worst;
}

/* Halves p until each piece is wholly in a hole or wholly out of all; at most
   one level per bit. */
// NOLINTNEXTLINE(misc-no-recursion)
static void cut(const struct holes *h, const struct prefix *of, struct prefix p)
{
	enum overlap found = worst_hole(h, of, &p);

	if (found == COVERED)
		return;
	if (found == APART) {
		h->each(h->owner, &p, GUARD_SPECIAL);
		return;
	}
	p.bits++;
	cut(h, of, p);
	p.base.bytes[(p.bits - 1) / 8] |= (uint8_t)(0x80 >> (p.bits - 1) % 8);
	cut(h, of, p);
}

void guard_each_prefix(const struct guard *guard, guard_prefix_fn *each,
                       void *owner)
{
	struct holes h = { .guard = guard, .each = each, .owner = owner };

	h.specials = addr_specials(&h.count);
	for (size_t i = 0; i < guard->forbidden_count; i++)
		each(owner, &guard->forbidden[i].prefix,
		     guard->forbidden[i].why);
	for (size_t i = 0; i < METADATA; i++)
		each(owner, &metadata[i].prefix, GUARD_METADATA);
	for (size_t i = 0; i < h.count; i++) {
		const struct prefix *p = &h.specials[i].prefix;

		if (!h.specials[i].reachable)
			cut(&h, p, *p);
	}
}
