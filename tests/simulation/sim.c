#include "tests/simulation/sim.h"

#include "base/buf.h"
#include "base/id.h"
#include "base/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct event {
	int64_t at_us;
	uint64_t number;
	struct process *owner;
	event_fn *fn; /* NULL: cancelled */
	void *arg;
	struct event *free_next;
};

struct sim sim;
struct sim_counts sim_counts;

static struct event **heap;
static size_t heap_count, heap_room;
static struct event *free_events;
static uint64_t events_made;

/* 2026-04-01: three remotes and two RIRs are what policy wants. */
static const int64_t EPOCH_MS = INT64_C(1775001600000);

/* -- chance: splitmix64 to spread the seed, xoroshiro128+ from there -- */

static uint64_t spread(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t turn(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

uint64_t sim_random(void)
{
	uint64_t a = sim.chance[0], b = sim.chance[1], sum = a + b;

	b ^= a;
	sim.chance[0] = turn(a, 24) ^ b ^ b << 16;
	sim.chance[1] = turn(b, 37);
	return sum;
}

int64_t sim_below(int64_t n)
{
	assert(n > 0);
	return (int64_t)((sim_random() >> 1) % (uint64_t)n);
}

bool sim_percent(double p)
{
	return (double)sim_below(1000000) < p * 10000;
}

bool sim_fault(double percent)
{
	return sim_percent(percent) && sim.faults;
}

int64_t sim_delay(void)
{
	int64_t us = 100 + sim_below(2 * MS);

	if (sim_percent(10))
		us += sim_below(50 * MS);
	if (sim.slowness > 0 && sim_percent(3 * sim.slowness))
		us += sim_below(700 * MS);
	if (sim.slowness > 2 && sim_percent(1))
		us += sim_below(6 * SECOND);
	return sim_late(us);
}

int64_t sim_late(int64_t us)
{
	sim_counts.late += us >= SECOND;
	return us;
}

/* -- the heap of events -- */

static bool before(const struct event *a, const struct event *b)
{
	if (a->at_us != b->at_us)
		return a->at_us < b->at_us;
	return a->number < b->number;
}

static void swap(size_t i, size_t j)
{
	struct event *e = heap[i];

	heap[i] = heap[j];
	heap[j] = e;
}

static void heap_push(struct event *e)
{
	size_t i = heap_count++;

	if (heap_count > heap_room) {
		heap_room = heap_room * 2 + 256;
		heap = xreallocarray(heap, heap_room, sizeof(struct event *));
	}
	heap[i] = e;
	for (; i > 0 && before(heap[i], heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(i, (i - 1) / 2);
}

static struct event *heap_pop(void)
{
	struct event *e = heap[0];
	size_t i = 0;

	heap[0] = heap[--heap_count];
	for (;;) {
		size_t least = i, left = 2 * i + 1;

		if (left < heap_count && before(heap[left], heap[least]))
			least = left;
		if (left + 1 < heap_count &&
		    before(heap[left + 1], heap[least]))
			least = left + 1;
		if (least == i)
			return e;
		swap(i, least);
		i = least;
	}
}

struct event *sim_at(struct process *owner, int64_t at_us, event_fn *fn,
                     void *arg)
{
	struct event *e = free_events;

	if (e != NULL)
		free_events = e->free_next;
	else
		e = arena_alloc(sim.arena, sizeof(*e));
	*e = (struct event){ .at_us = at_us > sim.now_us ? at_us : sim.now_us,
		             .number = events_made++,
		             .owner = owner,
		             .fn = fn,
		             .arg = arg };
	heap_push(e);
	return e;
}

struct event *sim_after(struct process *owner, int64_t us, event_fn *fn,
                        void *arg)
{
	return sim_at(owner, sim.now_us + us, fn, arg);
}

void sim_cancel(struct event **e)
{
	if (*e != NULL)
		(*e)->fn = NULL;
	*e = NULL;
}

static void recycle(struct event *e)
{
	e->free_next = free_events;
	free_events = e;
}

static void run(const struct event *e)
{
	sim.now_us = e->at_us;
	sim.running = sim.last = e->owner;
	sim.events++;
	if (e->owner != NULL)
		e->owner->steps++;
	e->fn(e->arg);
	sim.running = NULL;
}

bool sim_step(void)
{
	while (heap_count > 0 && !sim_failed()) {
		struct event *e = heap_pop();
		struct event now = *e;

		if (now.fn == NULL ||
		    (now.owner != NULL && !now.owner->alive)) {
			recycle(e);
			continue;
		}
		if (now.owner != NULL &&
		    now.owner->paused_until_us > now.at_us) {
			e->at_us = now.owner->paused_until_us;
			heap_push(e);
			continue;
		}
		recycle(e);
		run(&now);
		return true;
	}
	return false;
}

void sim_begin(uint64_t seed, bool trace)
{
	uint64_t state = seed;

	sim = (struct sim){ .arena = arena_new(),
		            .seed = seed,
		            .faults = true,
		            .trace = trace };
	sim.chance[0] = spread(&state);
	sim.chance[1] = spread(&state);
	sim.slowness = (int)sim_below(4);
	heap_count = 0;
	free_events = NULL;
	events_made = 0;
}

void sim_end(void)
{
	heap_count = 0;
	free_events = NULL;
	arena_free(&sim.arena);
}

/* -- what went wrong -- */

bool sim_failed(void)
{
	return sim.failure[0] != '\0';
}

static void say(const char *text)
{
	printf("%10.3f %-4s %s\n", (double)sim.now_us / MS,
	       sim.running != NULL ? sim.running->name : "", text);
}

void sim_fail(int promise, const char *format, ...)
{
	char text[SIM_FAILURE_MAX - 16];
	va_list args;

	assert(promise >= 1 && promise <= SIM_PROMISES);
	if (sim_failed())
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)snprintf(sim.failure, sizeof(sim.failure), "promise %d: %s",
	               promise, text);
	if (sim.trace)
		say(sim.failure);
}

void sim_trace(const char *format, ...)
{
	char text[1024];
	va_list args;

	if (!sim.trace)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	say(text);
}

/* -- what the product asks of the machine: link-time replacements -- */

int64_t __wrap_clock_wall_ms(void);
int64_t __wrap_clock_mono_ms(void);
int64_t __wrap_clock_mono_us(void);
void __wrap_id_random(char out[static ID_TEXT_MAX]);
void __wrap_log_write(enum log_level level, const char *event,
                      const struct log_field *fields);

int64_t sim_wall_ms(void)
{
	return EPOCH_MS + sim.now_us / MS;
}

int64_t __wrap_clock_wall_ms(void)
{
	return sim_wall_ms() + (sim.running != NULL ? sim.running->skew_ms : 0);
}

int64_t __wrap_clock_mono_us(void)
{
	return sim.now_us + SECOND;
}

int64_t __wrap_clock_mono_ms(void)
{
	return __wrap_clock_mono_us() / MS;
}

void __wrap_id_random(char out[static ID_TEXT_MAX])
{
	uint64_t n[2] = { sim_random(), sim_random() };

	for (size_t i = 0; i < 32; i++)
		out[i] =
			"0123456789abcdef"[n[i / 16] >> (60 - i % 16 * 4) & 15];
	out[32] = '\0';
}

void __wrap_log_write(enum log_level level, const char *event,
                      const struct log_field *fields)
{
	struct buf text = { 0 };

	(void)level;
	sim_log_seen(event);
	if (!sim.trace)
		return;
	buf_add_str(&text, event);
	for (; fields->kind != LOG_END; fields++) {
		if (fields->kind == LOG_TEXT)
			buf_printf(&text, " %s=%.*s", fields->name,
			           SPAN_ARG(fields->text));
		else
			buf_printf(&text, " %s=%lld", fields->name,
			           (long long)fields->number);
	}
	sim_trace("%.900s", buf_cstr(&text));
	buf_clear(&text);
}
