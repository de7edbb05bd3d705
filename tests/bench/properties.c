#include "tests/bench/properties.h"

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 16384 };

void properties_add(struct properties *p, const char *property)
{
	assert(p->count < PROPERTIES_MAX);
	p->list[p->count++] = property;
}

int properties_read(struct properties *p, const char *path, struct err *why)
{
	*p = (struct properties){ 0 };
	if (path == NULL)
		return 0;

	FILE *f = fopen(path, "r");

	if (f == NULL)
		return err_set(why, "%s: can't be read", path);
	p->text = xzalloc(TEXT_MAX);
	size_t n = fread(p->text, 1, TEXT_MAX - 1, f);
	char *rest = p->text, *line;

	(void)fclose(f);
	while (n < TEXT_MAX - 1 && (line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0' ||
		    strncmp(line, "bootstrap.servers=", 18) == 0)
			continue;
		if (p->count == PROPERTIES_MAX - 1)
			break;
		properties_add(p, line);
	}
	if (rest == NULL)
		return 0;
	properties_clear(p);
	return err_set(why, "%s: too long", path);
}

void properties_clear(struct properties *p)
{
	free(p->text);
	*p = (struct properties){ 0 };
}
