/*
 * lab_world.h -- the laboratory Internet of deploy/lab/lab.sh for a test: up
 * when asked for, down and its folder gone at the end.
 */
#ifndef TESTS_LAB_WORLD_H
#define TESTS_LAB_WORLD_H

#include "base/mem.h"

struct lab_world;

/* How main() ends where this host can't have one: neither passed nor run. */
enum { LAB_SKIPPED = 77 };

/* NULL when this host can't have one, not being root's or without the tools, as
   it then says on stdout. Fails loudly otherwise. */
struct lab_world *lab_world_new(int views);
void lab_world_free(struct lab_world **slot);

/* A line of "lab.sh env": lab_value(lab, "WEB"). Aborts for unknown names. */
const char *lab_value(const struct lab_world *lab, const char *name);
/* The view's trust anchor, one RR. */
const char *lab_anchor(const struct lab_world *lab, int view);
/* Address of the view's root server. */
const char *lab_root(const struct lab_world *lab, int view);

#endif
