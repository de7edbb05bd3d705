/*
 * admin.h -- the HTTP port for operators and orchestrators; GET only.
 *
 *   /metrics  Prometheus text format 0.0.4
 *   /livez    200 while the loop turns, 503 after ADMIN_STALL_MS without
 *   /readyz   200 "ready", or 503 with one line per reason
 *   /version  our version and the libraries'
 *
 * It answers strangers: one GET per connection, without body, small headers,
 * few connections at a time, one time limit over all of it; each ceiling is
 * named below. Other paths are 404, other methods 405, what is not HTTP 400, a
 * body 413, too many header bytes 431. It shows no names, addresses or request
 * ids. On loopback unless a setting says otherwise. (Not evhttp: that has no
 * limit on connections, and no way to count them.)
 */
#ifndef SERVE_ADMIN_H
#define SERVE_ADMIN_H

#include "base/err.h"
#include "serve/metrics.h"
#include "settings/settings.h"

#include <stdint.h>

enum {
	ADMIN_HEADERS_MAX = 8 * 1024, /* bytes, request line included */
	ADMIN_CONNECTIONS_MAX = 64,   /* the next is closed unanswered */
	ADMIN_TIMEOUT_MS =
		10 * 1000,          /* from connect to the end of the answer */
	ADMIN_STALL_MS = 10 * 1000, /* without a turn: not alive */
};

/* The section `admin` of every program. */
struct admin_settings {
	const char *listen; /* a numeric address */
	int64_t port;       /* 0: any free one, see admin_port() */
};
extern const struct setting admin_settings_table[]; /* for SET_TABLE */

/* Appends one line ("no partition assigned\n") per reason why not ready;
   nothing appended means ready. Codes and counts only. */
typedef void admin_ready_fn(void *arg, struct buf *reasons);

struct admin_hooks {
	struct metrics *metrics; /* borrowed until admin_free() */
	admin_ready_fn *ready;   /* NULL: always ready */
	void *ready_arg;
	const char *program;
	const struct version_part *libraries; /* may be NULL */
	int64_t stall_ms;                     /* 0: ADMIN_STALL_MS */
	int64_t timeout_ms;                   /* 0: ADMIN_TIMEOUT_MS */
};

struct admin;

/* Listens from now on; NULL with why. Copies hooks. */
struct admin *admin_new(struct loop *loop, const struct admin_settings *where,
                        const struct admin_hooks *hooks, struct err *why)
	__attribute__((warn_unused_result));
/* Takes *slot, accepts NULL, leaves NULL; closes all connections. Before the
   loop and the registry. */
void admin_free(struct admin **slot);

/* The port it listens on, for port = 0. */
uint16_t admin_port(const struct admin *admin);

#endif
