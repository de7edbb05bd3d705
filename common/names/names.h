/*
 * names.h -- registrable domains (public suffix list) and IDNA, for names that
 * name_check_target() (base/name.h) has taken.
 *
 * The list is a file that the operator keeps fresh and names in the settings; a
 * process reads it at its start. Brand TLDs (ICANN Specification 13) are not
 * marked in the list: there the base domain would be the TLD itself, we
 * give the name below it, which prunes less and so never proves more than it
 * should.
 */
#ifndef NAMES_NAMES_H
#define NAMES_NAMES_H

#include "base/err.h"
#include "base/span.h"
#include "trust/digest.h"

#define NAMES_PSL_DEFAULT "/usr/share/publicsuffix/public_suffix_list.dat"

/* ICANN: what registries hand out; the Baseline Requirements' notion.
   ALL: also what private owners registered for their customers (github.io);
   the tenant boundary, for fairness and rate. */
enum names_section { NAMES_ICANN, NAMES_ALL };

enum { NAMES_PSL_DAYS_MAX = 30 }; /* older: new suffixes are missing */

struct names;

/* Reads the list once. path NULL means NAMES_PSL_DEFAULT. NULL and *err when it
   is not a list. Free with names_free(). */
struct names *names_open(const char *path, struct err *err);
/* Takes *names, accepts NULL, leaves NULL. */
void names_free(struct names **names);

const char *names_psl_path(const struct names *names);
/* When the list was made: its VERSION line, else the file's modification. */
int64_t names_psl_time_ms(const struct names *names);
/* SHA-256 of the file: which list a decision was made with. */
const struct digest *names_psl_digest(const struct names *names);
/* Negative when the list is from the future. */
int64_t names_psl_age_days(const struct names *names, int64_t now_ms);

/* "co.uk", "com". A TLD that the list does not know is one too. */
bool names_is_public_suffix(const struct names *names, struct span name,
                            enum names_section section);
/* Its last label is a TLD of the list: not an Internal Name. */
bool names_has_known_tld(const struct names *names, struct span name);

/* Public suffix plus one label, as a part of name itself (same bytes). Empty
   when the name is a public suffix. A leading "*." is passed over. */
struct span names_registrable(const struct names *names, struct span name,
                              enum names_section section);

/* A wildcard right above a public suffix of the ICANN section: "*.co.uk"
   . False for names that are no wildcard. */
bool names_wildcard_over_suffix(const struct names *names, struct span name);

/* Whether "xn--..." is what its Unicode form encodes to (IDNA2008 with the
   lookup rules of RFC 5891, 5; UTS #46 not transitional). For struct
   name_rules. */
bool names_alabel_ok(struct span label);

#endif
