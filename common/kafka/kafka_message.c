#include "kafka/kafka_message.h"

size_t kafka_message_header(const struct kafka_message *m, const char *name,
                            struct span *out)
{
	size_t found = 0;

	for (size_t i = 0; i < m->header_count; i++) {
		if (strcmp(m->headers[i].name, name) != 0)
			continue;
		if (found++ == 0)
			*out = m->headers[i].value;
	}
	return found;
}
