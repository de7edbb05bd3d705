/*
 * tls_memory.h -- what a handshake that waits holds of OpenSSL's memory.
 *
 * When a handshake begins OpenSSL takes 21 KiB for its messages, writes zeros
 * into all of it, and keeps it to the end. From the time when the ClientHello
 * is sent until the server's first message nothing in it means anything, and
 * where a server says nothing that is half of all that is held. So blocks as
 * large as that are pages of their own here, and those can be given back while
 * the block stays.
 *
 * For one thread.
 */
#ifndef PROBE_TLS_MEMORY_H
#define PROBE_TLS_MEMORY_H

#include <stdbool.h>

/* Before anything else calls OpenSSL. False: something did, and all is as
   without this. */
bool tls_memory_init(void);

/* What is in the large block that begins at p will not be read any more: it
   reads as zeros from now on. Nothing happens where no such block begins. */
void tls_memory_idle(const void *p);

#endif
