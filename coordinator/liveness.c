#include "coordinator/liveness.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/siphash.h"

#include <stdlib.h>

#define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)
#include <uthash.h>

struct instance {
	char *key; /* perspective "/" instance */
	char *perspective;
	int64_t at_ms;
	int64_t wall_ms;
	bool draining;
	enum validation validation;
	UT_hash_handle hh;
};

struct liveness {
	struct instance *instances;
	int64_t fresh_ms;
	int64_t skew_ms;
	bool lab;
};

struct liveness *liveness_new(int64_t fresh_ms, int64_t skew_ms, bool lab)
{
	struct liveness *l = xzalloc(sizeof(*l));

	l->fresh_ms = fresh_ms;
	l->skew_ms = skew_ms;
	l->lab = lab;
	return l;
}

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
static void instance_free(struct liveness *l, struct instance *i)
{
	HASH_DEL(l->instances, i);
	free(i->key);
	free(i->perspective);
	free(i);
}

/* NOLINTEND(readability-function-size,clang-analyzer-*) */

void liveness_free(struct liveness **l)
{
	struct instance *i, *next;

	if (*l == NULL)
		return;
	HASH_ITER(hh, (*l)->instances, i, next)
	instance_free(*l, i);
	free(*l);
	*l = NULL;
}

static bool is_fresh(const struct liveness *l, const struct instance *i,
                     int64_t now_ms)
{
	return !i->draining && now_ms - i->at_ms <= l->fresh_ms;
}

static bool is_skewed(const struct liveness *l, const struct instance *i,
                      int64_t now_ms)
{
	int64_t off_ms = i->wall_ms - i->at_ms;

	/* without the broker's time at_ms is the worker's own: then a time to
	   come is all that can be seen */
	return off_ms > l->skew_ms || off_ms < -l->skew_ms ||
	       i->at_ms - now_ms > l->skew_ms;
}

/* What has been silent for ten times the limit makes room. */
static void forget_silent(struct liveness *l, int64_t now_ms)
{
	struct instance *i, *next;

	HASH_ITER(hh, l->instances, i, next)
	{
		if (now_ms - i->at_ms > 10 * l->fresh_ms)
			instance_free(l, i);
	}
}

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
static struct instance *instance_add(struct liveness *l, struct buf *key,
                                     const struct heartbeat *h, int64_t at_ms)
{
	if (HASH_COUNT(l->instances) >= LIVENESS_INSTANCES_MAX)
		forget_silent(l, at_ms);
	if (HASH_COUNT(l->instances) >= LIVENESS_INSTANCES_MAX)
		return NULL;
	struct instance *i = xzalloc(sizeof(*i));

	i->key = xstrdup(buf_cstr(key));
	i->perspective = xspandup(h->perspective);
	HASH_ADD_KEYPTR(hh, l->instances, i->key, key->len, i);
	return i;
}

/* Of any two the difference can be formed. */
static int64_t sane_ms(int64_t ms)
{
	if (ms < 0)
		return 0;
	return ms > INT64_MAX / 2 ? INT64_MAX / 2 : ms;
}

void liveness_note(struct liveness *l, const struct heartbeat *h, int64_t at_ms)
{
	struct buf key = { 0 };
	struct instance *i = NULL;

	buf_add_span(&key, h->perspective);
	buf_add_u8(&key, '/');
	buf_add_span(&key, h->instance);
	HASH_FIND(hh, l->instances, key.p, key.len, i);
	if (i == NULL)
		i = instance_add(l, &key, h, at_ms);
	/* the last one read: where producers set timestamps, one from the
	   future must not outlive what follows it */
	if (i != NULL) {
		i->at_ms = sane_ms(at_ms);
		i->wall_ms = sane_ms(h->wall_ms);
		i->draining = h->draining;
		i->validation = h->validation;
	}
	buf_clear(&key);
}

/* NOLINTEND(readability-function-size,clang-analyzer-*) */

size_t liveness_count(const struct liveness *l, const char *perspective,
                      int64_t now_ms)
{
	size_t count = 0;

	for (const struct instance *i = l->instances; i != NULL; i = i->hh.next)
		count += strcmp(i->perspective, perspective) == 0 &&
		         is_fresh(l, i, now_ms) && !is_skewed(l, i, now_ms);
	return count;
}

bool liveness_alive(const struct liveness *l, const char *perspective,
                    int64_t now_ms)
{
	return liveness_count(l, perspective, now_ms) > 0;
}

bool liveness_skewed(const struct liveness *l, const char *perspective,
                     int64_t now_ms)
{
	bool skewed = false;

	for (const struct instance *i = l->instances; i != NULL;
	     i = i->hh.next) {
		if (strcmp(i->perspective, perspective) != 0 ||
		    !is_fresh(l, i, now_ms))
			continue;
		if (!is_skewed(l, i, now_ms))
			return false;
		skewed = true;
	}
	return skewed;
}

static bool is_proven(const struct liveness *l, const struct instance *i)
{
	return i->validation == VALIDATION_SHOWN ||
	       (l->lab && i->validation == VALIDATION_UNKNOWN);
}

bool liveness_unproven(const struct liveness *l, const char *perspective,
                       int64_t now_ms)
{
	bool unproven = false;

	for (const struct instance *i = l->instances; i != NULL;
	     i = i->hh.next) {
		if (strcmp(i->perspective, perspective) != 0 ||
		    !is_fresh(l, i, now_ms) || is_skewed(l, i, now_ms))
			continue;
		if (is_proven(l, i))
			return false;
		unproven = true;
	}
	return unproven;
}

static int64_t size_of(int64_t ms)
{
	return ms < 0 ? -ms : ms;
}

bool liveness_ahead(const struct liveness *l, const char *perspective,
                    int64_t now_ms, int64_t *ahead_ms)
{
	bool found = false;

	for (const struct instance *i = l->instances; i != NULL;
	     i = i->hh.next) {
		int64_t ahead = i->wall_ms - i->at_ms;

		if (strcmp(i->perspective, perspective) != 0 ||
		    !is_fresh(l, i, now_ms) ||
		    (found && size_of(ahead) <= size_of(*ahead_ms)))
			continue;
		*ahead_ms = ahead;
		found = true;
	}
	return found;
}
