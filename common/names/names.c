#include "names/names.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PSL_MAX_BYTES = 4 << 20 }; /* the list is a quarter of a megabyte */

struct names {
	psl_ctx_t *psl;
	char *path;
	int64_t made_ms;
	struct digest digest;
};

static int read_file(const char *path, struct buf *out, int64_t *changed_ms,
                     struct err *err)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	size_t got;

	if (f == NULL)
		return err_set(err, "%s: %s", path, strerror(errno));
	do {
		got = fread(buf_reserve(out, 65536), 1, 65536, f);
		out->len += got;
	} while (got > 0 && out->len <= PSL_MAX_BYTES);
	bool failed = ferror(f) != 0 || fstat(fileno(f), &st) != 0;

	(void)fclose(f);
	if (failed)
		return err_set(err, "%s: cannot be read", path);
	if (out->len > PSL_MAX_BYTES)
		return err_set(err, "%s: larger than %d bytes", path,
		               PSL_MAX_BYTES);
	*changed_ms = (int64_t)st.st_mtim.tv_sec * 1000;
	return 0;
}

/* libpsl takes any text for a list; an error page or half a download must not
   become one. */
static bool looks_whole(struct span text)
{
	bool private =
		span_find(text, SPAN("===BEGIN PRIVATE DOMAINS===")) >= 0;

	return span_find(text, SPAN("===BEGIN ICANN DOMAINS===")) >= 0 &&
	       span_find(text, SPAN("===END ICANN DOMAINS===")) >= 0 &&
	       (!private ||
	        span_find(text, SPAN("===END PRIVATE DOMAINS===")) >= 0);
}

/* "// VERSION: 2025-01-31_09-07-12_UTC", which lists have since 2024. */
static void note_version(struct span text, int64_t *made_ms)
{
	static const char form[] = "0000-00-00_00-00-00_UTC";
	ptrdiff_t at = span_find(text, SPAN("// VERSION: "));
	char when[sizeof(form)];

	if (at < 0)
		return;
	struct span s = span_sub(text, (size_t)at + strlen("// VERSION: "),
	                         sizeof(form) - 1);

	if (s.len != sizeof(form) - 1)
		return;
	memcpy(when, s.p, s.len);
	when[10] = when[10] == '_' ? 'T' : '?';
	when[13] = when[13] == '-' ? ':' : '?';
	when[16] = when[16] == '-' ? ':' : '?';
	if (memcmp(when + 19, "_UTC", 4) != 0)
		return;
	memcpy(when + 19, "Z", 2);
	(void)clock_parse(when, made_ms);
}

static psl_ctx_t *parse(struct buf *text)
{
	FILE *f = fmemopen(text->p, text->len, "r");

	if (f == NULL)
		return NULL;
	psl_ctx_t *psl = psl_load_fp(f);

	(void)fclose(f);
	return psl;
}

struct names *names_open(const char *path, struct err *err)
{
	struct names *names = xzalloc(sizeof(*names));
	struct buf text = { 0 };

	names->path = xstrdup(path != NULL ? path : NAMES_PSL_DEFAULT);
	if (read_file(names->path, &text, &names->made_ms, err) != 0)
		goto fail;
	if (!looks_whole(buf_span(&text))) {
		(void)err_set(err,
		              "%s: not a whole public suffix list in its text "
		              "form (the markers of its sections are missing)",
		              names->path);
		goto fail;
	}
	note_version(buf_span(&text), &names->made_ms);
	names->digest = digest_of(buf_span(&text));
	names->psl = parse(&text);
	if (names->psl == NULL || psl_suffix_count(names->psl) <= 0) {
		(void)err_set(err, "%s: no suffix in it", names->path);
		goto fail;
	}
	buf_clear(&text);
	return names;
fail:
	buf_clear(&text);
	names_free(&names);
	return NULL;
}

void names_free(struct names **names)
{
	if (*names == NULL)
		return;
	psl_free((*names)->psl);
	free((*names)->path);
	free(*names);
	*names = NULL;
}

const char *names_psl_path(const struct names *names)
{
	return names->path;
}

int64_t names_psl_time_ms(const struct names *names)
{
	return names->made_ms;
}

const struct digest *names_psl_digest(const struct names *names)
{
	return &names->digest;
}

int64_t names_psl_age_days(const struct names *names, int64_t now_ms)
{
	int64_t age_ms = now_ms - names->made_ms;
	int64_t day_ms = 86400000;

	return age_ms < 0 ? -1 : age_ms / day_ms;
}

/* Lower-cased, as libpsl wants it. False for what is no name in a list. */
static bool as_text(struct span name, char out[static NAME_MAX_TEXT + 1])
{
	if (name.len == 0 || name.len > NAME_MAX_TEXT)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '\0')
			return false;
		out[i] = (char)ascii_lower(name.p[i]);
	}
	out[name.len] = '\0';
	return true;
}

bool names_is_public_suffix(const struct names *names, struct span name,
                            enum names_section section)
{
	char text[NAME_MAX_TEXT + 1];
	int type = section == NAMES_ICANN ? PSL_TYPE_ICANN : PSL_TYPE_ANY;

	return as_text(name, text) &&
	       psl_is_public_suffix2(names->psl, text, type) == 1;
}

bool names_has_known_tld(const struct names *names, struct span name)
{
	char text[NAME_MAX_TEXT + 1];

	if (!as_text(name, text))
		return false;
	const char *dot = strrchr(text, '.');

	return psl_is_public_suffix2(names->psl, dot != NULL ? dot + 1 : text,
	                             PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) ==
	       1;
}

struct span names_registrable(const struct names *names, struct span name,
                              enum names_section section)
{
	struct span below = span_sub(name, 0, 0);
	struct span at = name_without_wildcard(name);

	/* the first suffix from the left is the longest one */
	for (; at.len > 0; at = name_parent(at)) {
		if (names_is_public_suffix(names, at, section))
			return below;
		below = at;
	}
	return span_sub(name, 0, 0);
}

bool names_wildcard_over_suffix(const struct names *names, struct span name)
{
	struct span rest = name_without_wildcard(name);

	return rest.len != name.len &&
	       names_is_public_suffix(names, rest, NAMES_ICANN);
}
