/*
 * escape.h -- one function per place where foreign bytes are shown.
 *
 * TXT records, HTTP headers and certificate names are attacker's text. Every
 * sink has exactly one function here and nobody escapes by hand. Output is
 * always valid UTF-8 without control characters.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/buf.h"
#include "base/span.h"

/* A terminal or a text table: printable ASCII and well-formed printable UTF-8
   stay (no bidirectional controls, no line or paragraph separators); the rest,
   and the backslash, become \xNN. At most max bytes of input are shown; a cut
   is between characters and marked with "...". */
void escape_terminal(struct buf *out, struct span s, size_t max);

/* How many of s's bytes are at most max and end between two characters. */
size_t escape_cut(struct span s, size_t max);

/* The inside of a JSON string (RFC 8259), without quotes. Canonical: quote,
   backslash, and what escape_terminal() hides for being invisible (controls,
   C1, bidi, separators: a line of log is read on a terminal) become the short
   escape or \uNNNN in lower case; nothing else is escaped. Bytes that are not
   UTF-8 become \u00NN of the byte. */
void escape_json(struct buf *out, struct span s);

/* HTML element content, and a double-quoted attribute value. */
void escape_html_text(struct buf *out, struct span s);
void escape_html_attribute(struct buf *out, struct span s);

/* One CSV field (RFC 4180), always quoted; = + - @ (full-width too) in front,
   also behind blanks, is kept from becoming a formula by an apostrophe. */
void escape_csv(struct buf *out, struct span s);

/* A Prometheus label value (text format 0.0.4), without quotes. */
void escape_label(struct buf *out, struct span s);

#endif
