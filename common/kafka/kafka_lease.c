#include "kafka/kafka_lease.h"

#include "kafka/kafka_lease_internal.h"

#include "base/mem.h"
#include "base/span.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

struct kafka_lease {
	rd_kafka_consumer_group_metadata_t *metadata;
	char *group;
	char *member;
	int32_t generation;
};

/*
 * librdkafka 2.0.2 shows the generation only in the form it writes for itself:
 * "CGMDv2:", the generation in the machine's order, then group id and member
 * id, each with a NUL behind it.
 */
static bool read_written(struct span s, int32_t *generation,
                         struct span *member)
{
	static const struct span magic = { (const uint8_t *)"CGMDv2:", 7 };
	struct cursor c = { .left = s };
	struct span number;
	const uint8_t *end;

	if (!span_eq(take(&c, magic.len), magic))
		return false;
	number = take(&c, sizeof(*generation));
	for (int i = 0; i < 2; i++) {
		if (c.ran_out || c.left.len == 0)
			return false;
		end = memchr(c.left.p, 0, c.left.len);
		if (end == NULL)
			return false;
		*member = take(&c, (size_t)(end - c.left.p));
		take(&c, 1);
	}
	memcpy(generation, number.p, sizeof(*generation));
	return !c.ran_out;
}

static struct kafka_lease *make(rd_kafka_consumer_group_metadata_t *metadata,
                                const char *group, struct err *err)
{
	struct kafka_lease *lease = NULL;
	struct span member = { 0 };
	int32_t generation = -1;
	void *written = NULL;
	size_t len = 0;
	rd_kafka_error_t *error = rd_kafka_consumer_group_metadata_write(
		metadata, &written, &len);

	if (error != NULL ||
	    !read_written(span_of(written, len), &generation, &member)) {
		err_set(err, "kafka: this librdkafka's group metadata can't be "
		             "read");
	} else if (generation < 0 || member.len == 0) {
		err_set(err, "kafka: not a member of group %s", group);
	} else {
		lease = xzalloc(sizeof(*lease));
		lease->generation = generation;
		lease->member = xspandup(member);
		lease->group = xstrdup(group);
		lease->metadata =
			rd_kafka_consumer_group_metadata_new_with_genid(
				group, generation, lease->member, NULL);
	}
	if (error != NULL)
		rd_kafka_error_destroy(error);
	else
		rd_kafka_mem_free(NULL, written);
	return lease;
}

struct kafka_lease *kafka_lease_new(rd_kafka_t *consumer, const char *group,
                                    struct err *err)
{
	rd_kafka_consumer_group_metadata_t *metadata =
		rd_kafka_consumer_group_metadata(consumer);
	struct kafka_lease *lease;

	if (metadata == NULL) {
		err_set(err, "kafka: not a member of group %s", group);
		return NULL;
	}
	lease = make(metadata, group, err);
	rd_kafka_consumer_group_metadata_destroy(metadata);
	return lease;
}

struct kafka_lease *kafka_lease_copy(const struct kafka_lease *lease)
{
	struct kafka_lease *copy = xzalloc(sizeof(*copy));

	copy->generation = lease->generation;
	copy->member = xstrdup(lease->member);
	copy->group = xstrdup(lease->group);
	copy->metadata = rd_kafka_consumer_group_metadata_new_with_genid(
		copy->group, copy->generation, copy->member, NULL);
	return copy;
}

void kafka_lease_free(struct kafka_lease **lease)
{
	if (*lease == NULL)
		return;
	rd_kafka_consumer_group_metadata_destroy((*lease)->metadata);
	free((*lease)->member);
	free((*lease)->group);
	free(*lease);
	*lease = NULL;
}

const char *kafka_lease_member(const struct kafka_lease *lease)
{
	return lease->member;
}

int32_t kafka_lease_generation(const struct kafka_lease *lease)
{
	return lease->generation;
}

const rd_kafka_consumer_group_metadata_t *kafka_lease_metadata(
	const struct kafka_lease *lease)
{
	return lease->metadata;
}
