/*
 * frame.h -- what a worker and its probe say to each other: MessagePack in
 * frames over one stream socketpair. Both sides refuse whatever is not exactly
 * what the code here would write (no unknown fields, one spelling); for either
 * of them a breach is the end of the probe.
 *
 *   worker -> probe   settings (first, once), job, cancel
 *   probe -> worker   ready (first, once) or failed (then it exits), hangs,
 * done
 *
 * A frame is a length of four bytes (network order, of what follows), a byte
 * for its kind, and a MessagePack map. One `done` is sent for every job,
 * cancelled ones included, so the worker knows an id until its `done` comes;
 * a `done` for any other id is a breach. There are never more unfinished jobs
 * than settings.jobs_max. `hangs` is said at most once of a job, before its
 * `done`: it has been in hand for settings.hang_ms and goes on, or it is
 * `held`, since where it would go now is among its job's `full`: then it waits
 * for a cancel or its time. No descriptor is ever passed.
 *
 * The probe is started with an empty environment, the socket as descriptor
 * PROBE_FD, /dev/null as 0 and 1, and as 2 a pipe or /dev/null: what comes out
 * of that pipe is a taken-over probe's text for all its reader knows. A closed
 * socket ends the probe at once; it keeps nothing.
 */
#ifndef PROBE_FRAME_H
#define PROBE_FRAME_H

#include "base/buf.h"
#include "base/mem.h"
#include "wire/check.h"
#include "wire/result.h"

enum {
	PROBE_FD = 3,
	FRAME_HEAD = 4,
	FRAME_TO_PROBE_MAX = 131072, /* kind and map; a Check has 64 KiB */
	FRAME_TO_WORKER_MAX = 1572864,
	FRAME_LIST_MAX = 16384, /* bytes of a list of prefixes */
	FRAME_TEXT_MAX = 512,
	FRAME_ANCHORS_MAX = 16, /* lines */
	FRAME_ROOTS_MAX = 32,
	FRAME_PORTS_MAX = 16,
	FRAME_FULL_MAX = 16, /* prefixes */
	FRAME_JOBS_MAX = 65536
};

/* Exit status of a probe that said `failed` (sysexits.h, EX_CONFIG). */
enum { PROBE_EXIT_SETTINGS = 78 };

enum frame_kind {
	FRAME_UNKNOWN,
	FRAME_SETTINGS,
	FRAME_JOB,
	FRAME_CANCEL,
	FRAME_READY,
	FRAME_FAILED,
	FRAME_DONE,
	FRAME_HANGS,
	FRAME_KIND_COUNT
};

const char *frame_kind_name(enum frame_kind kind);

/* Lists are texts as guard.h reads them: comma or white space between. */
struct probe_settings {
	bool lab;
	int64_t generation; /* of this process; goes into the evidence */
	/* DS or DNSKEY records in presentation form, one a line, at least one
	 */
	struct text_list trust_anchors;
	/* Lab only: addresses of another root's servers. Empty: IANA's. */
	struct text_list root_servers;
	struct span forbidden;      /* prefixes the operator forbids */
	struct span brokers;        /* prefixes */
	struct span own;            /* our egress, prefixes */
	struct span lab_allowed;    /* lab only: prefixes out of the built-in */
	struct text_list lab_ports; /* lab only: ports beside 53, 80, 443 */
	/* How long one resolver context takes lookups; 0: one per check. */
	int64_t resolver_window_ms;
	int64_t lookup_ms; /* limit of one try of a DNS lookup; there are two */
	int64_t connect_ms; /* of one address, so that the next has its turn */
	int64_t hang_ms;    /* who takes longer is told of */
	int64_t jobs_max;
	int64_t clock_shift_ms; /* lab only: added to the wall clock */
	struct span user_agent;
};

struct probe_job {
	int64_t id;         /* the worker's own, > 0, not used before */
	unsigned check_set; /* a subset of the check's own that is not empty */
	struct span check;  /* a Check record's value */
	int64_t budget_ms;  /* from when the frame is read, > 0 */
	struct text_list full; /* prefixes where it must not connect to now */
};

struct probe_cancel {
	int64_t id;
};

struct probe_ready {
	struct span versions; /* "libunbound/1.17.1 libcurl/7.88.1 ..." */
	struct span sandbox;  /* "seccomp landlock/6", what is missing, too */
};

struct probe_failed {
	struct span why; /* for an operator */
};

/* No kinds: the job was cancelled. Else one per kind of the job's set. */
struct probe_done {
	int64_t id;
	struct kind_result kinds[KIND_COUNT];
	size_t kinds_count;
};

struct probe_hangs {
	int64_t id;
	bool held;
	struct span address; /* text; empty: it is at name servers */
};

struct frame {
	enum frame_kind kind;
	union {
		struct probe_settings settings;
		struct probe_job job;
		struct probe_cancel cancel;
		struct probe_ready ready;
		struct probe_failed failed;
		struct probe_done done;
		struct probe_hangs hangs;
	};
};

/* Which way a frame goes decides what it may be. */
enum frame_way { FRAME_TO_PROBE, FRAME_TO_WORKER };

/* FRAME_TO_PROBE_MAX or FRAME_TO_WORKER_MAX. */
size_t frame_max(enum frame_way way);

enum frame_cut { FRAME_CUT_WHOLE, FRAME_CUT_MORE, FRAME_CUT_TOO_LONG };

/* The first frame in what was read: WHOLE sets *body (kind and map, borrowed
   from in) and how many bytes of in it took. Else both are untouched; MORE may
   need up to FRAME_HEAD + frame_max() bytes in all. */
enum frame_cut frame_cut(struct span in, enum frame_way way, struct span *body,
                         size_t *taken) __attribute__((warn_unused_result));

/* NULL, or why it is refused (static text) with *out untouched. Everything in
 *out is copied into the arena. */
const char *frame_decode(struct span body, enum frame_way way,
                         struct arena *arena, struct frame *out)
	__attribute__((warn_unused_result));

/* Appends the whole frame. Its size is within frame_max() if every part keeps
   to its own ceiling (asserted). */
void frame_encode(const struct frame *frame, struct buf *out);

#endif
