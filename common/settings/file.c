/*
 * The only file that knows libconfuse. All values are texts to it; kinds and
 * limits are ours (value.c). What it would let pass is caught here: a key or
 * section given twice (it keeps the last), a section or comment that the end
 * of the file cuts off (it takes what it has).
 */
#include "base/escape.h"
#include "base/text.h"
#include "settings/settings_internal.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Put behind the file's text: seen at the top level only if all before it was
   closed. */
static const char last_key[] = "_end";
static const char last_line[] = "\n_end = yes\n";

enum { NAME_MAX_EDITS = 2, NAME_MAX_LEN = 63 };

struct note {
	const cfg_opt_t *opt;
	int line;
	unsigned n; /* values when last told */
	bool value_seen;
	bool complete; /* the closing brace of a list has come */
};

struct reading {
	struct settings *s;
	struct err *why;
	bool failed;
	struct note *notes;
	size_t n_notes;
};

/* libconfuse's callbacks carry no context of ours, and its scanner is one per
   process anyway: non-NULL while a file is being parsed for good. */
static struct reading *reading;

static int fail_at(struct reading *r, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail_at(struct reading *r, int line, const char *format, ...)
{
	struct buf text = { 0 };
	struct buf shown = { 0 };
	char *plain = NULL;
	va_list ap;

	if (r->failed)
		return -1;
	r->failed = true;
	va_start(ap, format);
	if (vasprintf(&plain, format, ap) < 0)
		plain = NULL;
	va_end(ap);
	escape_terminal(&shown, span_str(plain), sizeof(r->why->text));
	buf_printf(&text, "%s:%d: %s", r->s->path, line, buf_cstr(&shown));
	err_set(r->why, "%s", buf_cstr(&text));
	buf_clear(&text);
	buf_clear(&shown);
	free(plain);
	return -1;
}

static struct note *note_of(struct reading *r, const cfg_opt_t *opt)
{
	struct note *note;

	for (size_t i = 0; i < r->n_notes; i++)
		if (r->notes[i].opt == opt)
			return &r->notes[i];
	r->notes = xreallocarray(r->notes, r->n_notes + 1, sizeof(*r->notes));
	note = &r->notes[r->n_notes++];
	*note = (struct note){ .opt = opt };
	return note;
}

/* Each value passes here first, on_checked() comes after it, and once more for
   the closing brace of a list. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct note *note = note_of(reading, opt);

	(void)cfg;
	note->value_seen = true;
	*(const char **)result = value;
	return 0;
}

static int on_checked(cfg_t *cfg, cfg_opt_t *opt)
{
	struct note *note = note_of(reading, opt);
	bool closing = !note->value_seen;

	if (opt->type != CFGT_SEC && closing) {
		note->complete = true;
		return 0;
	}
	if (note->line != 0 && (note->complete || opt->type == CFGT_SEC ||
	                        opt->nvalues <= note->n))
		return fail_at(reading, cfg->line,
		               "%s is given twice, first on line %d", opt->name,
		               note->line);
	if (note->line == 0)
		note->line = cfg->line;
	note->n = opt->nvalues;
	note->value_seen = false;
	return 0;
}

/* How many letters must change to make b of a; stops counting at names that
   are too long to be compared. */
static size_t edits(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1];
	size_t n = strlen(b);

	if (strlen(a) > NAME_MAX_LEN || n > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

static const char *nearest(cfg_t *cfg, const char *name)
{
	const char *best = NULL;
	size_t least = NAME_MAX_EDITS + 1;

	for (unsigned i = 0; i < cfg_num(cfg); i++) {
		const char *known = cfg_getnopt(cfg, i)->name;
		size_t n = edits(name, known);

		if (n < least && n < strlen(known) &&
		    strcmp(known, last_key) != 0) {
			least = n;
			best = known;
		}
	}
	return best;
}

static void unknown_key(cfg_t *cfg, const char *name)
{
	const char *meant = nearest(cfg, name);
	bool top = strcmp(cfg->name, "root") == 0;

	if (strcmp(name, last_key) == 0) {
		(void)fail_at(reading, cfg->line - 1,
		              "the file ends inside section '%s'; a } is "
		              "missing",
		              cfg->name);
		return;
	}
	(void)fail_at(reading, cfg->line, "unknown %s '%s'%s%s%s%s%s%s",
	              top ? "key or section" : "key", name,
	              top ? "" : " in section '", top ? "" : cfg->name,
	              top ? "" : "'", meant ? "; did you mean '" : "",
	              meant ? meant : "", meant ? "'?" : "");
}

__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg,
                                                           const char *format,
                                                           va_list ap)
{
	char *text = NULL;

	if (strcmp(format, "no such option '%s'") == 0) {
		unknown_key(cfg, va_arg(ap, const char *));
		return;
	}
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	(void)fail_at(reading, cfg->line, "%s", text);
	free(text);
}

__attribute__((format(printf, 2, 0))) static void on_error_ignored(
	cfg_t *cfg, const char *format, va_list ap)
{
	(void)cfg;
	(void)format;
	(void)ap;
}

/* The options of one section while they are put together. */
struct opts {
	const char *section;
	bool free_form;
	cfg_opt_t *at; /* room for all rows and the end */
	size_t n;
};

static void add_key(struct opts *o, const char *name, bool list)
{
	o->at[o->n++] = (cfg_opt_t){
		.name = name,
		.type = CFGT_STR,
		.flags = CFGF_NODEFAULT | (list ? CFGF_LIST : 0),
		.parsecb = on_value,
		.validcb = on_checked,
	};
}

static size_t rows_in(const struct setting *table)
{
	size_t n = 0;

	for (; table->kind != SETTING_END; table++)
		n += table->kind == SETTING_TABLE ? rows_in(table->table) : 1;
	return n;
}

static void add_rows(struct opts *o, const struct setting *table)
{
	for (; table->kind != SETTING_END; table++) {
		if (table->kind == SETTING_TABLE)
			add_rows(o, table->table);
		else if (table->kind != SETTING_TITLE)
			add_key(o, table->key, table->kind == SETTING_LIST);
	}
}

static void add_repeated(struct arena *arena, struct opts *root,
                         const struct setting *row)
{
	struct opts sub = { .section = row->key };

	sub.at = arena_calloc(arena, rows_in(row->table) + 1, sizeof(*sub.at));
	add_rows(&sub, row->table);
	root->at[root->n++] = (cfg_opt_t){
		.name = row->key,
		.type = CFGT_SEC,
		.flags = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES,
		.subopts = sub.at,
	};
}

/* What a file of this table may contain. */
struct grammar {
	struct opts root;
	struct opts *sections;
	size_t n_sections;
};

static struct opts *section_of(struct grammar *g, const char *name,
                               struct arena *arena, size_t room)
{
	struct opts *o = g->sections;

	for (; o < g->sections + g->n_sections; o++)
		if (strcmp(o->section, name) == 0)
			return o;
	g->n_sections++;
	o->section = name;
	o->at = arena_calloc(arena, room, sizeof(*o->at));
	return o;
}

static void grammar_make(struct grammar *g, struct settings *s, size_t extra)
{
	size_t room = s->n_items + extra + 2; /* last_key and the end */

	g->sections = arena_calloc(s->arena, room, sizeof(*g->sections));
	g->root.at = arena_calloc(s->arena, 2 * room, sizeof(*g->root.at));
	add_key(&g->root, last_key, false);
	for (size_t i = 0; i < s->n_items; i++) {
		const struct setting *row = s->items[i].row;

		if (row->kind == SETTING_ROWS)
			add_repeated(s->arena, &g->root, row);
		else if (row->section == NULL)
			add_key(&g->root, row->key, row->kind == SETTING_LIST);
		else if (row->kind == SETTING_PAIRS)
			section_of(g, row->section, s->arena, room)->free_form =
				true;
		else
			add_key(section_of(g, row->section, s->arena, room),
			        row->key, row->kind == SETTING_LIST);
	}
}

static cfg_t *grammar_open(struct grammar *g, bool discover)
{
	struct opts *root = &g->root;
	size_t n = root->n;
	cfg_t *cfg;

	for (size_t i = 0; i < g->n_sections; i++)
		root->at[n++] = (cfg_opt_t){
			.name = g->sections[i].section,
			.type = CFGT_SEC,
			.flags = discover && g->sections[i].free_form
			                 ? CFGF_KEYSTRVAL
			                 : CFGF_NONE,
			.subopts = g->sections[i].at,
			.validcb = on_checked,
		};
	cfg = cfg_init(root->at, CFGF_NONE);
	if (cfg == NULL)
		abort(); /* no memory */
	(void)cfg_set_error_function(cfg,
	                             discover ? on_error_ignored : on_error);
	return cfg;
}

static int parse(cfg_t *cfg, struct buf *text)
{
	FILE *f = fmemopen(text->p, text->len, "r");
	int rc;

	if (f == NULL)
		abort(); /* no memory */
	rc = cfg_parse_fp(cfg, f);
	(void)fclose(f);
	return rc;
}

static bool is_known(const struct opts *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->at[i].name, name) == 0)
			return true;
	return false;
}

/*
 * A free-form section's keys are whatever the file has. libconfuse can collect
 * them, but then tells neither line nor repetition: so a first reading collects
 * the names and forgives everything, and the second knows them like the rest.
 * Returns how many there are; to is NULL to count only.
 */
static size_t discover_in(cfg_t *cfg, struct opts *o, struct arena *arena,
                          struct opts *to)
{
	cfg_t *sec = cfg_getsec(cfg, o->section);
	size_t n = 0;

	for (unsigned i = 0; i < cfg_num(sec); i++) {
		const char *name = cfg_getnopt(sec, i)->name;

		if (is_known(o, name) || strcmp(name, last_key) == 0)
			continue;
		n++;
		if (to != NULL)
			add_key(to, arena_str(arena, name), false);
	}
	return n;
}

static void discover(struct settings *s, struct buf *text, struct grammar *g)
{
	struct reading ignored = { .s = s };
	struct grammar first = { 0 };
	size_t extra = 0;
	cfg_t *cfg;

	grammar_make(&first, s, 0);
	cfg = grammar_open(&first, true);
	reading = &ignored;
	(void)parse(cfg, text);
	reading = NULL;
	for (size_t i = 0; i < first.n_sections; i++)
		if (first.sections[i].free_form)
			extra += discover_in(cfg, &first.sections[i], NULL,
			                     NULL);
	grammar_make(g, s, extra);
	for (size_t i = 0; i < first.n_sections; i++)
		if (first.sections[i].free_form)
			(void)discover_in(cfg, &first.sections[i], s->arena,
			                  &g->sections[i]);
	(void)cfg_free(cfg);
	free(ignored.notes);
}

static void keep_key(struct reading *r, cfg_opt_t *opt, const char *section,
                     size_t instance)
{
	struct settings_file *file = &r->s->file;
	unsigned n = cfg_opt_size(opt);
	struct given *key = &file->keys[file->n_keys];
	const char **at;

	if (n == 0 && !(opt->flags & CFGF_MODIFIED))
		return;
	at = arena_calloc(r->s->arena, n + 1, sizeof(*at));
	for (unsigned i = 0; i < n; i++)
		at[i] = arena_str(r->s->arena, cfg_opt_getnstr(opt, i));
	*key = (struct given){
		.section = section,
		.instance = instance,
		.key = arena_str(r->s->arena, opt->name),
		.line = note_of(r, opt)->line,
		.at = at,
		.n = n,
	};
	file->n_keys++;
}

static void keep_section(struct reading *r, cfg_t *sec, const char *name,
                         size_t instance)
{
	struct settings_file *file = &r->s->file;

	file->sections[file->n_sections++] = (struct given_section){
		.name = name,
		.title = cfg_title(sec) != NULL
		                 ? arena_str(r->s->arena, cfg_title(sec))
		                 : NULL,
		.instance = instance,
		.end_line = sec->line,
	};
	for (unsigned i = 0; i < cfg_num(sec); i++)
		keep_key(r, cfg_getnopt(sec, i), name, instance);
}

static void keep_all(struct reading *r, cfg_t *cfg)
{
	struct arena *arena = r->s->arena;
	size_t sections = 0;
	size_t keys = cfg_num(cfg);

	for (unsigned i = 0; i < cfg_num(cfg); i++) {
		cfg_opt_t *opt = cfg_getnopt(cfg, i);

		for (unsigned j = 0; opt->type == CFGT_SEC && j < opt->nvalues;
		     j++, sections++)
			keys += cfg_num(cfg_opt_getnsec(opt, j));
	}
	r->s->file.keys = arena_calloc(arena, keys + 1, sizeof(struct given));
	r->s->file.sections =
		arena_calloc(arena, sections + 1, sizeof(struct given_section));
	for (unsigned i = 0; i < cfg_num(cfg); i++) {
		cfg_opt_t *opt = cfg_getnopt(cfg, i);
		const char *name = arena_str(arena, opt->name);

		if (opt->type != CFGT_SEC)
			keep_key(r, opt, NULL, 0);
		for (unsigned j = 0; opt->type == CFGT_SEC && j < opt->nvalues;
		     j++)
			keep_section(r, cfg_opt_getnsec(opt, j), name, j);
	}
}

static int read_text(struct buf *text, const char *path, struct err *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t got = -1;

	if (fd < 0)
		return err_set(why, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		errno = EISDIR;
	else
		do {
			got = read(fd, buf_reserve(text, 65536), 65536);
			text->len += got > 0 ? (size_t)got : 0;
		} while (got > 0 && text->len <= SETTINGS_FILE_MAX);
	(void)close(fd);
	if (got < 0)
		return err_set(why, "%s: %s", path, strerror(errno));
	if (text->len > SETTINGS_FILE_MAX)
		return err_set(why, "%s: is larger than %d bytes", path,
		               SETTINGS_FILE_MAX);
	if (!text_is_utf8(buf_span(text)) ||
	    (text->len > 0 && memchr(text->p, '\0', text->len) != NULL))
		return err_set(why, "%s: is not a text file in UTF-8", path);
	return 0;
}

static int parse_for_good(struct settings *s, struct buf *text, struct err *why)
{
	struct reading r = { .s = s, .why = why };
	struct grammar g = { 0 };
	cfg_t *cfg;

	discover(s, text, &g);
	cfg = grammar_open(&g, false);
	reading = &r;
	if (parse(cfg, text) != CFG_SUCCESS)
		(void)fail_at(&r, cfg->line, "is not understood");
	else if (cfg_size(cfg, last_key) == 0)
		(void)fail_at(&r, 1, "a comment /* is never closed");
	else
		keep_all(&r, cfg);
	reading = NULL;
	(void)cfg_free(cfg);
	free(r.notes);
	return r.failed ? -1 : 0;
}

int file_read(struct settings *s, struct err *why)
{
	struct buf text = { 0 };
	struct err own;
	int rc = read_text(&text, s->path, why != NULL ? why : &own);

	if (rc == 0) {
		buf_add_str(&text, last_line);
		rc = parse_for_good(s, &text, why != NULL ? why : &own);
	}
	buf_clear(&text);
	return rc;
}
