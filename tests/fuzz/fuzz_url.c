/* A Location, and that libcurl connects to whom we think it does. */
#include "decide/judge/url.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_part(CURLU *curl, CURLUPart part, struct span want)
{
	char *text = NULL;

	assert(curl_url_get(curl, part, &text, CURLU_DEFAULT_PORT) ==
	       CURLUE_OK);
	assert(span_is(want, text));
	curl_free(text);
}

static void check_curl_agrees(const struct url *u, struct arena *arena)
{
	CURLU *curl = curl_url();
	const char *text = arena_printf(arena, "%.*s", SPAN_ARG(u->text));
	bool v6 = u->is_address && u->address.family == ADDR_V6;

	assert(curl_url_set(curl, CURLUPART_URL, text, CURLU_PATH_AS_IS) ==
	       CURLUE_OK);
	check_part(curl, CURLUPART_HOST,
	           span_str(arena_printf(arena, v6 ? "[%.*s]" : "%.*s",
	                                 SPAN_ARG(u->host))));
	check_part(curl, CURLUPART_PORT,
	           span_str(u->port == 80 ? "80" : "443"));
	check_part(curl, CURLUPART_SCHEME,
	           span_str(u->scheme == SCHEME_HTTPS ? "https" : "http"));
	curl_url_cleanup(curl);
}

static void check_url(const struct url *u, struct arena *arena)
{
	struct url again;

	assert(u->text.len <= URL_MAX);
	assert(u->port == 80 || u->port == 443);
	assert(u->host.len > 0);
	assert(u->path_query.len > 0 && u->path_query.p[0] == '/');
	for (size_t i = 0; i < u->text.len; i++)
		assert(u->text.p[i] > ' ' && u->text.p[i] < 0x7f &&
		       u->text.p[i] != '#' && u->text.p[i] != '\\');
	assert(url_parse(u->text, arena, &again) == URL_OK);
	assert(span_eq(u->text, again.text));
	assert(span_eq(u->host, again.host) && u->port == again.port);
	check_curl_agrees(u, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct url base;
	struct url out;

	assert(url_parse(SPAN("http://h.example.com/a/b?c"), arena, &base) ==
	       URL_OK);
	if (url_resolve(&base, span_of(data, size), arena, &out) == URL_OK)
		check_url(&out, arena);
	arena_free(&arena);
	return 0;
}
