#include "ctl/compare.h"

#include <string.h>

static const char extra_advice[] =
	"More than the manifest says. If it is meant, write it into the "
	"manifest; else kafka-acls.sh --remove takes it away.";

/* librdkafka before 2.6 has no word for transactional ids and calls them
   unknown; delegation tokens and users, which share that, bear other names. */
static bool same_kind(enum right_kind wanted, enum right_kind found)
{
	return wanted == found ||
	       (wanted == RIGHT_TRANSACTIONAL_ID && found == RIGHT_OTHER);
}

static bool is_same(const struct right *wanted, const struct right *found)
{
	return same_kind(wanted->kind, found->kind) && !found->deny &&
	       wanted->pattern == found->pattern &&
	       wanted->operation == found->operation &&
	       strcmp(wanted->host, found->host) == 0 &&
	       strcmp(wanted->name, found->name) == 0 &&
	       strcmp(wanted->principal, found->principal) == 0;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Is there a name that both are about? */
static bool overlap(const struct right *a, const struct right *b)
{
	if (!same_kind(a->kind, b->kind))
		return false;
	if (strcmp(b->name, "*") == 0 && b->pattern == RIGHT_LITERAL)
		return true;
	if (a->pattern == RIGHT_PREFIXED && begins(b->name, a->name))
		return true;
	if (b->pattern == RIGHT_PREFIXED && begins(a->name, b->name))
		return true;
	return strcmp(a->name, b->name) == 0;
}

static bool is_wanted(const struct cluster_state *wanted,
                      const struct right *found)
{
	for (size_t i = 0; i < wanted->rights.n; i++) {
		if (is_same(&wanted->rights.at[i], found))
			return true;
	}
	return false;
}

/* Somebody of ours, everybody, or on something of ours. */
static bool concerns_us(const struct cluster_state *wanted,
                        const struct right *found)
{
	for (size_t i = 0; i < wanted->rights.n; i++) {
		const struct right *ours = &wanted->rights.at[i];

		if (strcmp(ours->principal, found->principal) == 0 ||
		    overlap(ours, found))
			return true;
	}
	return false;
}

static void add(struct changes *changes, const struct change *change,
                const struct right *r)
{
	changes_add(changes, change, "%s%s on %s %s%s%s%s",
	            r->deny ? "may not " : "",
	            right_operation_word(r->operation),
	            right_kind_word(r->kind), r->name,
	            r->pattern == RIGHT_PREFIXED ? "*" : "",
	            strcmp(r->host, "*") != 0 ? " from " : "",
	            strcmp(r->host, "*") != 0 ? r->host : "");
}

static void find_missing(const struct right *r,
                         const struct cluster_state *found,
                         struct changes *changes)
{
	const struct change change = { .kind = CHANGE_ALLOW,
		                       .right = r,
		                       .what = r->principal };

	for (size_t i = 0; i < found->rights.n; i++) {
		if (is_same(r, &found->rights.at[i]))
			return;
	}
	add(changes, &change, r);
}

void compare_rights(const struct cluster_state *wanted,
                    const struct cluster_state *found, struct changes *changes)
{
	for (size_t i = 0; i < wanted->rights.n; i++)
		find_missing(&wanted->rights.at[i], found, changes);
	for (size_t i = 0; i < found->rights.n; i++) {
		const struct right *r = &found->rights.at[i];
		const struct change change = { .kind = CHANGE_EXTRA,
			                       .what = r->principal,
			                       .advice = extra_advice };

		if (!is_wanted(wanted, r) && concerns_us(wanted, r))
			add(changes, &change, r);
	}
}
