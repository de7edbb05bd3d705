#include "kafka/kafka_ask.h"

#include "kafka/kafka_question.h"
#include "kafka/kafka_side.h"
#include "kafka/kafka_wake.h"

#include "base/mem.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

struct kafka_ask {
	struct loop *loop;
	struct kafka_asker *asker; /* the thread's once there is one */
	struct kafka_side *side;   /* NULL before the first question */
	rd_kafka_queue_t *queue;   /* the library's log and errors */
	struct err trouble; /* with certificates or credentials; empty: none */
	struct kafka_wake *wake;
};

struct ask_job {
	struct kafka_job job;
	struct kafka_question question;
	union {
		kafka_watermarks_fn *watermarks;
		kafka_offsets_fn *offsets;
		kafka_partitions_fn *partitions;
		kafka_findings_fn *findings;
	} tell;
	void *arg;
};

static void job_free(struct kafka_job *job)
{
	struct ask_job *j = (struct ask_job *)job;

	arena_free(&j->question.arena);
	free(j);
}

static void run(struct kafka_job *job, void *context)
{
	struct ask_job *j = (struct ask_job *)job;

	j->question.ask(&j->question, context);
}

/* Of silence the library says only that it lasted too long; why, it said
   before. Certificates and credentials only: brokers come and go. */
static const char *reason(struct kafka_ask *ask, struct err *why)
{
	struct err whole;

	if (ask->trouble.text[0] == '\0')
		return why->text;
	err_set(&whole, "%.160s: %.340s", why->text, ask->trouble.text);
	*why = whole;
	return why->text;
}

static void note_answer(struct kafka_ask *ask, const struct kafka_question *q)
{
	if (!q->failed)
		ask->trouble.text[0] = '\0';
}

static void tell_watermarks(struct kafka_job *job, void *owner)
{
	struct ask_job *j = (struct ask_job *)job;
	struct kafka_question *q = &j->question;

	note_answer(owner, q);
	if (q->failed)
		j->tell.watermarks(j->arg, reason(owner, &q->why), NULL, 0);
	else
		j->tell.watermarks(j->arg, NULL, q->watermarks, q->count);
	job_free(job);
}

static void tell_offsets(struct kafka_job *job, void *owner)
{
	struct ask_job *j = (struct ask_job *)job;
	struct kafka_question *q = &j->question;

	note_answer(owner, q);
	if (q->failed)
		j->tell.offsets(j->arg, reason(owner, &q->why), NULL, 0);
	else
		j->tell.offsets(j->arg, NULL, q->committed, q->count);
	job_free(job);
}

static void tell_partitions(struct kafka_job *job, void *owner)
{
	struct ask_job *j = (struct ask_job *)job;
	struct kafka_question *q = &j->question;

	note_answer(owner, q);
	j->tell.partitions(j->arg, q->failed ? reason(owner, &q->why) : NULL,
	                   q->list[0].topic, q->partitions);
	job_free(job);
}

static void tell_findings(struct kafka_job *job, void *owner)
{
	struct ask_job *j = (struct ask_job *)job;

	for (size_t i = 0; i < j->question.count; i++) {
		struct kafka_finding *f = &j->question.findings[i];

		if (f->found != KAFKA_NEED_UNKNOWN)
			continue;
		err_set(&j->question.why, "%s", f->error);
		f->error = reason(owner, &j->question.why);
		break; /* one is told */
	}
	j->tell.findings(j->arg, j->question.findings, j->question.count);
	job_free(job);
}

/* Before 2.6.1 the library sends its nonce twice; Kafka 4 calls that "invalid
   credentials", Kafka 3.9 lets it pass. */
static const char *scram_fault(const char *text)
{
	if (strstr(text, "SCRAM") == NULL || rd_kafka_version() >= 0x020601ff)
		return "";
	return "; Kafka 4 takes no SCRAM of a librdkafka before 2.6.1: PLAIN "
	       "or a certificate";
}

static void note_trouble(struct kafka_ask *ask, rd_kafka_event_t *event)
{
	const char *text = rd_kafka_event_error_string(event);

	switch ((int)rd_kafka_event_error(event)) {
	case RD_KAFKA_RESP_ERR__SSL:
		err_set(&ask->trouble,
		        "TLS failed: see ssl.ca.location, "
		        "ssl.certificate.location, ssl.key.location and "
		        "whether the certificate names the broker: %.240s",
		        text);
		break;
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
		err_set(&ask->trouble,
		        "the broker refuses who we say we are: see "
		        "sasl.mechanism, sasl.username and "
		        "sasl.password.file%s: %.160s",
		        scram_fault(text), text);
		break;
	case RD_KAFKA_RESP_ERR__TRANSPORT:
		/* with TLS 1.3 the broker looks at our certificate last */
		if (strstr(text, "SSL alert") != NULL)
			err_set(&ask->trouble,
			        "the broker refuses our certificate: see "
			        "ssl.certificate.location and whether the "
			        "brokers trust its CA: %.240s",
			        text);
		break;
	default: break;
	}
}

static bool serve(void *arg)
{
	struct kafka_ask *ask = arg;
	rd_kafka_event_t *event;

	while ((event = rd_kafka_queue_poll(ask->queue, 0)) != NULL) {
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_LOG)
			kafka_wake_log(event);
		else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
			note_trouble(ask, event);
		rd_kafka_event_destroy(event);
	}
	return false;
}

struct kafka_ask *kafka_ask_new(struct loop *loop,
                                const struct kafka_conf *conf,
                                const char *group_id, struct err *err)
{
	rd_kafka_conf_t *rk_conf =
		kafka_conf_new(conf, KAFKA_ROLE_ASK, group_id, err);
	struct kafka_ask *ask;
	rd_kafka_t *rk;
	char why[256];

	if (rk_conf == NULL)
		return NULL;
	rd_kafka_conf_set_events(rk_conf,
	                         RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, rk_conf, why, sizeof(why));
	if (rk == NULL) {
		err_set(err, "kafka: %s", why);
		rd_kafka_conf_destroy(rk_conf);
		return NULL;
	}
	ask = xzalloc(sizeof(*ask));
	ask->loop = loop;
	ask->asker = kafka_asker_new(rk, group_id);
	rd_kafka_set_log_queue(rk, NULL);
	ask->queue = rd_kafka_queue_get_main(rk);
	ask->wake = kafka_wake_new(loop, ask->queue, serve, ask);
	return ask;
}

void kafka_ask_free(struct kafka_ask **ask)
{
	struct kafka_ask *a = *ask;

	if (a == NULL)
		return;
	*ask = NULL;
	kafka_wake_free(&a->wake);
	rd_kafka_queue_destroy(a->queue);
	if (a->side != NULL)
		kafka_side_free(&a->side);
	else
		kafka_asker_free_aside(a->asker);
	free(a);
}

static struct ask_job *job_new(uint32_t limit_ms,
                               void (*done)(struct kafka_job *, void *),
                               void *arg)
{
	struct ask_job *j = xzalloc(sizeof(*j));

	j->job.run = run;
	j->job.done = done;
	j->job.free = job_free;
	j->arg = arg;
	j->question.arena = arena_new();
	j->question.limit_ms = limit_ms;
	return j;
}

static void copy_list(struct kafka_question *q,
                      const struct kafka_partition *list, size_t count)
{
	struct kafka_partition *copy =
		arena_calloc(q->arena, count + 1, sizeof(*copy));

	for (size_t i = 0; i < count; i++) {
		copy[i].topic = arena_str(q->arena, list[i].topic);
		copy[i].partition = list[i].partition;
	}
	q->list = copy;
	q->count = count;
}

static void start(struct kafka_ask *ask, struct ask_job *j)
{
	static const struct kafka_side_functions functions = {
		.end = kafka_asker_free,
	};

	if (ask->side == NULL)
		ask->side =
			kafka_side_new(ask->loop, &functions, ask->asker, ask);
	kafka_side_run(ask->side, &j->job);
}

void kafka_ask_watermarks(struct kafka_ask *ask,
                          const struct kafka_partition *list, size_t count,
                          uint32_t limit_ms, kafka_watermarks_fn *done,
                          void *arg)
{
	struct ask_job *j = job_new(limit_ms, tell_watermarks, arg);

	j->tell.watermarks = done;
	j->question.ask = kafka_question_watermarks;
	copy_list(&j->question, list, count);
	start(ask, j);
}

void kafka_ask_committed(struct kafka_ask *ask,
                         const struct kafka_partition *list, size_t count,
                         uint32_t limit_ms, kafka_offsets_fn *done, void *arg)
{
	struct ask_job *j = job_new(limit_ms, tell_offsets, arg);

	j->tell.offsets = done;
	j->question.ask = kafka_question_committed;
	copy_list(&j->question, list, count);
	start(ask, j);
}

void kafka_ask_partitions(struct kafka_ask *ask, const char *topic,
                          uint32_t limit_ms, kafka_partitions_fn *done,
                          void *arg)
{
	const struct kafka_partition at = { topic, -1 };
	struct ask_job *j = job_new(limit_ms, tell_partitions, arg);

	j->tell.partitions = done;
	j->question.ask = kafka_question_partitions;
	copy_list(&j->question, &at, 1);
	start(ask, j);
}

void kafka_ask_needs(struct kafka_ask *ask, const struct kafka_need *list,
                     size_t count, uint32_t limit_ms, kafka_findings_fn *done,
                     void *arg)
{
	struct ask_job *j = job_new(limit_ms, tell_findings, arg);
	struct kafka_finding *findings =
		arena_calloc(j->question.arena, count + 1, sizeof(*findings));

	j->tell.findings = done;
	j->question.ask = kafka_question_needs;
	for (size_t i = 0; i < count; i++) {
		findings[i].need = list[i];
		findings[i].need.topic =
			arena_str(j->question.arena, list[i].topic);
	}
	j->question.findings = findings;
	j->question.count = count;
	start(ask, j);
}
