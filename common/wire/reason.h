/*
 * reason.h -- every reason code, once: reason.def makes the enum, the names,
 * the classes, the ACME problem types, what subscribers are told, the hints,
 * and docs/reasons.md.
 *
 * Codes are stable: they are what CA pipelines branch on. A code is never
 * reused for another meaning; new ones go at the end of their group.
 */
#ifndef WIRE_REASON_H
#define WIRE_REASON_H

#include "base/span.h"
#include "wire/value.h"

enum reason {
	REASON_UNKNOWN,
#define REASON(id, code, class, acme, meaning, told, hint) REASON_##id,
#include "wire/reason.def"
#undef REASON
	REASON_COUNT
};

/* "caa-forbids"; "unknown" for values out of range. */
const char *reason_name(enum reason r);
/* REASON_UNKNOWN for text that names none. */
enum reason reason_parse(struct span s);
/* What an answer with this reason counts as; CLASS_UNKNOWN for reasons that no
   perspective's answer has. */
enum result_class reason_class(enum reason r);
/* ACME problem type without its URN prefix (RFC 8555 section 6.7), "" if none.
 */
const char *reason_acme(enum reason r);
/* One sentence, for operators and auditors. */
const char *reason_meaning(enum reason r);
/* What a subscriber may be told, never "": nothing of what is inside. */
const char *reason_told(enum reason r);
/* What an operator should do; "" when nothing. */
const char *reason_hint(enum reason r);

#endif
