#include "tests/support/probe_world.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char program[] = BINARY_DIR "/bin/mpic-probe";

static void become_probe(int fd)
{
	char name[] = "mpic-probe";
	char *const argv[] = { name, NULL };
	char *const envp[] = { NULL };
	int null = open("/dev/null", O_RDWR);

	if (fd == PROBE_FD) {
		(void)fcntl(fd, F_SETFD, 0);
	} else if (dup2(fd, PROBE_FD) < 0) {
		_exit(127);
	}
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0)
		_exit(127);
	execve(program, argv, envp);
	_exit(127);
}

void probe_world_start(struct probe_world *w)
{
	int pair[2];

	*w = (struct probe_world){ .arena = arena_new() };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	w->pid = fork();
	if (w->pid < 0)
		abort();
	if (w->pid == 0)
		become_probe(pair[1]);
	close(pair[1]);
	w->fd = pair[0];
}

int probe_world_end(struct probe_world *w)
{
	int status = 0;

	close(w->fd);
	if (waitpid(w->pid, &status, 0) != w->pid)
		abort();
	buf_clear(&w->in);
	arena_free(&w->arena);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void probe_world_send_bytes(struct probe_world *w, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(w->fd, bytes.p, bytes.len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* gone: the reader will see */
		bytes = span_sub(bytes, (size_t)n, bytes.len);
	}
}

void probe_world_send(struct probe_world *w, const struct frame *frame)
{
	struct buf out = { 0 };

	frame_encode(frame, &out);
	probe_world_send_bytes(w, buf_span(&out));
	buf_clear(&out);
}

static bool take_frame(struct probe_world *w, struct frame *out)
{
	struct span body;
	size_t taken;
	const char *why;

	switch (frame_cut(buf_span(&w->in), FRAME_TO_WORKER, &body, &taken)) {
	case FRAME_CUT_MORE: return false;
	case FRAME_CUT_TOO_LONG: abort();
	case FRAME_CUT_WHOLE: break;
	}
	why = frame_decode(body, FRAME_TO_WORKER, w->arena, out);
	if (why != NULL) {
		fprintf(stderr, "a breach of the probe: %s\n", why);
		abort();
	}
	buf_drop(&w->in, taken);
	return true;
}

bool probe_world_read(struct probe_world *w, int64_t limit_ms,
                      struct frame *out)
{
	int64_t end_ms = clock_mono_ms() + limit_ms;

	while (!take_frame(w, out)) {
		struct pollfd p = { .fd = w->fd, .events = POLLIN };
		int64_t left = end_ms - clock_mono_ms();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		n = read(w->fd, buf_reserve(&w->in, 65536), 65536);
		if (n <= 0)
			return false;
		w->in.len += (size_t)n;
	}
	return true;
}

struct frame probe_world_settings(const struct lab_world *lab,
                                  struct span anchor[1], struct span root[1])
{
	anchor[0] = span_str(lab_anchor(lab, 1));
	root[0] = span_str(lab_root(lab, 1));
	return (struct frame){
		.kind = FRAME_SETTINGS,
		.settings = {
			.lab = true,
			.generation = 3,
			.trust_anchors = { anchor, 1 },
			.root_servers = { root, 1 },
			.forbidden = SPAN("127.77.0.0/16"),
			.lab_allowed = SPAN("127.0.0.0/8 2001:db8:8::/48"),
			.resolver_window_ms = 10000,
			.lookup_ms = 1000,
			.connect_ms = 500,
			.hang_ms = 600000,
			.jobs_max = 1000,
			.user_agent = SPAN("mpic-probe-test"),
		},
	};
}
