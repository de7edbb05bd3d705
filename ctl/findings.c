#include "ctl/findings.h"

#include "base/mem.h"
#include "ctl/json_member.h"
#include "ctl/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FINDINGS_MAX = 128, FOUND_MAX = 512, WIDTH_DEFAULT = 110 };

struct findings {
	struct arena *arena;
	struct finding at[FINDINGS_MAX];
	size_t count;
};

struct findings *findings_new(void)
{
	struct findings *f = xzalloc(sizeof(*f));

	f->arena = arena_new();
	return f;
}

void findings_free(struct findings **findings)
{
	if (*findings == NULL)
		return;
	arena_free(&(*findings)->arena);
	free(*findings);
	*findings = NULL;
}

void findings_add(struct findings *f, enum finding_level level,
                  const char *check, const char *advice, const char *found, ...)
{
	char text[FOUND_MAX];
	va_list ap;

	if (f->count == FINDINGS_MAX)
		return;
	va_start(ap, found);
	(void)vsnprintf(text, sizeof(text), found, ap);
	va_end(ap);
	f->at[f->count++] = (struct finding){
		.level = level,
		.check = check,
		.found = arena_str(f->arena, text),
		.advice = level == FINDING_GOOD ? ""
		                                : arena_str(f->arena, advice),
	};
}

size_t findings_count(const struct findings *f)
{
	return f->count;
}

const struct finding *findings_at(const struct findings *f, size_t i)
{
	return &f->at[i];
}

enum finding_level findings_worst(const struct findings *f)
{
	enum finding_level worst = FINDING_GOOD;

	for (size_t i = 0; i < f->count; i++) {
		if (f->at[i].level > worst)
			worst = f->at[i].level;
	}
	return worst;
}

const char *finding_level_name(enum finding_level level)
{
	switch (level) {
	case FINDING_GOOD: return "good";
	case FINDING_WARN: return "warn";
	case FINDING_BAD: break;
	}
	return "bad";
}

static enum table_tone tone(enum finding_level level)
{
	switch (level) {
	case FINDING_GOOD: return TONE_GOOD;
	case FINDING_WARN: return TONE_ODD;
	case FINDING_BAD: break;
	}
	return TONE_BAD;
}

void findings_table(const struct findings *f, size_t width, bool colour,
                    struct buf *out)
{
	static const char *const titles[] = { "CHECK", "STATE", "FOUND" };
	const struct table_look look = { width > 0 ? width : WIDTH_DEFAULT,
		                         colour };
	struct table *table = table_new(titles, 3, 1);

	for (size_t i = 0; i < f->count; i++) {
		const struct finding *one = &f->at[i];
		const struct span cells[] = {
			span_str(one->check),
			span_str(finding_level_name(one->level)),
			span_str(one->found),
		};

		table_add(table, cells, tone(one->level));
		/* the same advice once, below the last it is for */
		if (one->advice[0] != '\0' &&
		    (i + 1 == f->count ||
		     strcmp(f->at[i + 1].advice, one->advice) != 0))
			table_note(table, span_str(one->advice));
	}
	table_render(table, &look, out);
	table_free(&table);
}

void findings_json(const struct findings *f, struct buf *out)
{
	for (size_t i = 0; i < f->count; i++) {
		buf_add_u8(out, '{');
		json_member(out, "check", span_str(f->at[i].check));
		json_member(out, "state",
		            span_str(finding_level_name(f->at[i].level)));
		json_member(out, "found", span_str(f->at[i].found));
		json_member(out, "advice", span_str(f->at[i].advice));
		buf_add_str(out, "}\n");
	}
}
