/*
 * cluster_internal.h -- one admin call of a cluster, and what its answer says
 * (for cluster*.c).
 */
#ifndef CTL_CLUSTER_INTERNAL_H
#define CTL_CLUSTER_INTERNAL_H

#include "ctl/cluster.h"

#include <librdkafka/rdkafka.h>

enum { CLUSTER_LIMIT_MS = 15000 }; /* of one call */

struct cluster {
	const struct ctl_conf *conf;
	rd_kafka_t *rk;
	rd_kafka_queue_t *talk;    /* log and errors */
	rd_kafka_queue_t *answers; /* of admin calls, one at a time */
};

/* What a call is about, for who reads that it was refused. */
struct cluster_call {
	const char *what;  /* "topics" */
	const char *needs; /* the right that it takes, */
	const char *on;    /* and on what */
};

/* With the limits of a call; to be destroyed. */
rd_kafka_AdminOptions_t *cluster_options(const struct cluster *c,
                                         rd_kafka_admin_op_t op);
/* The call's answer, to be destroyed; or NULL with *code and *why. */
rd_kafka_event_t *cluster_answer(struct cluster *c,
                                 const struct cluster_call *call, int *code,
                                 struct err *why);

/* The exit code, with *why. Nothing came; or the brokers said no: text is
   theirs, or NULL. */
int cluster_unreachable(struct cluster *c, const char *what,
                        rd_kafka_resp_err_t rc, struct err *why);
int cluster_refused(const struct cluster *c, rd_kafka_resp_err_t rc,
                    const char *text, const struct cluster_call *call,
                    struct err *why);

#endif
