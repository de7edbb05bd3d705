#include "settings/version.h"

const char *mpic_version(void)
{
	return MPIC_VERSION;
}

void version_text(struct buf *out, const char *program,
                  const struct version_part *parts)
{
	buf_printf(out, "%s %s\n", program, mpic_version());
	for (; parts != NULL && parts->name != NULL; parts++)
		buf_printf(out, "%s %s\n", parts->name, parts->version);
}
