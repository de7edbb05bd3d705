/*
 * rollout.h -- what `mpicctl topics' and `mpicctl acls' have in common: a
 * manifest held against a cluster, shown, brought about, checked, or written
 * for other tools.
 */
#ifndef CTL_ROLLOUT_H
#define CTL_ROLLOUT_H

#include "ctl/cluster.h"
#include "ctl/render.h"

struct rollout {
	const char *doc;  /* of --help */
	const char *name; /* "topics" */
	size_t (*count)(const struct cluster_state *wanted);
	int (*read)(struct cluster *cluster, const struct cluster_state *wanted,
	            struct cluster_state *found, struct err *why);
	const char *none; /* what to say when read found nothing; or NULL */
	void (*compare)(const struct cluster_state *wanted,
	                const struct cluster_state *found,
	                struct changes *changes);
	void (*lines)(const struct cluster_state *wanted,
	              const struct render_client *client, struct buf *out);
	void (*strimzi)(const struct cluster_state *wanted, const char *cluster,
	                struct buf *out);
};

/* The command; returns its exit code. */
int rollout_run(const struct rollout *rollout, int argc, char **argv);

#endif
