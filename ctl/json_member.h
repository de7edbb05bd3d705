/*
 * json_member.h -- one member of a JSON object on a line, for programs that
 * read what mpicctl says.
 */
#ifndef CTL_JSON_MEMBER_H
#define CTL_JSON_MEMBER_H

#include "base/buf.h"

/* "name":"text", a comma before it unless the object begins: out ends with what
   came before. text is escaped, name is not. */
void json_member(struct buf *out, const char *name, struct span text);

#endif
