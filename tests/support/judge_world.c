#include "tests/support/judge_world.h"

#include <check.h>
#include <ldns/ldns.h>
#include <stdlib.h>

/* A CAA record whose RDATA ldns would not make is written as TYPE65280. */
enum { STEPS_MAX = 300, CHAIN_MAX = 40, TYPE_RAW_CAA = 65280 };

void world_init(struct world *w)
{
	static struct span issuers[] = { { (const uint8_t *)WORLD_ISSUER,
		                           sizeof(WORLD_ISSUER) - 1 } };

	memset(w, 0, sizeof(*w));
	w->arena = arena_new();
	w->check.target = SPAN("host.example.com");
	w->check.caa.caa_domains = (struct text_list){ issuers, 1 };
	w->check.caa.certificate_type = CERT_TLS_SERVER;
}

void world_clear(struct world *w)
{
	arena_free(&w->arena);
}

static ldns_rr *rr_of(const char *line)
{
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, line, 300, NULL, NULL);

	ck_assert_msg(status == LDNS_STATUS_OK, "%s: %s", line,
	              ldns_get_errorstr_by_id(status));
	return rr;
}

/* Adds name's records of the type, or its alias. True for an alias, which
 *name then is. *exists if anything is at or below the name. */
static bool add_node(const struct world *w, ldns_rdf **name, int type,
                     ldns_pkt *pkt, bool *exists)
{
	ldns_rdf *alias = NULL;

	*exists = ldns_dname_label_count(*name) == 1;
	for (size_t i = 0; w->zone != NULL && w->zone[i] != NULL; i++) {
		ldns_rr *rr = rr_of(w->zone[i]);
		bool here = ldns_dname_compare(ldns_rr_owner(rr), *name) == 0;
		int seen = (int)ldns_rr_get_type(rr);

		if (seen == TYPE_RAW_CAA)
			seen = LDNS_RR_TYPE_CAA;
		if (here || ldns_dname_is_subdomain(ldns_rr_owner(rr), *name))
			*exists = true;
		if (here && seen == LDNS_RR_TYPE_CNAME && seen != type)
			alias = ldns_rdf_clone(ldns_rr_rdf(rr, 0));
		if (here && (seen == type || seen == LDNS_RR_TYPE_CNAME))
			ldns_pkt_push_rr(pkt, LDNS_SECTION_ANSWER, rr);
		else
			ldns_rr_free(rr);
	}
	if (alias == NULL)
		return false;
	ldns_rdf_deep_free(*name);
	*name = alias;
	return true;
}

static void restore_caa(uint8_t *wire, size_t size)
{
	for (size_t i = 0; i + 4 <= size; i++)
		if (memcmp(wire + i, "\xff\x00\x00\x01", 4) == 0)
			memcpy(wire + i, "\x01\x01", 2);
}

static struct span wire_of(struct world *w, ldns_pkt *pkt)
{
	uint8_t *wire = NULL;
	size_t size = 0;

	ck_assert_int_eq(ldns_pkt2wire(&wire, pkt, &size), LDNS_STATUS_OK);
	restore_caa(wire, size);

	struct span copy = arena_span(w->arena, span_of(wire, size));

	free(wire);
	return copy;
}

static const struct denial *denial_of(const struct world *w, struct span name,
                                      int type)
{
	for (size_t i = 0; i < w->denials_count; i++)
		if (span_is(name, w->denials[i].name) &&
		    w->denials[i].type == type)
			return &w->denials[i];
	return NULL;
}

static void add_authority(const struct denial *denial, ldns_pkt *pkt)
{
	for (int i = 0; denial != NULL && denial->authority[i] != NULL; i++)
		ldns_pkt_push_rr(pkt, LDNS_SECTION_AUTHORITY,
		                 rr_of(denial->authority[i]));
}

struct span world_packet(struct world *w, struct span name, int type)
{
	char text[300];
	ldns_pkt *pkt = ldns_pkt_new();
	bool exists = true;

	snprintf(text, sizeof(text), "%.*s.", SPAN_ARG(name));

	ldns_rdf *node = ldns_dname_new_frm_str(text);

	ldns_pkt_set_qr(pkt, true);
	ldns_pkt_push_rr(pkt, LDNS_SECTION_QUESTION, ldns_rr_new());

	ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(pkt), 0);

	ldns_rr_set_question(question, true);
	ldns_rr_set_owner(question, ldns_rdf_clone(node));
	ldns_rr_set_type(question, (ldns_rr_type)type);
	ldns_rr_set_class(question, LDNS_RR_CLASS_IN);
	for (int i = 0; i < CHAIN_MAX; i++)
		if (!add_node(w, &node, type, pkt, &exists))
			break;
	add_authority(denial_of(w, name, type), pkt);
	if (!exists)
		ldns_pkt_set_rcode(pkt, LDNS_RCODE_NXDOMAIN);

	struct span wire = wire_of(w, pkt);

	ldns_rdf_deep_free(node);
	ldns_pkt_free(pkt);
	return wire;
}

static const struct trouble *trouble_with(const struct world *w,
                                          struct span name, int type)
{
	for (size_t i = 0; i < w->troubles_count; i++)
		if (span_is(name, w->troubles[i].name) &&
		    (w->troubles[i].type == 0 || w->troubles[i].type == type))
			return &w->troubles[i];
	return NULL;
}

static void answer(struct world *w, const struct dns_question *q)
{
	const struct trouble *trouble = trouble_with(w, q->name, q->type);
	struct dns_evidence *e = &w->evidence.dns[w->evidence.dns_count++];

	ck_assert_uint_le(w->evidence.dns_count, EVIDENCE_DNS_MAX);
	*e = (struct dns_evidence){
		.name = q->name,
		.type = q->type,
		.status = denial_of(w, q->name, q->type) != NULL ? DNS_SECURE
		                                                 : DNS_INSECURE,
		.at_ms = (w->every_ms > 0 ? w->every_ms : 1000) *
		         (int64_t)w->evidence.dns_count,
		.took_ms = 5,
		.tries = 1,
	};
	if (q->fresh)
		e->fresh = SOME_BOOL(true);
	if (trouble != NULL && !trouble->truncated) {
		e->status = trouble->status;
		e->rcode = trouble->rcode;
		e->tries = w->tries > 0 ? w->tries : 1;
		e->why_bogus = SPAN("signature expired");
		return;
	}
	e->packet = world_packet(w, q->name, q->type);
	if (trouble != NULL) {
		uint8_t *p = arena_alloc(w->arena, e->packet.len);

		memcpy(p, e->packet.p, e->packet.len);
		p[2] |= 0x02;
		e->packet.p = p;
	}
}

static enum connect_end wall_at(const struct world *w, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	addr_text(addr, text, sizeof(text));
	for (size_t i = 0; i < w->walls_count; i++)
		if (strcmp(w->walls[i].address, text) == 0)
			return w->walls[i].end;
	return CONNECT_MADE;
}

static bool connect_to(struct world *w, const struct addr *addresses,
                       size_t count, uint16_t port,
                       struct connect_evidence **connects,
                       size_t *connects_count)
{
	*connects = arena_calloc(w->arena, count, sizeof(**connects));
	for (size_t i = 0; i < count; i++) {
		const struct addr *addr = &addresses[i];
		enum connect_end end = wall_at(w, addr);

		(*connects)[(*connects_count)++] = (struct connect_evidence){
			.address = arena_span(
				w->arena,
				span_of(addr->bytes, addr_bits(addr) / 8)),
			.port = port,
			.end = end,
		};
		if (end == CONNECT_MADE || end == CONNECT_TLS_FAILED)
			return end == CONNECT_MADE;
	}
	return false;
}

static const struct page *page_at(const struct world *w, struct span url)
{
	static const struct page absent = { .status = 404, .body = "no" };

	for (size_t i = 0; i < w->pages_count; i++)
		if (span_is(url, w->pages[i].url))
			return &w->pages[i];
	return &absent;
}

static void fetch(struct world *w, const struct http_wanted *http)
{
	struct http_evidence *e = &w->evidence.http[w->evidence.http_count++];
	const struct page *page = page_at(w, http->url);

	ck_assert_uint_le(w->evidence.http_count, EVIDENCE_HOPS_MAX);
	ck_assert_uint_gt(http->addresses_count, 0);
	ck_assert(http->port == 80 || http->port == 443);
	*e = (struct http_evidence){ .url = http->url };
	if (!connect_to(w, http->addresses, http->addresses_count, http->port,
	                &e->connects, &e->connects_count)) {
		e->end = HTTP_NOT_CONNECTED;
		return;
	}
	e->end = page->end == HTTP_UNKNOWN ? HTTP_COMPLETE : page->end;
	e->status = page->status;
	e->headers = span_str(
		arena_printf(w->arena, "HTTP/1.1 %d OK\r\n%s\r\n", page->status,
	                     page->headers != NULL ? page->headers : ""));
	e->body = span_str(page->body != NULL ? page->body : "");
	if (page->body_len > 0)
		e->body.len = page->body_len;
	if (e->body.len > http->body_max)
		e->end = HTTP_BODY_LARGE;
}

static void shake_hands(struct world *w, const struct tls_wanted *tls)
{
	const struct handshake *h = &w->handshake;
	struct tls_evidence *e = arena_calloc(w->arena, 1, sizeof(*e));

	ck_assert_uint_eq(w->evidence.tls_count, 0);
	ck_assert_uint_gt(tls->addresses_count, 0);
	w->tls = *tls;
	w->evidence.tls = e;
	w->evidence.tls_count = 1;
	*e = (struct tls_evidence){ .name = tls->name };
	if (!connect_to(w, tls->addresses, tls->addresses_count, tls->port,
	                &e->connects, &e->connects_count)) {
		e->end = TLS_NOT_CONNECTED;
		return;
	}
	e->end = h->end == TLS_UNKNOWN ? TLS_COMPLETE : h->end;
	e->version = h->version == 0 ? 0x0304 : h->version;
	e->protocol =
		h->protocol == NULL ? tls->protocol : span_str(h->protocol);
	e->alert = h->alert != 0 ? SOME_INT(h->alert) : (struct opt_int){ 0 };
	e->certificate = h->certificate;
}

static bool is_time_to_stop(struct world *w)
{
	size_t seen = w->evidence.dns_count + w->evidence.http_count +
	              w->evidence.tls_count;

	if (w->stop_after == 0 || seen + 1 < w->stop_after)
		return false;
	w->evidence.end = w->stop_end;
	w->evidence.fault = span_str(w->fault != NULL ? w->fault : "");
	return true;
}

static void gather(struct world *w, const struct judge_step *step)
{
	if (step->questions_count > w->most_questions)
		w->most_questions = step->questions_count;
	if (step->want == JUDGE_WANTS_DNS) {
		ck_assert_uint_gt(step->questions_count, 0);
		/* The last first: the order of answers must not matter. */
		answer(w, &step->questions[step->questions_count - 1]);
		return;
	}
	if (step->want == JUDGE_WANTS_TLS) {
		shake_hands(w, &step->tls);
		return;
	}
	if (w->evidence.http_count == 0)
		w->first = step->http;
	fetch(w, &step->http);
}

void world_judge(struct world *w, enum check_kind kind)
{
	struct judge_step step = { 0 };
	struct judgement again;

	w->evidence = (struct evidence){ .kind = kind };
	w->evidence.dns = arena_calloc(w->arena, EVIDENCE_DNS_MAX + 1,
	                               sizeof(struct dns_evidence));
	w->evidence.http = arena_calloc(w->arena, EVIDENCE_HOPS_MAX + 1,
	                                sizeof(struct http_evidence));
	w->steps = 0;
	w->most_questions = 0;
	for (;;) {
		if (is_time_to_stop(w))
			break;
		judge_next(&w->check, kind, &w->evidence, w->arena, &step);
		if (step.want == JUDGE_DONE)
			break;
		gather(w, &step);
		ck_assert_uint_lt(++w->steps, STEPS_MAX);
	}
	if (w->evidence.end == EVIDENCE_END_UNKNOWN)
		w->evidence.end = EVIDENCE_END_COMPLETE;
	else
		judge_next(&w->check, kind, &w->evidence, w->arena, &step);
	ck_assert_int_eq(step.want, JUDGE_DONE);
	w->done = step.done;
	ck_assert_uint_le(w->done.detail.len, RESULT_DETAIL_MAX);

	judge_replay(&w->check, kind, &w->evidence, w->arena, &again);
	ck_assert_int_eq(again.reason, w->done.reason);
	ck_assert_int_eq(again.result_class, w->done.result_class);
	ck_assert(span_eq(again.detail, w->done.detail));
}

void world_expect(const struct world *w, enum reason reason, const char *what)
{
	ck_assert_msg(w->done.reason == reason, "%s: got %s (%.*s), want %s",
	              what, reason_name(w->done.reason),
	              SPAN_ARG(w->done.detail), reason_name(reason));
}
