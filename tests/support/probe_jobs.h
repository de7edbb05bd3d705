/*
 * probe_jobs.h -- checks of a laboratory's names as jobs of a real probe, and
 * what has to hold of whatever comes back.
 */
#ifndef TESTS_PROBE_JOBS_H
#define TESTS_PROBE_JOBS_H

#include "tests/support/probe_world.h"
#include "wire/check.h"
#include "wire/evidence.h"
#include "wire/result.h"

/* Of the laboratory's challenge: "http-01", "dns-01", "alpn", "website", or
   "caa" for its CA; "caa-forgiving" as deployment and request may together
   "dns-01-good" as if control of good-signed.dns.faults were asked
   for. Fails the test on another word. target outlives the check. */
struct check probe_check(const struct lab_world *lab, const char *method,
                         const char *target);

/* Starts the program, which has to take the settings: what it says then. */
struct probe_ready probe_start(struct probe_world *w,
                               const struct frame *settings, int64_t limit_ms);
/* The same with the laboratory's settings, where a job's own time is what ends
   it, however busy the machine. */
struct probe_ready probe_start_patient(struct probe_world *w,
                                       const struct lab_world *lab,
                                       int64_t limit_ms);
/* Closes its socket: it has to end with that status. */
void probe_end_with(struct probe_world *w, int status);

/* What else a job may say. */
struct probe_job_more {
	unsigned check_set; /* 0: the check's */
	const char *full;   /* a prefix where it must not go; NULL: none */
};

void probe_job_send(struct probe_world *w, int64_t id,
                    const struct check *check, int64_t budget_ms);
void probe_job_send_more(struct probe_world *w, int64_t id,
                         const struct check *check, int64_t budget_ms,
                         const struct probe_job_more *more);
/* The next frame, which has to be a job's end; it lives until
   probe_world_end(). */
struct probe_done probe_job_done(struct probe_world *w, int64_t limit_ms);

/* The evidence, judged again, says what the result says (promise 3). Fails the
   test where it does not decode; it lives as what was read. */
bool probe_replays(struct probe_world *w, const struct check *check,
                   const struct kind_result *r, struct evidence *evidence);

#endif
