#include "tests/support/program.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int file_with(const char *text)
{
	int fd = memfd_create("program", MFD_CLOEXEC);
	size_t len = text != NULL ? strlen(text) : 0;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Between fork and exec: nothing that may wait for a lock. */
static void become(const struct program *p, const char *const *argv,
                   const char *const *environment)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(p->in_fd, STDIN_FILENO);
	dup2(p->out_fd, STDOUT_FILENO);
	dup2(p->err_fd, STDERR_FILENO);
	for (; environment != NULL && *environment != NULL; environment++)
		putenv((char *)(uintptr_t)*environment);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(126);
}

void program_start(struct program *p, const char *const *argv,
                   const char *input, const char *const *environment)
{
	memset(p, 0, sizeof(*p));
	p->in_fd = file_with(input);
	p->out_fd = file_with(NULL);
	p->err_fd = file_with(NULL);
	p->pid = fork();
	ck_assert_int_ge(p->pid, 0);
	if (p->pid == 0)
		become(p, argv, environment);
}

static void read_all(int fd, struct buf *out)
{
	ssize_t n;

	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	while ((n = read(fd, buf_reserve(out, 4096), 4096)) > 0)
		out->len += (size_t)n;
}

static void ended(struct program *p, int status)
{
	p->pid = 0;
	p->code = WIFEXITED(status) ? WEXITSTATUS(status)
	                            : 128 + WTERMSIG(status);
	read_all(p->out_fd, &p->out);
	read_all(p->err_fd, &p->err);
	close(p->in_fd);
	close(p->out_fd);
	close(p->err_fd);
}

bool program_ended(struct program *p)
{
	int status;

	if (p->pid != 0 && waitpid(p->pid, &status, WNOHANG) == p->pid)
		ended(p, status);
	return p->pid == 0;
}

void program_wait(struct program *p)
{
	int status;

	while (p->pid != 0) {
		if (waitpid(p->pid, &status, 0) == p->pid)
			ended(p, status);
		else
			ck_assert_int_eq(errno, EINTR);
	}
}

void program_clear(struct program *p)
{
	if (p->pid != 0) {
		kill(p->pid, SIGKILL);
		program_wait(p);
	}
	buf_clear(&p->out);
	buf_clear(&p->err);
}

void program_run(struct program *p, const char *const *argv, const char *input)
{
	program_start(p, argv, input, NULL);
	program_wait(p);
}

const char *program_out(struct program *p)
{
	return p->out.len > 0 ? buf_cstr(&p->out) : "";
}

const char *program_err(struct program *p)
{
	return p->err.len > 0 ? buf_cstr(&p->err) : "";
}
