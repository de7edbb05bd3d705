/*
 * wanted.h -- a manifest filled in: the topics and rights that a cluster should
 * have. Pure.
 */
#ifndef CTL_WANTED_H
#define CTL_WANTED_H

#include "ctl/manifest.h"

/* What replaces the manifest's own; 0 or NULL: nothing does. */
struct wanted_options {
	const char *prefix;
	int partitions;
	int replication; /* min.insync.replicas stays below it */
	const char *const *perspectives; /* with the deployment's partitions */
	size_t perspectives_count;
};

/* In the manifest's order. 0, or -1 with *why and nothing to clear: a template
   that can't be filled, a name that Kafka wouldn't take, two of one name. */
int wanted_make(struct cluster_state *wanted, const struct manifest *m,
                const struct wanted_options *options, struct err *why)
	__attribute__((warn_unused_result));

#endif
