#include "decide/inventory.h"

#include "base/buf.h"
#include "base/text.h"
#include "wire/attempt.h"

#include <assert.h>
#include <stdlib.h>

#define CODE(s) SPAN_ARG((s)->code)

static bool code_ok(struct span code)
{
	if (code.len == 0 || code.len > INVENTORY_CODE_MAX || code.p[0] < 'a' ||
	    code.p[0] > 'z')
		return false;
	for (size_t i = 0; i < code.len; i++) {
		uint8_t c = code.p[i];

		if (!(c >= 'a' && c <= 'z') && !ascii_is_digit(c) && c != '-')
			return false;
	}
	return true;
}

static int check_site(const struct perspective_site *s, size_t index,
                      struct err *err)
{
	if (!code_ok(s->code))
		return err_set(err,
		               "perspective number %zu: a code is 1 to %d of "
		               "a-z 0-9 -, and begins with a letter",
		               index + 1, INVENTORY_CODE_MAX);
	if ((unsigned)s->rir >= RIR_COUNT)
		return err_set(err, "perspective %.*s: unknown RIR", CODE(s));
	if (s->resolver_rir != s->rir)
		return err_set(err,
		               "perspective %.*s: its resolver is not in the "
		               "same RIR service region (%s)",
		               CODE(s), rir_name(s->rir));
	if (s->keys_count < 1 || s->keys_count > ATTEMPT_KEYS_MAX)
		return err_set(err,
		               "perspective %.*s: %zu signing keys, must be 1 "
		               "to %d",
		               CODE(s), s->keys_count, ATTEMPT_KEYS_MAX);
	return 0;
}

static int check_shared(const struct perspective_site *a,
                        const struct perspective_site *b, struct err *err)
{
	char text[ADDR_TEXT_MAX];
	char hex[DIGEST_HEX_ROOM];

	for (size_t i = 0; i < a->keys_count; i++)
		for (size_t j = 0; j < b->keys_count; j++)
			if (digest_eq(&a->keys[i], &b->keys[j]))
				return err_set(err,
				               "perspectives %.*s and %.*s "
				               "share the key %s",
				               CODE(a), CODE(b),
				               digest_hex(&a->keys[i], hex));
	for (size_t i = 0; i < a->egress_count; i++)
		for (size_t j = 0; j < b->egress_count; j++)
			if (addr_eq(&a->egress[i], &b->egress[j]))
				return err_set(err,
				               "perspectives %.*s and %.*s "
				               "share the egress address %s",
				               CODE(a), CODE(b),
				               addr_text(&a->egress[i], text,
				                         sizeof(text)));
	return 0;
}

static int check_distance(const struct perspective_site *a,
                          const struct perspective_site *b, struct err *err)
{
	if (!geo_far_enough(a->place, b->place))
		return err_set(err,
		               "perspectives %.*s and %.*s are %.1f km apart, "
		               "must be %d",
		               CODE(a), CODE(b),
		               geo_distance_km(a->place, b->place),
		               GEO_APART_KM);
	if (!geo_far_enough(a->resolver_place, b->resolver_place))
		return err_set(
			err,
			"the resolvers of perspectives %.*s and %.*s "
			"are %.1f km apart, must be %d",
			CODE(a), CODE(b),
			geo_distance_km(a->resolver_place, b->resolver_place),
			GEO_APART_KM);
	return 0;
}

static int check_pairs(const struct inventory *inv, size_t i, struct err *err)
{
	const struct perspective_site *b = &inv->sites[i];

	for (size_t j = 0; j < i; j++) {
		const struct perspective_site *a = &inv->sites[j];

		if (span_eq(a->code, b->code))
			return err_set(err,
			               "perspectives number %zu and %zu have "
			               "the same code %.*s",
			               j + 1, i + 1, CODE(a));
		if (check_shared(a, b, err) != 0)
			return -1;
		if (!inv->colocated_ok && check_distance(a, b, err) != 0)
			return -1;
	}
	return 0;
}

static int check_primary(const struct inventory *inv, struct err *err)
{
	if (inv->primary.len == 0)
		return 0;

	const struct perspective_site *p = inventory_find(inv, inv->primary);

	if (p == NULL)
		return err_set(err,
		               "the primary is to be %.*s: there is no "
		               "such perspective",
		               SPAN_ARG(inv->primary));
	if (!p->enabled)
		return err_set(err, "the primary %.*s is not enabled", CODE(p));
	return 0;
}

static int check_strength(const struct inventory *inv,
                          const struct policy_rule *floor, struct err *err)
{
	size_t remotes = inventory_remotes(inv);
	bool has[RIR_COUNT] = { false };
	int64_t rirs = 0;

	for (size_t i = 0; i < inv->count; i++) {
		const struct perspective_site *s = &inv->sites[i];

		if (!s->enabled || inventory_is_primary(inv, s) || has[s->rir])
			continue;
		has[s->rir] = true;
		rirs++;
	}
	if ((int64_t)remotes < floor->min_remotes)
		return err_set(
			err, "%zu remote perspectives, policy %s wants %lld",
			remotes, floor->id, (long long)floor->min_remotes);
	if (rirs < policy_rirs(floor, (int64_t)remotes))
		return err_set(err,
		               "remote perspectives in %lld RIR regions, "
		               "policy %s wants %lld",
		               (long long)rirs, floor->id,
		               (long long)policy_rirs(floor, (int64_t)remotes));
	return 0;
}

int inventory_check(const struct inventory *inv,
                    const struct policy_rule *floor, struct err *err)
{
	if (inv->count > INVENTORY_MAX)
		return err_set(err, "%zu perspectives, at most %d", inv->count,
		               INVENTORY_MAX);
	for (size_t i = 0; i < inv->count; i++) {
		if (check_site(&inv->sites[i], i, err) != 0)
			return -1;
		if (check_pairs(inv, i, err) != 0)
			return -1;
	}
	if (check_primary(inv, err) != 0)
		return -1;
	return check_strength(inv, floor, err);
}

const struct perspective_site *inventory_find(const struct inventory *inv,
                                              struct span code)
{
	for (size_t i = 0; i < inv->count; i++)
		if (span_eq(inv->sites[i].code, code))
			return &inv->sites[i];
	return NULL;
}

bool inventory_is_primary(const struct inventory *inv,
                          const struct perspective_site *site)
{
	return inv->primary.len > 0 && span_eq(site->code, inv->primary);
}

size_t inventory_remotes(const struct inventory *inv)
{
	size_t n = 0;

	for (size_t i = 0; i < inv->count; i++)
		if (inv->sites[i].enabled &&
		    !inventory_is_primary(inv, &inv->sites[i]))
			n++;
	return n;
}

static int by_code(const void *a, const void *b)
{
	const struct perspective_site *const *x = a;
	const struct perspective_site *const *y = b;

	return span_cmp((*x)->code, (*y)->code);
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, DIGEST_BYTES);
}

static int by_address(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

static void add_keys(struct buf *text, const struct perspective_site *s)
{
	struct digest keys[ATTEMPT_KEYS_MAX];
	size_t n = s->keys_count;

	assert(n <= ATTEMPT_KEYS_MAX);
	if (n > 0) {
		memcpy(keys, s->keys, n * sizeof(keys[0]));
		qsort(keys, n, sizeof(keys[0]), by_bytes);
	}
	for (size_t i = 0; i < n; i++) {
		buf_add_str(text, "key ");
		text_hex(text, digest_span(&keys[i]));
		buf_add_str(text, "\n");
	}
}

static void add_egress(struct buf *text, const struct perspective_site *s)
{
	struct addr *list = xcalloc(s->egress_count + 1, sizeof(*list));
	char name[ADDR_TEXT_MAX];

	if (s->egress_count > 0) {
		memcpy(list, s->egress, s->egress_count * sizeof(*list));
		qsort(list, s->egress_count, sizeof(*list), by_address);
	}
	for (size_t i = 0; i < s->egress_count; i++)
		buf_printf(text, "egress %s\n",
		           addr_text(&list[i], name, sizeof(name)));
	free(list);
}

static void add_site(struct buf *text, const struct perspective_site *s)
{
	buf_printf(text, "site %.*s %s %s\n", CODE(s), rir_name(s->rir),
	           s->enabled ? "enabled" : "disabled");
	buf_printf(text, "place %ld %ld\n", (long)s->place.lat_udeg,
	           (long)s->place.lon_udeg);
	buf_printf(text, "resolver %s %ld %ld\n", rir_name(s->resolver_rir),
	           (long)s->resolver_place.lat_udeg,
	           (long)s->resolver_place.lon_udeg);
	add_keys(text, s);
	add_egress(text, s);
}

struct digest inventory_digest(const struct inventory *inv)
{
	const struct perspective_site *sorted[INVENTORY_MAX];
	struct buf text = { 0 };

	assert(inv->count <= INVENTORY_MAX);
	for (size_t i = 0; i < inv->count; i++)
		sorted[i] = &inv->sites[i];
	qsort(sorted, inv->count, sizeof(sorted[0]), by_code);

	buf_printf(&text, "mpic-inventory-1\nprimary %.*s\ncolocated %s\n",
	           SPAN_ARG(inv->primary), inv->colocated_ok ? "yes" : "no");
	for (size_t i = 0; i < inv->count; i++)
		add_site(&text, sorted[i]);

	struct digest d = digest_of(buf_span(&text));

	buf_clear(&text);
	return d;
}
