/*
 * floor.h -- the work behind one decision that no design can avoid, done with
 * bare library calls and measured in CPU time of this process, all threads.
 *
 * Each function repeats one kind of call for about `seconds` and returns the
 * microseconds of CPU that one call took. What the libraries are told (resolver
 * options, broker properties) is what the system tells them.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include "base/span.h"
#include "wire/check.h"

/* One record as the system wrote it. */
struct sample {
	const char *name;
	struct span value;
	size_t key_bytes;
	size_t header_bytes; /* names and values */
};

struct floor_dns {
	const char *root;   /* address of a root server */
	const char *anchor; /* file, presentation form */
	const char *zone;   /* any name below it exists */
	int64_t window_ms;  /* how long a cache lives */
};

double floor_cpu_us(void);
double floor_wall_s(void);
/* A failure of the bench itself: says so and ends the process. */
void floor_die(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* Every lookup is of a name never asked for before. types: RR types asked for
   each name, side by side; the figure is for all of them. */
double floor_lookup(const struct floor_dns *dns, const int *types,
                    size_t type_count, double seconds);

struct floor_web {
	const char *address;
	const char *zone;
	const char *path;
	const char *body; /* what must come */
};
/* GET on a fresh connection. */
double floor_fetch(const struct floor_web *web, double seconds);

struct floor_tls {
	const char *address;
	const char *zone;
};
/* A connection and a handshake for acme-tls/1 with what offers it on port
   443. */
double floor_shake(const struct floor_tls *tls, double seconds);

/* Where records go, and as whom. */
struct floor_broker {
	const char *brokers;
	const char *properties; /* file; NULL: plaintext */
	const char *prefix; /* of topics that are there; NULL: makes its own */
	const char *perspective; /* of those */
};

/* Batches as large as they get: what a record costs at least. */
double floor_produce(const struct floor_broker *broker, const struct sample *s,
                     double seconds);
double floor_consume(const struct floor_broker *broker, const struct sample *s,
                     double seconds);

double floor_sign(const struct sample *s, double seconds);
double floor_verify(const struct sample *s, double seconds);
double floor_pack(struct span value, double seconds);
double floor_unpack(struct span value, double seconds);
double floor_judge(const struct check *check, enum check_kind kind,
                   struct span evidence, double seconds);

#endif
