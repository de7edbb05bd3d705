#include "evidence_book.h"

#include "base/buf.h"
#include "base/clock.h"

#include <assert.h>

/* What names, numbers and heads of an entry take in the encoding, at most: the
   keys of evidence.c with the longest form of every number. */
enum {
	RECORD_BYTES = 512,
	DNS_BYTES = 192,
	CONNECT_BYTES = 128,
	HTTP_BYTES = 256,
	TLS_BYTES = 256,
	ROOM_FIRST = 4
};

void evidence_book_init(struct evidence_book *book, struct arena *arena,
                        enum check_kind kind, int64_t generation,
                        int64_t context)
{
	*book = (struct evidence_book){
		.arena = arena,
		.bytes = RECORD_BYTES,
		.evidence = {
			.kind = kind,
			.probe_generation = generation,
			.resolver_context = context,
			.started_ms = clock_wall_ms(),
		},
	};
}

struct span evidence_words(struct arena *arena, const char *text)
{
	size_t len = strlen(text);
	uint8_t *copy = arena_alloc(arena, EVIDENCE_WORDS_MAX);

	if (len > EVIDENCE_WORDS_MAX)
		len = EVIDENCE_WORDS_MAX;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)text[i];

		copy[i] = c >= 0x20 && c < 0x7f ? c : '?';
	}
	return span_of(copy, len);
}

void evidence_book_end(struct evidence_book *book, enum evidence_end end)
{
	if (book->evidence.end == EVIDENCE_END_UNKNOWN)
		book->evidence.end = end;
}

void evidence_book_fault(struct evidence_book *book, const char *fault)
{
	if (book->evidence.end != EVIDENCE_END_UNKNOWN)
		return;
	book->evidence.end = EVIDENCE_END_FAULT;
	book->evidence.fault = arena_span(book->arena, span_str(fault));
}

static bool fits(struct evidence_book *book, size_t bytes, bool has_place)
{
	if (has_place && bytes <= RESULT_EVIDENCE_MAX - book->bytes) {
		book->bytes += bytes;
		return true;
	}
	evidence_book_end(book, EVIDENCE_END_TOO_LARGE);
	return false;
}

/* A list in the arena, grown by doubling up to its ceiling. */
static void *grow(struct arena *arena, void *list, size_t count, size_t *room,
                  size_t size, size_t most)
{
	void *larger;

	if (count < *room)
		return list;
	*room = *room == 0 ? ROOM_FIRST : *room * 2;
	if (*room > most)
		*room = most;
	larger = arena_calloc(arena, *room, size);
	if (count > 0)
		memcpy(larger, list, count * size);
	return larger;
}

bool evidence_book_add_dns(struct evidence_book *book,
                           const struct dns_evidence *seen)
{
	struct evidence *e = &book->evidence;
	size_t bytes = DNS_BYTES + seen->name.len + seen->why_bogus.len +
	               seen->packet.len;
	struct dns_evidence *entry;

	if (!fits(book, bytes, e->dns_count < EVIDENCE_DNS_MAX))
		return false;
	e->dns = grow(book->arena, e->dns, e->dns_count, &book->dns_room,
	              sizeof(*e->dns), EVIDENCE_DNS_MAX);
	entry = &e->dns[e->dns_count++];
	*entry = *seen;
	entry->name = arena_span(book->arena, seen->name);
	if (seen->why_bogus.p != NULL)
		entry->why_bogus = arena_span(book->arena, seen->why_bogus);
	if (seen->packet.p != NULL)
		entry->packet = arena_span(book->arena, seen->packet);
	return true;
}

static size_t connects_bytes(const struct connect_evidence *connects,
                             size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += CONNECT_BYTES + connects[i].error.len;
	return bytes;
}

static size_t http_bytes(const struct http_evidence *seen)
{
	return HTTP_BYTES + seen->url.len + seen->headers.len + seen->body.len +
	       seen->certificate.len +
	       connects_bytes(seen->connects, seen->connects_count);
}

bool evidence_book_add_http(struct evidence_book *book,
                            const struct http_evidence *seen)
{
	struct evidence *e = &book->evidence;

	if (!fits(book, http_bytes(seen), e->http_count < EVIDENCE_HOPS_MAX))
		return false;
	e->http = grow(book->arena, e->http, e->http_count, &book->http_room,
	               sizeof(*e->http), EVIDENCE_HOPS_MAX);
	e->http[e->http_count++] = *seen;
	return true;
}

static size_t tls_bytes(const struct tls_evidence *seen)
{
	return TLS_BYTES + seen->name.len + seen->cipher.len +
	       seen->protocol.len + seen->error.len + seen->certificate.len +
	       connects_bytes(seen->connects, seen->connects_count);
}

bool evidence_book_add_tls(struct evidence_book *book,
                           const struct tls_evidence *seen)
{
	struct evidence *e = &book->evidence;

	if (!fits(book, tls_bytes(seen),
	          e->tls_count < EVIDENCE_HANDSHAKES_MAX))
		return false;
	e->tls = grow(book->arena, e->tls, e->tls_count, &book->tls_room,
	              sizeof(*e->tls), EVIDENCE_HANDSHAKES_MAX);
	e->tls[e->tls_count++] = *seen;
	return true;
}

void evidence_book_encode(struct evidence_book *book, struct buf *out)
{
	size_t before = out->len;

	book->evidence.finished_ms = clock_wall_ms();
	evidence_encode(&book->evidence, out);
	assert(out->len - before <= book->bytes);
}
