#include "wire/mp_scan.h"

#include "base/text.h"

#include <assert.h>

/* What a head byte announces. */
enum shape {
	SHAPE_PLAIN, /* `payload` more bytes belong to it, nothing to look at */
	SHAPE_TEXT,
	SHAPE_LIST,
	SHAPE_MAP,
	SHAPE_FLOAT,
	SHAPE_EXT,
	SHAPE_NEVER /* a byte without a meaning */
};

struct head {
	enum shape shape;
	uint32_t n; /* payload bytes, items or pairs */
};

struct level {
	uint64_t left; /* values still to come; in a map keys count as well */
	bool map;
};

struct scan {
	struct cursor in;
	struct level levels[MP_DEPTH_MAX];
	size_t depth;
	size_t elements;
	const struct mp_limits *limits;
};

static uint32_t take_length(struct cursor *c, unsigned width)
{
	return width == 1 ? take_u8(c) : width == 2 ? take_u16(c) : take_u32(c);
}

/* 0xc0..0xdf: shape, bytes of its length, payload that needs no length. */
/* clang-format off */
static const struct {
	uint8_t shape, width, fixed;
} heads[] = {
	{ SHAPE_PLAIN, 0, 0 },  /* nil */
	{ SHAPE_NEVER, 0, 0 },
	{ SHAPE_PLAIN, 0, 0 },  { SHAPE_PLAIN, 0, 0 },  /* false, true */
	{ SHAPE_PLAIN, 1, 0 },  { SHAPE_PLAIN, 2, 0 },  { SHAPE_PLAIN, 4, 0 },  /* bin */
	{ SHAPE_EXT,   1, 0 },  { SHAPE_EXT,   2, 0 },  { SHAPE_EXT,   4, 0 },
	{ SHAPE_FLOAT, 0, 4 },  { SHAPE_FLOAT, 0, 8 },
	{ SHAPE_PLAIN, 0, 1 },  { SHAPE_PLAIN, 0, 2 },  /* uint */
	{ SHAPE_PLAIN, 0, 4 },  { SHAPE_PLAIN, 0, 8 },
	{ SHAPE_PLAIN, 0, 1 },  { SHAPE_PLAIN, 0, 2 },  /* int */
	{ SHAPE_PLAIN, 0, 4 },  { SHAPE_PLAIN, 0, 8 },
	{ SHAPE_EXT,   0, 2 },  { SHAPE_EXT,   0, 3 },  { SHAPE_EXT,   0, 5 },
	{ SHAPE_EXT,   0, 9 },  { SHAPE_EXT,   0, 17 },
	{ SHAPE_TEXT,  1, 0 },  { SHAPE_TEXT,  2, 0 },  { SHAPE_TEXT,  4, 0 },
	{ SHAPE_LIST,  2, 0 },  { SHAPE_LIST,  4, 0 },
	{ SHAPE_MAP,   2, 0 },  { SHAPE_MAP,   4, 0 },
};
/* clang-format on */
_Static_assert(sizeof(heads) / sizeof(heads[0]) == 32, "0xc0..0xdf");

static struct head take_head(struct cursor *c)
{
	uint8_t b = take_u8(c);

	if (b < 0x80 || b >= 0xe0)
		return (struct head){ SHAPE_PLAIN, 0 };
	if (b < 0x90)
		return (struct head){ SHAPE_MAP, b & 0x0fU };
	if (b < 0xa0)
		return (struct head){ SHAPE_LIST, b & 0x0fU };
	if (b < 0xc0)
		return (struct head){ SHAPE_TEXT, b & 0x1fU };

	unsigned row = b - 0xc0U;
	uint32_t n = heads[row].fixed;

	if (heads[row].width > 0)
		n = take_length(c, heads[row].width);
	return (struct head){ (enum shape)heads[row].shape, n };
}

/* True while all bytes are ASCII other than NUL; eight at a time. */
static bool is_plain_ascii(struct span s)
{
	const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	size_t i = 0;

	for (; i + 8 <= s.len; i += 8) {
		uint64_t word;

		memcpy(&word, s.p + i, sizeof(word));
		/* Borrow reaches a top bit only from a zero byte, as long as
		   no byte has its own top bit set. */
		if (((word - ones) | word) & tops)
			return false;
	}
	for (; i < s.len; i++) {
		if (s.p[i] == 0 || s.p[i] >= 0x80)
			return false;
	}
	return true;
}

bool wire_text_valid(struct span s)
{
	if (is_plain_ascii(s))
		return true;
	return memchr(s.p, 0, s.len) == NULL && text_is_utf8(s);
}

static const char *enter(struct scan *s, struct head head)
{
	uint64_t values = (uint64_t)head.n * (head.shape == SHAPE_MAP ? 2 : 1);

	/* Each value takes at least a byte. */
	if (values > s->in.left.len)
		return "a container announces more than there are bytes";
	if (s->depth == s->limits->depth)
		return "nested too deep";
	s->levels[s->depth++] =
		(struct level){ values, head.shape == SHAPE_MAP };
	return NULL;
}

static const char *one_value(struct scan *s)
{
	bool key = false;

	if (s->depth > 0) {
		struct level *top = &s->levels[s->depth - 1];

		key = top->map && top->left % 2 == 0;
		top->left--;
	}
	if (s->elements++ == s->limits->elements)
		return "too many elements";

	struct head head = take_head(&s->in);

	if (s->in.ran_out)
		return "cut short";
	if (key && head.shape != SHAPE_TEXT)
		return "a map key is not text";
	switch (head.shape) {
	case SHAPE_FLOAT: return "floats are not accepted";
	case SHAPE_EXT: return "extension types are not accepted";
	case SHAPE_NEVER: return "not MessagePack";
	case SHAPE_LIST:
	case SHAPE_MAP: return enter(s, head);
	case SHAPE_PLAIN:
	case SHAPE_TEXT: break;
	}
	struct span payload = take(&s->in, head.n);

	if (s->in.ran_out)
		return "cut short";
	if (head.shape == SHAPE_TEXT && !wire_text_valid(payload))
		return "text is not UTF-8 without NUL";
	return NULL;
}

const char *mp_scan(struct span value, const struct mp_limits *limits)
{
	struct scan s = { .in = { .left = value }, .limits = limits };
	const char *why;

	assert(limits->depth <= MP_DEPTH_MAX);
	if (value.len == 0)
		return "empty";
	if (value.len > limits->bytes)
		return "larger than allowed";
	do {
		why = one_value(&s);
		if (why != NULL)
			return why;
		while (s.depth > 0 && s.levels[s.depth - 1].left == 0)
			s.depth--;
	} while (s.depth > 0);
	return s.in.left.len == 0 ? NULL : "bytes after the end";
}
