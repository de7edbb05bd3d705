/*
 * geo.h -- where perspectives are, and whether that is far enough apart.
 *
 * Coordinates are whole millionths of a degree, so that records carry them
 * without floats. R-008 wants 500 km in a straight line: a great-circle arc of
 * 500 km has a chord 0.13 km shorter, and the mean-radius sphere is up to 0.5 %
 * off the ellipsoid, so 510 km on the sphere is asked for (ENG).
 */
#ifndef BASE_GEO_H
#define BASE_GEO_H

#include "base/span.h"

enum { GEO_APART_KM = 510, GEO_TEXT_MAX = 16 };

struct geo_point {
	int32_t lat_udeg; /* -90000000..90000000, north is positive */
	int32_t lon_udeg; /* -180000000..180000000, east is positive */
};

/* Great circle (haversine) on the mean Earth radius, 6371.0088 km. */
double geo_distance_km(struct geo_point a, struct geo_point b);
/* >= GEO_APART_KM */
bool geo_far_enough(struct geo_point a, struct geo_point b);

/* "-33.8688": sign, digits, at most 6 after the point; no exponent, no "+", no
   leading zero, no bare point, not "-0". */
bool geo_parse_lat(struct span s, int32_t *out_udeg);
bool geo_parse_lon(struct span s, int32_t *out_udeg);
/* The shortest form that parses to the same. out holds GEO_TEXT_MAX. */
const char *geo_text(int32_t udeg, char *out, size_t room);

/* The five regional Internet registries, for R-004. */
enum rir { RIR_AFRINIC, RIR_APNIC, RIR_ARIN, RIR_LACNIC, RIR_RIPE, RIR_COUNT };

/* "afrinic", "apnic", "arin", "lacnic", "ripe". */
const char *rir_name(enum rir rir);
/* Those names, exactly; "ripe-ncc" too, as Open MPIC's users write it. */
bool rir_parse(struct span s, enum rir *out);

#endif
