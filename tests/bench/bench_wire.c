/* What one record costs in the codec: microseconds to encode and to decode
   each sample, and a Result of 2 KB. Prints; judges nothing. */
#include "tests/wire/samples.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 20000 };

static double microseconds(struct timespec from, struct timespec to)
{
	return (double)(to.tv_sec - from.tv_sec) * 1e6 +
	       (double)(to.tv_nsec - from.tv_nsec) / 1e3;
}

static struct timespec now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t;
}

static void decode_once(const struct record_type *type, struct span value,
                        enum encoding e, struct arena *arena)
{
	struct request request;
	struct result result;
	struct decision decision;
	struct request_issues issues;
	struct check check;
	struct attempt attempt;
	struct span why;
	enum encoding seen;
	bool ok = true;

	if (type == &request_type)
		ok = request_decode(value, (struct span){ 0 }, arena, &request,
		                    &issues, &seen, &why) == REASON_UNKNOWN;
	else if (type == &result_type)
		ok = result_decode(value, arena, &result) == NULL;
	else if (type == &check_type)
		ok = check_decode(value, arena, &check) == NULL;
	else if (type == &attempt_type)
		ok = attempt_decode(value, arena, &attempt) == NULL;
	else if (type == &decision_type)
		ok = decision_decode(value, arena, &decision, &seen) == NULL;
	if (!ok)
		abort();
	(void)e;
}

static void measure(const char *name, const struct record_type *type,
                    const void *record, enum encoding e)
{
	struct arena *arena = arena_new();
	struct buf out = { 0 };
	struct timespec start = now();

	for (int i = 0; i < ROUNDS; i++) {
		out.len = 0;
		record_encode(type, record, e, &out);
	}
	double encoding = microseconds(start, now()) / ROUNDS;

	start = now();
	for (int i = 0; i < ROUNDS; i++) {
		decode_once(type, buf_span(&out), e, arena);
		arena_reset(arena);
	}
	double decoding = microseconds(start, now()) / ROUNDS;

	printf("%-22s %-8s %6zu bytes  encode %6.2f us  decode %6.2f us\n",
	       name, e == ENCODING_JSON ? "json" : "msgpack", out.len, encoding,
	       decoding);
	buf_clear(&out);
	arena_free(&arena);
}

static void measure_2k(struct arena *arena)
{
	static uint8_t evidence[1500];
	struct result *r = NULL;

	for (size_t i = 0; i < samples_count; i++) {
		if (strcmp(samples[i].name, "result-two-kinds") == 0)
			r = samples[i].make(arena);
	}
	if (r == NULL)
		abort();
	r->kinds[0].evidence = span_of(evidence, sizeof(evidence));
	measure("result of 2 KB", &result_type, r, ENCODING_MSGPACK);
}

int main(void)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < samples_count; i++) {
		void *record = samples[i].make(arena);

		if (samples[i].type == &heartbeat_type ||
		    samples[i].type == &evidence_type)
			continue;
		measure(samples[i].name, samples[i].type, record,
		        ENCODING_MSGPACK);
		if (samples[i].type == &request_type ||
		    samples[i].type == &decision_type)
			measure(samples[i].name, samples[i].type, record,
			        ENCODING_JSON);
	}
	measure_2k(arena);
	arena_free(&arena);
	return EXIT_SUCCESS;
}
