/*
 * load.h -- what bench_load is told.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *brokers;
	const char *properties; /* file; NULL: plaintext */
	const char *prefix;
	const char *zone;
	const char *perspectives; /* "fra,nyc,..." */
	const char *processes;    /* file; NULL: none */
	const char *samples;      /* folder; NULL: none */
	const char *token;        /* NULL: CAA */
	const char *key_authorization;
	bool alpn;        /* tls-alpn-01 instead of http-01 */
	const char *kill; /* name of a process to kill; NULL: none */
	uint64_t partitions;
	uint64_t checks_partitions;
	uint64_t in_flight;
	uint64_t rate; /* a second; 0: closed loop */
	uint64_t warm_ms, window_ms;
	uint64_t time_allowed_ms; /* 0: the deployment's default */
	uint64_t fetch_wait_ms;
	bool trace;
	bool json;
};

/* Ends the process where they make no sense. */
void options_read(struct options *o, int argc, char **argv);

#endif
