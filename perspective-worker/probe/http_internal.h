/*
 * http_internal.h -- what the client (one multi handle on the loop) and its
 * fetches share.
 */
#ifndef PROBE_HTTP_INTERNAL_H
#define PROBE_HTTP_INTERNAL_H

#include "base/buf.h"
#include "http_chunks.h"
#include "http_fetch.h"

#include <curl/curl.h>
#include <openssl/types.h>

struct timer;

struct http_client {
	struct loop *loop;
	CURLM *multi;
	struct timer *timer; /* libcurl's */
	const struct guard *guard;
	char *user_agent;
	int64_t connect_ms;
	struct http_fetch **owners; /* by socket; NULL: its fetch is gone */
	size_t owners_room;
};

struct http_fetch {
	struct http_client *client;
	struct arena *arena;
	http_done_fn *done;
	void *owner;
	struct http_fetch **slot;
	struct timer *tick; /* the deadline, or the next step's turn */
	int64_t end_ms;     /* monotonic */
	int64_t began_ms;
	int64_t attempt_ms; /* monotonic start of this connection */

	/* of what was wanted */
	struct addr addresses[JUDGE_ADDRESSES_MAX];
	size_t addresses_count;
	size_t tried;
	uint16_t port;
	bool https;
	size_t body_max;

	CURL *easy;
	curl_socket_t socket; /* the last one opened for it */
	struct curl_slist *headers_sent;
	struct curl_slist *connect_to;
	bool in_multi;
	bool running;   /* a connection is being made or used */
	bool connected; /* and the peer is who it should be */
	bool wrong_peer;
	bool had_peer; /* a TCP connection was made */
	CURLcode code;
	char error[CURL_ERROR_SIZE];

	bool head_done; /* the final response's blank line was seen */
	bool status_next;
	size_t header_bytes;
	bool chunked;
	bool has_length;
	int64_t length;
	struct http_chunks chunks;
	bool chunks_done;
	SSL_CTX *tls; /* of this connection; it may outlive the fetch */
	struct buf headers;
	struct buf body;
	enum http_end cut; /* why we stopped reading */
	struct connect_evidence connects[EVIDENCE_CONNECTS_MAX];
	struct http_evidence seen;
};

/* A transfer ended; its handle has left the multi handle. Called from the loop,
   never from inside libcurl. */
void http_fetch_note_end(struct http_fetch *op, CURLcode code);

/*
 * Who a socket was opened for. libcurl may close a connection after its handle
 * has gone (since 8.10 it waits for the peer's end of TLS), so the callback
 * that closes knows the client alone, and the fetch only while there is one.
 */
void http_client_own(struct http_client *client, curl_socket_t fd,
                     struct http_fetch *fetch);
struct http_fetch *http_client_owner(const struct http_client *client,
                                     curl_socket_t fd);

/* http_request.c: everything that is sent, and all that is turned off. */
void http_request_set(struct http_fetch *op, const struct http_wanted *w);

/* http_tls.c: what a TLS server may make us compute and read. */
void http_tls_set(struct http_fetch *op);
/* This connection's handshake is made, and more may be read. */
void http_tls_made(struct http_fetch *op);
/* Did it send more than is taken? */
bool http_tls_flooded(const struct http_fetch *op);
/* Did the server say that it has nothing more to say? */
bool http_tls_ended(const struct http_fetch *op);
/* Forgets this connection, whose bounds stay. */
void http_tls_forget(struct http_fetch *op);

/* http_read.c: takes what is received, up to its caps. */
void http_read_set(struct http_fetch *op);
/* How a response ended that had a connection. */
enum http_end http_read_end(const struct http_fetch *op);

#endif
