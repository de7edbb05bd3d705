#include "names/names.h"

#include "base/name.h"

#include <idn2.h>
#include <string.h>

/* IDNA2008 alone: no mapping, so what comes back is what the label stands for
   or nothing. */
enum { FLAGS = IDN2_NO_TR46 | IDN2_NFC_INPUT };

/* What unicode encodes to is the label we began with. */
static bool encodes_to(const char *unicode, const char *label)
{
	char *again = NULL;
	int rc = idn2_lookup_u8((const uint8_t *)unicode, (uint8_t **)&again,
	                        FLAGS);
	bool same = rc == IDN2_OK && strcmp(again, label) == 0;

	idn2_free(again);
	return same;
}

bool names_alabel_ok(struct span label)
{
	char text[NAME_MAX_LABEL + 1];
	char *unicode = NULL;

	if (label.len <= strlen("xn--") || label.len > NAME_MAX_LABEL ||
	    !span_eq(span_sub(label, 0, 4), SPAN("xn--")) ||
	    memchr(label.p, '\0', label.len) != NULL ||
	    memchr(label.p, '.', label.len) != NULL)
		return false;
	memcpy(text, label.p, label.len);
	text[label.len] = '\0';
	bool ok = idn2_to_unicode_8z8z(text, &unicode, 0) == IDN2_OK &&
	          strcmp(unicode, text) != 0 && encodes_to(unicode, text);

	idn2_free(unicode);
	return ok;
}
