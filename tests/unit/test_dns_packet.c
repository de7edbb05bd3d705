#include "decide/judge/dns_packet.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))
/* clang-format off */
#define BYTES(s) { .p = (const uint8_t *)(s), .len = sizeof(s) - 1 }

/* id, then flags: a response, recursion desired and available */
#define OK_    "\x12\x34\x81\x80"
#define NX_    "\x12\x34\x81\x83"
#define HEAD(an) OK_ "\x00\x01\x00" an "\x00\x00\x00\x00"
#define Q_TXT  "\x01" "a" "\x04" "test" "\x00" "\x00\x10\x00\x01" /* a.test at 12 */
#define Q_CAA  "\x01" "a" "\x04" "test" "\x00" "\x01\x01\x00\x01"
#define A_TEST "\xc0\x0c"
#define TXT(ttl, rd_len, rd) "\x00\x10\x00\x01\x00\x00\x00" ttl "\x00" rd_len rd
#define CNAME(ttl, rd_len, rd) "\x00\x05\x00\x01\x00\x00\x00" ttl "\x00" rd_len rd
#define DNAME(ttl, rd_len, rd) "\x00\x27\x00\x01\x00\x00\x00" ttl "\x00" rd_len rd

static const struct {
	const char *what;
	struct span packet;
	uint16_t type;
	enum packet_result want;
	size_t records;
	size_t chain;
	uint32_t ttl;
	const char *end;
} rows[] = {
	{ "one record", BYTES(HEAD("\x01") Q_TXT A_TEST TXT("\x3c", "\x02", "\x01x")), 16, PACKET_OK, 1, 0, 60, "a.test" },
	{ "owner in other case", BYTES(HEAD("\x01") Q_TXT "\x01" "A" "\xc0\x0e" TXT("\x3c", "\x02", "\x01x")), 16, PACKET_OK, 1, 0, 60, "a.test" },
	{ "NODATA", BYTES(HEAD("\x00") Q_TXT), 16, PACKET_OK, 0, 0, 0, "a.test" },
	{ "another owner's record (boulder-L31 X12)", BYTES(HEAD("\x01") Q_TXT "\x01" "b\x00" TXT("\x3c", "\x02", "\x01x")), 16, PACKET_OK, 0, 0, 0, "a.test" },
	{ "the parent's record", BYTES(HEAD("\x01") Q_TXT "\xc0\x0e" TXT("\x3c", "\x02", "\x01x")), 16, PACKET_OK, 0, 0, 0, "a.test" },
	{ "another class", BYTES(HEAD("\x01") Q_TXT A_TEST "\x00\x10\x00\x03\x00\x00\x00\x3c\x00\x02\x01x"), 16, PACKET_OK, 0, 0, 0, "a.test" },
	{ "only in the additional section (boulder-L32)", BYTES(OK_ "\x00\x01\x00\x00\x00\x00\x00\x01" Q_TXT A_TEST TXT("\x3c", "\x02", "\x01x")), 16, PACKET_OK, 0, 0, 0, "a.test" },
	{ "an alias, then the record (openmpic-138)", BYTES(HEAD("\x02") Q_TXT A_TEST CNAME("\x3c", "\x03", "\x01" "b\x00") "\x01" "b\x00" TXT("\x1e", "\x02", "\x01x")), 16, PACKET_OK, 1, 1, 30, "b" },
	{ "the record, then the alias", BYTES(HEAD("\x02") Q_TXT "\x01" "b\x00" TXT("\x1e", "\x02", "\x01x") A_TEST CNAME("\x0a", "\x03", "\x01" "b\x00")), 16, PACKET_OK, 1, 1, 10, "b" },
	{ "the same alias twice", BYTES(HEAD("\x02") Q_TXT A_TEST CNAME("\x3c", "\x03", "\x01" "b\x00") A_TEST CNAME("\x3c", "\x03", "\x01" "B\x00")), 16, PACKET_OK, 0, 1, 60, "b" },
	{ "alias through DNAME", BYTES(HEAD("\x02") Q_TXT "\xc0\x0e" DNAME("\x05", "\x03", "\x01" "b\x00") A_TEST CNAME("\x3c", "\x05", "\x01" "a\x01" "b\x00")), 16, PACKET_OK, 0, 1, 5, "a.b" },
	{ "the alias asked for", BYTES(HEAD("\x01") "\x01" "a\x04" "test\x00\x00\x05\x00\x01" A_TEST CNAME("\x3c", "\x04", "\x01" "B\xc0\x0e")), 5, PACKET_OK, 1, 0, 60, "a.test" },
	{ "NXDOMAIN", BYTES(NX_ "\x00\x01\x00\x00\x00\x00\x00\x00" Q_TXT), 16, PACKET_OK, 0, 0, 0, "a.test" },
	{ "a TTL with the top bit (RFC 2181): 0 (boulder-L34)", BYTES(HEAD("\x01") Q_TXT A_TEST "\x00\x10\x00\x01\x80\x00\x00\x3c\x00\x02\x01x"), 16, PACKET_OK, 1, 0, 0, "a.test" },

	{ "SERVFAIL without a question", BYTES("\x12\x34\x81\x82\x00\x00\x00\x00\x00\x00\x00\x00"), 16, PACKET_RCODE, 0, 0, 0, NULL },
	{ "REFUSED", BYTES("\x12\x34\x81\x85\x00\x01\x00\x00\x00\x00\x00\x00" Q_TXT), 16, PACKET_RCODE, 0, 0, 0, NULL },
	{ "truncated (boulder-X11)", BYTES("\x12\x34\x83\x80\x00\x01\x00\x00\x00\x00\x00\x00" Q_TXT), 16, PACKET_TRUNCATED, 0, 0, 0, NULL },
	{ "truncated NXDOMAIN", BYTES("\x12\x34\x83\x83\x00\x01\x00\x00\x00\x00\x00\x00" Q_TXT), 16, PACKET_TRUNCATED, 0, 0, 0, NULL },
	{ "nothing", BYTES(""), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "half a header", BYTES("\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00"), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "a query", BYTES("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" Q_TXT), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "no question", BYTES(OK_ "\x00\x00\x00\x00\x00\x00\x00\x00"), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "two questions", BYTES(OK_ "\x00\x02\x00\x00\x00\x00\x00\x00" Q_TXT Q_TXT), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "another type asked", BYTES(HEAD("\x00") Q_CAA), 16, PACKET_OTHER_QUESTION, 0, 0, 0, NULL },
	{ "another name asked", BYTES(HEAD("\x00") "\x01" "b\x04" "test\x00\x00\x10\x00\x01"), 16, PACKET_OTHER_QUESTION, 0, 0, 0, NULL },
	{ "another class asked", BYTES(HEAD("\x00") "\x01" "a\x04" "test\x00\x00\x10\x00\x03"), 16, PACKET_OTHER_QUESTION, 0, 0, 0, NULL },
	{ "a dot inside a label", BYTES(HEAD("\x00") "\x06" "a.test\x00\x00\x10\x00\x01"), 16, PACKET_OTHER_QUESTION, 0, 0, 0, NULL },
	{ "trailing bytes", BYTES(HEAD("\x00") Q_TXT "\x00"), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "fewer records than counted", BYTES(HEAD("\x02") Q_TXT A_TEST TXT("\x3c", "\x02", "\x01x")), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "absurd count", BYTES(OK_ "\x00\x01\xff\xff\x00\x00\x00\x00" Q_TXT), 16, PACKET_TOO_MANY, 0, 0, 0, NULL },
	{ "absurd count elsewhere", BYTES(OK_ "\x00\x01\x00\x00\x00\x00\xff\xff" Q_TXT), 16, PACKET_TOO_MANY, 0, 0, 0, NULL },
	{ "RDATA beyond the packet", BYTES(HEAD("\x01") Q_TXT A_TEST TXT("\x3c", "\x09", "\x01x")), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "pointer to itself", BYTES(HEAD("\x01") Q_TXT "\xc0\x18" TXT("\x3c", "\x02", "\x01x")), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "pointer forwards", BYTES(HEAD("\x01") Q_TXT "\xc0\x1a" TXT("\x3c", "\x02", "\x01x")), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "pointer into the header, then on", BYTES("\xc0\x02\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" Q_TXT "\xc0\x00" TXT("\x3c", "\x02", "\x01x")), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "reserved label type", BYTES(HEAD("\x01") Q_TXT "\x41" "a\x00" TXT("\x3c", "\x02", "\x01x")), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "alias longer than its RDATA", BYTES(HEAD("\x01") Q_TXT A_TEST CNAME("\x3c", "\x02", "\x01" "b\x00")), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "alias shorter than its RDATA", BYTES(HEAD("\x01") Q_TXT A_TEST CNAME("\x3c", "\x04", "\x01" "b\x00\x00")), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "record and alias at one name", BYTES(HEAD("\x02") Q_TXT A_TEST CNAME("\x3c", "\x03", "\x01" "b\x00") A_TEST TXT("\x3c", "\x02", "\x01x")), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "NXDOMAIN and a record", BYTES(NX_ "\x00\x01\x00\x01\x00\x00\x00\x00" Q_TXT A_TEST TXT("\x3c", "\x02", "\x01x")), 16, PACKET_MALFORMED, 0, 0, 0, NULL },
	{ "an alias of itself", BYTES(HEAD("\x01") Q_TXT A_TEST CNAME("\x3c", "\x02", A_TEST)), 16, PACKET_CHAIN, 0, 0, 0, NULL },
	{ "two aliases", BYTES(HEAD("\x02") Q_TXT A_TEST CNAME("\x3c", "\x03", "\x01" "b\x00") A_TEST CNAME("\x3c", "\x03", "\x01" "c\x00")), 16, PACKET_CHAIN, 0, 0, 0, NULL },
	{ "DNAME without its alias", BYTES(HEAD("\x01") Q_TXT "\xc0\x0e" DNAME("\x05", "\x03", "\x01" "b\x00")), 16, PACKET_CHAIN, 0, 0, 0, NULL },
};

static const struct {
	const char *what;
	struct span rdata;
	const char *want; /* NULL: refused */
} texts[] = {
	{ "one string",          BYTES("\x03" "abc"),           "abc" },
	{ "two strings (R-049)", BYTES("\x03" "abc" "\x02" "de"), "abcde" },
	{ "an empty string",     BYTES("\x00"),                 "" },
	{ "empty between",       BYTES("\x01" "a" "\x00" "\x01" "b"), "ab" },
	{ "no string",           BYTES(""),                     NULL },
	{ "cut short",           BYTES("\x03" "ab"),            NULL },
	{ "second cut short",    BYTES("\x01" "a" "\x05" "b"),  NULL },
};
/* clang-format on */

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

START_TEST(reads_packets)
{
	struct dns_answer out = { .records_count = 99 };
	enum packet_result got = dns_packet_read(
		rows[_i].packet, SPAN("a.test"), rows[_i].type, arena, &out);

	ck_assert_msg(got == rows[_i].want, "%s: got %s", rows[_i].what,
	              packet_result_name(got));
	if (got != PACKET_OK) {
		ck_assert_msg(out.records_count == 99, "%s: output touched",
		              rows[_i].what);
		return;
	}
	ck_assert_msg(out.records_count == rows[_i].records, "%s: %zu records",
	              rows[_i].what, out.records_count);
	ck_assert_msg(out.chain_length == rows[_i].chain, "%s: chain of %zu",
	              rows[_i].what, out.chain_length);
	ck_assert_msg(out.ttl_min == rows[_i].ttl, "%s: ttl %u", rows[_i].what,
	              out.ttl_min);
	ck_assert_msg(span_is(out.end, rows[_i].end), "%s: ends at %.*s",
	              rows[_i].what, SPAN_ARG(out.end));
}
END_TEST

/* A PTR's RDATA is one name and nothing else. */
static const struct {
	const char *what;
	struct span packet;
	const char *want; /* NULL: malformed */
} pointers[] = {
#define PTR(len, rdata) \
	BYTES(HEAD("\x01") "\x01" \
	                   "a\x04" \
	                   "test\x00\x00\x0c\x00\x01" A_TEST \
	                   "\x00\x0c\x00\x01\x00\x00\x00\x3c\x00" len rdata)
	{ "a name",
	  PTR("\x05", "\x01"
	              "B"
	              "\x01"
	              "c\x00"),
	  "B.c" },
	{ "compressed",
	  PTR("\x04", "\x01"
	              "b\xc0\x0e"),
	  "b.test" },
	{ "the root", PTR("\x01", "\x00"), "." },
	{ "more behind it",
	  PTR("\x04", "\x01"
	              "b\x00\x00"),
	  NULL },
	{ "cut short",
	  PTR("\x02", "\x01"
	              "b"),
	  NULL },
	{ "empty", PTR("\x00", ""), NULL },
	{ "a loop", PTR("\x02", "\xc0\x24"), NULL },
};

START_TEST(reads_pointers)
{
	struct dns_answer out;
	enum packet_result got = dns_packet_read(
		pointers[_i].packet, SPAN("a.test"), 12, arena, &out);

	ck_assert_msg(got == (pointers[_i].want != NULL ? PACKET_OK
	                                                : PACKET_MALFORMED),
	              "%s: %s", pointers[_i].what, packet_result_name(got));
	if (got == PACKET_OK)
		ck_assert_msg(span_is(out.records[0], pointers[_i].want),
		              "%s: %.*s", pointers[_i].what,
		              SPAN_ARG(out.records[0]));
}
END_TEST

START_TEST(tells_rcodes)
{
	struct span servfail =
		BYTES("\x12\x34\x81\x82\x00\x00\x00\x00\x00\x00\x00\x00");
	struct dns_answer out;

	ck_assert_int_eq(
		dns_packet_read(servfail, SPAN("a.test"), 16, arena, &out),
		PACKET_RCODE);
	ck_assert_int_eq(out.rcode, DNS_RCODE_SERVFAIL);
}
END_TEST

START_TEST(shows_aliases_as_text)
{
	struct span packet = BYTES(
		HEAD("\x01") "\x01"
			     "a\x04"
			     "test\x00"
			     "\x00\x05\x00\x01" A_TEST CNAME("\x3c", "\x0a",
	                                                     "\x07"
	                                                     "B.\\\x00 \xff"
	                                                     "c\xc0\x0e"));
	struct dns_answer out;

	ck_assert_int_eq(
		dns_packet_read(packet, SPAN("a.test"), 5, arena, &out),
		PACKET_OK);
	ck_assert_uint_eq(out.records_count, 1);
	ck_assert_msg(span_is(out.records[0], "B\\.\\\\\\000\\032\\255c.test"),
	              "%.*s", SPAN_ARG(out.records[0]));
}
END_TEST

/* R-038: chains of DNS_CHAIN_MAX are followed, longer ones are not. */
static enum packet_result read_chain(int length)
{
	uint8_t p[2048] = HEAD("\x00") "\x01"
				       "@\x00\x00\x10\x00\x01";
	size_t n = 12 + 7;
	struct dns_answer out;

	p[7] = (uint8_t)length;
	for (int i = 0; i < length; i++) {
		const uint8_t rr[] = {
			1, (uint8_t)('@' + i), 0, 0, 5, 0, 1, 0, 0, 0, 60, 0, 3,
			1, (uint8_t)('A' + i), 0
		};

		memcpy(p + n, rr, sizeof(rr));
		n += sizeof(rr);
	}
	return dns_packet_read(span_of(p, n), SPAN("@"), 16, arena, &out);
}

START_TEST(bounds_chains)
{
	ck_assert_int_eq(read_chain(8), PACKET_OK);
	ck_assert_int_eq(read_chain(DNS_CHAIN_MAX), PACKET_OK);
	ck_assert_int_eq(read_chain(DNS_CHAIN_MAX + 1), PACKET_CHAIN);
}
END_TEST

START_TEST(refuses_names_that_none_could_ask)
{
	static const char *const names[] = { "", "a..test", ".a.test",
		                             "a.test.", ".." };
	struct dns_answer out;

	ck_assert_int_eq(dns_packet_read(rows[2].packet, span_str(names[_i]),
	                                 16, arena, &out),
	                 PACKET_OTHER_QUESTION);
}
END_TEST

START_TEST(joins_text)
{
	struct span out = SPAN("untouched");
	bool good = dns_txt_join(texts[_i].rdata, arena, &out);

	ck_assert_msg(good == (texts[_i].want != NULL), "%s", texts[_i].what);
	ck_assert_msg(span_is(out, good ? texts[_i].want : "untouched"),
	              "%s: %.*s", texts[_i].what, SPAN_ARG(out));
}
END_TEST

/* openmpic-135, openmpic-140: in the order of the answer, whatever is between
   them, and each by itself: an address that is none spoils no other. */
START_TEST(records_keep_their_order)
{
	static const uint8_t three[] =
		HEAD("\x04") "\x01"
			     "a\x04"
			     "test\x00\x00\x01\x00\x01" A_TEST
			     "\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00"
			     "\x00\x03" A_TEST TXT("\x3c", "\x02", "\x01x")
				     A_TEST
		"\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x03\x0a\x00\x00" A_TEST
		"\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01";
	struct dns_answer out;

	ck_assert_int_eq(dns_packet_read(span_of(three, sizeof(three) - 1),
	                                 SPAN("a.test"), DNS_TYPE_A, arena,
	                                 &out),
	                 PACKET_OK);
	ck_assert_uint_eq(out.records_count, 3);
	ck_assert(span_eq(out.records[0], SPAN("\x0a\x00\x00\x03")));
	ck_assert(span_eq(out.records[1], SPAN("\x0a\x00\x00")));
	ck_assert(span_eq(out.records[2], SPAN("\x0a\x00\x00\x01")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dns_packet");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, reads_packets, 0, COUNT(rows));
	tcase_add_loop_test(tc, reads_pointers, 0, COUNT(pointers));
	tcase_add_test(tc, records_keep_their_order);
	tcase_add_test(tc, tells_rcodes);
	tcase_add_test(tc, shows_aliases_as_text);
	tcase_add_test(tc, bounds_chains);
	tcase_add_loop_test(tc, refuses_names_that_none_could_ask, 0, 5);
	tcase_add_loop_test(tc, joins_text, 0, COUNT(texts));
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
