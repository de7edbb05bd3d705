#include "ctl/answer.h"

#include "base/addr.h"
#include "ctl/command.h"
#include "trust/jws.h"

/* NULL, or why its signature is not good. */
static const char *verify(const struct ctl_conf *conf,
                          const struct kafka_message *m,
                          const struct key_entry **entry)
{
	const struct trust_wanted wanted = { .role = KEY_ROLE_COORDINATOR,
		                             .at_ms = m->timestamp_ms };
	const struct sign_domain domain = { .lab = conf->is.lab,
		                            .deployment = conf->is.deployment,
		                            .record_type = SIGN_DECISION,
		                            .schema_version = 1 };
	struct span text = { NULL, 0 };
	size_t n = kafka_message_header(m, JWS_HEADER, &text);
	enum trust_result result;

	if (conf->keyring == NULL)
		return NULL;
	if (n > 1)
		return "it has more than one signature";
	result = jws_verify(conf->keyring, &wanted, &domain, m->value, text,
	                    entry);
	return result == TRUST_OK ? NULL : trust_result_name(result);
}

const char *answer_read(const struct ctl_conf *conf,
                        const struct kafka_message *m, struct answer **out)
{
	const struct key_entry *entry = NULL;
	struct span echo;
	enum encoding encoding;
	const char *why;

	if (m->value.p == NULL)
		return "it has no value";
	if (m->value.len > DECISION_MAX)
		return "it is too large to be a decision";
	why = verify(conf, m, &entry);
	if (why != NULL)
		return why;
	struct arena *arena = arena_new();
	struct answer *a = arena_alloc(arena, sizeof(*a));

	why = decision_decode(m->value, arena, &a->decision, &encoding);
	if (why == NULL && !span_eq(m->key, a->decision.request_id))
		why = "its key is not the id of its request";
	if (why != NULL) {
		arena_free(&arena);
		return why;
	}
	a->arena = arena;
	a->digest = digest_of(m->value);
	a->verified = entry != NULL;
	a->signer = entry != NULL ? entry->name : NULL;
	a->is_echo = kafka_message_header(m, HEADER_ECHO, &echo) > 0;
	a->partition = m->partition;
	a->offset = m->offset;
	a->timestamp_ms = m->timestamp_ms;
	*out = a;
	return NULL;
}

void answer_free(struct answer **answer)
{
	if (*answer == NULL)
		return;
	struct arena *arena = (*answer)->arena; /* *answer lives in it */

	arena_free(&arena);
	*answer = NULL;
}

/* A decision names the canonical form: of an address there are several. */
static bool same_target(struct span a, struct span b)
{
	struct addr x, y;

	if (span_eq_nocase(a, b))
		return true;
	return addr_parse(a, &x) && addr_parse(b, &y) && addr_eq(&x, &y);
}

const char *answer_mismatch(const struct answer *answer,
                            const struct question *question)
{
	const struct decision *d = &answer->decision;

	if (!digest_eq(&d->request.digest, &question->digest))
		return "it is about another request under the same id";
	if (!same_target(d->target, question->target))
		return "it is about another target";
	return NULL;
}

int answer_exit_code(const struct answer *answer)
{
	switch (answer->decision.outcome) {
	case OUTCOME_ISSUE:
	case OUTCOME_CORROBORATED: return CTL_OK;
	case OUTCOME_REJECTED: return CTL_REJECTED;
	case OUTCOME_DO_NOT_ISSUE: return CTL_DO_NOT_ISSUE;
	case OUTCOME_UNKNOWN: break;
	}
	/* a newer coordinator's word: not one to issue on */
	return CTL_DO_NOT_ISSUE;
}
