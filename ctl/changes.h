/*
 * changes.h -- what a cluster lacks to be as the manifest says, and what
 * became of each of it. Pure.
 */
#ifndef CTL_CHANGES_H
#define CTL_CHANGES_H

#include "ctl/cluster_state.h"

#include "base/buf.h"

struct changes;

enum change_kind {
	CHANGE_CREATE,  /* a topic */
	CHANGE_SET,     /* configurations of a topic */
	CHANGE_ALLOW,   /* a right */
	CHANGE_BY_HAND, /* apply never does that; the advice says what to do */
	CHANGE_EXTRA,   /* more than the manifest says; apply takes nothing away
	                 */
};

enum change_state { CHANGE_OPEN, CHANGE_DONE, CHANGE_FAILED };

struct change {
	enum change_kind kind;
	enum change_state state;
	const struct topic_spec *topic; /* CREATE, SET: as wanted */
	const struct topic_spec *found; /* SET: as it is */
	const struct right *right;      /* ALLOW: as wanted */
	const char *what;               /* the topic's or principal's name */
	const char *detail;
	const char *advice; /* "": none, or why it failed */
};

struct changes *changes_new(void);
/* Takes *changes, accepts NULL, leaves NULL. */
void changes_free(struct changes **changes);

/* One more, with its detail; all texts are copied, pointers borrowed. */
void changes_add(struct changes *changes, const struct change *change,
                 const char *detail, ...) __attribute__((format(printf, 3, 4)));
size_t changes_count(const struct changes *changes);
struct change *changes_at(const struct changes *changes, size_t i);
/* Those that are not done. */
size_t changes_left(const struct changes *changes);

void changes_fail(struct changes *changes, struct change *change,
                  const char *why);
/* That is for a person's hands, with what to do. */
void changes_leave(struct changes *changes, struct change *change,
                   const char *advice);

/* A table for people; or one JSON object per line. */
void changes_table(const struct changes *changes, size_t width, bool colour,
                   struct buf *out);
void changes_json(const struct changes *changes, struct buf *out);

#endif
