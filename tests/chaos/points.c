/*
 * kafka_point.h for the chaos run: the process stops at the point that the file
 * named by MPIC_POINT_FILE names. Who takes the file away stops, so that it is
 * one of the processes that share it, and once.
 */
#include "kafka/kafka_point.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_ROOM = 64, PARTITIONS_MAX = 1024 };

/* The last committed mark of each partition, plus one; 0: none yet. Only the
   committer's thread uses it. */
static int64_t committed[PARTITIONS_MAX];

static bool is_armed(const char *path, const char *name)
{
	char text[NAME_ROOM] = "";
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return false;
	if (fgets(text, sizeof(text), f) != NULL)
		text[strcspn(text, "\r\n")] = '\0';
	(void)fclose(f);
	return strcmp(text, name) == 0;
}

void kafka_point(const char *name)
{
	const char *path = getenv("MPIC_POINT_FILE");

	if (path == NULL || !is_armed(path, name) || unlink(path) != 0)
		return;
	(void)fprintf(stderr, "{\"event\":\"chaos_stopped\",\"at\":\"%s\"}\n",
	              name);
	(void)raise(SIGSTOP);
}

/* Some partition's mark stays where it is: brokers must fence on it all the
   same. */
static bool is_unmoved(const struct kafka_batch *batch)
{
	for (size_t i = 0; i < batch->offset_count; i++) {
		const struct kafka_offset *o = &batch->offsets[i];

		if (o->at.partition < PARTITIONS_MAX &&
		    committed[o->at.partition] == o->offset + 1)
			return true;
	}
	return false;
}

void kafka_point_commit(const struct kafka_batch *batch)
{
	kafka_point("after-offsets");
	if (is_unmoved(batch))
		kafka_point("mark-unmoved");
}

void kafka_point_committed(const struct kafka_batch *batch)
{
	for (size_t i = 0; i < batch->offset_count; i++) {
		const struct kafka_offset *o = &batch->offsets[i];

		if (o->at.partition < PARTITIONS_MAX)
			committed[o->at.partition] = o->offset + 1;
	}
}
