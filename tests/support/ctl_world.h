/*
 * ctl_world.h -- mpicctl beside a played coordinator over the mock cluster,
 * which says what the first label of a request's target wants, forgeries
 * included: "issue", "good", "deny", "reject", "silent", "unsigned", ...
 * (ctl_world.c has them all).
 */
#ifndef SUPPORT_CTL_WORLD_H
#define SUPPORT_CTL_WORLD_H

#include "loop/timer.h"
#include "tests/support/kafka_world.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"
#include "trust/signing_key.h"
#include "wire/topics.h"

#define MPICCTL    BINARY_DIR "/bin/mpicctl"
#define DEPLOYMENT "test-lab"

enum { CTL_PARTITIONS = 3, HELD_MAX = 64 };

struct held {
	struct span key, value;
	int32_t partition;
	int64_t offset;
};

struct ctl_world {
	struct world kafka;
	struct topics topics;
	struct temp_dir dir;
	char conf[TEMP_PATH_MAX];
	char bare_conf[TEMP_PATH_MAX]; /* without keys */
	struct arena *arena;
	struct signing_key *key, *other_key;
	struct kafka_in *in;
	struct kafka_out *out;
	struct timer *answer;
	bool holding; /* answers a while after the last request came */
	struct held held[HELD_MAX];
	size_t held_count, held_most;
	int requests, answers, flying;
	int64_t sequence;
	char watched[128]; /* the last request's key */
};

void ctl_open(struct ctl_world *w);
void ctl_close(struct ctl_world *w);

/* Runs it to its end; input: for its stdin, or NULL. */
void ctl_run(struct ctl_world *w, struct program *p, const char *const *argv,
             const char *input);
/* Whether it has ended; of world_run(). */
bool ctl_is_over(void *program);
/* A member of a JSON line, as text; "" where there is none. */
const char *ctl_member(struct ctl_world *w, const char *line, const char *name);
int ctl_lines(const char *text);

#endif
