/*
 * job.h -- one check from the topic until its result is written: all that the
 * result says about who, what and when is kept here. A probe has no say in it
 * it supplies class, reason and evidence of a kind, nothing else.
 */
#ifndef PERSPECTIVE_WORKER_JOB_H
#define PERSPECTIVE_WORKER_JOB_H

#include "base/addr.h"
#include "kafka/kafka_message.h"
#include "perspective-worker/partitions.h"
#include "perspective-worker/probe_pool.h"
#include "perspective-worker/turnstile.h"
#include "wire/check.h"
#include "wire/result.h"

struct names;

struct job {
	struct probe_task task; /* first: the pool hands it back */
	struct job *prev, *next;
	struct turnstile_pass pass;
	bool taken_back; /* from a probe, where it hung */
	struct arena *arena;
	struct place place;
	struct span request_id;
	struct span attempt_id;
	struct span traceparent; /* .p NULL: none */
	enum perspective_role role;
	enum validation_method method; /* METHOD_UNKNOWN: only CAA */
	struct digest plan;
	int32_t results_partition;
	int64_t started_ms; /* wall */
	int64_t started_mono_us;
};

/* Who answers. */
struct job_signer {
	struct span perspective;
	struct span instance;
	bool vulnerable_resolver;
};

/* Where one applicant's say over a target ends, and what its bad checks may
   cost, no more: the registrable domain; of an IPv6 address its /64, which is
   one host's, of an IPv4 one its /24, as reverse zones are delegated (RFC 2317,
   section 2). Borrows from target, or is in room. */
struct span job_zone(const struct names *names, struct span target,
                     char room[PREFIX_TEXT_MAX]);

/* check was decoded from m's value. zone: what is set aside if its checks end
   probes. All is copied. Free with job_free(). */
struct job *job_new(const struct check *check, const struct kafka_message *m,
                    struct span zone, const struct place *place);
/* Takes *job, accepts NULL, leaves NULL. */
void job_free(struct job **job);

/* What the job's result says: the kinds of a probe's answer, or for answers
   without one the same class and reason for every kind asked for. *out borrows
   from all that is given here; versions from `room`. */
void job_result(const struct job *job, const struct job_signer *signer,
                const struct probe_answer *answer, struct buf *room,
                struct result *out);
void job_result_without_probe(const struct job *job,
                              const struct job_signer *signer,
                              enum result_class result_class,
                              enum reason reason, const char *detail,
                              struct buf *room, struct result *out);

/* The same result without evidence: error evidence-too-large for every kind
   that had some. */
void job_result_drop_evidence(struct result *result);

#endif
