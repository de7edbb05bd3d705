/*
 * cluster.h -- topics and rights of a real cluster, read and changed through
 * librdkafka's admin calls.
 *
 * Everything blocks, inside a limit: for commands that do nothing else. What a
 * broker refuses for want of a right names the right, and what this client
 * shows the brokers to be known by.
 */
#ifndef CTL_CLUSTER_H
#define CTL_CLUSTER_H

#include "ctl/changes.h"
#include "ctl/conf.h"

struct cluster;

/* conf is borrowed. NULL with *why. */
struct cluster *cluster_open(const struct ctl_conf *conf, struct err *why);
/* Takes *cluster, accepts NULL, leaves NULL. */
void cluster_free(struct cluster **cluster);

/* Into *found, which is initialized: the wanted topics, or all rights. EX_OK,
   or an exit code with *why. */
int cluster_read_topics(struct cluster *cluster,
                        const struct cluster_state *wanted,
                        struct cluster_state *found, struct err *why)
	__attribute__((warn_unused_result));
int cluster_read_rights(struct cluster *cluster, struct cluster_state *found,
                        struct err *why) __attribute__((warn_unused_result));

/* Lets time pass. */
void cluster_pause(struct cluster *cluster, int ms);

/* Creates, sets and allows what is open, and writes down what became of it. */
void cluster_apply(struct cluster *cluster, struct changes *changes);

#endif
