#include "pattern/pattern.h"

#include "base/mem.h"
#include "pattern/pattern_syntax.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { BYTES_PER_STEP = 16 }; /* of one element, repeated */

/* What one search may use, and has used. */
struct budget {
	size_t bytes;
	size_t steps;
	size_t last; /* place of the step before */
	struct pattern_counts counts;
};

struct search {
	struct budget budget;
	pcre2_general_context *general;
	pcre2_compile_context *compile;
	pcre2_match_context *match;
	pcre2_code *code;
	pcre2_match_data *data;
};

/* --- memory -------------------------------------------------------------- */

/* In front of each block: how long it is. */
union head {
	size_t n;
	max_align_t align;
};

static void *take_memory(size_t n, void *data)
{
	struct budget *budget = data;

	if (n > PATTERN_MEMORY_MAX || budget->bytes > PATTERN_MEMORY_MAX - n)
		return NULL;

	union head *head = xreallocarray(NULL, 1, n + sizeof(*head));

	head->n = n;
	budget->bytes += n;
	return head + 1;
}

static void give_memory(void *p, void *data)
{
	struct budget *budget = data;

	if (p == NULL)
		return;

	union head *head = (union head *)p - 1;

	budget->bytes -= head->n;
	free(head);
}

/* --- steps --------------------------------------------------------------- */

/* An element that must stand n times in a row passes over up to n - 1 bytes and
   fails, and nobody is told: paid for in advance, at what it takes. */
static size_t cost_of(const struct budget *budget, size_t element)
{
	size_t least =
		element < PATTERN_MAX ? budget->counts.least[element] : 0;

	return 1 + (least + BYTES_PER_STEP - 1) / BYTES_PER_STEP;
}

/* Called before each element of the expression (PCRE2_AUTO_CALLOUT). What one
   element passes over in one go is how far the place has moved since. */
static int on_step(pcre2_callout_block *block, void *data)
{
	struct budget *budget = data;
	size_t here = block->current_position;
	size_t moved =
		here > budget->last ? here - budget->last : budget->last - here;

	budget->last = here;
	budget->steps += cost_of(budget, block->pattern_position) + moved;
	return budget->steps > PATTERN_STEPS_MAX ? PCRE2_ERROR_CALLOUT : 0;
}

/* --- compiling ----------------------------------------------------------- */

/* Nothing that reads the text as UTF-8, and none of what saves steps: how much
   it saves is another matter with each version. A bare ( does not capture. */
static const uint32_t options =
	PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C |
	PCRE2_NO_AUTO_CAPTURE | PCRE2_NO_AUTO_POSSESS |
	PCRE2_NO_DOTSTAR_ANCHOR | PCRE2_NO_START_OPTIMIZE | PCRE2_AUTO_CALLOUT;

static bool begin(struct search *s, struct span pattern)
{
	int error;
	size_t at;

	s->general = pcre2_general_context_create(take_memory, give_memory,
	                                          &s->budget);
	s->compile = pcre2_compile_context_create(s->general);
	if (s->compile == NULL)
		return false;
	/* what a line is must not depend on how the library was built */
	(void)pcre2_set_newline(s->compile, PCRE2_NEWLINE_LF);
	s->code = pcre2_compile(pattern.p, pattern.len, options, &error, &at,
	                        s->compile);
	return s->code != NULL;
}

static void finish(struct search *s)
{
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->match);
	pcre2_code_free(s->code);
	pcre2_compile_context_free(s->compile);
	pcre2_general_context_free(s->general);
}

bool pattern_check(struct span pattern, struct pattern_fault *fault)
{
	struct search s = { 0 };

	if (!pattern_syntax(pattern, &s.budget.counts, fault))
		return false;

	bool good = begin(&s, pattern);

	finish(&s);
	if (!good)
		*fault = (struct pattern_fault){
			0, "nothing to repeat, a range or a repetition out of "
			   "order, a name twice, or too large"
		};
	return good;
}

/* --- searching ----------------------------------------------------------- */

static int search(struct search *s, struct span text)
{
	s->match = pcre2_match_context_create(s->general);
	s->data = pcre2_match_data_create(1, s->general);
	if (s->match == NULL || s->data == NULL)
		return PCRE2_ERROR_NOMEMORY;
	(void)pcre2_set_callout(s->match, on_step, &s->budget);
	(void)pcre2_set_match_limit(s->match, PATTERN_STEPS_MAX);
	(void)pcre2_set_depth_limit(s->match, PATTERN_DEPTH_MAX);
	(void)pcre2_set_heap_limit(s->match, PATTERN_MEMORY_MAX / 1024);
	return pcre2_match(s->code, text.len > 0 ? text.p : (PCRE2_SPTR) "",
	                   text.len, 0, 0, s->data, s->match);
}

/* One pair is given room; 0 says that the expression has more groups. */
enum pattern_result pattern_search(struct span pattern, struct span text)
{
	enum pattern_result result = PATTERN_INVALID;
	struct pattern_fault fault;
	struct search s = { 0 };

	if (!pattern_syntax(pattern, &s.budget.counts, &fault))
		return result;
	if (begin(&s, pattern)) {
		int found = search(&s, text);

		result = found >= 0 ? PATTERN_FOUND : PATTERN_TOO_COSTLY;
		if (found == PCRE2_ERROR_NOMATCH)
			result = PATTERN_NOT_FOUND;
	}
	finish(&s);
	return result;
}

/* "10.42 2022-12-11", of the library that runs. */
void pattern_library_version(struct buf *out)
{
	char text[64] = "";

	(void)pcre2_config(PCRE2_CONFIG_VERSION, text);
	text[strcspn(text, " ")] = '\0';
	buf_add_str(out, text);
}
