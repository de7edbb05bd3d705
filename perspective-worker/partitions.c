#include "perspective-worker/partitions.h"

#include "base/mem.h"
#include "base/offsets.h"

#include <assert.h>
#include <stdlib.h>

struct owned {
	int32_t number;
	struct offsets *offsets; /* NULL until something was read */
	int64_t taken;           /* the mark that was last taken, or -1 */
};

struct partitions {
	const char *topic;
	uint64_t assignment;
	struct owned *owned;
	size_t count;
	struct kafka_offset *moved; /* room for count */
};

struct partitions *partitions_new(const char *topic)
{
	struct partitions *p = xzalloc(sizeof(*p));

	p->topic = topic;
	return p;
}

void partitions_revoke(struct partitions *p)
{
	for (size_t i = 0; i < p->count; i++)
		offsets_free(&p->owned[i].offsets);
	free(p->owned);
	free(p->moved);
	p->owned = NULL;
	p->moved = NULL;
	p->count = 0;
}

void partitions_free(struct partitions **p)
{
	if (*p == NULL)
		return;
	partitions_revoke(*p);
	free(*p);
	*p = NULL;
}

void partitions_assign(struct partitions *p, const struct kafka_partition *list,
                       size_t count)
{
	partitions_revoke(p);
	p->assignment++;
	p->owned = xcalloc(count + 1, sizeof(*p->owned));
	p->moved = xcalloc(count + 1, sizeof(*p->moved));
	p->count = count;
	for (size_t i = 0; i < count; i++)
		p->owned[i] = (struct owned){ list[i].partition, NULL, -1 };
}

size_t partitions_count(const struct partitions *p)
{
	return p->count;
}

struct kafka_partition partitions_at(const struct partitions *p, size_t n)
{
	assert(n < p->count);
	return (struct kafka_partition){ p->topic, p->owned[n].number };
}

static struct owned *find(struct partitions *p, int32_t number)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->owned[i].number == number)
			return &p->owned[i];
	}
	return NULL;
}

bool partitions_begin(struct partitions *p, int32_t partition, int64_t offset,
                      struct place *out)
{
	struct owned *o = find(p, partition);

	if (o == NULL)
		return false;
	if (o->offsets == NULL) {
		o->offsets = offsets_new(offset);
		o->taken = offset; /* a mark there says nothing new */
	}
	offsets_begin(o->offsets, offset);
	*out = (struct place){ partition, offset, p->assignment };
	return true;
}

void partitions_finish(struct partitions *p, const struct place *place)
{
	struct owned *o = find(p, place->partition);

	if (o != NULL && place->assignment == p->assignment)
		offsets_finish(o->offsets, place->offset);
}

size_t partitions_take_moved(struct partitions *p,
                             const struct kafka_offset **out)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++) {
		struct owned *o = &p->owned[i];

		if (o->offsets == NULL || offsets_mark(o->offsets) == o->taken)
			continue;
		o->taken = offsets_mark(o->offsets);
		p->moved[count++] = (struct kafka_offset){
			.at = { p->topic, o->number },
			.offset = o->taken,
		};
	}
	*out = p->moved;
	return count;
}

void partitions_not_committed(struct partitions *p)
{
	for (size_t i = 0; i < p->count; i++)
		p->owned[i].taken = -1;
}
