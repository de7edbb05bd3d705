#include "wire/field.h"

#include "wire/parameters.h"
#include "wire/writer.h"

#include <assert.h>
#include <stdlib.h>

static void write_record(struct writer *w, const struct record_type *type,
                         const uint8_t *at);

static size_t count_at(const struct field *f, const uint8_t *record)
{
	size_t count;

	memcpy(&count, record + f->offset2, sizeof(count));
	return count;
}

static const uint8_t *items_at(const struct field *f, const uint8_t *record)
{
	const uint8_t *items;

	if (f->in_place)
		return record + f->offset;
	memcpy(&items, record + f->offset, sizeof(items));
	return items;
}

static unsigned enum_at(const uint8_t *at)
{
	unsigned value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* The text of an enum field, or an empty span without .p. */
static struct span enum_text(const struct field *f, const uint8_t *record)
{
	unsigned value = enum_at(record + f->offset);
	const char *name = name_of(f->names, value);

	if (name != NULL)
		return span_str(name);
	if (f->offset2 != 0) {
		const struct span *kept = (const void *)(record + f->offset2);

		if (kept->p != NULL)
			return *kept;
	}
	return f->required ? SPAN("unknown") : (struct span){ 0 };
}

static bool record_present(const struct field *f, const uint8_t *record)
{
	if (f->offset2 != 0)
		return *(const bool *)(record + f->offset2);
	/* An optional record without either flag would never be absent. */
	assert(f->record->has_present);
	return *(const bool *)(record + f->offset + f->record->present);
}

static bool is_zero(const struct digest *d)
{
	static const struct digest zero;

	return memcmp(d, &zero, sizeof(zero)) == 0;
}

static bool is_present(const struct field *f, const uint8_t *record)
{
	const void *at = record + f->offset;

	if (f->required)
		return true;
	switch (f->kind) {
	case FIELD_INT: return *(const int64_t *)at != 0;
	case FIELD_OPT_INT: return ((const struct opt_int *)at)->set;
	case FIELD_OPT_BOOL: return ((const struct opt_bool *)at)->set;
	case FIELD_ENUM: return enum_text(f, record).p != NULL;
	case FIELD_TEXT:
	case FIELD_BYTES: return ((const struct span *)at)->p != NULL;
	case FIELD_TEXTS: return ((const struct text_list *)at)->count > 0;
	case FIELD_DIGESTS:
	case FIELD_HEADERS:
	case FIELD_RECORDS: return count_at(f, record) > 0;
	case FIELD_RECORD: return record_present(f, record);
	case FIELD_DIGEST: return !is_zero(at);
	case FIELD_VERSION:
	case FIELD_BOOL:
	case FIELD_COMPUTED: return true;
	}
	abort();
}

static void write_texts(struct writer *w, const struct text_list *list)
{
	write_list(w, list->count);
	for (size_t i = 0; i < list->count; i++)
		write_text(w, list->items[i]);
	write_list_end(w);
}

static void write_digests(struct writer *w, const struct digest *items,
                          size_t count)
{
	write_list(w, count);
	for (size_t i = 0; i < count; i++)
		write_digest(w, &items[i]);
	write_list_end(w);
}

static void write_headers(struct writer *w, const struct http_header *items,
                          size_t count)
{
	write_map(w, count);
	for (size_t i = 0; i < count; i++) {
		write_key(w, items[i].name);
		write_text(w, items[i].value);
	}
	write_map_end(w);
}

static void write_records(struct writer *w, const struct field *f,
                          const uint8_t *record)
{
	const uint8_t *items = items_at(f, record);
	size_t count = count_at(f, record);

	assert(!f->in_place || count <= f->items_most);
	write_list(w, count);
	for (size_t i = 0; i < count; i++)
		write_record(w, f->record, items + i * f->record->size);
	write_list_end(w);
}

static void write_value(struct writer *w, const struct field *f,
                        const uint8_t *record)
{
	const void *at = record + f->offset;

	switch (f->kind) {
	case FIELD_VERSION: write_int(w, WIRE_VERSION); return;
	case FIELD_INT: write_int(w, *(const int64_t *)at); return;
	case FIELD_OPT_INT:
		write_int(w, ((const struct opt_int *)at)->v);
		return;
	case FIELD_BOOL: write_bool(w, *(const bool *)at); return;
	case FIELD_OPT_BOOL:
		write_bool(w, ((const struct opt_bool *)at)->v);
		return;
	case FIELD_ENUM: write_text(w, enum_text(f, record)); return;
	case FIELD_TEXT: write_text(w, *(const struct span *)at); return;
	case FIELD_BYTES: write_bytes(w, *(const struct span *)at); return;
	case FIELD_DIGEST: write_digest(w, at); return;
	case FIELD_TEXTS: write_texts(w, at); return;
	case FIELD_DIGESTS:
		write_digests(w, (const void *)items_at(f, record),
		              count_at(f, record));
		return;
	case FIELD_HEADERS:
		write_headers(w, (const void *)items_at(f, record),
		              count_at(f, record));
		return;
	case FIELD_RECORD: write_record(w, f->record, at); return;
	case FIELD_RECORDS: write_records(w, f, record); return;
	case FIELD_COMPUTED: write_bool(w, f->compute(record)); return;
	}
}

static void write_record(struct writer *w, const struct record_type *type,
                         const uint8_t *at)
{
	size_t present = 0;

	for (size_t i = 0; i < type->count; i++)
		present += is_present(&type->fields[i], at);
	write_map(w, present);
	for (size_t i = 0; i < type->count; i++) {
		if (!is_present(&type->fields[i], at))
			continue;
		write_key(w, type->fields[i].name);
		write_value(w, &type->fields[i], at);
	}
	write_map_end(w);
}

void record_encode(const struct record_type *type, const void *record,
                   enum encoding encoding, struct buf *out)
{
	struct writer w;

	writer_init(&w, encoding, out);
	write_record(&w, type, record);
}
