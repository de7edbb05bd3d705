#include "base/geo.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double earth_radius_km = 6371.0088; /* IUGG mean radius R1 */

static double radians(int32_t udeg)
{
	return udeg * (M_PI / 180e6);
}

double geo_distance_km(struct geo_point a, struct geo_point b)
{
	double lat_a = radians(a.lat_udeg), lat_b = radians(b.lat_udeg);
	double by_lat = sin((lat_b - lat_a) / 2);
	double by_lon = sin((radians(b.lon_udeg) - radians(a.lon_udeg)) / 2);
	double h = by_lat * by_lat + cos(lat_a) * cos(lat_b) * by_lon * by_lon;

	/* rounding may put antipodes a hair over 1 */
	return 2 * earth_radius_km * asin(sqrt(fmin(h, 1)));
}

bool geo_far_enough(struct geo_point a, struct geo_point b)
{
	return geo_distance_km(a, b) >= GEO_APART_KM;
}

/* "5", "25" ... after the point, as millionths. */
static bool parse_fraction(struct span s, uint32_t *out)
{
	uint32_t value = 0;

	if (s.len == 0 || s.len > 6)
		return false;
	for (size_t i = 0; i < 6; i++) {
		if (i < s.len && !ascii_is_digit(s.p[i]))
			return false;
		value = value * 10 + (i < s.len ? (uint32_t)(s.p[i] - '0') : 0);
	}
	*out = value;
	return true;
}

static bool parse_degrees(struct span s, uint32_t limit, int32_t *out)
{
	bool minus = s.len > 0 && s.p[0] == '-';
	struct span size = span_sub(s, minus ? 1 : 0, s.len);
	ptrdiff_t point = span_find(size, SPAN("."));
	size_t whole = point < 0 ? size.len : (size_t)point;
	uint64_t degrees;
	uint32_t fraction = 0;

	if (!text_u64(span_sub(size, 0, whole), limit, &degrees))
		return false;
	if (point >= 0 &&
	    !parse_fraction(span_sub(size, whole + 1, size.len), &fraction))
		return false;
	int32_t value = (int32_t)(degrees * 1000000 + fraction);

	if (value > (int32_t)limit * 1000000 || (minus && value == 0))
		return false;
	*out = minus ? -value : value;
	return true;
}

bool geo_parse_lat(struct span s, int32_t *out_udeg)
{
	return parse_degrees(s, 90, out_udeg);
}

bool geo_parse_lon(struct span s, int32_t *out_udeg)
{
	return parse_degrees(s, 180, out_udeg);
}

const char *geo_text(int32_t udeg, char *out, size_t room)
{
	int64_t size = udeg < 0 ? -(int64_t)udeg : udeg;

	(void)snprintf(out, room, "%s%d.%06d", udeg < 0 ? "-" : "",
	               (int)(size / 1000000), (int)(size % 1000000));
	char *end = out + strlen(out); /* there is a point before the zeros */

	while (end[-1] == '0')
		*--end = '\0';
	if (end[-1] == '.')
		*--end = '\0';
	return out;
}

const char *rir_name(enum rir rir)
{
	switch (rir) {
	case RIR_AFRINIC: return "afrinic";
	case RIR_APNIC: return "apnic";
	case RIR_ARIN: return "arin";
	case RIR_LACNIC: return "lacnic";
	case RIR_RIPE: return "ripe";
	case RIR_COUNT: break;
	}
	return "unknown";
}

bool rir_parse(struct span s, enum rir *out)
{
	if (span_is(s, "ripe-ncc")) {
		*out = RIR_RIPE;
		return true;
	}
	for (int rir = 0; rir < RIR_COUNT; rir++) {
		if (span_is(s, rir_name((enum rir)rir))) {
			*out = (enum rir)rir;
			return true;
		}
	}
	return false;
}
