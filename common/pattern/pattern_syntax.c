#include "pattern/pattern_syntax.h"

#include "base/text.h"

enum {
	NAME_MAX = 32,       /* of a group: PCRE2 before 10.44 */
	COUNT_DIGITS_MAX = 4 /* of a repetition */
};

static const size_t NONE = SIZE_MAX;

struct scan {
	struct span all;
	size_t at;
	size_t element; /* the one before, to be repeated; NONE: a group */
	unsigned open;  /* groups */
	unsigned names; /* of groups */
	struct pattern_counts *counts;
	struct pattern_fault *fault;
};

static bool refuse(struct scan *s, size_t at, const char *what)
{
	*s->fault = (struct pattern_fault){ at, what };
	return false;
}

/* NUL, which stands nowhere in an expression, behind its end. */
static uint8_t peek(const struct scan *s, size_t ahead)
{
	return s->at + ahead < s->all.len ? s->all.p[s->at + ahead] : '\0';
}

static bool is_one_of(uint8_t c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool is_hex(uint8_t c)
{
	return ascii_is_digit(c) ||
	       (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* From the backslash on. \v, \h, \R and more mean something else to others. */
static bool scan_escape(struct scan *s, const char *letters)
{
	uint8_t c = peek(s, 1);

	if (c == '\0')
		return refuse(s, s->at, "nothing behind the backslash");
	if (c >= '1' && c <= '9')
		return refuse(s, s->at, "back references are not supported");
	if (c == 'x') {
		if (!is_hex(peek(s, 2)) || !is_hex(peek(s, 3)))
			return refuse(s, s->at, "\\x wants two hex digits");
		s->at += 4;
		return true;
	}
	if (ascii_is_alnum(c) && !is_one_of(c, letters))
		return refuse(s, s->at, "this escape is not supported");
	s->at += 2;
	return true;
}

/* From the bracket on. */
static bool scan_class(struct scan *s)
{
	size_t start = s->at++;

	if (peek(s, 0) == '^')
		s->at++;
	if (peek(s, 0) == ']')
		s->at++; /* the first one is a member */
	while (peek(s, 0) != ']') {
		if (peek(s, 0) == '\0')
			return refuse(s, start, "this [ is never closed");
		if (peek(s, 0) == '[')
			return refuse(s, s->at, "write \\[ inside of [ ]");
		if (peek(s, 0) != '\\')
			s->at++;
		else if (!scan_escape(s, "dDwWsSbtnrfa"))
			return false;
	}
	s->at++;
	return true;
}

static bool scan_number(struct scan *s, uint16_t *n)
{
	size_t start = s->at;

	for (*n = 0; ascii_is_digit(peek(s, 0)); s->at++)
		*n = (uint16_t)(*n * 10 + (peek(s, 0) - '0'));
	return s->at > start && s->at - start <= COUNT_DIGITS_MAX;
}

/* {,n} and spaces in it mean different things to different libraries. */
static bool scan_braces(struct scan *s)
{
	size_t start = s->at++;
	uint16_t least, most;
	bool good = scan_number(s, &least);

	if (good && peek(s, 0) == ',') {
		s->at++;
		good = peek(s, 0) == '}' || scan_number(s, &most);
	}
	if (!good || peek(s, 0) != '}')
		return refuse(s, start,
		              "{n}, {n,} or {n,m} of up to 9999; write \\{ "
		              "for a brace");
	s->at++;
	if (s->element != NONE)
		s->counts->least[s->element] = least;
	return true;
}

/* (?P<name>, from its < on. */
static bool scan_name(struct scan *s)
{
	size_t start = ++s->at;

	while (ascii_is_alnum(peek(s, 0)) || peek(s, 0) == '_')
		s->at++;
	if (peek(s, 0) != '>' || s->at == start || s->at - start > NAME_MAX ||
	    ascii_is_digit(s->all.p[start]))
		return refuse(s, start, "not the name of a group");
	s->at++;
	if (s->names++ == PATTERN_NAMES_MAX)
		return refuse(s, start - 4, "too many named groups");
	return true;
}

static size_t count_flags(const struct scan *s, size_t ahead)
{
	size_t n = 0;

	while (is_one_of(peek(s, ahead + n), "ims"))
		n++;
	return n;
}

/* (?ims) at the very beginning, (?ims-ims: anywhere; from behind (? on. */
static bool scan_flags(struct scan *s)
{
	size_t start = s->at - 2;
	size_t on = count_flags(s, 0);
	size_t off = 0;

	s->at += on;
	if (peek(s, 0) == '-') {
		off = count_flags(s, 1);
		s->at += 1 + off;
		if (off == 0)
			return refuse(s, start, "only the flags i, m and s");
	}
	if (peek(s, 0) == ':') {
		s->at++;
		return true;
	}
	if (peek(s, 0) != ')' || on == 0)
		return refuse(s, start, "this group is not supported");
	if (start != 0 || off != 0)
		return refuse(s, start,
		              "flags for the whole stand at the beginning");
	return true;
}

/* From behind the parenthesis on. */
static bool scan_group_kind(struct scan *s)
{
	size_t start = s->at - 1;

	if (peek(s, 0) == '*')
		return refuse(s, start, "verbs are not supported");
	if (peek(s, 0) != '?')
		return true;
	s->at++;
	if (is_one_of(peek(s, 0), ":=!>")) {
		s->at++;
		return true;
	}
	if (peek(s, 0) == '<')
		return refuse(s, start,
		              "look-behind is not supported; a group's name "
		              "is written (?P<name>");
	if (peek(s, 0) == 'P' && peek(s, 1) == '<') {
		s->at++;
		return scan_name(s);
	}
	if (peek(s, 0) == 'P')
		return refuse(s, start, "back references are not supported");
	return scan_flags(s);
}

static bool scan_open(struct scan *s)
{
	if (s->open == PATTERN_NESTED_MAX)
		return refuse(s, s->at, "too many groups in each other");
	s->open++;
	s->at++;
	return scan_group_kind(s);
}

static bool scan_close(struct scan *s)
{
	if (s->open == 0)
		return refuse(s, s->at, "this ) closes nothing");
	s->open--;
	s->at++;
	return true;
}

static bool scan_one(struct scan *s)
{
	uint8_t c = peek(s, 0);

	if (c == '{')
		return scan_braces(s);
	s->element = c == '(' || c == ')' ? NONE : s->at;
	switch (c) {
	case '\\': return scan_escape(s, "AZbBdDwWsStnrfa");
	case '[': return scan_class(s);
	case '(': return scan_open(s);
	case ')': return scan_close(s);
	default: s->at++; return true;
	}
}

static bool is_printable(struct scan *s)
{
	for (size_t i = 0; i < s->all.len; i++)
		if (s->all.p[i] < ' ' || s->all.p[i] > '~')
			return refuse(s, i,
			              "printable ASCII only; write \\t, \\n "
			              "or \\x and two hex digits");
	return true;
}

bool pattern_syntax(struct span pattern, struct pattern_counts *counts,
                    struct pattern_fault *fault)
{
	struct scan s = { .all = pattern,
		          .element = NONE,
		          .counts = counts,
		          .fault = fault };

	*counts = (struct pattern_counts){ 0 };
	if (pattern.len == 0)
		return refuse(&s, 0, "nothing to search for");
	if (pattern.len > PATTERN_MAX)
		return refuse(&s, PATTERN_MAX, "longer than 512 characters");
	if (!is_printable(&s))
		return false;
	while (s.at < pattern.len)
		if (!scan_one(&s))
			return false;
	return s.open == 0 || refuse(&s, pattern.len, "a ( is never closed");
}
