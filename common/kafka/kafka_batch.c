#include "kafka/kafka_batch.h"

#include "kafka/kafka_produce.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

struct kafka_batch *kafka_batch_new(void)
{
	struct kafka_batch *batch = xzalloc(sizeof(*batch));

	batch->arena = arena_new();
	return batch;
}

void kafka_batch_free(struct kafka_batch **batch)
{
	struct kafka_batch *b = *batch;

	if (b == NULL)
		return;
	kafka_lease_free(&b->lease);
	free(b->items);
	free(b->offsets);
	arena_free(&b->arena);
	free(b);
	*batch = NULL;
}

/* A missing key or value stays missing. */
static struct span keep(struct kafka_batch *batch, struct span s)
{
	return s.p == NULL ? s : arena_span(batch->arena, s);
}

static struct kafka_record keep_record(struct kafka_batch *batch,
                                       const struct kafka_record *r)
{
	struct kafka_header *headers = arena_calloc(
		batch->arena, r->header_count + 1, sizeof(*headers));

	for (size_t i = 0; i < r->header_count; i++) {
		headers[i].name = arena_str(batch->arena, r->headers[i].name);
		headers[i].value = keep(batch, r->headers[i].value);
	}
	return (struct kafka_record){
		.topic = arena_str(batch->arena, r->topic),
		.partition = r->partition,
		.key = keep(batch, r->key),
		.value = keep(batch, r->value),
		.headers = headers,
		.header_count = r->header_count,
	};
}

size_t kafka_batch_add(struct kafka_batch *batch,
                       const struct kafka_record *record, void *tag)
{
	assert(record->partition >= 0);
	if (batch->count == batch->room) {
		batch->room = batch->room * 2 + 8;
		batch->items = xreallocarray(batch->items, batch->room,
		                             sizeof(*batch->items));
	}
	batch->items[batch->count] = (struct kafka_batch_item){
		.record = keep_record(batch, record),
		.tag = tag,
		.delivery = { .fate = KAFKA_UNDELIVERED,
		              .error = "not produced",
		              .partition = record->partition,
		              .offset = -1,
		              .timestamp_ms = -1 },
	};
	batch->bytes += kafka_record_bytes(record);
	return batch->count++;
}

static struct kafka_offset *offset_slot(struct kafka_batch *batch,
                                        const struct kafka_partition *at)
{
	struct kafka_offset *o;

	for (size_t i = 0; i < batch->offset_count; i++) {
		o = &batch->offsets[i];
		if (o->at.partition == at->partition &&
		    strcmp(o->at.topic, at->topic) == 0)
			return o;
	}
	batch->offsets = xreallocarray(batch->offsets, batch->offset_count + 1,
	                               sizeof(*o));
	o = &batch->offsets[batch->offset_count++];
	o->at.topic = arena_str(batch->arena, at->topic);
	o->at.partition = at->partition;
	return o;
}

void kafka_batch_set_offset(struct kafka_batch *batch,
                            const struct kafka_offset *offset)
{
	struct kafka_offset *o = offset_slot(batch, &offset->at);

	o->offset = offset->offset;
	o->metadata = offset->metadata == NULL
	                      ? NULL
	                      : arena_str(batch->arena, offset->metadata);
}

void kafka_batch_set_lease(struct kafka_batch *batch,
                           const struct kafka_lease *lease)
{
	kafka_lease_free(&batch->lease);
	batch->lease = kafka_lease_copy(lease);
}

size_t kafka_batch_count(const struct kafka_batch *batch)
{
	return batch->count;
}

size_t kafka_batch_bytes(const struct kafka_batch *batch)
{
	return batch->bytes;
}

void *kafka_batch_tag(const struct kafka_batch *batch, size_t number)
{
	assert(number < batch->count);
	return batch->items[number].tag;
}

struct kafka_delivery kafka_batch_delivery(const struct kafka_batch *batch,
                                           size_t number)
{
	const struct kafka_batch_item *item = &batch->items[number];
	struct kafka_delivery d = item->delivery;

	assert(number < batch->count);
	if (item->reported)
		d.error = item->error[0] != '\0' ? item->error : NULL;
	return d;
}
