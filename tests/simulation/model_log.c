#include "tests/simulation/model_log.h"

#include "tests/simulation/fast.h"

#include <assert.h>
#include <stdio.h>

enum { TOPICS_MAX = 16, TXNS_MAX = 16 };

enum txn_state { TXN_EMPTY, TXN_ONGOING, TXN_ENDING };

struct pending_offset {
	bool set;
	int64_t offset;
	const char *metadata;
};

struct log_txn {
	const char *id;
	int32_t epoch;
	enum txn_state state;
	bool commits; /* ENDING: how */
	struct log_partition *parts[TOPICS_MAX * MODEL_PARTITIONS_MAX];
	size_t parts_count;
	struct pending_offset offsets[MODEL_PARTITIONS_MAX];
	struct event *timeout;
	size_t markers_left;
};

struct marker {
	struct log_txn *txn;
	struct log_partition *p; /* NULL: the offsets */
};

static struct {
	const char *name;
	int32_t partitions;
	struct log_partition parts[MODEL_PARTITIONS_MAX];
} topics[TOPICS_MAX];
static size_t topics_count;
static struct log_txn *txns[TXNS_MAX];
static size_t txns_count;
static struct log_committed committed[MODEL_PARTITIONS_MAX];

bool model_no_fencing, model_hasty_retention;

void log_begin(void)
{
	topics_count = 0;
	txns_count = 0;
	for (size_t i = 0; i < MODEL_PARTITIONS_MAX; i++)
		committed[i] = (struct log_committed){ -1, NULL };
}

/* -- partitions -- */

void log_topic(const char *topic, int32_t partitions)
{
	size_t t = topics_count++;

	assert(t < TOPICS_MAX && partitions <= MODEL_PARTITIONS_MAX);
	topics[t].name = arena_str(sim.arena, topic);
	topics[t].partitions = partitions;
	for (int32_t i = 0; i < partitions; i++)
		topics[t].parts[i] =
			(struct log_partition){ .topic = topics[t].name,
			                        .number = i };
}

uint32_t log_partitions(const char *topic)
{
	for (size_t t = 0; t < topics_count; t++) {
		if (strcmp(topics[t].name, topic) == 0)
			return (uint32_t)topics[t].partitions;
	}
	return 0;
}

struct log_partition *log_find(const char *topic, int32_t partition)
{
	for (size_t t = 0; t < topics_count; t++) {
		if (strcmp(topics[t].name, topic) == 0)
			return partition < topics[t].partitions
			               ? &topics[t].parts[partition]
			               : NULL;
	}
	return NULL;
}

static struct span keep(struct span s)
{
	return s.p == NULL ? s : arena_span(sim.arena, s);
}

static struct log_record *append(struct log_partition *p, enum stand stand)
{
	struct log_record *r = arena_alloc(sim.arena, sizeof(*r));

	if (p->count == p->room) {
		struct log_record **more = arena_calloc(
			sim.arena, p->room * 2 + 32, sizeof(*more));

		if (p->count > 0)
			memcpy(more, p->records, p->count * sizeof(*more));
		p->records = more;
		p->room = p->room * 2 + 32;
	}
	r->offset = (int64_t)p->count;
	r->timestamp_ms = sim_wall_ms();
	r->stand = stand;
	p->records[p->count++] = r;
	return r;
}

static struct log_record *append_copy(struct log_partition *p,
                                      const struct kafka_record *from,
                                      enum stand stand)
{
	struct log_record *r = append(p, stand);

	r->key = keep(from->key);
	r->value = keep(from->value);
	fast_logged(r->value);
	r->header_count = from->header_count;
	r->headers = arena_calloc(sim.arena, from->header_count + 1,
	                          sizeof(*r->headers));
	for (size_t i = 0; i < from->header_count; i++)
		r->headers[i] =
			(struct kafka_header){ arena_str(sim.arena,
			                                 from->headers[i].name),
			                       keep(from->headers[i].value) };
	sim_trace("log: %s/%d@%lld key=%.*s%s", p->topic, p->number,
	          (long long)r->offset, SPAN_ARG(r->key),
	          stand == STAND_OPEN ? " (in a transaction)" : "");
	return r;
}

struct log_record *log_append(struct log_partition *p,
                              const struct kafka_record *r, int64_t sent_us)
{
	struct log_record *made = append_copy(p, r, STAND_PLAIN);

	made->sent_us = sent_us;
	sim_counts.reorders += sent_us < p->sent_us;
	if (sent_us > p->sent_us)
		p->sent_us = sent_us;
	world_on_append(p, made);
	fetchers_wake(p);
	return made;
}

void log_expire(struct log_partition *p)
{
	p->low = log_end(p);
}

int64_t log_end(const struct log_partition *p)
{
	return (int64_t)p->count;
}

int64_t log_stable(struct log_partition *p)
{
	while (p->settled < p->count &&
	       p->records[p->settled]->stand != STAND_OPEN)
		p->records[p->settled++]->stable_us = sim.now_us;
	return (int64_t)p->settled;
}

const struct log_record *log_visible(const struct log_partition *p,
                                     int64_t offset)
{
	const struct log_record *r = p->records[offset];

	return r->stand == STAND_PLAIN || r->stand == STAND_COMMITTED ? r
	                                                              : NULL;
}

struct kafka_message log_message(const struct log_partition *p,
                                 const struct log_record *r)
{
	return (struct kafka_message){ .topic = p->topic,
		                       .partition = p->number,
		                       .offset = r->offset,
		                       .timestamp_ms = r->timestamp_ms,
		                       .time_kind = KAFKA_TIME_APPEND,
		                       .key = r->key,
		                       .value = r->value,
		                       .headers = r->headers,
		                       .header_count = r->header_count };
}

struct span log_header(const struct log_record *r, const char *name)
{
	struct log_partition none = { 0 };
	struct kafka_message m = log_message(&none, r);
	struct span value = { NULL, 0 };

	(void)kafka_message_header(&m, name, &value);
	return value;
}

/* -- transactions -- */

struct log_txn *log_txn_find(const char *id)
{
	for (size_t i = 0; i < txns_count; i++) {
		if (strcmp(txns[i]->id, id) == 0)
			return txns[i];
	}
	struct log_txn *t = arena_alloc(sim.arena, sizeof(*t));

	assert(txns_count < TXNS_MAX);
	t->id = arena_str(sim.arena, id);
	txns[txns_count++] = t;
	return t;
}

static void settle_records(const struct marker *m)
{
	for (size_t i = m->p->settled; i < m->p->count; i++) {
		struct log_record *r = m->p->records[i];

		if (r->txn == m->txn && r->stand == STAND_OPEN)
			r->stand = m->txn->commits ? STAND_COMMITTED
			                           : STAND_ABORTED;
	}
	(void)append(m->p, STAND_CONTROL);
	check_on_stable(m->p);
	fetchers_wake(m->p);
}

static void settle_offsets(struct log_txn *t)
{
	for (int32_t i = 0; i < MODEL_PARTITIONS_MAX; i++) {
		struct pending_offset *o = &t->offsets[i];

		if (o->set && t->commits) {
			committed[i] = (struct log_committed){ o->offset,
				                               o->metadata };
			sim_trace("log: mark of %d is %lld (%s)", i,
			          (long long)o->offset, o->metadata);
			check_on_mark(i, o->offset);
		}
		o->set = false;
	}
}

static void on_marker(void *arg)
{
	struct marker *m = arg;
	struct log_txn *t = m->txn;

	if (m->p != NULL)
		settle_records(m);
	else
		settle_offsets(t);
	if (--t->markers_left > 0)
		return;
	t->state = TXN_EMPTY;
	t->parts_count = 0;
}

static void write_later(struct log_txn *t, struct log_partition *p)
{
	struct marker *m = arena_alloc(sim.arena, sizeof(*m));

	*m = (struct marker){ t, p };
	t->markers_left++;
	sim_after(NULL, sim_delay(), on_marker, m);
}

/* From here on it is decided; readers learn it as markers are written. */
static void end(struct log_txn *t, bool commit)
{
	sim_trace("log: %s epoch %d %s", t->id, t->epoch,
	          commit ? "commits" : "aborts");
	sim_cancel(&t->timeout);
	t->state = TXN_ENDING;
	t->commits = commit;
	t->markers_left = 0;
	for (size_t i = 0; i < t->parts_count; i++) {
		struct log_partition *p = t->parts[i];

		for (size_t k = p->settled; k < p->count; k++) {
			struct log_record *r = p->records[k];

			if (r->txn == t && r->stand == STAND_OPEN)
				r->decided = commit;
		}
		write_later(t, p);
	}
	write_later(t, NULL);
}

static void on_timeout(void *arg)
{
	struct log_txn *t = arg;

	t->timeout = NULL;
	t->epoch++;
	end(t, false);
}

static void open(struct log_txn *t)
{
	if (t->state == TXN_ONGOING)
		return;
	t->state = TXN_ONGOING;
	t->timeout = sim_after(NULL, TXN_TIMEOUT_MS * MS, on_timeout, t);
}

enum txn_answer log_txn_init(struct log_txn *t, int32_t *epoch)
{
	if (t->state == TXN_ONGOING) {
		t->epoch++;
		end(t, false);
	}
	if (t->state == TXN_ENDING)
		return TXN_BUSY;
	*epoch = ++t->epoch;
	return TXN_OK;
}

static enum txn_answer may(const struct log_txn *t, int32_t epoch)
{
	if (epoch != t->epoch)
		return TXN_STALE;
	return t->state == TXN_ENDING ? TXN_BUSY : TXN_OK;
}

enum txn_answer log_txn_append(struct log_txn *t, int32_t epoch,
                               struct log_partition *p,
                               const struct kafka_record *r,
                               struct kafka_delivery *d)
{
	enum txn_answer a = may(t, epoch);
	size_t i = 0;

	if (a != TXN_OK)
		return a;
	open(t);
	while (i < t->parts_count && t->parts[i] != p)
		i++;
	if (i == t->parts_count)
		t->parts[t->parts_count++] = p;
	struct log_record *made = append_copy(p, r, STAND_OPEN);

	made->txn = t;
	*d = (struct kafka_delivery){ .fate = KAFKA_DELIVERED,
		                      .partition = p->number,
		                      .offset = made->offset,
		                      .timestamp_ms = made->timestamp_ms,
		                      .time_kind = KAFKA_TIME_APPEND };
	world_on_append(p, made);
	fetchers_wake(p);
	return TXN_OK;
}

enum txn_answer log_txn_offsets(struct log_txn *t, int32_t epoch,
                                const char *member, int32_t generation,
                                const struct kafka_offset *offsets,
                                size_t count)
{
	enum txn_answer a = may(t, epoch);

	if (a != TXN_OK)
		return a;
	open(t);
	if (!model_no_fencing && !group_accepts(member, generation)) {
		sim_trace("log: %s fenced, generation %d", t->id, generation);
		return TXN_REFUSED;
	}
	for (size_t i = 0; i < count; i++)
		t->offsets[offsets[i].at.partition] = (struct pending_offset){
			true, offsets[i].offset,
			arena_str(sim.arena, offsets[i].metadata)
		};
	return TXN_OK;
}

enum txn_answer log_txn_end(struct log_txn *t, int32_t epoch, bool commit)
{
	enum txn_answer a = may(t, epoch);

	if (a == TXN_OK && t->state == TXN_ONGOING)
		end(t, commit);
	return a;
}

/* -- committed offsets -- */

struct log_committed log_committed(int32_t partition)
{
	return committed[partition];
}

bool log_is_unstable(int32_t partition)
{
	for (size_t i = 0; i < txns_count; i++) {
		if (txns[i]->offsets[partition].set)
			return true;
	}
	return false;
}

void log_reset_offset(int32_t partition)
{
	committed[partition] = (struct log_committed){ -1, NULL };
}

void log_move_offset(int32_t partition, int64_t offset)
{
	committed[partition].offset = offset;
}
