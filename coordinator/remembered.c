#include "coordinator/remembered.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEY_BYTES = 16, ROOM_FIRST = 64 };

struct fact {
	uint8_t key[KEY_BYTES];
	struct remembered_times at; /* decided_ms 0: the place is free */
};

struct remembered {
	struct fact *facts;
	size_t room; /* a power of two; 0: none yet */
	size_t count;
};

struct remembered *remembered_new(void)
{
	return xzalloc(sizeof(struct remembered));
}

void remembered_free(struct remembered **r)
{
	if (*r == NULL)
		return;
	free((*r)->facts);
	free(*r);
	*r = NULL;
}

size_t remembered_count(const struct remembered *r)
{
	return r->count;
}

static bool is_free(const struct fact *f)
{
	return f->at.decided_ms == 0;
}

/* The key is half a digest: any part of it spreads well. */
static struct fact *place(const struct remembered *r, const uint8_t *key)
{
	size_t i;

	memcpy(&i, key, sizeof(i));
	for (;; i++) {
		struct fact *f = &r->facts[i & (r->room - 1)];

		if (is_free(f) || memcmp(f->key, key, KEY_BYTES) == 0)
			return f;
	}
}

static void grow(struct remembered *r)
{
	struct remembered old = *r;

	r->room = old.room > 0 ? 2 * old.room : ROOM_FIRST;
	r->facts = xcalloc(r->room, sizeof(*r->facts));
	for (size_t i = 0; i < old.room; i++) {
		if (!is_free(&old.facts[i]))
			*place(r, old.facts[i].key) = old.facts[i];
	}
	free(old.facts);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void add(struct remembered *r, const struct digest *key,
                struct remembered_times at)
{
	if (4 * (r->count + 1) > 3 * r->room)
		grow(r);
	struct fact *f = place(r, key->b);

	r->count += is_free(f);
	memcpy(f->key, key->b, KEY_BYTES);
	/* never free again, whatever the time */
	f->at.decided_ms = later(later(f->at.decided_ms, at.decided_ms), 1);
	f->at.logged_ms = later(f->at.logged_ms, at.logged_ms);
}

static const struct fact *find(const struct remembered *r,
                               const struct digest *key)
{
	const struct fact *f = r->room > 0 ? place(r, key->b) : NULL;

	return f != NULL && !is_free(f) ? f : NULL;
}

/* Both kinds begin with a word of their own, and what has no fixed length
   comes last. */
static struct digest decision_key(struct span id, const struct digest *request)
{
	struct span parts[] = { SPAN("decision"), digest_span(request), id };

	return digest_of_spans(parts, 3);
}

static struct digest copy_key(const struct first_found *f)
{
	char where[64];
	int n = snprintf(where, sizeof(where), "%020lld/%020lld",
	                 (long long)f->offset, (long long)f->timestamp_ms);
	struct span parts[] = { SPAN("copy"), span_of(where, (size_t)n),
		                digest_span(&f->digest),
		                digest_span(&f->headers), f->id };

	return digest_of_spans(parts, 5);
}

void remembered_add_decision(struct remembered *r, struct span id,
                             const struct digest *request,
                             struct remembered_times at)
{
	struct digest key = decision_key(id, request);

	add(r, &key, at);
}

bool remembered_decision(const struct remembered *r, struct span id,
                         const struct digest *request,
                         struct remembered_times *at)
{
	struct digest key = decision_key(id, request);
	const struct fact *f = find(r, &key);

	if (f != NULL)
		*at = f->at;
	return f != NULL;
}

void remembered_add_copy(struct remembered *r, const struct first_found *f)
{
	struct digest key = copy_key(f);

	add(r, &key, (struct remembered_times){ 1, 1 });
}

bool remembered_copy(const struct remembered *r, const struct first_found *f)
{
	struct digest key = copy_key(f);

	return find(r, &key) != NULL;
}
