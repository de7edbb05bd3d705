/*
 * kafka_commit.h -- one transaction, from begin to its outcome (internal).
 *
 * Blocking: for the committer's thread. Each step is retried inside its bound,
 * in slices, so that the thread notices when nobody wants the outcome any more.
 */
#ifndef KAFKA_KAFKA_COMMIT_H
#define KAFKA_KAFKA_COMMIT_H

#include "kafka/kafka_txn.h"

#include <stdatomic.h>

struct rd_kafka_s;
struct rd_kafka_conf_s;

enum { KAFKA_WHY_MAX = 256 };

struct kafka_committer {
	struct rd_kafka_s *rk;
	int64_t limit_ms;
	int64_t init_limit_ms;
	/* An outcome ended it. Nothing is served any more: reports of records
	   whose batch is gone may be waiting. */
	bool over;
	/* No commit any more for this batch (or at all). The loop's side sets
	   them, the thread reads them between slices. */
	atomic_bool cancelled;
	atomic_bool ending;
};

/* Delivery reports are served on the thread that commits: a commit waits for
   whoever serves them. */
void kafka_commit_configure(struct rd_kafka_conf_s *conf);

/* COMMITTED: ready. Otherwise FENCED or FATAL, and why. */
enum kafka_txn_outcome kafka_commit_init(struct kafka_committer *c, char *why);
enum kafka_txn_outcome kafka_commit_batch(struct kafka_committer *c,
                                          struct kafka_batch *batch, char *why);
/* Serves the idle handle. COMMITTED: still good; else FENCED or FATAL. */
enum kafka_txn_outcome kafka_commit_idle(struct kafka_committer *c, char *why);

#endif
