/*
 * landlock.h -- Landlock without any path: files, TCP, signals.
 */
#ifndef PROBE_LANDLOCK_H
#define PROBE_LANDLOCK_H

#include "base/buf.h"
#include "base/err.h"

/* Takes from this process every path, TCP bind, and TCP connect but to the
   ports given, as far as the kernel knows how; appends "landlock/ABI" or
   "no-landlock", and what is missing, to report. -1 only when a kernel that can
   does not. Needs no_new_privs. */
int landlock_enter(const uint16_t *tcp_ports, size_t tcp_ports_count,
                   struct buf *report, struct err *err);

#endif
