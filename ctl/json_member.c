#include "ctl/json_member.h"

#include "base/escape.h"

#include <assert.h>

void json_member(struct buf *out, const char *name, struct span text)
{
	assert(out->len > 0);
	buf_printf(out, "%s\"%s\":\"", out->p[out->len - 1] == '{' ? "" : ",",
	           name);
	escape_json(out, text);
	buf_add_u8(out, '"');
}
