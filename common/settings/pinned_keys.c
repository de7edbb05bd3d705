#include "settings/pinned_keys.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define K struct pinned_key
const struct setting pinned_key_table[] = {
	SET_TITLE(K, name, 1, KEY_NAME_MAX, "The key's name, for people and logs."),
	SET_TEXT(K, NULL, "role", role, NULL, 1, 16, 0, "coordinator, worker, auditor, pipeline or gateway: all that it may sign as."),
	SET_TEXT(K, NULL, "perspective", perspective, "", 0, KEY_NAME_MAX, 0, "A worker's perspective; the only one its results count for."),
	SET_TEXT(K, NULL, "public_key_file", public_key_file, "", 0, 4096, 0, "PEM file with the public key, as mpicctl keygen wrote it."),
	SET_TEXT(K, NULL, "public_key", public_key, "", 0, KEY_PUBLIC_MAX, 0, "The public key itself, base64 of its SPKI, instead of a file."),
	SET_TEXT(K, NULL, "not_before", not_before, "", 0, 32, 0, "First moment it is valid, like 2026-11-23T00:00:00Z; empty: it always was."),
	SET_TEXT(K, NULL, "not_after", not_after, "", 0, 32, 0, "Last moment it is valid; empty: no end."),
	SET_TEXT(K, NULL, "revoked_from", revoked_from, "", 0, 32, 0, "From when on nothing it signed counts; empty: in good standing."),
	SET_END
};
#undef K
/* clang-format on */

static int read_file(const char *path, struct arena *arena, struct span *out,
                     struct err *why)
{
	FILE *f = fopen(path, "re");
	char *text = arena_alloc(arena, KEY_PUBLIC_MAX + 1);

	if (f == NULL)
		return err_set(why,
		               "%s: cannot read the public key: %s; name the "
		               ".pub file that mpicctl keygen wrote",
		               path, strerror(errno));
	size_t len = fread(text, 1, KEY_PUBLIC_MAX + 1, f);

	(void)fclose(f);
	if (len > KEY_PUBLIC_MAX)
		return err_set(why, "%s: too long to be a public key", path);
	*out = span_of(text, len);
	return 0;
}

static int read_time(const char *text, int64_t otherwise, int64_t *out,
                     const char *key, struct err *why)
{
	*out = otherwise;
	if (text[0] == '\0' || clock_parse(text, out))
		return 0;
	return err_set(why,
	               "%s: \"%s\" is not a time like "
	               "2026-11-23T00:00:00Z",
	               key, text);
}

static int read_key(const struct pinned_key *k, struct arena *arena,
                    struct key_setting *out, struct err *why)
{
	bool file = k->public_key_file[0] != '\0';

	*out = (struct key_setting){ .name = k->name,
		                     .public_key = span_str(k->public_key) };
	if (k->perspective[0] != '\0')
		out->perspective = k->perspective;
	if (!key_role_parse(span_str(k->role), &out->role))
		return err_set(why,
		               "role: \"%s\" is none of coordinator, worker, "
		               "auditor, pipeline, gateway",
		               k->role);
	if (file == (k->public_key[0] != '\0'))
		return err_set(why, "set public_key_file or public_key, one "
		                    "of them");
	if (file &&
	    read_file(k->public_key_file, arena, &out->public_key, why) != 0)
		return -1;
	if (read_time(k->not_before, 0, &out->not_before_ms, "not_before",
	              why) != 0 ||
	    read_time(k->not_after, KEY_NEVER, &out->not_after_ms, "not_after",
	              why) != 0 ||
	    read_time(k->revoked_from, KEY_NEVER, &out->revoked_from_ms,
	              "revoked_from", why) != 0)
		return -1;
	return 0;
}

struct keyring *pinned_keys_ring(const struct setting_rows *rows,
                                 struct err *why)
{
	const struct pinned_key *keys = rows->at;
	struct arena *arena = arena_new();
	struct key_setting *all =
		arena_calloc(arena, rows->n + 1, sizeof(*all));
	struct keyring *ring = NULL;

	for (size_t i = 0; i < rows->n; i++) {
		if (read_key(&keys[i], arena, &all[i], why) != 0) {
			(void)err_prefix(why, "key \"%s\"", keys[i].name);
			goto out;
		}
	}
	ring = keyring_new(all, rows->n, why);
out:
	arena_free(&arena);
	return ring;
}
