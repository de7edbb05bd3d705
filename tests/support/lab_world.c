#include "tests/support/lab_world.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VALUES_MAX = 512, FILE_MAX_BYTES = 65536 };
enum { ATTEMPTS = 4, BLOCK_FIRST = 40, BLOCKS = 80, BLOCK_STEP = 29 };

struct lab_world {
	char dir[64];
	struct arena *arena;
	const char *names[VALUES_MAX];
	const char *values[VALUES_MAX];
	size_t count;
};

static const char lab_sh[] = SOURCE_DIR "/deploy/lab/lab.sh";

static int run(const char *const argv[])
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execv("/bin/sh", (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char *read_file(struct arena *arena, const char *path)
{
	char *text = arena_alloc(arena, FILE_MAX_BYTES);
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		abort();
	n = fread(text, 1, FILE_MAX_BYTES - 1, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

static void read_values(struct lab_world *lab)
{
	char *at = read_file(lab->arena,
	                     arena_printf(lab->arena, "%s/env", lab->dir));

	while (*at != '\0' && lab->count < VALUES_MAX) {
		char *end = strchr(at, '\n');
		char *equals = strchr(at, '=');

		if (end == NULL || equals == NULL || equals > end)
			abort();
		*end = '\0';
		*equals = '\0';
		lab->names[lab->count] = at;
		lab->values[lab->count++] = equals + 1;
		at = end + 1;
	}
}

static void remove_dir(const char *dir)
{
	const char *const argv[] = { "sh", "-c", "rm -rf -- \"$1\"",
		                     "sh", dir,  NULL };

	(void)run(argv);
}

static bool can_have_one(const char **why)
{
	static const char *const tools[] = { "/usr/sbin/nsd", "/usr/sbin/nginx",
		                             "/usr/bin/ldns-signzone",
		                             "/usr/bin/python3" };

	if (geteuid() != 0) {
		*why = "not root";
		return false;
	}
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (access(tools[i], X_OK) != 0) {
			*why = tools[i];
			return false;
		}
	return true;
}

/* Labs of other processes come up at the same time: each asks for a block of
   its own instead of the first free one, and for another if it was taken. */
static bool bring_up(struct lab_world *lab, int views, int attempt)
{
	char count[12], block[12];

	snprintf(count, sizeof(count), "%d", views);
	snprintf(block, sizeof(block), "%d",
	         BLOCK_FIRST + (getpid() + attempt * BLOCK_STEP) % BLOCKS);

	const char *const argv[] = { "sh",      lab_sh,    "up",
		                     lab->dir,  "--views", count,
		                     "--block", block,     NULL };

	return run(argv) == 0;
}

struct lab_world *lab_world_new(int views)
{
	struct lab_world *lab;
	const char *why;
	int attempt = 0;

	if (!can_have_one(&why)) {
		printf("skipped: %s\n", why);
		return NULL;
	}
	lab = xzalloc(sizeof(*lab));
	lab->arena = arena_new();
	snprintf(lab->dir, sizeof(lab->dir), "/tmp/mpic-lab-XXXXXX");
	if (mkdtemp(lab->dir) == NULL)
		abort();
	while (!bring_up(lab, views, attempt))
		if (++attempt == ATTEMPTS) {
			fprintf(stderr, "the lab did not come up: %s\n",
			        lab->dir);
			abort();
		}
	read_values(lab);
	return lab;
}

void lab_world_free(struct lab_world **slot)
{
	struct lab_world *lab = *slot;

	if (lab == NULL)
		return;
	*slot = NULL;

	const char *const argv[] = { "sh", lab_sh, "down", lab->dir, NULL };

	(void)run(argv);
	remove_dir(lab->dir);
	arena_free(&lab->arena);
	free(lab);
}

const char *lab_value(const struct lab_world *lab, const char *name)
{
	for (size_t i = 0; i < lab->count; i++)
		if (strcmp(lab->names[i], name) == 0)
			return lab->values[i];
	fprintf(stderr, "the lab has no %s\n", name);
	abort();
}

const char *lab_root(const struct lab_world *lab, int view)
{
	return lab_value(lab, arena_printf(lab->arena, "VIEW_%d_ROOT", view));
}

/* The first line that is a record. */
const char *lab_anchor(const struct lab_world *lab, int view)
{
	const char *path = lab_value(
		lab, arena_printf(lab->arena, "VIEW_%d_ANCHOR", view));
	char *text = read_file(lab->arena, path);

	while (*text == ';' || *text == '\n') {
		text = strchr(text, '\n');
		if (text == NULL)
			abort();
		text++;
	}
	text[strcspn(text, "\n")] = '\0';
	return text;
}
