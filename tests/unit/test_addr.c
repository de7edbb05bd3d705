#include "base/addr.h"

#include "tests/support/run.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct addr must_parse(const char *text)
{
	struct addr a = { 0 };

	ck_assert_msg(addr_parse(span_str(text), &a), "%s", text);
	return a;
}

/* What parses, and how RFC 5952 writes it. openmpic-102 */
static const struct {
	const char *in, *out;
} good[] = {
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "192.0.2.1", "192.0.2.1" },
	{ "::", "::" },
	{ "::1", "::1" },
	{ "1::", "1::" },
	{ "2001:DB8::1", "2001:db8::1" },
	{ "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
	{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
	{ "1:0:0:0:0:0:0:0", "1::" },
	{ "1:0:00:000:0000::", "1::" },
	{ "::ffff:c0:201", "::ffff:0.192.2.1" },
	{ "0:0:0:0:0:0:0:1", "::1" },
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
	{ "::ffff:c000:201", "::ffff:192.0.2.1" },
	{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
	{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
	{ "::1.2.3.4", "::102:304" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
};

START_TEST(reads_and_writes)
{
	char text[ADDR_TEXT_MAX];
	struct addr a = must_parse(good[_i].in);

	ck_assert_str_eq(addr_text(&a, text, sizeof(text)), good[_i].out);
	struct addr again = must_parse(text);

	ck_assert(addr_eq(&a, &again));
	/* libc as a second opinion */
	uint8_t other[16] = { 0 };
	int family = a.family == ADDR_V4 ? AF_INET : AF_INET6;

	ck_assert_int_eq(inet_pton(family, good[_i].in, other), 1);
	ck_assert_mem_eq(other, a.bytes, sizeof(other));
}
END_TEST

static const char *const bad[] = {
	"",
	".",
	"...",
	"1",
	"1.2",
	"1.2.3",
	"1.2.3.",
	".1.2.3",
	"1.2.3.4.",
	"1.2.3.4.5",
	"1..2.3",
	"256.1.1.1",
	"1.1.1.256",
	"01.2.3.4",
	"1.2.3.04",
	"1.2.00.3",
	"1:00000::",
	"00.0.0.0",
	"0x7f.0.0.1",
	"0x7f000001",
	"2130706433",
	"017700000001",
	"1.2.3.-4",
	"+1.2.3.4",
	" 1.2.3.4",
	"1.2.3.4 ",
	"1.2.3.4\n",
	"1.2.3.4:80",
	"1.2.3.4/32",
	"1.2.3.a",
	"1.2.3.4444444444444444444444",
	":",
	":::",
	":1",
	"1:",
	"1:2",
	":1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:",
	"1::2::3",
	"1:::2",
	":::1",
	"1:2:3:4:5:6:7:8:9",
	"1:2:3:4:5:6:7:8::",
	"::1:2:3:4:5:6:7:8",
	"1:2:3:4::5:6:7:8",
	"12345::",
	"::12345",
	"g::",
	"::1%eth0",
	"fe80::1%1",
	"[::1]",
	"[::1]:443",
	"::1/128",
	"::1 ",
	" ::1",
	"::1.2.3",
	"::1.2.3.4.5",
	"::01.2.3.4",
	"::1.2.3.256",
	"1.2.3.4::",
	"::1.2.3.4:5",
	"1:2:3:4:5:6:7:1.2.3.4",
	"1:2:3:4:5:1.2.3.4",
	"::ffff:0x7f.1",
	"::-1",
	"::+1",
	"0x1::",
	"::ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
};

START_TEST(refuses)
{
	struct addr a = { .family = 99 };

	ck_assert_msg(!addr_parse(span_str(bad[_i]), &a), "%s", bad[_i]);
	ck_assert_int_eq(a.family, 99);
}
END_TEST

START_TEST(a_nul_does_not_end_an_address)
{
	struct addr a;

	ck_assert(!addr_parse(SPAN("1.2.3.4\0"), &a));
	ck_assert(!addr_parse(SPAN("::1\0"), &a));
	ck_assert(!addr_parse(SPAN("1.2\0003.4"), &a));
	ck_assert(!addr_parse(span_of(NULL, 0), &a));
}
END_TEST

static const struct {
	const char *addr, *name;
} reverse[] = {
	{ "203.0.113.7", "7.113.0.203.in-addr.arpa" },
	{ "255.255.255.255", "255.255.255.255.in-addr.arpa" },
	{ "2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	                 "0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" },
};

START_TEST(writes_reverse_names)
{
	char text[ADDR_REVERSE_MAX];
	struct addr a = must_parse(reverse[_i].addr);

	ck_assert_str_eq(addr_reverse(&a, text, sizeof(text)),
	                 reverse[_i].name);
}
END_TEST

static const char *const socket_addrs[] = { "192.0.2.1", "2001:db8::1" };

START_TEST(goes_through_a_sockaddr)
{
	struct addr a = must_parse(socket_addrs[_i]), back = { 0 };
	struct sockaddr_storage ss;
	uint16_t port = 0;
	unsigned len = addr_to_sockaddr(&a, 443, &ss);

	ck_assert_uint_eq(len, _i == 0 ? sizeof(struct sockaddr_in)
	                               : sizeof(struct sockaddr_in6));
	ck_assert(addr_from_sockaddr((struct sockaddr *)&ss, &back, &port));
	ck_assert(addr_eq(&a, &back));
	ck_assert_uint_eq(port, 443);
	ss.ss_family = AF_UNIX;
	ck_assert(!addr_from_sockaddr((struct sockaddr *)&ss, &back, &port));
}
END_TEST

static const struct {
	const char *text, *in, *out; /* an address inside, one outside */
} prefixes[] = {
	{ "10.0.0.0/8", "10.255.255.255", "11.0.0.0" },
	{ "0.0.0.0/0", "255.255.255.255", "::" },
	{ "192.0.2.1/32", "192.0.2.1", "192.0.2.0" },
	{ "198.18.0.0/15", "198.19.255.255", "198.20.0.0" },
	{ "2001:db8::/32", "2001:db8:ffff::", "2001:db9::" },
	{ "::/0", "ffff::", "0.0.0.0" },
	{ "fc00::/7", "fdff::", "fe00::" },
	{ "3fff::/20", "3fff:fff:ffff::", "3fff:1000::" },
};

START_TEST(prefixes_contain)
{
	char text[PREFIX_TEXT_MAX];
	struct addr in = must_parse(prefixes[_i].in);
	struct addr outside = must_parse(prefixes[_i].out);
	struct prefix p, one = prefix_of_addr(&in);

	ck_assert(prefix_parse(span_str(prefixes[_i].text), &p));
	ck_assert_str_eq(prefix_text(&p, text, sizeof(text)),
	                 prefixes[_i].text);
	ck_assert(prefix_contains(&p, &in));
	ck_assert(!prefix_contains(&p, &outside));
	ck_assert(prefix_covers(&p, &one));
	ck_assert(prefix_covers(&p, &p));
	ck_assert(prefix_covers(&one, &p) == (p.bits == one.bits));
}
END_TEST

static const char *const bad_prefixes[] = {
	"",
	"10.0.0.0/",
	"10.0.0.0/33",
	"10.0.0.1/8",
	"/8",
	"10/8",
	"10.0.0.0/08",
	"10.0.0.0/8/8",
	"::/129",
	"2001:db8::1/32",
	"10.0.0.0/-1",
	"10.0.0.0/ 8",
	"10.0.0.0/8 ",
	"::1%lo/128",
	"10.0.0.0/255.0.0.0",
	"fd00::/7",
	"10.0.0.0/4294967304",
};

START_TEST(refuses_prefixes)
{
	struct prefix p = { .bits = 77 };

	ck_assert_msg(!prefix_parse(span_str(bad_prefixes[_i]), &p), "%s",
	              bad_prefixes[_i]);
	ck_assert_int_eq(p.bits, 77);
}
END_TEST

START_TEST(a_bare_address_is_a_whole_prefix)
{
	struct prefix p;

	ck_assert(prefix_parse(SPAN("192.0.2.1"), &p));
	ck_assert_int_eq(p.bits, 32);
	ck_assert(prefix_parse(SPAN("2001:db8::1"), &p));
	ck_assert_int_eq(p.bits, 128);
}
END_TEST

/* first-1, first, last, last+1 of every registry line and addition, judged by
   the most specific line; written down, so that a change of the table shows. */
static const struct {
	const char *first, *last;
	const char *label;
	bool special, reserved;
	const char *before, *after; /* NULL: no such address */
	bool before_special, after_special;
} edges[] = {
	/* clang-format off */
	{ "0.0.0.0", "0.0.0.0", "0.0.0.0/32 This host", true, true, NULL, "0.0.0.1", false, true },
	{ "0.0.0.1", "0.255.255.255", "0.0.0.0/8 This network (RFC 791)", true, true, "0.0.0.0", "1.0.0.0", true, false },
	{ "10.0.0.0", "10.255.255.255", "10.0.0.0/8 Private-Use (RFC 1918)", true, true, "9.255.255.255", "11.0.0.0", false, false },
	{ "100.64.0.0", "100.127.255.255", "100.64.0.0/10 Shared", true, true, "100.63.255.255", "100.128.0.0", false, false },
	{ "127.0.0.0", "127.255.255.255", "127.0.0.0/8 Loopback", true, true, "126.255.255.255", "128.0.0.0", false, false },
	{ "169.254.0.0", "169.254.255.255", "169.254.0.0/16 Link Local", true, true, "169.253.255.255", "169.255.0.0", false, false },
	{ "172.16.0.0", "172.31.255.255", "172.16.0.0/12 Private-Use", true, true, "172.15.255.255", "172.32.0.0", false, false },
	{ "192.0.0.0", "192.0.0.7", "192.0.0.0/29 IPv4 Service", true, true, "191.255.255.255", "192.0.0.8", false, true },
	{ "192.0.0.8", "192.0.0.8", "192.0.0.8/32 IPv4 dummy", true, true, "192.0.0.7", "192.0.0.9", true, false },
	{ "192.0.0.9", "192.0.0.9", "192.0.0.9/32 Port Control", false, true, "192.0.0.8", "192.0.0.10", true, false },
	{ "192.0.0.10", "192.0.0.10", "192.0.0.10/32 Traversal", false, true, "192.0.0.9", "192.0.0.11", false, true },
	{ "192.0.0.11", "192.0.0.169", "192.0.0.0/24 IETF", true, true, "192.0.0.10", "192.0.0.170", false, true },
	{ "192.0.0.170", "192.0.0.170", "192.0.0.170/32 NAT64", true, true, "192.0.0.169", "192.0.0.171", true, true },
	{ "192.0.0.171", "192.0.0.171", "192.0.0.171/32 NAT64", true, true, "192.0.0.170", "192.0.0.172", true, true },
	{ "192.0.0.172", "192.0.0.255", "192.0.0.0/24 IETF", true, true, "192.0.0.171", "192.0.1.0", true, false },
	{ "192.0.2.0", "192.0.2.255", "192.0.2.0/24 Documentation", true, true, "192.0.1.255", "192.0.3.0", false, false },
	{ "192.31.196.0", "192.31.196.255", "192.31.196.0/24 AS112", false, true, "192.31.195.255", "192.31.197.0", false, false },
	{ "192.52.193.0", "192.52.193.255", "192.52.193.0/24 AMT", false, true, "192.52.192.255", "192.52.194.0", false, false },
	{ "192.88.99.0", "192.88.99.1", "192.88.99.0/24 Deprecated", true, true, "192.88.98.255", "192.88.99.2", false, true },
	{ "192.88.99.2", "192.88.99.2", "192.88.99.2/32 6a44", true, true, "192.88.99.1", "192.88.99.3", true, true },
	{ "192.88.99.3", "192.88.99.255", "192.88.99.0/24 Deprecated", true, true, "192.88.99.2", "192.88.100.0", true, false },
	{ "192.168.0.0", "192.168.255.255", "192.168.0.0/16 Private-Use", true, true, "192.167.255.255", "192.169.0.0", false, false },
	{ "192.175.48.0", "192.175.48.255", "192.175.48.0/24 Direct", false, true, "192.175.47.255", "192.175.49.0", false, false },
	{ "198.18.0.0", "198.19.255.255", "198.18.0.0/15 Benchmarking", true, true, "198.17.255.255", "198.20.0.0", false, false },
	{ "198.51.100.0", "198.51.100.255", "198.51.100.0/24 Doc", true, true, "198.51.99.255", "198.51.101.0", false, false },
	{ "203.0.113.0", "203.0.113.255", "203.0.113.0/24 Doc", true, true, "203.0.112.255", "203.0.114.0", false, false },
	/* boulder-X14 */
	{ "224.0.0.0", "239.255.255.255", "224.0.0.0/4 Multicast", true, true, "223.255.255.255", "240.0.0.0", false, true },
	{ "240.0.0.0", "255.255.255.254", "240.0.0.0/4 Reserved", true, true, "239.255.255.255", "255.255.255.255", true, true },
	{ "255.255.255.255", "255.255.255.255", "255.255.255.255/32 Limited", true, true, "255.255.255.254", NULL, true, false },
	{ "::", "::", "::/128 Unspecified", true, true, NULL, "::1", false, true },
	{ "::1", "::1", "::1/128 Loopback", true, true, "::", "::2", true, true },
	{ "::2", "::ffff:ffff", "::/96 IPv4-compatible", true, true, "::1", "::1:0:0", true, true },
	{ "::1:0:0", "::fffe:ffff:ffff", "::/3 Outside global", true, true, "::ffff:ffff", "::ffff:0.0.0.0", true, true },
	{ "::ffff:0.0.0.0", "::ffff:255.255.255.255", "::ffff:0.0.0.0/96 IPv4-mapped", true, true, "::fffe:ffff:ffff", "::1:0:0:0", true, true },
	{ "64:ff9b::", "64:ff9b::ffff:ffff", "64:ff9b::/96 IPv4-IPv6", true, true, "64:ff9a:ffff::", "64:ff9b::1:0:0", true, true },
	{ "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b:1::/48", true, true, "64:ff9b:0:ffff::", "64:ff9b:2::", true, true },
	{ "100::", "100::ffff:ffff:ffff:ffff", "100::/64 Discard", true, true, "ff:ffff::", "100:0:0:1::", true, true },
	{ "100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", "100:0:0:1::/64 Dummy", true, true, "100::1", "100:0:0:2::", true, true },
	{ "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/3 Outside", true, true, "1fff::", "2000::", true, false },
	{ "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/32 TEREDO", true, true, "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:1::", false, true },
	{ "2001:1::", "2001:1::", "2001::/23 IETF", true, true, "2001:0:ffff::", "2001:1::1", true, false },
	{ "2001:1::1", "2001:1::1", "2001:1::1/128 Port", false, true, "2001:1::", "2001:1::2", true, false },
	{ "2001:1::2", "2001:1::2", "2001:1::2/128 Traversal", false, true, "2001:1::1", "2001:1::3", false, false },
	{ "2001:1::3", "2001:1::3", "2001:1::3/128 DNS-SD", false, true, "2001:1::2", "2001:1::4", false, true },
	{ "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "2001:2::/48 Benchmarking", true, true, "2001:1:ffff::", "2001:2:1::", true, true },
	{ "2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", "2001:3::/32 AMT", false, true, "2001:2:ffff:ffff:ffff:ffff:ffff:ffff", "2001:4::", true, true },
	{ "2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", "2001:4:112::/48 AS112", false, true, "2001:4:111:ffff:ffff:ffff:ffff:ffff", "2001:4:113::", true, true },
	{ "2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:10::/28 Deprecated", true, true, "2001:f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:20::", true, false },
	{ "2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:20::/28 ORCHIDv2", false, true, "2001:1f:ffff::", "2001:30::", true, false },
	{ "2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:30::/28 Drone", false, true, "2001:2f:ffff::", "2001:40::", false, true },
	{ "2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/23 IETF", true, true, "2001:3f:ffff::", "2001:200::", false, false },
	{ "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::/32 Documentation", true, true, "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", false, false },
	{ "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2002::/16 6to4", true, true, "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::", false, false },
	{ "2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "2620:4f:8000::/48 Direct", false, true, "2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", "2620:4f:8001::", false, false },
	{ "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::/20 Documentation", true, true, "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::", false, false },
	{ "4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::/2 Outside", true, true, "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f00::", false, true },
	{ "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f00::/16 Segment", true, true, "5eff:ffff::", "5f01::", true, true },
	{ "8000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "8000::/1 Outside", true, true, "7fff:ffff::", "fc00::", true, true },
	{ "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fc00::/7 Unique-Local", true, true, "fbff:ffff::", "fe00::", true, true },
	{ "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::/10 Link-Local", true, true, "fe7f:ffff::", "fec0::", true, true },
	/* boulder-X14 */
	{ "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::/10 Site-Local", true, true, "febf:ffff::", "ff00::", true, true },
	{ "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::/8 Multicast", true, true, "feff:ffff::", NULL, true, false },
	/* clang-format on */
};

static void expect_special(const char *text, bool want, const char *label)
{
	const char *which = NULL;
	struct addr a = must_parse(text);

	ck_assert_msg(addr_special(&a, &which) == want, "%s", text);
	if (want && label != NULL)
		ck_assert_msg(strncmp(which, label, strlen(label)) == 0,
		              "%s: %s, wanted %s", text, which, label);
	ck_assert(want || which == NULL);
}

START_TEST(judges_both_sides_of_each_edge)
{
	const char *label = edges[_i].label;
	const char *which = NULL;
	struct addr first = must_parse(edges[_i].first);

	expect_special(edges[_i].first, edges[_i].special, label);
	expect_special(edges[_i].last, edges[_i].special, label);
	if (edges[_i].before != NULL)
		expect_special(edges[_i].before, edges[_i].before_special,
		               NULL);
	if (edges[_i].after != NULL)
		expect_special(edges[_i].after, edges[_i].after_special, NULL);
	ck_assert(addr_reserved(&first, &which) == edges[_i].reserved);
	ck_assert_msg(strlen(which) > 0, "%s", edges[_i].first);
}
END_TEST

static const char *const plain[] = {
	"1.1.1.1",         "8.8.8.8",       "93.184.216.34",
	"223.255.255.255", "168.63.129.16", "2606:4700:4700::1111",
	"2a00:1450::1",    "2003::1",       "3ffe::1",
};

START_TEST(leaves_the_internet_alone)
{
	struct addr a = must_parse(plain[_i]);

	ck_assert_msg(!addr_special(&a, NULL), "%s", plain[_i]);
	ck_assert_msg(!addr_reserved(&a, NULL), "%s", plain[_i]);
}
END_TEST

/* The label, written by hand for IPv6, begins with the prefix it is about. */
START_TEST(table_lines_name_their_prefix)
{
	size_t count;
	const struct special *specials = addr_specials(&count);

	ck_assert_uint_gt(count, 50);
	for (size_t i = 0; i < count; i++) {
		char text[PREFIX_TEXT_MAX];
		struct prefix again;

		(void)prefix_text(&specials[i].prefix, text, sizeof(text));
		ck_assert_msg(strncmp(specials[i].label, text, strlen(text)) ==
		                      0,
		              "%s: %s", specials[i].label, text);
		ck_assert(prefix_parse(span_str(text), &again));
		for (size_t k = 0; k < i; k++)
			ck_assert_msg(
				again.bits != specials[k].prefix.bits ||
					!addr_eq(&again.base,
			                         &specials[k].prefix.base),
				"%s twice", text);
	}
}
END_TEST

static const struct {
	const char *addr;
	bool lab;
} in_labs[] = {
	{ "127.0.0.1", true },         { "::1", true },
	{ "192.0.2.1", true },         { "198.51.100.1", true },
	{ "203.0.113.1", true },       { "2001:db8::1", true },
	{ "3fff::1", true },           { "10.0.0.1", false },
	{ "1.1.1.1", false },          { "169.254.169.254", false },
	{ "::ffff:127.0.0.1", false }, { "fd00::1", false },
};

START_TEST(knows_lab_addresses)
{
	struct addr a = must_parse(in_labs[_i].addr);

	ck_assert_msg(addr_is_lab(&a) == in_labs[_i].lab, "%s",
	              in_labs[_i].addr);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("addr");

	tcase_add_loop_test(tc, reads_and_writes, 0, COUNT(good));
	tcase_add_loop_test(tc, refuses, 0, COUNT(bad));
	tcase_add_test(tc, a_nul_does_not_end_an_address);
	tcase_add_loop_test(tc, writes_reverse_names, 0, COUNT(reverse));
	tcase_add_loop_test(tc, goes_through_a_sockaddr, 0,
	                    COUNT(socket_addrs));
	tcase_add_loop_test(tc, prefixes_contain, 0, COUNT(prefixes));
	tcase_add_loop_test(tc, refuses_prefixes, 0, COUNT(bad_prefixes));
	tcase_add_test(tc, a_bare_address_is_a_whole_prefix);
	tcase_add_loop_test(tc, judges_both_sides_of_each_edge, 0,
	                    COUNT(edges));
	tcase_add_loop_test(tc, leaves_the_internet_alone, 0, COUNT(plain));
	tcase_add_test(tc, table_lines_name_their_prefix);
	tcase_add_loop_test(tc, knows_lab_addresses, 0, COUNT(in_labs));
	return run_case(tc);
}
