#include "coordinator/overload.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOTS = 8,
	SLOT_MS = OVERLOAD_WINDOW_MS / SLOTS,
	BUCKETS = 80, /* four for each power of two: 1 ms to 35 minutes */
	TOOK_MAX_MS = (1 << 21) - 1
};

struct slot {
	uint32_t in[BUCKETS];
	uint32_t count;
	int64_t own_ms; /* of all together */
};

/* A ring of histograms, and their sum. */
struct overload {
	struct slot slots[SLOTS];
	struct slot all;
	int64_t turn;     /* number of the newest slot: time by SLOT_MS */
	int64_t since_ms; /* of the first that is in the window */
	size_t working;
};

struct overload *overload_new(void)
{
	return xzalloc(sizeof(struct overload));
}

void overload_free(struct overload **o)
{
	free(*o);
	*o = NULL;
}

static size_t bucket_of(int64_t ms)
{
	uint32_t v = ms < 0 ? 0 : ms > TOOK_MAX_MS ? TOOK_MAX_MS : (uint32_t)ms;

	if (v < 4)
		return v;
	uint32_t power = 31 - (uint32_t)__builtin_clz(v);

	return (power - 1) * 4 + (v >> (power - 2) & 3);
}

/* The greatest that falls into it. */
static int64_t bucket_end(size_t bucket)
{
	if (bucket < 4)
		return (int64_t)bucket;
	return ((int64_t)(bucket % 4 + 5) << (bucket / 4 - 1)) - 1;
}

static void forget(struct overload *o, struct slot *slot)
{
	for (size_t i = 0; i < BUCKETS; i++)
		o->all.in[i] -= slot->in[i];
	o->all.count -= slot->count;
	o->all.own_ms -= slot->own_ms;
	*slot = (struct slot){ 0 };
}

static struct slot *slot_at(struct overload *o, int64_t now_ms)
{
	int64_t turn = now_ms / SLOT_MS;

	for (int i = 0; i < SLOTS && o->turn < turn; i++)
		forget(o, &o->slots[++o->turn % SLOTS]);
	o->turn = turn > o->turn ? turn : o->turn;
	return &o->slots[o->turn % SLOTS];
}

void overload_begin(struct overload *o)
{
	o->working++;
}

void overload_dropped(struct overload *o)
{
	assert(o->working > 0);
	o->working--;
}

void overload_done(struct overload *o, int64_t took_ms, int64_t own_ms,
                   int64_t now_ms)
{
	struct slot *slot = slot_at(o, now_ms);
	size_t bucket = bucket_of(took_ms);

	overload_dropped(o);
	if (o->all.count == 0)
		o->since_ms = now_ms;
	slot->in[bucket]++;
	slot->count++;
	slot->own_ms += own_ms;
	o->all.in[bucket]++;
	o->all.count++;
	o->all.own_ms += own_ms;
}

int64_t overload_p95_ms(struct overload *o, int64_t now_ms)
{
	size_t i = BUCKETS;

	(void)slot_at(o, now_ms);
	/* the least that at most one of twenty is above */
	for (uint32_t above = 0; i-- > 0;) {
		above += o->all.in[i];
		if (above > o->all.count / 20)
			return bucket_end(i);
	}
	return 0;
}

/* Until all that are being worked on are done, at the window's rate, a newcomer
   waits behind them, but for what targets take: that they do side by side. */
static bool waits_long(const struct overload *o, int64_t left_ms,
                       int64_t now_ms)
{
	int64_t span = now_ms - o->since_ms;
	int64_t own, queue;

	if (span > OVERLOAD_WINDOW_MS)
		span = OVERLOAD_WINDOW_MS;
	if (o->all.count == 0 || span < SLOT_MS)
		return false;
	own = o->all.own_ms / o->all.count;
	queue = (int64_t)o->working * span / o->all.count;
	return queue - own > left_ms / 2;
}

bool overload_refuses(struct overload *o, int64_t left_ms, int64_t now_ms)
{
	int64_t p95 = overload_p95_ms(o, now_ms);

	if (left_ms <= 0)
		return true;
	if (o->working < OVERLOAD_PROBES)
		return false;
	return left_ms < p95 ||
	       (left_ms / 4 < p95 && waits_long(o, left_ms, now_ms));
}

size_t overload_working(const struct overload *o)
{
	return o->working;
}
