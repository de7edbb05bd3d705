#include "ctl/outgoing.h"

#include "base/escape.h"
#include "base/id.h"

static int refuse(struct err *why, enum reason reason, struct span detail)
{
	struct buf shown = { 0 };

	escape_terminal(&shown, detail, 200);
	err_set(why, "%s: %s", reason_name(reason), buf_cstr(&shown));
	buf_clear(&shown);
	return -1;
}

static struct span make_id(struct arena *arena)
{
	char id[ID_TEXT_MAX];

	id_random(id);
	return arena_span(arena, span_str(id));
}

int outgoing_new(struct span value, struct outgoing *out, struct err *why)
{
	struct arena *arena = arena_new();
	struct request_issues issues;
	struct request request;
	enum encoding encoding;
	struct span detail = { NULL, 0 };
	enum reason reason = REASON_OVERSIZED;

	if (value.len <= REQUEST_MAX)
		reason = request_decode(value, span_str(""), arena, &request,
		                        &issues, &encoding, &detail);
	if (reason != REASON_UNKNOWN) {
		(void)refuse(why, reason, detail);
		arena_free(&arena);
		return -1;
	}
	*out = (struct outgoing){
		.arena = arena,
		.id = request.request_id.p != NULL ? request.request_id
		                                   : make_id(arena),
		.value = arena_span(arena, value),
		.content_type = encoding == ENCODING_JSON
		                        ? CONTENT_TYPE_JSON
		                        : CONTENT_TYPE_MSGPACK,
		.question = { .digest = digest_of(value),
		              .target = request.domain_or_ip_target },
	};
	return 0;
}

void outgoing_clear(struct outgoing *out)
{
	arena_free(&out->arena);
	*out = (struct outgoing){ 0 };
}
