/*
 * render.h -- topics and rights as what other tools take. Pure.
 */
#ifndef CTL_RENDER_H
#define CTL_RENDER_H

#include "ctl/changes.h"

/* How Kafka's own tools reach the brokers. */
struct render_client {
	const char *bootstrap;
	const char *command_config; /* NULL: no such option */
};

/* A line of kafka-topics.sh, for a POSIX shell. */
void render_topic_line(const struct topic_spec *topic,
                       const struct render_client *client, struct buf *out);
/* A line of kafka-configs.sh that sets all of the topic's configurations. */
void render_config_line(const struct topic_spec *topic,
                        const struct render_client *client, struct buf *out);
/* Lines of kafka-acls.sh, as few as one principal each allows. rights as a
   manifest gives them, or some of these. */
void render_right_lines(const struct rights *rights,
                        const struct render_client *client, struct buf *out);
/* What is open, as such lines. */
void render_changes(const struct changes *changes,
                    const struct render_client *client, struct buf *out);

/* KafkaTopic and KafkaUser resources (YAML) for the Strimzi cluster of that
   name. */
void render_strimzi_topics(const struct cluster_state *wanted,
                           const char *cluster, struct buf *out);
void render_strimzi_users(const struct cluster_state *wanted,
                          const char *cluster, struct buf *out);

#endif
