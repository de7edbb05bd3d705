/*
 * kafka_txn.h -- the committer: records and offsets in one transaction.
 *
 * A transactional producer and the one long-lived thread that may block on it.
 * One batch at a time: begin, produce, flush, offsets, commit; a transaction is
 * never left open. Every submit is answered exactly once from the loop. Only
 * KAFKA_TXN_COMMITTED means that anything happened.
 *
 *   new -> on_ready -> submit -> on_outcome COMMITTED | ABORTED -> submit ...
 *                                           LOST -> free, new, restore
 *
 * Nothing here blocks the loop.
 */
#ifndef KAFKA_KAFKA_TXN_H
#define KAFKA_KAFKA_TXN_H

#include "kafka/kafka_in.h"
#include "kafka/kafka_out.h"

struct kafka_txn;
struct kafka_batch;

enum kafka_txn_outcome {
	KAFKA_TXN_COMMITTED, /* all of it is on the log */
	KAFKA_TXN_ABORTED,   /* none of it is; the producer is good. Make a new
	                        batch of what still has its lease */
	KAFKA_TXN_FENCED,    /* another producer has our transactional.id, or
	                        our epoch is gone; what was being committed may
	                        have been: free, new, restore */
	KAFKA_TXN_FATAL,     /* the producer broke before the commit was sent:
	                        free, new, restore */
	KAFKA_TXN_UNKNOWN, /* it may have been committed: free, new, restore */
};

struct kafka_txn_events {
	/* init_transactions is done: submit. Once. */
	void (*on_ready)(void *owner);
	/*
	 * batch is lent for the call and freed after it. why is NULL if
	 * committed. An outcome other than COMMITTED and ABORTED ends this
	 * kafka_txn; batch is NULL if none was submitted (init failed, or the
	 * producer broke while idle). After it nothing more is called.
	 */
	void (*on_outcome)(void *owner, enum kafka_txn_outcome outcome,
	                   const struct kafka_batch *batch, const char *why);
	void *owner;
};

struct kafka_txn_options {
	const char *transactional_id; /* stable, unique to this instance */
	uint32_t limit_ms; /* transaction.timeout.ms and bound of each step of
	                      a commit; 0: 10,000 */
	uint32_t init_limit_ms; /* 0: 30,000 */
	/* As in kafka_out_options. */
	const char *const *topics;
	size_t topic_count;
	struct kafka_txn_events events;
};

/* Starts the thread and init_transactions; NULL with *err. */
struct kafka_txn *kafka_txn_new(struct loop *loop,
                                const struct kafka_conf *conf,
                                const struct kafka_txn_options *options,
                                struct err *err);
/*
 * Takes *txn, accepts NULL, leaves NULL. Never blocks and calls nothing. A
 * batch in progress is aborted by the thread, or has an unknown outcome; the
 * thread ends by itself (kafka_end.h waits for it at exit).
 */
void kafka_txn_free(struct kafka_txn **txn);

/* Ready and nothing submitted. */
bool kafka_txn_is_idle(const struct kafka_txn *txn);
/* Asserts idle. Takes *batch and leaves NULL. An empty batch is our bug. */
void kafka_txn_submit(struct kafka_txn *txn, struct kafka_batch **batch);
/* The lease of the batch in progress is gone: abort it unless the commit was
   sent already. on_outcome still comes. No-op if idle. */
void kafka_txn_cancel(struct kafka_txn *txn);

/*
 * A batch owns copies of everything. Records keep their order and are known by
 * their number, from 0. Offsets need a lease.
 */
struct kafka_batch *kafka_batch_new(void);
void kafka_batch_free(struct kafka_batch **batch);
/* Partition is explicit. tag is the caller's own. Returns its number. */
size_t kafka_batch_add(struct kafka_batch *batch,
                       const struct kafka_record *record, void *tag);
/* Offset of one partition; one that was added before is replaced. */
void kafka_batch_set_offset(struct kafka_batch *batch,
                            const struct kafka_offset *offset);
/* Copies it. All offsets of a batch go under one lease. */
void kafka_batch_set_lease(struct kafka_batch *batch,
                           const struct kafka_lease *lease);
size_t kafka_batch_count(const struct kafka_batch *batch);
/* Bytes of keys, values and headers. */
size_t kafka_batch_bytes(const struct kafka_batch *batch);
void *kafka_batch_tag(const struct kafka_batch *batch, size_t number);
/* Where the record went; meaningful after COMMITTED only. If a record was the
   reason for an abort its fate is KAFKA_REFUSED (never resubmit it). */
struct kafka_delivery kafka_batch_delivery(const struct kafka_batch *batch,
                                           size_t number);

const char *kafka_txn_outcome_name(enum kafka_txn_outcome outcome);

#endif
