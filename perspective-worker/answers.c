#include "perspective-worker/answers.h"

#include "base/clock.h"
#include "base/log.h"
#include "trust/record_signature.h"
#include "wire/topics.h"

/* Whose it is and how it was checked stand in each line, so that one line is
   enough to go by. */
static void log_result(const struct job *job, const struct result *r,
                       int64_t took_us)
{
	const struct kind_result *dcv = result_kind(r, KIND_DCV);
	const struct kind_result *caa = result_kind(r, KIND_CAA);
	const char *none = "";

	log_info("worker_check_finished", F_SPAN("request_id", job->request_id),
	         F_SPAN("attempt_id", job->attempt_id),
	         F_SPAN("perspective", r->perspective),
	         F_STR("method", job->method == METHOD_UNKNOWN
	                                 ? none
	                                 : validation_method_name(job->method)),
	         F_STR("dcv_class",
	               dcv ? result_class_name(dcv->result_class) : none),
	         F_STR("dcv_reason", dcv ? reason_name(dcv->reason) : none),
	         F_STR("caa_class",
	               caa ? result_class_name(caa->result_class) : none),
	         F_STR("caa_reason", caa ? reason_name(caa->reason) : none),
	         F_INT("tries", r->tries),
	         F_INT("probe_generation", r->probe_generation),
	         F_INT("took_ms", took_us / 1000),
	         F_SPAN("traceparent", job->traceparent));
}

void answers_encode(const struct worker *w, const struct result *r,
                    struct buf *value, struct buf *signature)
{
	struct sign_domain domain = deployment_domain(w->d, SIGN_RESULT);

	result_encode(r, value);
	record_sign(w->d->signing_key, &domain, buf_span(value), signature);
}

static void send_result(struct worker *w, const struct job *job,
                        struct result *r)
{
	struct buf value = { 0 }, signature = { 0 };
	struct kafka_header headers[2] = { { RECORD_SIGNATURE_HEADER, { 0 } },
		                           { HEADER_TRACEPARENT,
		                             job->traceparent } };

	answers_encode(w, r, &value, &signature);
	if (value.len > RESULT_MAX) {
		value.len = 0;
		signature.len = 0;
		job_result_drop_evidence(r);
		answers_encode(w, r, &value, &signature);
	}
	headers[0].value = buf_span(&signature);
	const struct kafka_record record = {
		.topic = w->d->topics.results,
		.partition = job->results_partition,
		.key = job->request_id,
		.value = buf_span(&value),
		.headers = headers,
		.header_count = job->traceparent.p != NULL ? 2 : 1,
	};

	outgoing_add(w->outgoing, &record, &job->place);
	buf_clear(&value);
	buf_clear(&signature);
}

void answers_send(struct worker *w, struct job *job, struct result *r)
{
	int64_t took_us = clock_mono_us() - job->started_mono_us;

	r->validation_shown_ms = canary_shown_ms(w->canary);
	stats_result(w->stats, r, took_us);
	log_result(job, r, took_us);
	send_result(w, job, r);
	job_free(&job);
}

void worker_answer(struct worker *w, struct job *job,
                   enum result_class result_class, enum reason reason,
                   const char *detail)
{
	struct buf room = { 0 };
	struct result r;

	job_result_without_probe(job, &w->signer, result_class, reason, detail,
	                         &room, &r);
	answers_send(w, job, &r);
	buf_clear(&room);
}
