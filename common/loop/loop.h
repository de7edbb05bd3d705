/*
 * loop.h -- the one event loop of a program, its signals and its heartbeat.
 *
 * Single-threaded: everything here is called from the thread that runs the
 * loop. Callbacks come from loop_run() only, never from the call that asked
 * for them. SIGPIPE is ignored from loop_new() on: a peer that went away is a
 * write error like any other. Nothing here blocks.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdint.h>

struct event_base;
struct loop;

typedef void loop_fn(void *arg);

/* Never NULL: a process that gets no epoll descriptor ends here, aloud. */
struct loop *loop_new(void);
/* Takes *slot, accepts NULL, leaves NULL. Free first whatever was made on the
   loop: timers, servers, sockets. */
void loop_free(struct loop **slot);

/* Borrowed, for libraries that bring their own events (curl, libunbound). */
struct event_base *loop_base(struct loop *loop);

/* Returns after loop_stop(). May be called again afterwards. */
void loop_run(struct loop *loop);
/* The loop ends when the callback that is running has returned. Outside
   loop_run(): the next loop_run() returns at once. */
void loop_stop(struct loop *loop);

/* fn runs from the loop each time signo arrives; several functions may be
   asked for one signal. At most LOOP_SIGNALS_MAX per loop (asserted). */
enum { LOOP_SIGNALS_MAX = 16 };
void loop_on_signal(struct loop *loop, int signo, loop_fn *fn, void *arg);

/* SIGTERM and SIGINT together: the first of either calls drain (stop intake,
   finish what runs, then loop_stop()), each later one calls now (loop_stop()
   without waiting). */
void loop_on_shutdown(struct loop *loop, loop_fn *drain, loop_fn *now,
                      void *arg);

/* A timer that beats each LOOP_BEAT_MS while the loop turns. */
enum { LOOP_BEAT_MS = 1000 };
/* clock_mono_ms() of the last beat (of loop_new() before the first). Some
   beats old means that a callback does not return. */
int64_t loop_last_turn_mono_ms(const struct loop *loop);
/* By how much the last beat came too late, in microseconds. */
int64_t loop_lag_us(const struct loop *loop);

#endif
