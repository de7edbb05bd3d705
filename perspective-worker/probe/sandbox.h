/*
 * sandbox.h -- what the probe can still do once it reads hostile bytes: speak
 * IPv4 and IPv6, and write to its worker.
 *
 * In the order in which it is laid on: no core dump, no ptrace by others of its
 * uid, dead with its parent, rlimits (no file may grow, no process may start,
 * bounded address space), no capability even as root, Landlock (no path at all,
 * no TCP bind, TCP connect to the given ports only, no signal and no abstract
 * socket across), and last a seccomp list of system calls: anything else kills
 * the process. Whatever needs a file, a socketpair or a thread is done before.
 *
 * What remains when a probe is taken over: it holds no key and no credential,
 * but it sees the checks in hand, their challenge values included, and can say
 * of them what it likes, so it can lie for one perspective as long as it lives.
 * It can send to any IPv4 or IPv6 address from this host over UDP, and over TCP
 * to the given ports, the guard's forbidden ones included, unless the host's
 * own packet filter (deploy/) says no. It can use up its share of CPU, memory
 * and descriptors. It can attack the worker with frames (frame.h) and text on
 * descriptor 2, and the kernel through the system calls that are left. It can't
 * read or write a file, start or signal a process, listen, or outlive its
 * worker or the number of checks that the worker gives a probe.
 */
#ifndef PROBE_SANDBOX_H
#define PROBE_SANDBOX_H

#include "base/buf.h"
#include "base/err.h"

/* At the very start: closes every descriptor above `last`, and lets this
   process die with its parent. */
int sandbox_begin(int last, struct err *err);

/*
 * There is no way back. On success appends to report what holds, and what this
 * kernel could not do ("landlock/2 (no tcp rules)"): 0. No descriptor can be
 * passed to anybody. Without seccomp there is no sandbox: -1.
 */
int sandbox_enter(const uint16_t *tcp_ports, size_t tcp_ports_count,
                  struct buf *report, struct err *err);

#endif
