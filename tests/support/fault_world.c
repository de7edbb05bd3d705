#include "tests/support/fault_world.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char folder[] = SOURCE_DIR "/tests/fixtures/faults";

enum { LINE_MAX_BYTES = 512, READY_MS = 60000 };

static bool is_comment(const char *line)
{
	line += strspn(line, " \t\n");
	return *line == '#' || *line == '\0';
}

/* The next word, NUL behind it; *rest: what comes after. NULL: none. */
static char *cut_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t\n");
	char *end = word + strcspn(word, " \t\n");

	if (*word == '\0')
		return NULL;
	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	return word;
}

/* Of one digit, which no target is. */
static bool is_view(const char *rest)
{
	rest += strspn(rest, " \t");
	return rest[0] >= '1' && rest[0] <= '9' && rest[1] == ' ';
}

static bool read_row(char *line, struct fault_row *row)
{
	const char **fields[] = { &row->id, &row->target, &row->method,
		                  &row->result_class, &row->reason };
	char *rest = line;

	row->view = 1;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		*fields[i] = cut_word(&rest);
		if (*fields[i] == NULL)
			return false;
		if (fields[i] == &row->id && is_view(rest))
			row->view = *cut_word(&rest) - '0';
	}
	return cut_word(&rest) != NULL; /* what the server does */
}

static bool is_known(const struct fault_row *rows, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].id, id) == 0)
			return true;
	return false;
}

void fault_rows_read(const char *table, struct arena *arena,
                     struct fault_row rows[FAULT_ROWS_MAX], size_t *count)
{
	char *path = arena_printf(arena, "%s/%s", folder, table);
	char line[LINE_MAX_BYTES];
	FILE *f = fopen(path, "r");
	int number = 0;

	if (f == NULL)
		abort();
	while (fgets(line, sizeof(line), f) != NULL) {
		struct fault_row row;

		number++;
		if (is_comment(line))
			continue;
		if (*count == FAULT_ROWS_MAX ||
		    !read_row(arena_str(arena, line), &row) ||
		    is_known(rows, *count, row.id)) {
			fprintf(stderr, "%s:%d: no row, or an id twice\n", path,
			        number);
			abort();
		}
		rows[(*count)++] = row;
	}
	fclose(f);
}

static void become_server(const char *script, const char *lab_dir, int out)
{
	char path[LINE_MAX_BYTES];

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	snprintf(path, sizeof(path), "%s/%s", folder, script);
	if (dup2(out, STDOUT_FILENO) >= 0)
		execl("/usr/bin/python3", "python3", path, lab_dir,
		      (char *)NULL);
	_exit(127);
}

static bool says_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char said[16] = "";
	size_t n = 0;

	while (n < sizeof(said) - 1 && strchr(said, '\n') == NULL &&
	       poll(&p, 1, READY_MS) == 1 && read(fd, said + n, 1) == 1)
		n++;
	return strcmp(said, "ready\n") == 0;
}

pid_t fault_server_start(const char *script, const struct lab_world *lab)
{
	int out[2];
	pid_t pid;

	if (pipe(out) != 0)
		abort();
	pid = fork();
	if (pid == 0)
		become_server(script, lab_value(lab, "LAB_DIR"), out[1]);
	close(out[1]);
	if (pid < 0 || !says_ready(out[0])) {
		fprintf(stderr, "%s did not come up\n", script);
		abort();
	}
	close(out[0]);
	return pid;
}

bool fault_server_end(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, WNOHANG) != 0)
		return false;
	(void)kill(pid, SIGTERM);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}
