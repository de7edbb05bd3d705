/*
 * resolver_lint.h -- does a libunbound context validate, by its own account?
 *
 * Our options are set one by one; what is left at its default is the library's
 * word, which a build of it may have changed. So it is asked: nothing
 * may turn validation off, loosen it, or answer beside it.
 */
#ifndef PROBE_RESOLVER_LINT_H
#define PROBE_RESOLVER_LINT_H

#include "base/err.h"

struct ub_ctx;

/* 0, or -1 with the option that is not as it must be. */
int resolver_lint(struct ub_ctx *ub, struct err *why);

#endif
