/*
 * Heads of responses, hop after hop, against http-01 and website-change: what
 * is asked for next is always a good URL of a good host on 80 or 443, never the
 * same twice, never more than eleven, and never with the value in it.
 * First byte: the method; then heads, a byte 0xff between them. Every name has
 * one address, and a body that is the value.
 */
#include "base/buf.h"
#include "decide/judge/http_head.h"
#include "decide/judge/judge.h"
#include "decide/judge/url.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VALUE "a-Value-of-22-characters"

enum { STEPS_MAX = 100, SEPARATOR = 0xff };

static const uint8_t address[4] = { 192, 0, 2, 1 };

/* -- an Internet where every name has the one address */

static void put_name(struct buf *out, struct span name)
{
	while (name.len > 0) {
		size_t n = 0;

		while (n < name.len && name.p[n] != '.')
			n++;
		buf_add(out, &(uint8_t){ (uint8_t)n }, 1);
		buf_add_span(out, span_sub(name, 0, n));
		name = span_sub(name, n < name.len ? n + 1 : n, name.len);
	}
	buf_add(out, "", 1);
}

static struct span packet(const struct dns_question *q, struct arena *arena)
{
	bool has = q->type == 1;
	uint8_t head[12] = { 0, 0, 0x81, 0x80, 0, 1, 0, has ? 1 : 0 };
	uint8_t type[4] = { 0, (uint8_t)q->type, 0, 1 };
	static const uint8_t answer[] = {
		0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4
	};
	struct buf out = { 0 };
	struct span made;

	buf_add(&out, head, sizeof(head));
	put_name(&out, q->name);
	buf_add(&out, type, sizeof(type));
	if (has) {
		buf_add(&out, answer, sizeof(answer));
		buf_add(&out, address, sizeof(address));
	}
	made = arena_span(arena, buf_span(&out));
	buf_clear(&out);
	return made;
}

static void look_up(const struct judge_step *step, struct evidence *e,
                    struct arena *arena)
{
	for (size_t i = 0; i < step->questions_count; i++) {
		assert(e->dns_count < EVIDENCE_DNS_MAX);
		e->dns[e->dns_count++] = (struct dns_evidence){
			.name = step->questions[i].name,
			.type = step->questions[i].type,
			.status = DNS_INSECURE,
			.packet = packet(&step->questions[i], arena),
			.tries = 1,
		};
	}
}

/* -- the hops */

static void check_wanted(const struct http_wanted *w, const struct evidence *e,
                         struct arena *arena)
{
	struct url url;
	struct addr addr;
	bool is_address;

	assert(e->http_count < EVIDENCE_HOPS_MAX);
	assert(url_parse(w->url, arena, &url) == URL_OK);
	assert(span_eq(url.text, w->url) && span_eq(url.host, w->host));
	assert(url.port == w->port && url.scheme == w->scheme);
	assert(w->port == 80 || w->port == 443);
	assert(w->addresses_count == 1);
	assert(w->host_is_address || url_host_ok(w->host, &is_address, &addr));
	assert(span_find(w->url, SPAN(VALUE)) < 0);
	for (size_t i = 0; i < e->http_count; i++)
		assert(!span_eq(e->http[i].url, w->url));
}

static struct span next_head(struct span *left)
{
	size_t n = 0;
	struct span head;

	while (n < left->len && left->p[n] != SEPARATOR)
		n++;
	head = span_sub(*left, 0, n);
	*left = span_sub(*left, n < left->len ? n + 1 : n, left->len);
	return span_sub(head, 0, EVIDENCE_HEADERS_MAX);
}

static void fetch(const struct http_wanted *w, struct evidence *e,
                  struct span head, struct arena *arena)
{
	struct connect_evidence *c = arena_calloc(arena, 1, sizeof(*c));
	size_t size = w->addresses[0].family == ADDR_V6 ? 16 : 4;
	struct http_head parsed;

	*c = (struct connect_evidence){
		.address =
			arena_span(arena, span_of(w->addresses[0].bytes, size)),
		.port = w->port,
		.end = CONNECT_MADE,
	};
	e->http[e->http_count++] = (struct http_evidence){
		.url = w->url,
		.connects = c,
		.connects_count = 1,
		.end = HTTP_COMPLETE,
		.status = http_head_parse(head, &parsed) ? parsed.status : 200,
		.headers = head,
		.body = SPAN(VALUE),
	};
}

static void check_end(const struct judgement *done, const struct evidence *e)
{
	struct http_head head;

	assert(done->detail.len <= RESULT_DETAIL_MAX);
	if (done->result_class != CLASS_CORROBORATED)
		return;
	assert(e->http_count > 0);
	assert(http_head_parse(e->http[e->http_count - 1].headers, &head));
	assert(head.status == 200 && !head.encoded);
}

static void hop_on(const struct check *check, struct span heads,
                   struct arena *arena)
{
	struct evidence e = {
		.kind = KIND_DCV,
		.dns = arena_calloc(arena, EVIDENCE_DNS_MAX, sizeof(*e.dns)),
		.http = arena_calloc(arena, EVIDENCE_HOPS_MAX, sizeof(*e.http)),
	};

	for (int steps = 0;; steps++) {
		struct judge_step step;

		assert(steps < STEPS_MAX);
		judge_next(check, KIND_DCV, &e, arena, &step);
		if (step.want == JUDGE_DONE) {
			check_end(&step.done, &e);
			return;
		}
		if (step.want == JUDGE_WANTS_DNS) {
			look_up(&step, &e, arena);
			continue;
		}
		assert(step.want == JUDGE_WANTS_HTTP);
		check_wanted(&step.http, &e, arena);
		fetch(&step.http, &e, next_head(&heads), arena);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct check check = { .target = SPAN("host.example.com") };
	struct arena *arena;

	if (size == 0)
		return 0;
	arena = arena_new();
	check.dcv.present = true;
	check.dcv.validation_method =
		data[0] & 1 ? METHOD_WEBSITE_CHANGE : METHOD_ACME_HTTP_01;
	check.dcv.token = SPAN("token");
	check.dcv.key_authorization = SPAN(VALUE);
	check.dcv.challenge_value = SPAN(VALUE);
	check.dcv.http_token_path = SPAN("a.txt");
	hop_on(&check, span_of(data + 1, size - 1), arena);
	arena_free(&arena);
	return 0;
}
