#include "decide/method/contact.h"

#include "base/name.h"
#include "base/text.h"

enum contact_kind contact_kind_of(enum validation_method method)
{
	switch (method) {
	case METHOD_CONTACT_EMAIL_TXT:
	case METHOD_CONTACT_EMAIL_CAA: return CONTACT_EMAIL;
	case METHOD_CONTACT_PHONE_TXT:
	case METHOD_CONTACT_PHONE_CAA: return CONTACT_PHONE;
	case METHOD_UNKNOWN:
	case METHOD_WEBSITE_CHANGE:
	case METHOD_DNS_CHANGE:
	case METHOD_DNS_PERSISTENT:
	case METHOD_ACME_HTTP_01:
	case METHOD_ACME_DNS_01:
	case METHOD_ACME_TLS_ALPN_01:
	case METHOD_DNS_ACCOUNT_01:
	case METHOD_IP_ADDRESS:
	case METHOD_REVERSE_ADDRESS_LOOKUP:
	case METHOD_COUNT: break;
	}
	return CONTACT_NONE;
}

/* RFC 5322, 3.2.3, with what RFC 6532 adds; C1 controls are nobody's name. */
static bool is_atom(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		if (c == 0xc2 && i + 1 < s.len && s.p[i + 1] < 0xa0)
			return false;
		if (c < 0x80 && !ascii_is_alnum(c) &&
		    (c == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", c) == NULL))
			return false;
	}
	return s.len > 0;
}

static bool is_dot_atom(struct span s)
{
	for (;;) {
		ptrdiff_t dot = span_find(s, SPAN("."));

		if (dot < 0)
			return is_atom(s);
		if (!is_atom(span_sub(s, 0, (size_t)dot)))
			return false;
		s = span_sub(s, (size_t)dot + 1, s.len);
	}
}

/* Labels of letters, digits, hyphens inside, and beyond ASCII what RFC 6532
   allows. More than one: mail to a top-level domain is a mistake. */
static bool is_label(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x80 && !ascii_is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
	return s.len > 0 && s.len <= NAME_MAX_LABEL && s.p[0] != '-' &&
	       s.p[s.len - 1] != '-' && is_atom(s);
}

static bool is_domain(struct span s)
{
	struct addr addr;
	size_t labels = 0;

	if (s.len > NAME_MAX_TEXT || addr_parse(s, &addr))
		return false;
	for (;;) {
		ptrdiff_t dot = span_find(s, SPAN("."));

		labels++;
		if (dot < 0)
			return is_label(s) && labels > 1;
		if (!is_label(span_sub(s, 0, (size_t)dot)))
			return false;
		s = span_sub(s, (size_t)dot + 1, s.len);
	}
}

static bool email_canonical(struct span text, struct arena *arena,
                            struct span *out)
{
	ptrdiff_t at = span_find(text, SPAN("@"));

	if (at <= 0 || at > CONTACT_LOCAL_MAX || text.len > CONTACT_EMAIL_MAX ||
	    !text_is_utf8(text))
		return false;

	size_t local = (size_t)at;

	if (!is_dot_atom(span_sub(text, 0, local)) ||
	    !is_domain(span_sub(text, local + 1, text.len)))
		return false;

	uint8_t *p = arena_alloc(arena, text.len + 1);

	for (size_t i = 0; i < text.len; i++)
		p[i] = i < local ? text.p[i] : ascii_lower(text.p[i]);
	*out = span_of(p, text.len);
	return true;
}

static bool phone_canonical(struct span text, struct arena *arena,
                            struct span *out)
{
	char digits[1 + CONTACT_DIGITS_MAX];
	size_t n = 1;

	if (text.len < 2 || text.len > CONTACT_PHONE_MAX || text.p[0] != '+')
		return false;
	digits[0] = '+';
	for (size_t i = 1; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (c == '-' || c == '.' || c == '(' || c == ')')
			continue;
		if (!ascii_is_digit(c) || n == sizeof(digits))
			return false;
		digits[n++] = (char)c;
	}
	if (n == 1)
		return false;
	*out = arena_span(arena, span_of(digits, n));
	return true;
}

bool contact_canonical(enum contact_kind kind, struct span text,
                       struct arena *arena, struct span *out)
{
	switch (kind) {
	case CONTACT_EMAIL: return email_canonical(text, arena, out);
	case CONTACT_PHONE: return phone_canonical(text, arena, out);
	case CONTACT_NONE: break;
	}
	return false;
}
