/*
 * trace.h -- what became of each request of a load, and when: from the times
 * that records carry and those of their arrival here. One host, one clock.
 *
 * Times are milliseconds since the epoch; those of records are whole.
 */
#ifndef BENCH_TRACE_H
#define BENCH_TRACE_H

#include "base/buf.h"
#include "base/mem.h"
#include "kafka/kafka_message.h"
#include "wire/decision.h"
#include "wire/topics.h"

enum {
	TRACE_PERSPECTIVES_MAX = 32,
	TRACE_REASONS_MAX = 32,
	TRACE_PARTITIONS_MAX = 1024
};

/* The records whose sizes are told apart. */
enum trace_record {
	TRACE_REQUEST,
	TRACE_ATTEMPT,
	TRACE_CHECK,
	TRACE_RESULT,
	TRACE_DECISION,
	TRACE_RECORDS
};
extern const char *const trace_record_names[TRACE_RECORDS];

/* One request; 0: not seen. */
struct trace {
	double sent_ms, arrived_ms; /* its decision */
	int64_t planned_ms, decided_ms;
	int64_t check_ms[TRACE_PERSPECTIVES_MAX]; /* handed to the producer */
	int64_t started_ms[TRACE_PERSPECTIVES_MAX];
	int64_t finished_ms[TRACE_PERSPECTIVES_MAX];
	bool measured; /* sent inside the window */
	enum outcome outcome;
	enum reason reason;
};

struct trace_size {
	uint64_t count, value, key, headers;
};

struct trace_sample {
	struct span value;
	size_t key, headers;
};

struct traces {
	const char *id_prefix; /* ids are this and a number */
	const char *perspectives[TRACE_PERSPECTIVES_MAX]; /* primary first */
	int perspectives_count;
	struct topics topics;
	struct arena *arena, *scratch;
	struct trace *list;
	size_t count, room;
	struct trace_size sizes[TRACE_RECORDS];
	/* all of one request, the check and result of its primary */
	struct trace_sample samples[TRACE_RECORDS];
	size_t sample_of; /* index; SIZE_MAX: not chosen yet */
	uint64_t outcomes[OUTCOME_REJECTED + 1];
	struct trace_reason {
		char name[64]; /* of a decision, or "perspective: class, ..." */
		uint64_t count;
	} reasons[TRACE_REASONS_MAX]; /* for which nothing was issued */
	uint64_t refused;             /* records that did not decode */
	double late_after_ms;         /* of a request's time; 0: never late */
	/* the first decision that arrived after since_ms, per partition */
	double since_ms;
	double next_ms[TRACE_PARTITIONS_MAX];
};

/* The new request's number. */
size_t traces_add(struct traces *t);
void traces_size(struct traces *t, enum trace_record record,
                 const struct kafka_message *m, size_t number);
/* A record from a topic; the number of the request it decides, or -1. */
int64_t traces_note(struct traces *t, const struct kafka_message *m,
                    double now_ms);

/* JSON: totals, parts of the latency, sizes. */
void traces_print(const struct traces *t);
/* Files that bench_floor reads. -1 if a sample is missing or can't be
   written. */
int traces_save(const struct traces *t, const char *dir);

#endif
