#include "perspective-worker/probe_process.h"

#include "probe/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FIRST_FREE = 10 /* above everything that the child moves about */
};

/* Between fork and exec only what is safe after fork in a program with
   threads: system calls, no memory, no stdio. */

static void child_signals(void)
{
	const struct sigaction ours = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* the loop's handlers would write into the loop's own pipe */
	for (int s = 1; s < NSIG; s++)
		(void)sigaction(s, &ours, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_descriptors(int socket, int errors)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* out of the way of 0 to 3, then into their places */
	socket = fcntl(socket, F_DUPFD_CLOEXEC, FIRST_FREE);
	errors = fcntl(errors, F_DUPFD_CLOEXEC, FIRST_FREE);
	null = fcntl(null, F_DUPFD_CLOEXEC, FIRST_FREE);
	if (socket < 0 || errors < 0 || null < 0 || dup2(null, 0) < 0 ||
	    dup2(null, 1) < 0 || dup2(errors, 2) < 0 ||
	    dup2(socket, PROBE_FD) < 0 ||
	    close_range(PROBE_FD + 1, ~0U, 0) != 0)
		_exit(PROBE_EXIT_NO_EXEC);
}

static void child_user(const struct probe_program *program)
{
	if (!program->own_user)
		return;
	if (setgroups(0, NULL) != 0 ||
	    setresgid(program->gid, program->gid, program->gid) != 0 ||
	    setresuid(program->uid, program->uid, program->uid) != 0)
		_exit(PROBE_EXIT_NO_USER);
}

static _Noreturn void child_main(const struct probe_program *program,
                                 int socket, int errors, pid_t parent)
{
	static char name[] = "mpic-probe";
	char *const argv[] = { name, NULL };
	char *const envp[] = { NULL };
	const struct rlimit none = { 0, 0 };

	child_signals();
	(void)setpgid(0, 0); /* a terminal's ^C is for the worker */
	child_descriptors(socket, errors);
	child_user(program);
	(void)setrlimit(RLIMIT_CORE, &none);
	/* last: a change of user takes it back */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(PROBE_EXIT_NO_EXEC);
	(void)execve(program->path, argv, envp);
	_exit(PROBE_EXIT_NO_EXEC);
}

static pid_t fork_probe(const struct probe_program *program, int socket,
                        int errors)
{
	pid_t parent = getpid();
	sigset_t all, before;

	/* no handler of ours runs in the child */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();

	if (pid == 0)
		child_main(program, socket, errors, parent);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void close_pair(int *pair)
{
	if (pair[0] >= 0)
		(void)close(pair[0]);
	if (pair[1] >= 0)
		(void)close(pair[1]);
}

int probe_process_start(const struct probe_program *program,
                        struct probe_process *out, struct err *why)
{
	int sockets[2] = { -1, -1 }, errors[2] = { -1, -1 };
	pid_t pid = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0 &&
	    pipe2(errors, O_CLOEXEC) == 0 && set_nonblocking(sockets[0]) == 0 &&
	    set_nonblocking(errors[0]) == 0)
		pid = fork_probe(program, sockets[1], errors[1]);
	if (pid < 0) {
		int error = errno;

		close_pair(sockets);
		close_pair(errors);
		return err_set(why, "cannot start a probe: %s",
		               strerror(error));
	}
	(void)close(sockets[1]);
	(void)close(errors[1]);
	*out = (struct probe_process){ pid, sockets[0], errors[0] };
	return 0;
}

void probe_process_kill(const struct probe_process *p)
{
	if (p->pid > 0)
		(void)kill(p->pid, SIGKILL);
}

bool probe_process_reap(struct probe_process *p, int *status)
{
	if (p->pid > 0 && waitpid(p->pid, status, WNOHANG) != p->pid)
		return false;
	p->pid = 0; /* somebody else's from now on */
	return true;
}

void probe_process_bury(struct probe_process *p)
{
	while (p->pid > 0 && waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	p->pid = 0;
}
