/* Evidence never grows past what a Result carries, and says so. */
#include "probe/evidence_book.h"

#include "base/buf.h"
#include "tests/support/run.h"

static struct arena *arena;
static struct evidence_book book;
static struct buf encoded;

static void setup(void)
{
	arena = arena_new();
	evidence_book_init(&book, arena, KIND_DCV, INT64_MAX, INT64_MAX);
}

static void teardown(void)
{
	arena_free(&arena);
	buf_clear(&encoded);
}

static struct span of_size(size_t n)
{
	return span_of(memset(arena_alloc(arena, n + 1), 'x', n), n);
}

/* Every number in its longest form. */
static struct dns_evidence a_lookup(size_t packet)
{
	return (struct dns_evidence){
		.name = of_size(253),
		.type = UINT16_MAX,
		.status = DNS_UNANSWERED,
		.rcode = UINT16_MAX,
		.why_bogus = of_size(500),
		.packet = of_size(packet),
		.at_ms = INT64_MAX,
		.took_ms = INT64_MAX,
		.tries = INT32_MAX,
	};
}

static struct connect_evidence connects[EVIDENCE_CONNECTS_MAX];

static void fill_connects(void)
{
	for (int i = 0; i < COUNT(connects); i++)
		connects[i] = (struct connect_evidence){
			.address = of_size(16),
			.port = UINT16_MAX,
			.end = CONNECT_UNREACHABLE,
			.error = of_size(200),
			.took_ms = INT64_MAX,
		};
}

static struct tls_evidence a_handshake(size_t certificate)
{
	fill_connects();
	return (struct tls_evidence){
		.name = of_size(253),
		.connects = connects,
		.connects_count = EVIDENCE_CONNECTS_MAX,
		.end = TLS_NOT_CONNECTED,
		.version = UINT16_MAX,
		.cipher = of_size(64),
		.protocol = of_size(255),
		.alert = SOME_INT(255),
		.error = of_size(200),
		.certificate = of_size(certificate),
		.at_ms = INT64_MAX,
		.took_ms = INT64_MAX,
	};
}

static struct http_evidence a_hop(size_t body)
{
	fill_connects();
	return (struct http_evidence){
		.url = of_size(2000),
		.connects = connects,
		.connects_count = EVIDENCE_CONNECTS_MAX,
		.end = HTTP_NOT_CONNECTED,
		.status = 999,
		.headers = of_size(1000),
		.body = of_size(body),
		.certificate = of_size(1000),
		.at_ms = INT64_MAX,
		.took_ms = INT64_MAX,
	};
}

static struct evidence ended(void)
{
	struct evidence e = { 0 };
	const char *why;

	evidence_book_encode(&book, &encoded);
	ck_assert_uint_le(encoded.len, RESULT_EVIDENCE_MAX);
	why = evidence_decode(buf_span(&encoded), arena, &e);
	ck_assert_msg(why == NULL, "%s", why);
	return e;
}

START_TEST(lookups_are_counted)
{
	struct dns_evidence lookup = a_lookup(10);

	for (int i = 0; i < EVIDENCE_DNS_MAX; i++)
		ck_assert(evidence_book_add_dns(&book, &lookup));
	ck_assert(!evidence_book_add_dns(&book, &lookup));
	evidence_book_end(&book, EVIDENCE_END_COMPLETE); /* comes too late */

	struct evidence e = ended();

	ck_assert(e.end == EVIDENCE_END_TOO_LARGE);
	ck_assert_uint_eq(e.dns_count, EVIDENCE_DNS_MAX);
}
END_TEST

START_TEST(hops_are_counted)
{
	struct http_evidence hop = a_hop(10);

	for (int i = 0; i < EVIDENCE_HOPS_MAX; i++)
		ck_assert(evidence_book_add_http(&book, &hop));
	ck_assert(!evidence_book_add_http(&book, &hop));

	struct evidence e = ended();

	ck_assert(e.end == EVIDENCE_END_TOO_LARGE);
	ck_assert_uint_eq(e.http_count, EVIDENCE_HOPS_MAX);
	ck_assert_uint_eq(e.http[10].connects_count, EVIDENCE_CONNECTS_MAX);
}
END_TEST

START_TEST(handshakes_are_counted)
{
	struct tls_evidence tls = a_handshake(EVIDENCE_CERTIFICATE_MAX);

	for (int i = 0; i < EVIDENCE_HANDSHAKES_MAX; i++)
		ck_assert(evidence_book_add_tls(&book, &tls));
	ck_assert(!evidence_book_add_tls(&book, &tls));

	struct evidence e = ended();

	ck_assert(e.end == EVIDENCE_END_TOO_LARGE);
	ck_assert_uint_eq(e.tls_count, EVIDENCE_HANDSHAKES_MAX);
	ck_assert_uint_eq(e.tls[0].certificate.len, EVIDENCE_CERTIFICATE_MAX);
}
END_TEST

START_TEST(packets_are_weighed)
{
	struct dns_evidence lookup = a_lookup(EVIDENCE_PACKET_MAX);
	struct dns_evidence small = a_lookup(10);
	size_t added = 0;

	while (evidence_book_add_dns(&book, &lookup))
		added++;
	ck_assert_uint_ge(added, 3);
	/* what was refused is not half there, and what fits is still taken:
	   the end stays */
	ck_assert(evidence_book_add_dns(&book, &small));

	struct evidence e = ended();

	ck_assert(e.end == EVIDENCE_END_TOO_LARGE);
	ck_assert_uint_eq(e.dns_count, added + 1);
}
END_TEST

START_TEST(bodies_are_weighed)
{
	struct http_evidence hop = a_hop(EVIDENCE_BODY_MAX);
	size_t added = 0;

	while (evidence_book_add_http(&book, &hop))
		added++;
	ck_assert_uint_ge(added, 2);
	ck_assert(ended().end == EVIDENCE_END_TOO_LARGE);
}
END_TEST

/* The weight of an entry is never less than its encoding, whatever is in it:
   encode asserts that. */
START_TEST(weight_covers_the_encoding)
{
	struct dns_evidence lookup = a_lookup(0);
	struct http_evidence hop = a_hop(0);
	struct tls_evidence tls = a_handshake(0);

	ck_assert(evidence_book_add_tls(&book, &tls));
	for (int i = 0; i < EVIDENCE_DNS_MAX; i++)
		ck_assert(evidence_book_add_dns(&book, &lookup));
	for (int i = 0; i < 5; i++)
		ck_assert(evidence_book_add_http(&book, &hop));
	evidence_book_fault(&book, "resolver-failed: some words about it");

	struct evidence e = ended();

	ck_assert(e.end == EVIDENCE_END_FAULT);
	ck_assert(span_is(e.fault, "resolver-failed: some words about it"));
}
END_TEST

START_TEST(absent_stays_absent)
{
	struct dns_evidence lookup = { .name = SPAN("a"),
		                       .type = 1,
		                       .status = DNS_FAILED };

	ck_assert(evidence_book_add_dns(&book, &lookup));
	evidence_book_end(&book, EVIDENCE_END_COMPLETE);

	struct evidence e = ended();

	ck_assert_ptr_null(e.dns[0].packet.p);
	ck_assert_ptr_null(e.dns[0].why_bogus.p);
	ck_assert(e.end == EVIDENCE_END_COMPLETE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("evidence");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, lookups_are_counted);
	tcase_add_test(tc, hops_are_counted);
	tcase_add_test(tc, handshakes_are_counted);
	tcase_add_test(tc, packets_are_weighed);
	tcase_add_test(tc, bodies_are_weighed);
	tcase_add_test(tc, weight_covers_the_encoding);
	tcase_add_test(tc, absent_stays_absent);
	return run_case(tc);
}
