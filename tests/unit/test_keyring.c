/* a perspective's result is believed for its key, never for its word. */
#include "trust/keyring.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

enum { FROM = 1000, UNTIL = 2000, REVOKED = 1500 };

/* One key each; the seed is the position + 1 in every byte. */
enum who { PARIS, PARIS_NEXT, TOKYO, COORDINATOR, STOLEN, STRANGER, WHOS };

static struct signing_key *keys[WHOS];
static struct buf public_texts[WHOS];
static struct key_setting settings[WHOS];
static struct keyring *ring;

static void set_up(void)
{
	static const struct key_setting rows[] = {
		[PARIS] = { "paris",
		            KEY_ROLE_WORKER,
		            "eu-paris",
		            { 0 },
		            FROM,
		            UNTIL,
		            KEY_NEVER },
		[PARIS_NEXT] = { "paris-next",
		                 KEY_ROLE_WORKER,
		                 "eu-paris",
		                 { 0 },
		                 UNTIL,
		                 KEY_NEVER,
		                 KEY_NEVER },
		[TOKYO] = { "tokyo",
		            KEY_ROLE_WORKER,
		            "ap-tokyo",
		            { 0 },
		            FROM,
		            UNTIL,
		            KEY_NEVER },
		[COORDINATOR] = { "coord",
		                  KEY_ROLE_COORDINATOR,
		                  NULL,
		                  { 0 },
		                  0,
		                  KEY_NEVER,
		                  KEY_NEVER },
		[STOLEN] = { "stolen",
		             KEY_ROLE_WORKER,
		             "eu-paris",
		             { 0 },
		             FROM,
		             UNTIL,
		             REVOKED },
	};

	for (int i = 0; i < WHOS; i++) {
		uint8_t seed[ED25519_SEED_BYTES];

		memset(seed, i + 1, sizeof(seed));
		keys[i] = signing_key_from_seed(seed);
		if (i % 2 == 0)
			signing_key_public_pem(keys[i], &public_texts[i]);
		else
			signing_key_public_base64(keys[i], &public_texts[i]);
		if (i == STRANGER)
			continue;
		settings[i] = rows[i];
		settings[i].public_key = buf_span(&public_texts[i]);
	}
	struct err err = { "" };

	ring = keyring_new(settings, STRANGER, &err);
	ck_assert_msg(ring != NULL, "%s", err.text);
}

static void tear_down(void)
{
	keyring_free(&ring);
	keyring_free(&ring);
	for (int i = 0; i < WHOS; i++) {
		signing_key_free(&keys[i]);
		buf_clear(&public_texts[i]);
	}
}

static const struct sign_domain production = { false, "ca-1", SIGN_RESULT, 1 };

/* clang-format off */
/* Signed for `production` over "value"; what is verified differs by a row. */
static const struct {
	const char *what;
	enum who signer;
	enum key_role role;
	const char *perspective;
	struct sign_domain domain;
	const char *value;
	int64_t at_ms;
	enum trust_result want;
} judged[] = {
#define AS_SIGNED  { false, "ca-1", SIGN_RESULT, 1 }, "value"
	{ "good",          PARIS, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, 1200, TRUST_OK },
	{ "any perspective", TOKYO, KEY_ROLE_WORKER, NULL,     AS_SIGNED, 1200, TRUST_OK },
	{ "coordinator", COORDINATOR, KEY_ROLE_COORDINATOR, NULL, AS_SIGNED, 0, TRUST_OK },
	{ "first ms",      PARIS, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, FROM, TRUST_OK },
	{ "last ms",       PARIS, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, UNTIL, TRUST_OK },
	{ "no end",   PARIS_NEXT, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, INT64_MAX, TRUST_OK },
	{ "before",        PARIS, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, FROM - 1, TRUST_NOT_YET },
	{ "after",         PARIS, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, UNTIL + 1, TRUST_EXPIRED },
	{ "no timestamp", COORDINATOR, KEY_ROLE_COORDINATOR, NULL, AS_SIGNED, -1, TRUST_NOT_YET },
	{ "revoked T-1",  STOLEN, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, REVOKED - 1, TRUST_OK },
	{ "revoked T",    STOLEN, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, REVOKED, TRUST_REVOKED },
	{ "revoked T+1",  STOLEN, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, REVOKED + 1, TRUST_REVOKED },
	{ "unknown key", STRANGER, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, 1200, TRUST_UNKNOWN_KEY },
	{ "R-011 other perspective", TOKYO, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, 1200, TRUST_WRONG_PERSPECTIVE },
	{ "perspective of a coordinator", COORDINATOR, KEY_ROLE_COORDINATOR, "eu-paris", AS_SIGNED, 1200, TRUST_WRONG_PERSPECTIVE },
	{ "worker as coordinator", PARIS, KEY_ROLE_COORDINATOR, NULL, AS_SIGNED, 1200, TRUST_WRONG_ROLE },
	{ "coordinator as worker", COORDINATOR, KEY_ROLE_WORKER, "eu-paris", AS_SIGNED, 1200, TRUST_WRONG_ROLE },
	{ "no role asked",  PARIS, KEY_ROLE_NONE, NULL, AS_SIGNED, 1200, TRUST_WRONG_ROLE },
#undef AS_SIGNED
	{ "altered value", PARIS, KEY_ROLE_WORKER, "eu-paris", { false, "ca-1", SIGN_RESULT, 1 }, "valuf", 1200, TRUST_BAD_SIGNATURE },
	{ "longer value",  PARIS, KEY_ROLE_WORKER, "eu-paris", { false, "ca-1", SIGN_RESULT, 1 }, "value ", 1200, TRUST_BAD_SIGNATURE },
	{ "empty value",   PARIS, KEY_ROLE_WORKER, "eu-paris", { false, "ca-1", SIGN_RESULT, 1 }, "", 1200, TRUST_BAD_SIGNATURE },
	{ "deployment",    PARIS, KEY_ROLE_WORKER, "eu-paris", { false, "ca-2", SIGN_RESULT, 1 }, "value", 1200, TRUST_BAD_SIGNATURE },
	{ "record type",   PARIS, KEY_ROLE_WORKER, "eu-paris", { false, "ca-1", SIGN_CHECK, 1 }, "value", 1200, TRUST_BAD_SIGNATURE },
	{ "version",       PARIS, KEY_ROLE_WORKER, "eu-paris", { false, "ca-1", SIGN_RESULT, 2 }, "value", 1200, TRUST_BAD_SIGNATURE },
	{ "lab verifier",  PARIS, KEY_ROLE_WORKER, "eu-paris", { true,  "ca-1", SIGN_RESULT, 1 }, "value", 1200, TRUST_BAD_SIGNATURE },
};
/* clang-format on */

static enum trust_result judge(int i, struct span header,
                               const struct key_entry **entry)
{
	struct trust_wanted wanted = { judged[i].role, judged[i].perspective,
		                       judged[i].at_ms };

	return keyring_verify(ring, &wanted, &judged[i].domain,
	                      span_str(judged[i].value), header, entry);
}

START_TEST(judges_signatures)
{
	struct buf header = { 0 };
	const struct key_entry *entry = (const struct key_entry *)settings;

	record_sign(keys[judged[_i].signer], &production, SPAN("value"),
	            &header);
	enum trust_result got = judge(_i, buf_span(&header), &entry);

	ck_assert_msg(got == judged[_i].want, "%s: got %s, want %s",
	              judged[_i].what, trust_result_name(got),
	              trust_result_name(judged[_i].want));
	/* Again, with the context that a refusal has used. */
	ck_assert_int_eq(judge(_i, buf_span(&header), NULL), got);
	if (judged[_i].signer == STRANGER)
		ck_assert_ptr_null(entry);
	else
		ck_assert_ptr_eq(entry, keyring_at(ring, judged[_i].signer));
	buf_clear(&header);
}
END_TEST

START_TEST(a_lab_record_is_nothing_in_production)
{
	struct sign_domain lab = production;
	struct trust_wanted wanted = { KEY_ROLE_WORKER, "eu-paris", 1200 };
	struct buf header = { 0 };

	lab.lab = true;
	record_sign(keys[PARIS], &lab, SPAN("value"), &header);
	ck_assert_int_eq(keyring_verify(ring, &wanted, &production,
	                                SPAN("value"), buf_span(&header), NULL),
	                 TRUST_BAD_SIGNATURE);
	ck_assert_int_eq(keyring_verify(ring, &wanted, &lab, SPAN("value"),
	                                buf_span(&header), NULL),
	                 TRUST_OK);
	buf_clear(&header);
}
END_TEST

START_TEST(every_flipped_bit_of_the_signature_is_seen)
{
	struct trust_wanted wanted = { KEY_ROLE_WORKER, "eu-paris", 1200 };
	struct signature good = signing_key_sign(keys[PARIS], SPAN("value"));

	for (size_t bit = 0; bit < 8 * sizeof(good.b); bit++) {
		struct signature bad = good;

		bad.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(
			keyring_verify_bytes(ring, &wanted,
		                             signing_key_id(keys[PARIS]),
		                             SPAN("value"), &bad, NULL),
			TRUST_BAD_SIGNATURE);
	}
	ck_assert_int_eq(keyring_verify_bytes(ring, &wanted,
	                                      signing_key_id(keys[PARIS]),
	                                      SPAN("value"), &good, NULL),
	                 TRUST_OK);
}
END_TEST

START_TEST(another_key_s_id_does_not_help)
{
	struct trust_wanted wanted = { KEY_ROLE_WORKER, "eu-paris", 1200 };
	struct signature forged = signing_key_sign(keys[TOKYO], SPAN("value"));

	ck_assert_int_eq(keyring_verify_bytes(ring, &wanted,
	                                      signing_key_id(keys[PARIS]),
	                                      SPAN("value"), &forged, NULL),
	                 TRUST_BAD_SIGNATURE);
}
END_TEST

START_TEST(unsigned_and_malformed)
{
	struct trust_wanted wanted = { KEY_ROLE_WORKER, "eu-paris", 1200 };
	const struct key_entry *entry = keyring_at(ring, 0);
	struct buf header = { 0 };

	ck_assert_int_eq(keyring_verify(ring, &wanted, &production,
	                                SPAN("value"), span_of(NULL, 0),
	                                &entry),
	                 TRUST_UNSIGNED);
	ck_assert_ptr_null(entry);
	record_sign(keys[PARIS], &production, SPAN("value"), &header);
	for (size_t len = 0; len < header.len; len++)
		ck_assert_int_eq(keyring_verify(ring, &wanted, &production,
		                                SPAN("value"),
		                                span_of(header.p, len), NULL),
		                 TRUST_MALFORMED);
	buf_clear(&header);
}
END_TEST

START_TEST(an_empty_ring_trusts_nobody)
{
	struct trust_wanted wanted = { KEY_ROLE_WORKER, "eu-paris", 1200 };
	struct keyring *empty = keyring_new(NULL, 0, NULL);
	struct buf header = { 0 };

	record_sign(keys[PARIS], &production, SPAN("value"), &header);
	ck_assert_ptr_nonnull(empty);
	ck_assert_uint_eq(keyring_count(empty), 0);
	ck_assert_int_eq(keyring_verify(empty, &wanted, &production,
	                                SPAN("value"), buf_span(&header), NULL),
	                 TRUST_UNKNOWN_KEY);
	keyring_free(&empty);
	buf_clear(&header);
}
END_TEST

static const struct {
	int64_t at_ms;
	int want[4]; /* ends with -1 */
} rotation[] = {
	{ FROM - 1, { -1 } },
	{ FROM, { PARIS, STOLEN, -1 } },
	{ REVOKED, { PARIS, -1 } },
	{ UNTIL, { PARIS, PARIS_NEXT, -1 } },
	{ UNTIL + 1, { PARIS_NEXT, -1 } },
};

START_TEST(lists_a_perspective_s_keys)
{
	const struct key_entry *e = NULL;

	for (int n = 0; rotation[_i].want[n] >= 0; n++) {
		e = keyring_next_worker(ring, "eu-paris", rotation[_i].at_ms,
		                        e);
		ck_assert_ptr_eq(
			e, keyring_at(ring, (size_t)rotation[_i].want[n]));
	}
	if (e != NULL || rotation[_i].want[0] < 0)
		ck_assert_ptr_null(keyring_next_worker(ring, "eu-paris",
		                                       rotation[_i].at_ms, e));
	ck_assert_ptr_null(
		keyring_next_worker(ring, "nowhere", rotation[_i].at_ms, NULL));
}
END_TEST

START_TEST(finds_each_of_many)
{
	enum { MANY = 300 };
	static struct key_setting many[MANY];
	struct buf texts[MANY] = { { 0 } };
	struct buf names[MANY] = { { 0 } };
	struct digest ids[MANY];

	for (int i = 0; i < MANY; i++) {
		struct signing_key *key = signing_key_generate();

		buf_printf(&names[i], "key-%d", i);
		signing_key_public_base64(key, &texts[i]);
		ids[i] = *signing_key_id(key);
		many[i] = settings[COORDINATOR];
		many[i].name = buf_cstr(&names[i]);
		many[i].public_key = buf_span(&texts[i]);
		signing_key_free(&key);
	}
	struct keyring *large = keyring_new(many, MANY, NULL);

	ck_assert_ptr_nonnull(large);
	for (int i = 0; i < MANY; i++) {
		ck_assert_ptr_eq(keyring_find(large, &ids[i]),
		                 keyring_at(large, (size_t)i));
		ids[i].b[DIGEST_BYTES - 1] ^= 1;
		ck_assert_ptr_null(keyring_find(large, &ids[i]));
		buf_clear(&texts[i]);
		buf_clear(&names[i]);
	}
	keyring_free(&large);
}
END_TEST

START_TEST(owns_what_it_was_given)
{
	char name[] = "n";
	char perspective[] = "p";
	struct key_setting s = settings[PARIS];

	s.name = name;
	s.perspective = perspective;
	struct keyring *own = keyring_new(&s, 1, NULL);

	name[0] = perspective[0] = 'x';
	const struct key_entry *e =
		keyring_find(own, signing_key_id(keys[PARIS]));

	ck_assert_ptr_nonnull(e);
	ck_assert_str_eq(e->name, "n");
	ck_assert_str_eq(e->perspective, "p");
	keyring_free(&own);
}
END_TEST

/* Two settings that begin as paris and tokyo, and one change. */
enum change {
	SAME_NAME,
	SAME_KEY,
	SHARED_KEY,
	NO_NAME,
	SPACED_NAME,
	NO_ROLE,
	FAR_ROLE,
	NO_PERSPECTIVE,
	EMPTY_PERSPECTIVE,
	NEEDLESS_PERSPECTIVE,
	BACKWARDS,
	FORGOTTEN_END,
	NEGATIVE,
	NEGATIVE_REVOKED,
	KEY_EMPTY,
	KEY_GARBAGE,
	KEY_PRIVATE,
	KEY_TWICE,
	KEY_TRAILING,
	KEY_X25519,
	KEY_SHORT,
	KEY_CERTIFICATE,
	KEY_DAMAGED,
	KEY_LONG,
};

#define PEM(label, body) \
	"-----BEGIN " label "-----\n" body "\n-----END " label "-----\n"
#define GOOD "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="

static char long_text[KEY_PUBLIC_MAX + 2];

/* clang-format off */
static const struct {
	enum change change;
	const char *say;
	const char *key; /* where the key is the change */
} bad_settings[] = {
	{ SAME_NAME,   "keys 1 and 2 have the same name, paris", NULL },
	{ SAME_KEY,    "keys paris and tokyo are the same key", NULL },
	{ SHARED_KEY,  "keys paris (perspective eu-paris) and tokyo (perspective ap-tokyo) are the same key", NULL },
	{ NO_NAME,     "key 2: name", NULL },
	{ SPACED_NAME, "key 2: name", NULL },
	{ NO_ROLE,     "key tokyo: has no role", NULL },
	{ FAR_ROLE,    "key tokyo: has no role", NULL },
	{ NO_PERSPECTIVE, "key tokyo: a worker's key needs", NULL },
	{ EMPTY_PERSPECTIVE, "key tokyo: a worker's key needs", NULL },
	{ NEEDLESS_PERSPECTIVE, "not a coordinator's", NULL },
	{ BACKWARDS,   "key tokyo: not-after", NULL },
	{ FORGOTTEN_END, "key tokyo: not-after", NULL },
	{ NEGATIVE,    "key tokyo: not-after", NULL },
	{ NEGATIVE_REVOKED, "key tokyo: revoked-from", NULL },
	{ KEY_EMPTY,   "key tokyo: public key: is empty", " \n" },
	{ KEY_GARBAGE, "is neither PEM nor base64", "a key" },
	{ KEY_PRIVATE, "is a private key", PEM("PRIVATE KEY", "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC") },
	{ KEY_TWICE,   "holds more than one key", PEM("PUBLIC KEY", GOOD) PEM("PUBLIC KEY", GOOD) },
	{ KEY_TRAILING, "holds more than one key", PEM("PUBLIC KEY", GOOD) "x" },
	{ KEY_X25519,  "is not an Ed25519 public key", "MCowBQYDK2VuAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=" },
	{ KEY_SHORT,   "is not an Ed25519 public key", "MCowBQYDK2Vw" },
	{ KEY_CERTIFICATE, "not \"PUBLIC KEY\"", PEM("CERTIFICATE", GOOD) },
	{ KEY_DAMAGED, "is damaged PEM", "-----BEGIN PUBLIC KEY-----\nMC" },
	{ KEY_LONG,    "is longer than", long_text },
};
/* clang-format on */

static void apply(enum change change, struct key_setting *one,
                  struct key_setting *two)
{
	switch (change) {
	case SAME_NAME: two->name = one->name; break;
	case SAME_KEY:
		two->public_key = one->public_key;
		two->perspective = one->perspective;
		break;
	case SHARED_KEY: two->public_key = one->public_key; break;
	case NO_NAME: two->name = NULL; break;
	case SPACED_NAME: two->name = "a b"; break;
	case NO_ROLE: two->role = KEY_ROLE_NONE; break;
	case FAR_ROLE: two->role = KEY_ROLE_GATEWAY + 1; break;
	case NO_PERSPECTIVE: two->perspective = NULL; break;
	case EMPTY_PERSPECTIVE: two->perspective = ""; break;
	case NEEDLESS_PERSPECTIVE: two->role = KEY_ROLE_COORDINATOR; break;
	case BACKWARDS: two->not_after_ms = FROM - 1; break;
	case FORGOTTEN_END: two->not_after_ms = 0; break;
	case NEGATIVE: two->not_before_ms = -1; break;
	case NEGATIVE_REVOKED: two->revoked_from_ms = -1; break;
	default: break;
	}
}

START_TEST(refuses_settings)
{
	struct key_setting pair[] = { settings[PARIS], settings[TOKYO] };
	struct err err = { "" };

	memset(long_text, 'A', sizeof(long_text) - 1);
	apply(bad_settings[_i].change, &pair[0], &pair[1]);
	if (bad_settings[_i].key != NULL)
		pair[1].public_key = span_str(bad_settings[_i].key);
	ck_assert_msg(keyring_new(pair, 2, &err) == NULL, "%s: was taken",
	              bad_settings[_i].say);
	ck_assert_msg(strstr(err.text, bad_settings[_i].say) != NULL,
	              "want: %s, said: %s", bad_settings[_i].say, err.text);
}
END_TEST

START_TEST(refuses_too_many)
{
	struct err err = { "" };

	ck_assert_ptr_null(keyring_new(settings, KEYRING_MAX + 1, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "at most 4096"));
}
END_TEST

START_TEST(roles_have_names)
{
	enum key_role role = KEY_ROLE_NONE;

	for (enum key_role r = KEY_ROLE_COORDINATOR; r <= KEY_ROLE_GATEWAY;
	     r++) {
		ck_assert(key_role_parse(span_str(key_role_name(r)), &role));
		ck_assert_int_eq(role, r);
	}
	role = KEY_ROLE_WORKER;
	ck_assert(!key_role_parse(SPAN("none"), &role));
	ck_assert(!key_role_parse(SPAN("Worker"), &role));
	ck_assert(!key_role_parse(SPAN(""), &role));
	ck_assert_int_eq(role, KEY_ROLE_WORKER);
}
END_TEST

START_TEST(results_have_names_of_their_own)
{
	for (enum trust_result a = TRUST_OK; a <= TRUST_BAD_SIGNATURE; a++) {
		ck_assert_str_ne(trust_result_name(a), "?");
		for (enum trust_result b = TRUST_OK; b < a; b++)
			ck_assert_str_ne(trust_result_name(a),
			                 trust_result_name(b));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keyring");
	TCase *tc = tcase_create("keyring");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, judges_signatures, 0, COUNT(judged));
	tcase_add_test(tc, a_lab_record_is_nothing_in_production);
	tcase_add_test(tc, every_flipped_bit_of_the_signature_is_seen);
	tcase_add_test(tc, another_key_s_id_does_not_help);
	tcase_add_test(tc, unsigned_and_malformed);
	tcase_add_test(tc, an_empty_ring_trusts_nobody);
	tcase_add_loop_test(tc, lists_a_perspective_s_keys, 0, COUNT(rotation));
	tcase_add_test(tc, finds_each_of_many);
	tcase_add_test(tc, owns_what_it_was_given);
	tcase_add_loop_test(tc, refuses_settings, 0, COUNT(bad_settings));
	tcase_add_test(tc, refuses_too_many);
	tcase_add_test(tc, roles_have_names);
	tcase_add_test(tc, results_have_names_of_their_own);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
