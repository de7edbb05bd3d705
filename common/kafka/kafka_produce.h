/*
 * kafka_produce.h -- one record into a producer, and what came of it: what
 * kafka_out and kafka_txn share (internal).
 */
#ifndef KAFKA_KAFKA_PRODUCE_H
#define KAFKA_KAFKA_PRODUCE_H

#include "kafka/kafka_out.h"

struct rd_kafka_s;
struct rd_kafka_message_s;

/* Key, value and headers with their framing. */
size_t kafka_record_bytes(const struct kafka_record *r);
/* Makes the library look for the topics now, and keep looking. */
void kafka_warm_up(struct rd_kafka_s *rk, const char *const *topics,
                   size_t count);
/* The same; what goes to them is not compressed, and spread over partitions
   without regard to its key (kafka_spread.h). */
void kafka_warm_up_plain(struct rd_kafka_s *rk, const char *const *topics,
                         size_t count);
/* Hands over a copy. Returns a rd_kafka_resp_err_t. */
int kafka_produce(struct rd_kafka_s *rk, const struct kafka_record *r,
                  void *opaque);
/* error is the library's own text. */
struct kafka_delivery kafka_delivery_of(const struct rd_kafka_message_s *m);
/* From a rd_kafka_timestamp_type_t. */
enum kafka_time_kind kafka_time_kind_of(int type);

#endif
