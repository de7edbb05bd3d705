/*
 * judge_world.h -- an Internet on paper for the judge's tests: a zone, a few
 * pages, and somebody who does what the judge wants until it is done.
 *
 * Packets are made by ldns, so that what the judge reads was not written by
 * the judge. Every world_judge() also replays the evidence it gathered and
 * fails the test if that says anything else.
 */
#ifndef TESTS_JUDGE_WORLD_H
#define TESTS_JUDGE_WORLD_H

#include "decide/judge/judge.h"

#define COUNT(a)     (int)(sizeof(a) / sizeof((a)[0]))
#define WORLD_ISSUER "ca.example"

/* What a lookup ends with instead of an answer. */
struct trouble {
	const char *name;
	int type; /* 0: any */
	enum dns_status status;
	int rcode;
	bool truncated; /* an answer, with the TC bit */
};

/* A question whose answer is secure, and what stands in the authority section
   of it; NULL behind the last. */
struct denial {
	const char *name;
	int type;
	const char *authority[3];
};

struct page {
	const char *url;
	int status;
	const char *headers; /* without status line; NULL for none */
	const char *body;
	size_t body_len;   /* 0: strlen(body) */
	enum http_end end; /* HTTP_UNKNOWN stands for HTTP_COMPLETE */
};

/* How connections to an address end; what is not named is made. */
struct wall {
	const char *address;
	enum connect_end end;
};

/* The server at the other end of a handshake. */
struct handshake {
	enum tls_end end;     /* TLS_UNKNOWN stands for TLS_COMPLETE */
	int64_t version;      /* 0 stands for TLS 1.3 */
	const char *protocol; /* NULL stands for acme-tls/1 */
	int alert;            /* 0: none */
	struct span certificate;
};

struct world {
	struct arena *arena;
	struct check check;
	/* Zone file lines, NULL behind the last; names exist by having lines.
	   Names of a single label exist always. */
	const char *const *zone;
	const struct trouble *troubles;
	size_t troubles_count;
	/* How often a lookup in trouble was tried; 0: once. */
	int tries;
	int64_t every_ms; /* from one lookup to the next; 0: a second */
	/* Denials; questions without one are answered as insecure. */
	const struct denial *denials;
	size_t denials_count;
	const struct page *pages;
	size_t pages_count;
	const struct wall *walls;
	size_t walls_count;
	struct handshake handshake;
	/* Stops gathering, with that end, after so many observations; 0: never.
	 */
	size_t stop_after;
	enum evidence_end stop_end;
	const char *fault;

	struct evidence evidence;
	struct judgement done;
	size_t steps;
	size_t most_questions; /* of one step */
	struct http_wanted first;
	struct tls_wanted tls;
};

/* Zeroed but for the arena; target "host.example.com", issuer ca.example. */
void world_init(struct world *w);
void world_clear(struct world *w);

void world_judge(struct world *w, enum check_kind kind);
/* The answer of the zone in wire form. */
struct span world_packet(struct world *w, struct span name, int type);

/* Fails the test, with what for a name, unless done has that reason. */
void world_expect(const struct world *w, enum reason reason, const char *what);

#endif
