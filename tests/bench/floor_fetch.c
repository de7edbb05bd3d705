#include "tests/bench/floor.h"

#include <curl/curl.h>
#include <stdio.h>
#include <unistd.h>

enum { BODY_MAX = 4096 };

struct body {
	char bytes[BODY_MAX];
	size_t len;
};

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct body *body = arg;
	size_t len = size * count;

	if (len > BODY_MAX - body->len)
		return 0;
	memcpy(body->bytes + body->len, bytes, len);
	body->len += len;
	return len;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * count;
}

static CURL *prepare(const struct floor_web *web, struct curl_slist **to,
                     struct body *body)
{
	CURL *easy = curl_easy_init();
	char text[128];

	(void)snprintf(text, sizeof(text), "::%s:80", web->address);
	*to = curl_slist_append(NULL, text);
	if (easy == NULL || *to == NULL)
		floor_die("libcurl has no memory");
	curl_easy_setopt(easy, CURLOPT_CONNECT_TO, *to);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	return easy;
}

double floor_fetch(const struct floor_web *web, double seconds)
{
	struct curl_slist *to;
	struct body body = { .len = 0 };
	CURL *easy = prepare(web, &to, &body);
	double end = floor_wall_s() + seconds;
	double cpu = floor_cpu_us();
	uint64_t done = 0;

	while (floor_wall_s() < end) {
		char url[512];
		CURLcode code;

		(void)snprintf(url, sizeof(url), "http://f%llu.%s%s",
		               (unsigned long long)done, web->zone, web->path);
		body.len = 0;
		curl_easy_setopt(easy, CURLOPT_URL, url);
		code = curl_easy_perform(easy);
		if (code != CURLE_OK)
			floor_die("%s: %s", url, curl_easy_strerror(code));
		if (!span_eq(span_of(body.bytes, body.len),
		             span_str(web->body)))
			floor_die("%s: another body", url);
		done++;
	}
	cpu = floor_cpu_us() - cpu;
	curl_easy_cleanup(easy);
	curl_slist_free_all(to);
	return cpu / (double)done;
}
