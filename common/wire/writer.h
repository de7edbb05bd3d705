/*
 * writer.h -- one value after the other into a buffer, as MessagePack (through
 * msgpack-c's packer) or as JSON.
 *
 * Canonical: shortest integers and lengths, no white space, JSON escapes only
 * where JSON demands them, in the spelling of RFC 8785. The caller opens a
 * container with its count, writes exactly that many entries, and closes it.
 */
#ifndef WIRE_WRITER_H
#define WIRE_WRITER_H

#include "base/buf.h"
#include "wire/value.h"

#include <msgpack.h>

struct writer {
	enum encoding encoding;
	struct buf *out;
	msgpack_packer packer;
	bool comma; /* JSON: something stands before in this container */
};

/* Borrows out for as long as the writer is used. */
void writer_init(struct writer *w, enum encoding encoding, struct buf *out);

void write_map(struct writer *w, size_t pairs);
void write_map_end(struct writer *w);
void write_list(struct writer *w, size_t items);
void write_list_end(struct writer *w);
void write_key(struct writer *w, struct span name);
/* A byte that makes text no UTF-8, or is NUL, is written as '?': nobody would
   read the record otherwise, and such bytes come from attackers. */
void write_text(struct writer *w, struct span text);
/* JSON: base64. */
void write_bytes(struct writer *w, struct span bytes);
/* JSON: lower-case hex. */
void write_digest(struct writer *w, const struct digest *d);
void write_int(struct writer *w, int64_t v);
void write_bool(struct writer *w, bool v);

#endif
