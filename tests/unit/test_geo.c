#include "base/geo.h"

#include "tests/support/run.h"

#include <math.h>

static const struct {
	const char *what;
	struct geo_point a, b;
	double km, within;
} pairs[] = {
	{ "the same place", { 1, 1 }, { 1, 1 }, 0, 0 },
	{ "a degree along the equator",
	  { 0, 0 },
	  { 0, 1000000 },
	  111.195,
	  0.001 },
	{ "a degree of latitude", { 0, 0 }, { 1000000, 0 }, 111.195, 0.001 },
	{ "pole to pole", { 90000000, 0 }, { -90000000, 0 }, 20015.11, 0.01 },
	{ "antipodes on the equator",
	  { 0, 0 },
	  { 0, 180000000 },
	  20015.11,
	  0.01 },
	{ "over the date line",
	  { 0, 179500000 },
	  { 0, -179500000 },
	  111.195,
	  0.001 },
	{ "at a pole longitude is nothing",
	  { 90000000, 0 },
	  { 90000000, 90000000 },
	  0,
	  0.001 },
	{ "London - Paris",
	  { 51507400, -127800 },
	  { 48856600, 2352200 },
	  343.6,
	  0.5 },
	{ "Frankfurt - Dublin",
	  { 50110900, 8682100 },
	  { 53349800, -6260300 },
	  1086,
	  5 },
	{ "Sydney - Virginia",
	  { -33868800, 151209300 },
	  { 39043800, -77487400 },
	  15720,
	  60 },
};

START_TEST(measures)
{
	double got = geo_distance_km(pairs[_i].a, pairs[_i].b);

	ck_assert_msg(fabs(got - pairs[_i].km) <= pairs[_i].within,
	              "%s: got %.4f", pairs[_i].what, got);
	ck_assert_msg(got == geo_distance_km(pairs[_i].b, pairs[_i].a),
	              "%s: there is not back", pairs[_i].what);
}
END_TEST

/* along the equator a degree is 111.195 km on the mean sphere. */
static const struct {
	const char *what;
	int32_t lon_udeg;
	bool far;
} apart[] = {
	{ "499.9 km", 4495706, false },  { "500.1 km", 4497504, false },
	{ "509.99 km", 4586446, false }, { "510.01 km", 4586626, true },
	{ "300 km", 2697963, false },    { "8000 km", 71945000, true },
};

START_TEST(r008_asks_for_510_km)
{
	struct geo_point here = { 0, 0 };
	struct geo_point there = { 0, apart[_i].lon_udeg };

	ck_assert_msg(geo_far_enough(here, there) == apart[_i].far, "%s",
	              apart[_i].what);
}
END_TEST

static const struct {
	const char *text;
	int32_t udeg;
	bool lat; /* good as a latitude too */
} degrees[] = {
	{ "0", 0, true },
	{ "90", 90000000, true },
	{ "-90", -90000000, true },
	{ "-33.8688", -33868800, true },
	{ "0.000001", 1, true },
	{ "-0.000001", -1, true },
	{ "7.5", 7500000, true },
	{ "90.000001", 90000001, false },
	{ "180", 180000000, false },
	{ "-180", -180000000, false },
	{ "151.2093", 151209300, false },
};

START_TEST(reads_and_writes_degrees)
{
	char text[GEO_TEXT_MAX];
	int32_t got = 7;

	ck_assert(geo_parse_lon(span_str(degrees[_i].text), &got));
	ck_assert_int_eq(got, degrees[_i].udeg);
	ck_assert_str_eq(geo_text(got, text, sizeof(text)), degrees[_i].text);
	got = 7;
	ck_assert(geo_parse_lat(span_str(degrees[_i].text), &got) ==
	          degrees[_i].lat);
	ck_assert_int_eq(got, degrees[_i].lat ? degrees[_i].udeg : 7);
}
END_TEST

static const char *const bad_degrees[] = {
	"",           "-",         "+1",
	" 1",         "1 ",        "01",
	"-01",        "1.",        ".5",
	"-.5",        "1.0000001", "1e2",
	"0x1",        "nan",       "inf",
	"-0",         "-0.0",      "1,5",
	"1.-5",       "1.5.5",     "181",
	"180.000001", "-180.1",    "4294967296",
	"--1",        "1.5N",      "99999999999999999999",
};

START_TEST(refuses_other_degrees)
{
	int32_t got = 7;

	ck_assert_msg(!geo_parse_lon(span_str(bad_degrees[_i]), &got), "%s",
	              bad_degrees[_i]);
	ck_assert_msg(!geo_parse_lat(span_str(bad_degrees[_i]), &got), "%s",
	              bad_degrees[_i]);
	ck_assert_int_eq(got, 7);
}
END_TEST

START_TEST(knows_the_five_registries)
{
	for (int i = 0; i < RIR_COUNT; i++) {
		enum rir got = RIR_COUNT;

		ck_assert(rir_parse(span_str(rir_name((enum rir)i)), &got));
		ck_assert_int_eq(got, i);
	}
	enum rir got = RIR_COUNT;

	ck_assert(!rir_parse(SPAN("RIPE"), &got));
	ck_assert(!rir_parse(SPAN("unknown"), &got));
	ck_assert(!rir_parse(SPAN(""), &got));
	ck_assert_int_eq(got, RIR_COUNT);
	ck_assert(rir_parse(SPAN("ripe-ncc"), &got));
	ck_assert_int_eq(got, RIR_RIPE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("geo");

	tcase_add_loop_test(tc, measures, 0, COUNT(pairs));
	tcase_add_loop_test(tc, r008_asks_for_510_km, 0, COUNT(apart));
	tcase_add_loop_test(tc, reads_and_writes_degrees, 0, COUNT(degrees));
	tcase_add_loop_test(tc, refuses_other_degrees, 0, COUNT(bad_degrees));
	tcase_add_test(tc, knows_the_five_registries);
	return run_case(tc);
}
