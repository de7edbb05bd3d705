/*
 * Texts of persistent records and of contacts: what is
 * taken holds what was asked for, and what is canonical stays as it is.
 */
#include "decide/judge/persist.h"
#include "decide/method/contact.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ACCOUNT "https://ca.example/acct/1"

static struct span issuers[] = { { (const uint8_t *)"ca.example", 10 },
	                         { (const uint8_t *)"pki.example", 11 } };

static void check_persist(struct span text)
{
	struct persist_terms terms = {
		.issuers = { issuers, 2 },
		.account_uri = SPAN(ACCOUNT),
		.now_ms = INT64_C(1795392000000),
		.policy_wildcard = true,
	};
	struct persist strict;
	struct persist plain;
	enum persist_result result = persist_read(text, &terms, &strict);

	assert(persist_result_name(result)[0] != '?');
	terms.policy_wildcard = false;
	if (result == PERSIST_GOOD)
		assert(persist_read(text, &terms, &plain) == PERSIST_GOOD);
	if (persist_read(text, &terms, &plain) != PERSIST_GOOD)
		return;
	assert(plain.issuer < 2);
	assert(span_find(text, terms.account_uri) >= 0);
	assert(!plain.until_ms.set || plain.until_ms.v >= terms.now_ms);
	/* time and an account of one's own only ever make it stricter */
	if (plain.until_ms.set) {
		terms.now_ms = plain.until_ms.v + 1;
		assert(persist_read(text, &terms, &plain) == PERSIST_EXPIRED);
	}
	terms.account_uri = SPAN("https://ca.example/acct/");
	assert(persist_read(text, &terms, &plain) == PERSIST_OTHER_ACCOUNT);
}

static void check_contact(enum contact_kind kind, struct span text,
                          struct arena *arena)
{
	struct span once;
	struct span twice;

	if (!contact_canonical(kind, text, arena, &once))
		return;
	assert(once.len > 1 && once.len <= text.len);
	assert(contact_canonical(kind, once, arena, &twice));
	assert(span_eq(once, twice));
	for (size_t i = 0; i < once.len; i++)
		assert(once.p[i] > ' ' && once.p[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct arena *arena = arena_new();

	check_persist(text);
	check_contact(CONTACT_EMAIL, text, arena);
	check_contact(CONTACT_PHONE, text, arena);
	arena_free(&arena);
	return 0;
}
