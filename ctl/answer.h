/*
 * answer.h -- a record of the decisions topic, verified and decoded.
 *
 * A record is worth something only if a pinned coordinator key signed it for
 * this deployment. Without pinned keys it is shown, and every sink says that
 * it was not verified.
 */
#ifndef CTL_ANSWER_H
#define CTL_ANSWER_H

#include "ctl/conf.h"
#include "kafka/kafka_message.h"
#include "wire/decision.h"

struct answer {
	struct arena *arena; /* all of it lives there */
	struct decision decision;
	struct digest digest; /* of the record's value */
	bool verified;
	const char *signer; /* the key's name; NULL unless verified */
	bool is_echo;       /* repeats an earlier decision, or says conflict */
	int32_t partition;
	int64_t offset;
	int64_t timestamp_ms;
};

/* NULL and *out (end with answer_free()), or why the record is none that
   counts: static text. */
const char *answer_read(const struct ctl_conf *conf,
                        const struct kafka_message *m, struct answer **out)
	__attribute__((warn_unused_result));
/* Takes *answer, accepts NULL, leaves NULL. */
void answer_free(struct answer **answer);

/* What was asked: the request as its record holds it. */
struct question {
	struct digest digest;
	struct span target; /* absent: the request names none */
};

/* NULL if it answers that very request, or why not: static text. */
const char *answer_mismatch(const struct answer *answer,
                            const struct question *question);

/* enum ctl_exit of an outcome. */
int answer_exit_code(const struct answer *answer);

#endif
