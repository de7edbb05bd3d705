#include "tests/unit/intake_world.h"

#include <jansson.h>
#include <stdio.h>

static const enum rir rirs[] = { RIR_RIPE,    RIR_ARIN, RIR_APNIC, RIR_LACNIC,
	                         RIR_AFRINIC, RIR_ARIN, RIR_APNIC, RIR_RIPE };
static const char *const codes[] = { "fra", "nyc", "sin", "sao",
	                             "jnb", "lax", "syd", "dub" };
static const struct digest key_ids[WORLD_SITES] = { { { 1 } }, { { 2 } },
	                                            { { 3 } }, { { 4 } },
	                                            { { 5 } }, { { 6 } },
	                                            { { 7 } }, { { 8 } } };
static struct span issuers[2];
static struct names *names;

bool intake_world_open(void)
{
	struct err err;

	names = names_open(NULL, &err);
	if (names == NULL)
		(void)fprintf(stderr, "%s\n", err.text);
	return names != NULL;
}

void intake_world_close(void)
{
	names_free(&names);
}

void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->arena = arena_new();
	for (int i = 0; i < WORLD_SITES; i++)
		f->sites[i] = (struct perspective_site){
			.code = span_str(codes[i]),
			.rir = rirs[i],
			.resolver_rir = rirs[i],
			.keys = &key_ids[i],
			.keys_count = 1,
			.enabled = true,
		};
	f->inventory = (struct inventory){ .sites = f->sites,
		                           .count = WORLD_SITES,
		                           .primary = span_str("fra"),
		                           .colocated_ok = true };
	issuers[0] = SPAN("ca.example");
	issuers[1] = SPAN("pki.example");
	f->plan = (struct plan_settings){ .remotes = 5,
		                          .max_attempts = 2,
		                          .early = EARLY_DENY };
	f->rules = (struct intake_rules){
		.names = names,
		.issuers = { issuers, 2 },
		.plan = &f->plan,
		.inventory = &f->inventory,
		.time_allowed_default_ms = 60000,
		.time_allowed_least_ms = 1000,
		.time_allowed_most_ms = 300000,
		.primary_kind = PRIMARY_PERSPECTIVE,
	};
	f->origin =
		(struct intake_origin){ .timestamp_ms = NOW, .now_ms = NOW };
}

void fixture_clear(struct fixture *f)
{
	arena_free(&f->arena);
}

const char dns01[] =
	"{'request_id':'r1','check_type':'dcv+caa',"
	"'domain_or_ip_target':'www.example.com','" DCV "':{"
	"'validation_method':'acme-dns-01','key_authorization_hash':'" HASH
	"'}}";
const char http01[] =
	"{'request_id':'r1','domain_or_ip_target':'www.example.com','" DCV
	"':{'validation_method':'acme-http-01','token':'" TOKEN
	"','key_authorization':'" TOKEN "." HASH "'}}";
const char alpn[] =
	"{'request_id':'r1','domain_or_ip_target':'www.example.com','" DCV
	"':{'validation_method':'acme-tls-alpn-01','key_authorization_hash':"
	"'" KA_HEX "'}}";
const char web[] =
	"{'request_id':'r1','domain_or_ip_target':'www.example.com','" DCV
	"':{'validation_method':'website-change','challenge_value':"
	"'n4bQgYhMfWWaL-qgxVrQFaO','http_token_path':'a/token.txt'}}";
const char dnsc[] =
	"{'request_id':'r1','domain_or_ip_target':'www.example.com','" DCV
	"':{'validation_method':'dns-change','challenge_value':"
	"'n4bQgYhMfWWaL-qgxVrQFaO','dns_record_type':'TXT',"
	"'dns_name_prefix':'_check'}}";
const char caa[] =
	"{'request_id':'r1','domain_or_ip_target':'www.example.com'}";
/* ' stands for ". */
static json_t *parse(const char *text)
{
	char quoted[8192];
	size_t n = strlen(text);
	json_error_t error;

	ck_assert_uint_lt(n, sizeof(quoted));
	for (size_t i = 0; i <= n; i++)
		quoted[i] = (char)(text[i] == '\'' ? '"' : text[i]);
	json_t *json = json_loads(quoted, 0, &error);

	ck_assert_msg(json != NULL, "%s: %s", error.text, text);
	return json;
}

bool check(struct fixture *f, const char *base, const char *patch)
{
	json_t *json = parse(base);
	json_t *changes = parse(patch);
	enum encoding encoding;
	struct span why;

	ck_assert_int_eq(json_object_update_recursive(json, changes), 0);
	char *text = json_dumps(json, 0);
	enum reason bad =
		request_decode(span_str(text), SPAN(""), f->arena, &f->request,
	                       &f->issues, &encoding, &why);

	ck_assert_int_eq(bad, REASON_UNKNOWN);
	free(text);
	json_decref(json);
	json_decref(changes);
	f->origin.request_id = f->request.request_id;
	return intake_check(&f->request, &f->origin, &f->rules, f->arena,
	                    &f->issues, &f->order);
}

const char *issues_text(const struct fixture *f)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < f->issues.count; i++)
		buf_printf(&text, "%s (%.*s: %.*s) ",
		           reason_name(f->issues.items[i].reason),
		           SPAN_ARG(f->issues.items[i].field),
		           SPAN_ARG(f->issues.items[i].detail));
	const char *copy = arena_str(f->arena, buf_cstr(&text));

	buf_clear(&text);
	return copy;
}

void expect_only(const char *what, const struct fixture *f, bool ok,
                 enum reason want)
{
	ck_assert_msg(!ok, "%s: accepted", what);
	ck_assert_msg(f->issues.count == 1 && f->issues.items[0].reason == want,
	              "%s: wanted %s, got %s", what, reason_name(want),
	              issues_text(f));
	ck_assert_msg(f->order.request_id.p == NULL, "%s: order touched", what);
}

void expect_ok(const char *what, const struct fixture *f, bool ok)
{
	ck_assert_msg(ok, "%s: %s", what, issues_text(f));
	ck_assert_uint_eq(f->issues.count, 0);
}
