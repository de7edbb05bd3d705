/*
 * kafka_end.h -- the end of handles, off the loop and bounded at exit.
 *
 * librdkafka may take long, and with known bugs for ever, to take a handle
 * down. The _free() functions of this folder therefore hand it to a thread of
 * its own and return at once.
 */
#ifndef KAFKA_KAFKA_END_H
#define KAFKA_KAFKA_END_H

#include <stdbool.h>
#include <stdint.h>

/* Waits, blocking, until all handles freed so far are gone and their threads
   have ended: true. After limit_ms: false, and whoever exits now uses
   _exit(). For main(), after the loop. */
bool kafka_end_wait(int64_t limit_ms);

#endif
