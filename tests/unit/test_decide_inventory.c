/* the perspectives configured. */
#include "decide/inventory.h"
#include "tests/unit/decide_world.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

enum { SITES = 7 };

static struct perspective_site sites[SITES];
static struct digest keys[SITES][2];
static struct addr egress[SITES][2];
static struct inventory inv;
static const struct policy_rule *rule;

/* Far apart, resolvers beside their perspectives. */
static const struct {
	const char *code;
	enum rir rir;
	int32_t lat, lon;
} places[SITES] = {
	{ "ams", RIR_RIPE, 52370000, 4895000 },
	{ "mad", RIR_RIPE, 40416000, -3703000 },
	{ "nyc", RIR_ARIN, 40713000, -74006000 },
	{ "lax", RIR_ARIN, 34052000, -118244000 },
	{ "tyo", RIR_APNIC, 35690000, 139692000 },
	{ "sao", RIR_LACNIC, -23551000, -46633000 },
	{ "cpt", RIR_AFRINIC, -33925000, 18424000 },
};

static void set_up(void)
{
	for (int i = 0; i < SITES; i++) {
		struct geo_point at = { places[i].lat, places[i].lon };
		uint8_t last = (uint8_t)(i + 1);

		keys[i][0] = (struct digest){ { 1, last } };
		keys[i][1] = (struct digest){ { 2, last } };
		egress[i][0] = (struct addr){ ADDR_V4, { 192, 0, 2, last } };
		egress[i][1] =
			(struct addr){ ADDR_V6,
			               { 0x20, 1, 0xd, 0xb8, [15] = last } };
		sites[i] = (struct perspective_site){
			.code = span_str(places[i].code),
			.city = SPAN("somewhere"),
			.rir = places[i].rir,
			.place = at,
			.resolver_place = at,
			.resolver_rir = places[i].rir,
			.keys = keys[i],
			.keys_count = 2,
			.egress = egress[i],
			.egress_count = 2,
			.enabled = true,
		};
	}
	inv = (struct inventory){
		.sites = sites,
		.count = SITES,
		.primary = SPAN("ams"),
	};
	rule = policy_at(POLICY_CABF_TLS, world_day(2026, 11, 23));
}

/* Each spoils one thing; the error must name what is in it. */
enum flaw {
	SAME_CODE,
	TOO_CLOSE,
	RESOLVERS_TOO_CLOSE,
	ONE_RESOLVER,
	RESOLVER_BY_PRIMARY_S,
	RESOLVER_ELSEWHERE,
	SHARED_KEY,
	SHARED_EGRESS,
	UNKNOWN_RIR,
	NO_SUCH_PRIMARY,
	PRIMARY_DISABLED,
	NO_KEY,
	MANY_KEYS,
	EMPTY_CODE,
	CAPITAL_CODE,
	DOT_CODE,
	DIGIT_CODE,
	LONG_CODE,
	TOO_FEW,
	ONE_RIR,
	ONE_RIR_BUT_PRIMARY,
	FLAWS
};

static const char *const names[FLAWS][2] = {
	/* */
	[SAME_CODE] = { "number 2 and 5", "mad" },
	/* */
	[TOO_CLOSE] = { "mad and tyo", "510" },
	/* in the perspective's region, every pair apart, one each */
	[RESOLVERS_TOO_CLOSE] = { "mad and tyo", "resolvers" },
	[ONE_RESOLVER] = { "nyc and lax", "resolvers" },
	[RESOLVER_BY_PRIMARY_S] = { "ams and lax", "resolvers" },
	[RESOLVER_ELSEWHERE] = { "tyo", "RIR" },
	/* */
	[SHARED_KEY] = { "nyc and sao", "key 0203" },
	[SHARED_EGRESS] = { "ams and cpt", "2001:db8::7" },
	[UNKNOWN_RIR] = { "lax", "unknown RIR" },
	[NO_SUCH_PRIMARY] = { "lhr", "no such" },
	[PRIMARY_DISABLED] = { "ams", "not enabled" },
	[NO_KEY] = { "tyo", "keys" },
	[MANY_KEYS] = { "tyo", "keys" },
	[EMPTY_CODE] = { "number 4", "code" },
	[CAPITAL_CODE] = { "number 4", "code" },
	[DOT_CODE] = { "number 4", "code" },
	[DIGIT_CODE] = { "number 4", "code" },
	[LONG_CODE] = { "number 4", "code" },
	/* the primary is none of the remotes */
	[TOO_FEW] = { "3 remote", "cabf-tls/2026-06-15" },
	[ONE_RIR] = { "1 RIR", "wants 2" },
	[ONE_RIR_BUT_PRIMARY] = { "1 RIR", "wants 2" },
};

static void flaw(enum flaw how)
{
	switch (how) {
	case SAME_CODE: sites[4].code = sites[1].code; break;
	case TOO_CLOSE:
		sites[4].place = sites[1].place;
		sites[4].place.lon_udeg += 1000000; /* some 85 km */
		break;
	case RESOLVERS_TOO_CLOSE:
		sites[4].resolver_place = sites[1].resolver_place;
		sites[4].resolver_place.lat_udeg -= 900000; /* 100 km */
		break;
	case ONE_RESOLVER:
		sites[3].resolver_place = sites[2].resolver_place;
		break;
	case RESOLVER_BY_PRIMARY_S:
		sites[3].resolver_place = sites[0].resolver_place;
		sites[3].resolver_place.lat_udeg -= 900000; /* 100 km */
		break;
	case RESOLVER_ELSEWHERE: sites[4].resolver_rir = RIR_ARIN; break;
	case SHARED_KEY: keys[5][0] = keys[2][1]; break;
	case SHARED_EGRESS: egress[0][0] = egress[6][1]; break;
	case UNKNOWN_RIR:
		sites[3].rir = RIR_COUNT;
		sites[3].resolver_rir = RIR_COUNT;
		break;
	case NO_SUCH_PRIMARY: inv.primary = SPAN("lhr"); break;
	case PRIMARY_DISABLED: sites[0].enabled = false; break;
	case NO_KEY: sites[4].keys_count = 0; break;
	case MANY_KEYS: sites[4].keys_count = 17; break;
	case EMPTY_CODE: sites[3].code = SPAN(""); break;
	case CAPITAL_CODE: sites[3].code = SPAN("Lax"); break;
	case DOT_CODE: sites[3].code = SPAN("lax.1"); break;
	case DIGIT_CODE: sites[3].code = SPAN("1lax"); break;
	case LONG_CODE:
		sites[3].code = SPAN("abcdefghijklmnopqrstuvwxyz0123456");
		break;
	case TOO_FEW:
		for (int i = 4; i < SITES; i++)
			sites[i].enabled = false;
		break;
	case ONE_RIR:
		for (int i = 1; i < SITES; i++)
			sites[i].rir = sites[i].resolver_rir = RIR_ARIN;
		break;
	case ONE_RIR_BUT_PRIMARY:
		for (int i = 1; i < SITES; i++)
			sites[i].rir = sites[i].resolver_rir = RIR_APNIC;
		sites[2].enabled = false;
		break;
	case FLAWS: break;
	}
}

START_TEST(accepts)
{
	struct err err = { "" };

	ck_assert_msg(inventory_check(&inv, rule, &err) == 0, "%s", err.text);
	inv.primary = SPAN(""); /* the caller */
	ck_assert_int_eq(inventory_check(&inv, rule, &err), 0);
	ck_assert_uint_eq(inventory_remotes(&inv), SITES);
	sites[3].enabled = false;
	ck_assert_uint_eq(inventory_remotes(&inv), SITES - 1);
}
END_TEST

/* openmpic-34, openmpic-36, openmpic-38, openmpic-55, openmpic-W10, boulder-X04
 */
START_TEST(refuses)
{
	struct err err = { "" };

	ck_assert(_i >= 0 && _i < FLAWS);
	flaw((enum flaw)_i);
	ck_assert_int_eq(inventory_check(&inv, rule, &err), -1);
	for (int k = 0; k < 2; k++)
		ck_assert_msg(strstr(err.text, names[_i][k]) != NULL,
		              "\"%s\" does not say \"%s\"", err.text,
		              names[_i][k]);
}
END_TEST

/* Disabled ones are held to the rules too: they may be enabled any day. */
START_TEST(r008_disabled_too)
{
	struct err err;

	sites[4].enabled = false;
	flaw(TOO_CLOSE);
	ck_assert_int_eq(inventory_check(&inv, rule, &err), -1);
}
END_TEST

/* R-008 on a meridian: 510 km are 4.5866 degrees on the sphere. */
static const struct {
	int32_t apart_udeg;
	bool ok;
} meridian[] = {
	{ 4586000, false }, /* 509.94 km */
	{ 4587000, true },  /* 510.05 km */
	{ 4496000, false }, /* 499.9 km */
	{ 5000000, true },
};

START_TEST(r008_distance)
{
	struct err err;

	sites[4].place = sites[1].place;
	sites[4].place.lat_udeg += meridian[_i].apart_udeg;
	ck_assert_int_eq(inventory_check(&inv, rule, &err) == 0,
	                 meridian[_i].ok);
}
END_TEST

START_TEST(lab_may_colocate_but_not_share)
{
	struct err err = { "" };

	for (int i = 0; i < SITES; i++) {
		sites[i].place = sites[0].place;
		sites[i].resolver_place = sites[0].place;
	}
	ck_assert_int_eq(inventory_check(&inv, rule, &err), -1);
	inv.colocated_ok = true;
	ck_assert_msg(inventory_check(&inv, rule, &err) == 0, "%s", err.text);
	flaw(SHARED_KEY);
	ck_assert_int_eq(inventory_check(&inv, rule, &err), -1);
}
END_TEST

/* openmpic-148 */
START_TEST(finds)
{
	ck_assert_ptr_eq(inventory_find(&inv, SPAN("tyo")), &sites[4]);
	ck_assert_ptr_null(inventory_find(&inv, SPAN("ty")));
	ck_assert(inventory_is_primary(&inv, &sites[0]));
	ck_assert(!inventory_is_primary(&inv, &sites[1]));
	ck_assert_uint_eq(inventory_remotes(&inv), SITES - 1);
}
END_TEST

START_TEST(digest_ignores_order)
{
	struct digest a = inventory_digest(&inv), b;
	struct perspective_site s = sites[1];
	struct digest k = keys[2][0];
	struct addr e = egress[2][0];

	sites[1] = sites[5];
	sites[5] = s;
	keys[2][0] = keys[2][1];
	keys[2][1] = k;
	egress[2][0] = egress[2][1];
	egress[2][1] = e;
	b = inventory_digest(&inv);
	ck_assert(digest_eq(&a, &b));
}
END_TEST

enum change {
	CODE,
	RIR,
	PLACE,
	RESOLVER_PLACE,
	RESOLVER_RIR,
	KEY,
	EGRESS,
	ENABLED,
	PRIMARY,
	COLOCATED,
	ONE_LESS,
	CHANGES
};

START_TEST(digest_sees_changes)
{
	struct digest a = inventory_digest(&inv), b;

	switch ((enum change)_i) {
	case CODE: sites[3].code = SPAN("sfo"); break;
	case RIR: sites[3].rir = RIR_LACNIC; break;
	case PLACE: sites[3].place.lat_udeg++; break;
	case RESOLVER_PLACE: sites[3].resolver_place.lon_udeg--; break;
	case RESOLVER_RIR: sites[3].resolver_rir = RIR_LACNIC; break;
	case KEY: keys[3][1].b[31] ^= 1; break;
	case EGRESS: egress[3][0].bytes[3] ^= 0x40; break;
	case ENABLED: sites[3].enabled = false; break;
	case PRIMARY: inv.primary = SPAN("mad"); break;
	case COLOCATED: inv.colocated_ok = true; break;
	case ONE_LESS: inv.count--; break;
	case CHANGES: break;
	}
	b = inventory_digest(&inv);
	ck_assert(!digest_eq(&a, &b));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decide_inventory");
	TCase *tc = tcase_create("inventory");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, accepts);
	tcase_add_loop_test(tc, refuses, 0, FLAWS);
	tcase_add_test(tc, r008_disabled_too);
	tcase_add_loop_test(tc, r008_distance, 0, COUNT(meridian));
	tcase_add_test(tc, lab_may_colocate_but_not_share);
	tcase_add_test(tc, finds);
	tcase_add_test(tc, digest_ignores_order);
	tcase_add_loop_test(tc, digest_sees_changes, 0, CHANGES);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
