#include "probe.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "frame.h"
#include "http_fetch.h"
#include "job.h"
#include "link.h"
#include "pattern/pattern.h"
#include "resolver.h"
#include "sandbox.h"
#include "tls_shake.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unbound.h>

enum { PORTS_ALWAYS = 3 };

struct probe {
	struct loop *loop;
	struct link *link;
	struct arena *arena; /* of the settings */
	struct probe_settings settings;
	struct resolver_conf resolver_conf;
	struct guard *guard;
	struct resolver *resolver;
	struct http_client *http;
	struct tls_client *tls;
	struct jobs *jobs;
	uint16_t ports[PORTS_ALWAYS + FRAME_PORTS_MAX];
	size_t ports_count;
	int status;
};

/* -- what libraries do once */

static void need(bool had, const char *what)
{
	if (had)
		return;
	log_error("probe_start_failed", F_STR("error", what));
	exit(EX_OSERR);
}

/* Configuration files, random seeds, tables of algorithms: a TLS context that
   was made once has made OpenSSL open all it will. */
static void warm_up(void)
{
	SSL_CTX *ctx;
	SSL *ssl;

	tzset(); /* any conversion of time reads its file once */
	need(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK,
	     "curl_global_init");
	need(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS |
	                              OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
	                      NULL) == 1,
	     "OPENSSL_init_ssl");
	ctx = SSL_CTX_new(TLS_client_method());
	ssl = ctx != NULL ? SSL_new(ctx) : NULL;
	need(ssl != NULL, "SSL_new");
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static void tell_versions(struct buf *out)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);

	buf_printf(out, "libunbound/%s libcurl/%s openssl/%s libevent/%s",
	           ub_version(), curl->version,
	           OpenSSL_version(OPENSSL_VERSION_STRING),
	           event_get_version());
	buf_add_str(out, " pcre2/");
	pattern_library_version(out);
}

/* -- settings */

static int set_guard(struct probe *p, struct err *err)
{
	const struct probe_settings *s = &p->settings;
	struct guard *g = guard_new(s->lab);

	p->guard = g;
	if (guard_forbid_text(g, s->forbidden, GUARD_OPERATOR, err) != 0 ||
	    guard_forbid_text(g, s->brokers, GUARD_BROKER, err) != 0 ||
	    guard_forbid_text(g, s->own, GUARD_OWN, err) != 0)
		return -1;
	if (s->lab_allowed.len > 0 &&
	    guard_allow_text(g, s->lab_allowed, err) != 0)
		return -1;
	return 0;
}

static int set_ports(struct probe *p, struct err *err)
{
	static const uint16_t always[PORTS_ALWAYS] = { 53, 80, 443 };
	const struct text_list *more = &p->settings.lab_ports;

	memcpy(p->ports, always, sizeof(always));
	p->ports_count = PORTS_ALWAYS;
	for (size_t i = 0; i < more->count; i++) {
		uint64_t port;

		if (!text_u64(more->items[i], UINT16_MAX, &port) || port == 0)
			return err_set(err, "lab_ports: not a port");
		if (guard_allow_port(p->guard, (uint16_t)port, err) != 0)
			return -1;
		p->ports[p->ports_count++] = (uint16_t)port;
	}
	return 0;
}

static int check_lab(const struct probe_settings *s, struct err *err)
{
	if (s->lab)
		return 0;
	if (s->root_servers.count > 0)
		return err_set(err, "another root is for labs only");
	if (s->clock_shift_ms != 0)
		return err_set(err, "another clock is for labs only");
	if (s->lab_allowed.len > 0 || s->lab_ports.count > 0)
		return err_set(err, "opening the guard is for labs only");
	return 0;
}

static int set_workers(struct probe *p, struct err *err)
{
	const struct probe_settings *s = &p->settings;

	p->resolver_conf = (struct resolver_conf){
		.lab = s->lab,
		.trust_anchors = s->trust_anchors,
		.root_servers = s->root_servers,
		.window_ms = s->resolver_window_ms,
	};
	p->resolver = resolver_new(p->loop, &p->resolver_conf, p->guard, err);
	if (p->resolver == NULL)
		return -1;
	http_client_set(p->http, p->guard, s->user_agent, s->connect_ms);
	tls_client_set(p->tls, p->guard, s->connect_ms);
	return 0;
}

static void on_job_done(void *owner, const struct probe_done *done)
{
	struct probe *p = owner;
	struct frame frame = { .kind = FRAME_DONE, .done = *done };

	link_send(p->link, &frame);
}

static void on_job_hangs(void *owner, const struct probe_hangs *hangs)
{
	struct probe *p = owner;
	struct frame frame = { .kind = FRAME_HANGS, .hangs = *hangs };

	link_send(p->link, &frame);
}

static void start_jobs(struct probe *p)
{
	const struct jobs_conf conf = {
		.loop = p->loop,
		.resolver = p->resolver,
		.http = p->http,
		.tls = p->tls,
		.generation = p->settings.generation,
		.lookup_ms = p->settings.lookup_ms,
		.hang_ms = p->settings.hang_ms,
		.on_done = on_job_done,
		.on_hangs = on_job_hangs,
		.owner = p,
	};

	p->jobs = jobs_new(&conf);
}

static void send_ready(struct probe *p, struct buf *sandbox)
{
	struct buf versions = { 0 };
	struct frame frame = { .kind = FRAME_READY };

	tell_versions(&versions);
	frame.ready.versions = buf_span(&versions);
	frame.ready.sandbox = buf_span(sandbox);
	link_send(p->link, &frame);
	buf_clear(&versions);
}

static void give_up(struct probe *p, const struct err *err)
{
	struct frame frame = { .kind = FRAME_FAILED };

	log_error("probe_start_failed", F_STR("error", err->text));
	frame.failed.why = span_sub(span_str(err->text), 0, FRAME_TEXT_MAX);
	p->status = PROBE_EXIT_SETTINGS;
	link_send(p->link, &frame);
	link_end(p->link);
}

static const char *take_settings(struct probe *p, const struct frame *frame)
{
	struct buf sandbox = { 0 };
	struct err err;

	if (p->guard != NULL)
		return "settings came twice";
	p->settings = frame->settings;
	p->arena = link_keep_frame(p->link);
	clock_shift_wall(p->settings.clock_shift_ms);
	if (check_lab(&p->settings, &err) != 0 || set_guard(p, &err) != 0 ||
	    set_ports(p, &err) != 0 ||
	    sandbox_enter(p->ports, p->ports_count, &sandbox, &err) != 0 ||
	    set_workers(p, &err) != 0) {
		give_up(p, &err);
	} else {
		start_jobs(p);
		send_ready(p, &sandbox);
	}
	buf_clear(&sandbox);
	return NULL;
}

/* -- frames */

static const char *take_job(struct probe *p, const struct probe_job *job)
{
	if (p->jobs == NULL)
		return "a job before the settings";
	if (jobs_count(p->jobs) >= (size_t)p->settings.jobs_max)
		return "more jobs than agreed";
	return jobs_start(p->jobs, job);
}

static const char *on_frame(void *owner, const struct frame *frame)
{
	struct probe *p = owner;

	switch (frame->kind) {
	case FRAME_SETTINGS: return take_settings(p, frame);
	case FRAME_JOB: return take_job(p, &frame->job);
	case FRAME_CANCEL:
		if (p->jobs == NULL)
			return "a cancel before the settings";
		jobs_cancel(p->jobs, frame->cancel.id);
		return NULL;
	case FRAME_UNKNOWN:
	case FRAME_READY:
	case FRAME_FAILED:
	case FRAME_DONE:
	case FRAME_HANGS:
	case FRAME_KIND_COUNT: break;
	}
	return "not a worker's frame";
}

static void on_over(void *owner, const char *why)
{
	struct probe *p = owner;

	if (why != NULL) {
		log_error("probe_link_over", F_STR("error", why));
		p->status = EX_PROTOCOL;
	}
	loop_stop(p->loop);
}

struct probe *probe_new(struct loop *loop, int fd)
{
	struct probe *p = xzalloc(sizeof(*p));

	warm_up();
	p->loop = loop;
	p->http = http_client_new(loop);
	p->tls = tls_client_new(loop);
	p->link = link_new(loop, fd, on_frame, on_over, p);
	return p;
}

void probe_free(struct probe **slot)
{
	struct probe *p = *slot;

	if (p == NULL)
		return;
	*slot = NULL;
	jobs_free(&p->jobs);
	link_free(&p->link);
	resolver_free(&p->resolver);
	http_client_free(&p->http);
	tls_client_free(&p->tls);
	guard_free(&p->guard);
	arena_free(&p->arena);
	free(p);
}

int probe_exit_status(const struct probe *p)
{
	return p->status;
}
