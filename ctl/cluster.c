#include "ctl/cluster_internal.h"

#include "kafka/kafka_side.h"
#include "kafka/kafka_wake.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { CREATE_MS = 10000 }; /* for the brokers to have a new topic */

struct cluster *cluster_open(const struct ctl_conf *conf, struct err *why)
{
	rd_kafka_conf_t *rk_conf = kafka_conf_new(&conf->kafka, KAFKA_ROLE_ASK,
	                                          conf->is.group, why);
	struct cluster *c;
	rd_kafka_t *rk;
	char text[256];

	if (rk_conf == NULL)
		return NULL;
	rd_kafka_conf_set_events(rk_conf,
	                         RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, rk_conf, text, sizeof(text));
	if (rk == NULL) {
		err_set(why, "kafka: %s", text);
		rd_kafka_conf_destroy(rk_conf);
		return NULL;
	}
	c = xzalloc(sizeof(*c));
	c->conf = conf;
	c->rk = rk;
	rd_kafka_set_log_queue(rk, NULL);
	c->talk = rd_kafka_queue_get_main(rk);
	c->answers = rd_kafka_queue_new(rk);
	return c;
}

/* -- what went wrong -- */

static const char *property(const struct ctl_conf *conf, const char *name)
{
	const struct setting_pairs *pairs = &conf->is.kafka_properties;

	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->at[i].name, name) == 0)
			return pairs->at[i].value;
	}
	return NULL;
}

/* A client can't ask who it is taken for: this is what it shows. */
static void forbidden(const struct cluster *c, const struct cluster_call *call,
                      struct err *why)
{
	const char *user = property(c->conf, "sasl.username");
	const char *certificate = property(c->conf, "ssl.certificate.location");

	if (user != NULL)
		err_set(why,
		        "authorization failed: User:%s (sasl.username) needs "
		        "%s on %s",
		        user, call->needs, call->on);
	else if (certificate != NULL)
		err_set(why,
		        "authorization failed: whom the certificate %s names "
		        "needs %s on %s",
		        certificate, call->needs, call->on);
	else
		err_set(why,
		        "authorization failed: User:ANONYMOUS needs %s on %s",
		        call->needs, call->on);
}

/* What the library had to say meanwhile; the first error is why. */
static bool read_talk(struct cluster *c, struct err *why)
{
	rd_kafka_event_t *event;
	bool any = false;

	while ((event = rd_kafka_queue_poll(c->talk, 0)) != NULL) {
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_LOG) {
			kafka_wake_log(event);
		} else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR &&
		           !any) {
			err_set(why, "%s", rd_kafka_event_error_string(event));
			any = true;
		}
		rd_kafka_event_destroy(event);
	}
	return any;
}

void cluster_free(struct cluster **cluster)
{
	struct cluster *c = *cluster;

	if (c == NULL)
		return;
	(void)read_talk(c, NULL);
	rd_kafka_queue_destroy(c->answers);
	rd_kafka_queue_destroy(c->talk);
	kafka_end_destroy(c->rk);
	free(c);
	*cluster = NULL;
}

int cluster_unreachable(struct cluster *c, const char *what,
                        rd_kafka_resp_err_t rc, struct err *why)
{
	/* a wrong certificate, say, is in the talk and not in rc */
	if (!read_talk(c, why))
		err_set(why, "%s", rd_kafka_err2str(rc));
	(void)err_prefix(why, "%s: %s", c->conf->is.brokers, what);
	return EX_UNAVAILABLE;
}

int cluster_refused(const struct cluster *c, rd_kafka_resp_err_t rc,
                    const char *text, const struct cluster_call *call,
                    struct err *why)
{
	switch ((int)rc) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		forbidden(c, call, why);
		return EX_NOPERM;
	case RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
		err_set(why, "the brokers have no authorizer, so everybody may "
		             "do everything: set authorizer.class.name there");
		return EX_UNAVAILABLE;
	default:
		err_set(why, "%s", text != NULL ? text : rd_kafka_err2str(rc));
		return EX_UNAVAILABLE;
	}
}

void cluster_pause(struct cluster *c, int ms)
{
	/* between calls nothing comes to this queue: it is only a wait */
	rd_kafka_event_t *event = rd_kafka_queue_poll(c->answers, ms);

	if (event != NULL)
		rd_kafka_event_destroy(event);
}

/* -- calls -- */

rd_kafka_AdminOptions_t *cluster_options(const struct cluster *c,
                                         rd_kafka_admin_op_t op)
{
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(c->rk, op);
	char text[256];

	(void)rd_kafka_AdminOptions_set_request_timeout(
		options, CLUSTER_LIMIT_MS, text, sizeof(text));
	if (op == RD_KAFKA_ADMIN_OP_CREATETOPICS)
		(void)rd_kafka_AdminOptions_set_operation_timeout(
			options, CREATE_MS, text, sizeof(text));
	return options;
}

rd_kafka_event_t *cluster_answer(struct cluster *c,
                                 const struct cluster_call *call, int *code,
                                 struct err *why)
{
	rd_kafka_event_t *event =
		rd_kafka_queue_poll(c->answers, CLUSTER_LIMIT_MS + 1000);
	rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__TIMED_OUT;

	if (event != NULL)
		rc = rd_kafka_event_error(event);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		return event;
	if (rc == RD_KAFKA_RESP_ERR__TIMED_OUT ||
	    rc == RD_KAFKA_RESP_ERR__TRANSPORT)
		*code = cluster_unreachable(c, call->what, rc, why);
	else
		*code = cluster_refused(
			c, rc, rd_kafka_event_error_string(event), call, why);
	if (event != NULL)
		rd_kafka_event_destroy(event);
	return NULL;
}
