#include "decide/judge/dns_packet.h"

#include "base/text.h"

#include <stdio.h>

enum {
	HEADER_SIZE = 12,
	LABEL_MAX = 63,
	POINTERS_MAX = 126, /* more than labels in a name make no sense */
	TEXT_MAX = 4 * DNS_NAME_WIRE_MAX + 1,
	FLAG_RESPONSE = 0x8000,
	FLAG_TRUNCATED = 0x0200,
	CLASS_IN = 1,
	TTL_MAX = 0x7fffffff
};

/* Wire form without compression, with the root's zero; lower case wherever it
   is compared. */
struct dns_name {
	uint8_t bytes[DNS_NAME_WIRE_MAX];
	size_t len;
};

struct rr {
	struct dns_name owner;
	uint16_t type;
	uint16_t class;
	uint32_t ttl;
	size_t rdata_at; /* in the packet: RDATA may hold compressed names */
	struct span rdata;
};

struct message {
	struct span packet;
	uint16_t answers;
	size_t answers_at;
};

const char *packet_result_name(enum packet_result result)
{
	switch (result) {
	case PACKET_OK: return "ok";
	case PACKET_MALFORMED: return "malformed packet";
	case PACKET_RCODE: return "error response";
	case PACKET_TRUNCATED: return "truncated answer";
	case PACKET_OTHER_QUESTION: return "answer to another question";
	case PACKET_TOO_MANY: return "too many records";
	case PACKET_CHAIN: return "broken alias chain";
	}
	return "?";
}

static struct cursor cursor_at(struct span packet, size_t at)
{
	return (struct cursor){ .left = span_sub(packet, at, packet.len) };
}

static size_t cursor_pos(const struct cursor *c, struct span packet)
{
	return packet.len - c->left.len;
}

static bool name_append(struct dns_name *name, struct span label,
                        bool keep_case)
{
	if (name->len + 1 + label.len > DNS_NAME_WIRE_MAX)
		return false;
	name->bytes[name->len++] = (uint8_t)label.len;
	for (size_t i = 0; i < label.len; i++)
		name->bytes[name->len++] =
			keep_case ? label.p[i] : ascii_lower(label.p[i]);
	return true;
}

/* *at moves behind the name as it stands there. Each pointer must lead to
   before the place where the last one led, so it ends. */
static bool read_name_as(struct span packet, size_t *at, bool keep_case,
                         struct dns_name *out)
{
	struct cursor c = cursor_at(packet, *at);
	size_t start = *at;
	unsigned pointers = 0;

	out->len = 0;
	for (;;) {
		uint8_t length = take_u8(&c);

		if (length >= 0xc0) { /* RFC 1035, 4.1.4 */
			size_t to = (size_t)(length & 0x3f) << 8 | take_u8(&c);

			if (pointers == 0)
				*at = cursor_pos(&c, packet);
			if (c.ran_out || to >= start ||
			    ++pointers > POINTERS_MAX)
				return false;
			start = to;
			c = cursor_at(packet, to);
			continue;
		}
		if (length > LABEL_MAX)
			return false;
		if (!name_append(out, take(&c, length), keep_case) || c.ran_out)
			return false;
		if (length == 0)
			break;
	}
	if (pointers == 0)
		*at = cursor_pos(&c, packet);
	return true;
}

static bool read_name(struct span packet, size_t *at, struct dns_name *out)
{
	return read_name_as(packet, at, false, out);
}

/* "." and names without escapes: what is asked for is always a host name. */
static bool name_from_text(struct span text, struct dns_name *out)
{
	size_t from = 0;

	out->len = 0;
	while (from < text.len && !span_is(text, ".")) {
		size_t to = from;

		while (to < text.len && text.p[to] != '.')
			to++;
		if (to == from || to - from > LABEL_MAX ||
		    !name_append(out, span_sub(text, from, to - from), false))
			return false;
		from = to + 1;
	}
	if (from == text.len && text.len > 1) /* a dot at the end */
		return false;
	return text.len > 0 &&
	       name_append(out, (struct span){ NULL, 0 }, false);
}

static size_t show_byte(char *out, uint8_t c)
{
	if (c == '.' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	if (c > ' ' && c < 0x7f) {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = (char)('0' + c / 100);
	out[2] = (char)('0' + c / 10 % 10);
	out[3] = (char)('0' + c % 10);
	return 4;
}

static struct span name_text(const struct dns_name *name, struct arena *arena)
{
	char text[TEXT_MAX];
	size_t n = 0;

	for (size_t at = 0; name->bytes[at] != 0;) {
		size_t length = name->bytes[at++];

		if (n > 0)
			text[n++] = '.';
		for (size_t i = 0; i < length; i++)
			n += show_byte(text + n, name->bytes[at + i]);
		at += length;
	}
	if (n == 0)
		text[n++] = '.';
	return arena_span(arena, span_of(text, n));
}

static bool name_eq(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* Strictly below, at a label's boundary. */
static bool name_is_under(const struct dns_name *name,
                          const struct dns_name *top)
{
	for (size_t at = 0; name->bytes[at] != 0;) {
		at += 1U + name->bytes[at];
		if (name->len - at == top->len)
			return memcmp(name->bytes + at, top->bytes, top->len) ==
			       0;
	}
	return false;
}

/* *at moves behind the name as it stands there; where it points to is left. */
static bool skip_name(struct span packet, size_t *at)
{
	struct cursor c = cursor_at(packet, *at);
	uint8_t length;

	do {
		length = take_u8(&c);
		take(&c, length >= 0xc0 ? 1 : length);
	} while (length != 0 && length < 0xc0);
	*at = cursor_pos(&c, packet);
	return !c.ran_out;
}

/* All but the owner. */
static bool read_rr_body(struct span packet, size_t *at, struct rr *out)
{
	struct cursor c = cursor_at(packet, *at);

	out->type = take_u16(&c);
	out->class = take_u16(&c);
	out->ttl = take_u32(&c);
	if (out->ttl > TTL_MAX) /* RFC 2181, 8 */
		out->ttl = 0;

	uint16_t length = take_u16(&c);

	out->rdata_at = cursor_pos(&c, packet);
	out->rdata = take(&c, length);
	*at = cursor_pos(&c, packet);
	return !c.ran_out;
}

static bool read_rr(struct span packet, size_t *at, struct rr *out)
{
	return read_name(packet, at, &out->owner) &&
	       read_rr_body(packet, at, out);
}

/* One of answers that read_rr() went through before. Owners are unpacked only
   where they matter: every step of a chain looks at all records again, and an
   answer may hold a thousand signatures. */
static bool read_answer(struct span packet, size_t *at, uint16_t type,
                        struct rr *out)
{
	size_t owner_at = *at;

	if (!skip_name(packet, at) || !read_rr_body(packet, at, out))
		return false;
	out->owner.len = 0;
	if (out->type != type && out->type != DNS_TYPE_CNAME &&
	    out->type != DNS_TYPE_DNAME)
		return true;
	return read_name(packet, &owner_at, &out->owner);
}

static enum packet_result read_question(struct span packet, size_t *at,
                                        struct span name, uint16_t type)
{
	struct dns_name asked;
	struct dns_name seen;

	if (!name_from_text(name, &asked))
		return PACKET_OTHER_QUESTION;
	if (!read_name(packet, at, &seen))
		return PACKET_MALFORMED;

	struct cursor c = cursor_at(packet, *at);
	uint16_t seen_type = take_u16(&c);
	uint16_t seen_class = take_u16(&c);

	if (c.ran_out)
		return PACKET_MALFORMED;
	*at = cursor_pos(&c, packet);
	if (!name_eq(&asked, &seen) || seen_type != type ||
	    seen_class != CLASS_IN)
		return PACKET_OTHER_QUESTION;
	return PACKET_OK;
}

/* All sections must read to exactly the packet's end. */
static bool sections_are_whole(struct span packet, size_t at, size_t records)
{
	struct rr rr;

	for (size_t i = 0; i < records; i++)
		if (!read_rr(packet, &at, &rr))
			return false;
	return at == packet.len;
}

static enum packet_result open_message(struct span packet, struct span name,
                                       uint16_t type, int *rcode,
                                       struct message *out)
{
	struct cursor c = { .left = packet };

	take_u16(&c); /* id: the resolver's business */

	uint16_t flags = take_u16(&c);
	uint16_t questions = take_u16(&c);
	uint16_t answers = take_u16(&c);
	uint16_t authorities = take_u16(&c);
	uint16_t additionals = take_u16(&c);
	size_t at = HEADER_SIZE;

	if (c.ran_out || (flags & FLAG_RESPONSE) == 0)
		return PACKET_MALFORMED;
	*rcode = flags & 0x0f;
	if (*rcode != DNS_RCODE_NOERROR && *rcode != DNS_RCODE_NXDOMAIN)
		return PACKET_RCODE;
	if ((flags & FLAG_TRUNCATED) != 0)
		return PACKET_TRUNCATED;
	if (questions != 1)
		return PACKET_MALFORMED;

	enum packet_result result = read_question(packet, &at, name, type);

	if (result != PACKET_OK)
		return result;
	if (answers > DNS_RECORDS_MAX || authorities > DNS_RECORDS_MAX ||
	    additionals > DNS_RECORDS_MAX)
		return PACKET_TOO_MANY;
	if (!sections_are_whole(packet, at,
	                        (size_t)answers + authorities + additionals))
		return PACKET_MALFORMED;
	*out = (struct message){ packet, answers, at };
	return PACKET_OK;
}

/* What the answer section holds at one name. */
struct node {
	struct dns_name name;
	size_t records;
	bool has_alias;
	bool has_dname;
	struct dns_name alias;
	uint32_t ttl_min; /* of all that was seen; UINT32_MAX when nothing */
};

static void note_ttl(uint32_t *least, uint32_t ttl)
{
	if (ttl < *least)
		*least = ttl;
}

static enum packet_result note_alias(const struct message *m,
                                     const struct rr *rr, struct node *node)
{
	struct dns_name target;
	size_t at = rr->rdata_at;

	if (!read_name(m->packet, &at, &target) ||
	    at != rr->rdata_at + rr->rdata.len)
		return PACKET_MALFORMED;
	if (node->has_alias && !name_eq(&node->alias, &target))
		return PACKET_CHAIN; /* RFC 2181, 10.1 */
	node->has_alias = true;
	node->alias = target;
	return PACKET_OK;
}

/* The RDATA is one name, exactly. */
static bool is_pointer(const struct message *m, const struct rr *rr)
{
	struct dns_name target;
	size_t at = rr->rdata_at;

	return read_name(m->packet, &at, &target) &&
	       at == rr->rdata_at + rr->rdata.len;
}

static enum packet_result look_at(const struct message *m, uint16_t type,
                                  struct node *node)
{
	size_t at = m->answers_at;
	struct rr rr;

	for (size_t i = 0; i < m->answers; i++) {
		enum packet_result result = PACKET_OK;

		if (!read_answer(m->packet, &at, type, &rr))
			return PACKET_MALFORMED;
		if (rr.class != CLASS_IN)
			continue;
		if (rr.type == DNS_TYPE_DNAME &&
		    name_is_under(&node->name, &rr.owner)) {
			node->has_dname = true; /* RFC 6672, 2.2 */
			note_ttl(&node->ttl_min, rr.ttl);
		}
		if (!name_eq(&rr.owner, &node->name))
			continue;
		if (rr.type == DNS_TYPE_PTR && type == rr.type &&
		    !is_pointer(m, &rr))
			return PACKET_MALFORMED;
		if (rr.type == type)
			node->records++;
		if (rr.type == DNS_TYPE_CNAME)
			result = note_alias(m, &rr, node);
		if (rr.type == type || rr.type == DNS_TYPE_CNAME)
			note_ttl(&node->ttl_min, rr.ttl);
		if (result != PACKET_OK)
			return result;
	}
	return PACKET_OK;
}

/* Walks from node->name to the chain's end. */
static enum packet_result follow(const struct message *m, uint16_t type,
                                 struct node *node, size_t *length)
{
	for (*length = 0;; (*length)++) {
		node->records = 0;
		node->has_alias = false;
		node->has_dname = false;

		enum packet_result result = look_at(m, type, node);

		if (result != PACKET_OK)
			return result;
		if (node->records > 0 && type == DNS_TYPE_CNAME)
			return PACKET_OK;
		if (node->records > 0) /* RFC 1034, 3.6.2 */
			return node->has_alias ? PACKET_MALFORMED : PACKET_OK;
		if (!node->has_alias)
			return node->has_dname ? PACKET_CHAIN : PACKET_OK;
		if (*length == DNS_CHAIN_MAX)
			return PACKET_CHAIN;
		node->name = node->alias;
	}
}

/* With the case that the server gave: a value may be looked for in it. */
static struct span target_text(const struct message *m, const struct rr *rr,
                               struct arena *arena)
{
	size_t at = rr->rdata_at;
	struct dns_name target;

	if (!read_name_as(m->packet, &at, true, &target))
		return (struct span){ NULL, 0 };
	return name_text(&target, arena);
}

/* The packet was read before, all of it: reads cannot fail here. */
static void collect(const struct message *m, uint16_t type,
                    const struct node *node, struct arena *arena,
                    struct dns_answer *out)
{
	size_t at = m->answers_at;
	struct rr rr;

	out->records = arena_calloc(arena, node->records, sizeof(struct span));
	for (size_t i = 0; i < m->answers; i++) {
		if (!read_answer(m->packet, &at, type, &rr))
			return;
		if (rr.class != CLASS_IN || rr.type != type ||
		    !name_eq(&rr.owner, &node->name))
			continue;
		out->records[out->records_count++] =
			type == DNS_TYPE_CNAME || type == DNS_TYPE_PTR
				? target_text(m, &rr, arena)
				: rr.rdata;
	}
}

enum packet_result dns_packet_read(struct span packet, struct span name,
                                   uint16_t type, struct arena *arena,
                                   struct dns_answer *out)
{
	struct message m;
	struct node node = { .ttl_min = UINT32_MAX };
	size_t length;
	int rcode = DNS_RCODE_SERVFAIL;
	enum packet_result result =
		open_message(packet, name, type, &rcode, &m);

	out->rcode = rcode;
	if (result != PACKET_OK)
		return result;
	if (!name_from_text(name, &node.name))
		return PACKET_OTHER_QUESTION;
	result = follow(&m, type, &node, &length);
	if (result != PACKET_OK)
		return result;
	if (node.records > 0 && rcode == DNS_RCODE_NXDOMAIN)
		return PACKET_MALFORMED;

	*out = (struct dns_answer){
		.rcode = rcode,
		.chain_length = length,
		.end = name_text(&node.name, arena),
		.ttl_min = node.ttl_min == UINT32_MAX ? 0 : node.ttl_min,
	};
	if (node.records > 0)
		collect(&m, type, &node, arena, out);
	return PACKET_OK;
}

bool dns_txt_join(struct span rdata, struct arena *arena, struct span *out)
{
	uint8_t *joined = arena_alloc(arena, rdata.len + 1);
	struct cursor c = { .left = rdata };
	size_t n = 0;

	if (rdata.len == 0)
		return false;
	while (c.left.len > 0) {
		struct span part = take(&c, take_u8(&c));

		if (c.ran_out)
			return false;
		if (part.len > 0)
			memcpy(joined + n, part.p, part.len);
		n += part.len;
	}
	*out = span_of(joined, n);
	return true;
}

/* The packet was read before: what does not read now is left out. */
size_t dns_packet_authorities(struct span packet, struct arena *arena,
                              struct dns_record **out)
{
	struct cursor c = cursor_at(packet, HEADER_SIZE - 6);
	size_t before = take_u16(&c);
	size_t authorities = take_u16(&c);
	size_t at = HEADER_SIZE;
	size_t count = 0;
	struct rr rr;

	if (!skip_name(packet, &at))
		return 0;
	at += 4; /* of the question: type and class */
	for (size_t i = 0; i < before; i++)
		if (!read_rr(packet, &at, &rr))
			return 0;
	*out = arena_calloc(arena, authorities + 1, sizeof(**out));
	for (size_t i = 0; i < authorities; i++)
		if (read_rr(packet, &at, &rr) && rr.class == CLASS_IN)
			(*out)[count++] = (struct dns_record){
				.owner = name_text(&rr.owner, arena),
				.type = rr.type,
				.rdata = rr.rdata,
			};
	return count;
}
