#include "ctl/changes.h"

#include "ctl/json_member.h"
#include "ctl/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH_DEFAULT = 110 };

struct changes {
	struct arena *arena;
	struct change **at; /* stay where they are */
	size_t count;
};

struct changes *changes_new(void)
{
	struct changes *c = xzalloc(sizeof(*c));

	c->arena = arena_new();
	return c;
}

void changes_free(struct changes **changes)
{
	if (*changes == NULL)
		return;
	arena_free(&(*changes)->arena);
	free((*changes)->at);
	free(*changes);
	*changes = NULL;
}

__attribute__((format(printf, 2, 0))) static const char *in_words(
	struct arena *arena, const char *format, va_list ap)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	assert(len >= 0); /* the formats are ours */
	text = arena_alloc(arena, (size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, format, ap);
	return text;
}

void changes_add(struct changes *c, const struct change *change,
                 const char *detail, ...)
{
	struct change *copy = arena_alloc(c->arena, sizeof(*copy));
	va_list ap;

	*copy = *change;
	copy->what = arena_str(c->arena, change->what);
	copy->advice = arena_str(c->arena,
	                         change->advice != NULL ? change->advice : "");
	va_start(ap, detail);
	copy->detail = in_words(c->arena, detail, ap);
	va_end(ap);
	c->at = xreallocarray(c->at, c->count + 1, sizeof(struct change *));
	c->at[c->count++] = copy;
}

size_t changes_count(const struct changes *c)
{
	return c->count;
}

struct change *changes_at(const struct changes *c, size_t i)
{
	return c->at[i];
}

size_t changes_left(const struct changes *c)
{
	size_t left = 0;

	for (size_t i = 0; i < c->count; i++)
		left += c->at[i]->state != CHANGE_DONE;
	return left;
}

void changes_fail(struct changes *c, struct change *change, const char *why)
{
	change->state = CHANGE_FAILED;
	change->advice = arena_str(c->arena, why);
}

void changes_leave(struct changes *c, struct change *change, const char *advice)
{
	change->kind = CHANGE_BY_HAND;
	change->advice = arena_str(c->arena, advice);
}

static const char *action(const struct change *change)
{
	static const char *const words[][3] = {
		[CHANGE_CREATE] = { "create", "created", "not created" },
		[CHANGE_SET] = { "set", "was set", "not set" },
		[CHANGE_ALLOW] = { "allow", "allowed", "not allowed" },
		[CHANGE_BY_HAND] = { "by hand", "by hand", "by hand" },
		[CHANGE_EXTRA] = { "extra", "extra", "extra" },
	};

	return words[change->kind][change->state];
}

static enum table_tone tone(const struct change *change)
{
	switch (change->state) {
	case CHANGE_DONE: return TONE_GOOD;
	case CHANGE_FAILED: return TONE_BAD;
	case CHANGE_OPEN: break;
	}
	return change->kind == CHANGE_BY_HAND || change->kind == CHANGE_EXTRA
	               ? TONE_ODD
	               : TONE_PLAIN;
}

/* The same advice once, below the last it is for. */
static bool is_last_with_advice(const struct changes *c, size_t i)
{
	const char *advice = c->at[i]->advice;

	return advice[0] != '\0' &&
	       (i + 1 == c->count || strcmp(c->at[i + 1]->advice, advice) != 0);
}

void changes_table(const struct changes *c, size_t width, bool colour,
                   struct buf *out)
{
	static const char *const titles[] = { "ACTION", "WHAT", "DETAIL" };
	const struct table_look look = { width > 0 ? width : WIDTH_DEFAULT,
		                         colour };
	struct table *table = table_new(titles, 3, 0);

	for (size_t i = 0; i < c->count; i++) {
		const struct change *one = c->at[i];
		const struct span cells[] = {
			span_str(action(one)),
			span_str(one->what),
			span_str(one->detail),
		};

		table_add(table, cells, tone(one));
		if (is_last_with_advice(c, i))
			table_note(table, span_str(one->advice));
	}
	table_render(table, &look, out);
	table_free(&table);
}

void changes_json(const struct changes *c, struct buf *out)
{
	for (size_t i = 0; i < c->count; i++) {
		buf_add_u8(out, '{');
		json_member(out, "action", span_str(action(c->at[i])));
		json_member(out, "what", span_str(c->at[i]->what));
		json_member(out, "detail", span_str(c->at[i]->detail));
		json_member(out, "advice", span_str(c->at[i]->advice));
		buf_add_str(out, "}\n");
	}
}
