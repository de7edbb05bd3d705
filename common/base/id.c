#include "base/id.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *out, size_t len)
{
	uint8_t *p = out;

	while (len > 0) {
		ssize_t got = getrandom(p, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		p += got;
		len -= (size_t)got;
	}
}

void id_random(char out[static ID_TEXT_MAX])
{
	uint8_t bytes[ID_BYTES];

	random_bytes(bytes, sizeof(bytes));
	text_hex_cstr(out, span_of(bytes, sizeof(bytes)));
}

bool id_is_random(struct span s)
{
	if (s.len != ID_TEXT_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.p[i]) && (s.p[i] < 'a' || s.p[i] > 'f'))
			return false;
	}
	return true;
}

const char *id_result_name(enum id_result result)
{
	switch (result) {
	case ID_OK: return "ok";
	case ID_EMPTY: return "empty";
	case ID_TOO_LONG: return "too-long";
	case ID_BAD_CHARACTER: return "bad-character";
	case ID_RESERVED: return "reserved";
	}
	return "unknown";
}

static size_t digits(struct span s)
{
	size_t n = 0;

	while (n < s.len && ascii_is_digit(s.p[n]))
		n++;
	return n;
}

/* Splits "r-<digits>-<digits>", whatever the numbers are. */
static bool split_assigned(struct span id, struct span *partition,
                           struct span *offset)
{
	if (id.len < 5 || !span_eq(span_sub(id, 0, 2), SPAN("r-")))
		return false;
	struct span rest = span_sub(id, 2, id.len);
	size_t n = digits(rest);

	if (n == 0 || n == rest.len || rest.p[n] != '-')
		return false;
	*partition = span_sub(rest, 0, n);
	*offset = span_sub(rest, n + 1, rest.len);
	return offset->len > 0 && digits(*offset) == offset->len;
}

enum id_result id_check_request(struct span id, bool assigned_by_us)
{
	struct span partition, offset;

	if (id.len == 0)
		return ID_EMPTY;
	if (id.len > ID_REQUEST_MAX)
		return ID_TOO_LONG;
	for (size_t i = 0; i < id.len; i++) {
		if (id.p[i] <= ' ' || id.p[i] > '~')
			return ID_BAD_CHARACTER;
	}
	if (!assigned_by_us && split_assigned(id, &partition, &offset))
		return ID_RESERVED;
	return ID_OK;
}

void id_assign(char out[static ID_ASSIGNED_MAX], int32_t partition,
               int64_t offset)
{
	(void)snprintf(out, ID_ASSIGNED_MAX, "r-%ld-%lld", (long)partition,
	               (long long)offset);
}

bool id_parse_assigned(struct span id, int32_t *partition, int64_t *offset)
{
	struct span p, o;
	uint64_t p_value, o_value;

	if (!split_assigned(id, &p, &o) || !text_u64(p, INT32_MAX, &p_value) ||
	    !text_u64(o, INT64_MAX, &o_value))
		return false;
	*partition = (int32_t)p_value;
	*offset = (int64_t)o_value;
	return true;
}
