/*
 * topics.h -- the names on the log: topics, headers, the forwarding mark.
 *
 * All topics share one prefix. Header values are text, so that kcat shows
 * them; they are claims of whoever wrote the record unless a signature says
 * otherwise.
 */
#ifndef WIRE_TOPICS_H
#define WIRE_TOPICS_H

#include "base/span.h"

enum { TOPIC_PREFIX_MAX = 64, TOPIC_NAME_MAX = 128, TOPIC_CODE_MAX = 32 };

struct topics {
	char requests[TOPIC_NAME_MAX];
	char attempts[TOPIC_NAME_MAX];
	char results[TOPIC_NAME_MAX];
	char decisions[TOPIC_NAME_MAX];
	char perspectives[TOPIC_NAME_MAX];
	char dead_letters[TOPIC_NAME_MAX];
	char prefix[TOPIC_PREFIX_MAX + 1];
};

/* prefix: at most TOPIC_PREFIX_MAX characters of Kafka's alphabet (checked by
   topic_prefix_ok()). */
void topics_init(struct topics *t, const char *prefix);
bool topic_prefix_ok(const char *prefix);
/* "<prefix>checks.<perspective>" into out (TOPIC_NAME_MAX); returns out. */
const char *topics_checks(const struct topics *t, struct span perspective,
                          char *out);

/* Headers. mpic-signature and mpic-jws are trust/'s. */
#define HEADER_CONTENT_TYPE "content-type"
#define HEADER_TRACEPARENT  "traceparent"
#define HEADER_ECHO         "mpic-echo" /* offset of the first decision */
#define HEADER_FORWARDED \
	"mpic-forwarded" /* "<partition>/<offset>/<timestamp ms>" */
#define HEADER_DEAD_REASON    "mpic-dead-letter-reason"
#define HEADER_DEAD_DETAIL    "mpic-dead-letter-detail"
#define HEADER_DEAD_TOPIC     "mpic-dead-letter-topic"
#define HEADER_DEAD_PARTITION "mpic-dead-letter-partition"
#define HEADER_DEAD_OFFSET    "mpic-dead-letter-offset"

#define CONTENT_TYPE_JSON    "application/json"
#define CONTENT_TYPE_MSGPACK "application/msgpack"

/* A request that was copied to its home partition: where it was first found. */
struct forwarded {
	int32_t partition;
	int64_t offset;
	int64_t timestamp_ms;
};

/* Canonical form only; false leaves *out. */
bool forwarded_parse(struct span s, struct forwarded *out);
/* out holds FORWARDED_MAX; returns out. */
enum { FORWARDED_MAX = 64 };
const char *forwarded_text(const struct forwarded *f, char *out);

#endif
