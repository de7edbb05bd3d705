#include "perspective-worker/heart.h"

#include "base/clock.h"
#include "perspective-worker/resolver_floor.h"
#include "perspective-worker/worker.h"
#include "settings/version.h"
#include "wire/tables.h"

#include <stdlib.h>
#include <sys/timex.h>

struct heart {
	struct worker *w;
	struct timer *timer;
	int64_t started_ms;
	int64_t heard_mono_ms; /* 0: never */
	struct buf versions;
	struct buf resolver;
};

static void on_timer(void *arg)
{
	heart_beat(arg);
}

struct heart *heart_new(struct worker *w)
{
	struct heart *h = xzalloc(sizeof(*h));

	h->w = w;
	h->started_ms = clock_wall_ms();
	h->timer = timer_new(w->loop, on_timer, h);
	return h;
}

void heart_free(struct heart **h)
{
	if (*h == NULL)
		return;
	timer_free(&(*h)->timer);
	buf_clear(&(*h)->versions);
	buf_clear(&(*h)->resolver);
	free(*h);
	*h = NULL;
}

void heart_start(struct heart *h, const char *versions)
{
	struct span resolver = resolver_version(span_str(versions));

	h->versions.len = 0;
	h->resolver.len = 0;
	buf_printf(&h->versions, "mpic/%s %s", mpic_version(), versions);
	if (h->versions.len > MAX_VERSIONS)
		h->versions.len = MAX_VERSIONS;
	buf_add_str(&h->resolver, "libunbound/");
	buf_add_span(&h->resolver, resolver);
	buf_add_str(&h->resolver, " recursive validating");
	if (!timer_is_set(h->timer))
		heart_beat(h);
}

/* The kernel's own estimate; absent when nobody disciplines the clock. */
static struct opt_int clock_error_ms(void)
{
	struct timex t = { .modes = 0 };
	int state = adjtimex(&t);

	if (state < 0 || state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		return (struct opt_int){ 0 };
	return SOME_INT((t.esterror + 999) / 1000);
}

void heart_fill(const struct heart *h, struct heartbeat *out)
{
	const struct worker *w = h->w;
	struct probe_pool_figures f = { 0 };

	if (w->pool != NULL)
		f = probe_pool_figures(w->pool);
	*out = (struct heartbeat){
		.schema_version = 1,
		.perspective = w->signer.perspective,
		.instance = w->signer.instance,
		.wall_ms = clock_wall_ms(),
		.clock_error_ms = clock_error_ms(),
		.started_ms = h->started_ms,
		.draining = w->draining,
		.egress = w->d->egress,
		.resolver = buf_span(&h->resolver),
		.versions = buf_span(&h->versions),
		.vulnerable_resolver_accepted = w->signer.vulnerable_resolver,
		.probes = (int64_t)f.alive,
		.in_flight = (int64_t)worker_in_flight(w),
		.in_flight_max = w->d->conf->in_flight_max,
		.validation = canary_state(w->canary),
		.validation_shown_ms = canary_shown_ms(w->canary),
	};
	for (int d = 0; d < PROBE_DEATH_COUNT; d++)
		out->probe_deaths += f.deaths[d];
}

static void on_delivered(void *arg, const struct kafka_delivery *d)
{
	struct heart *h = arg;

	if (d->fate == KAFKA_DELIVERED)
		h->heard_mono_ms = clock_mono_ms();
}

static void send_beat(struct heart *h, struct span value, struct span signature)
{
	const struct worker *w = h->w;
	struct buf key = { 0 };
	struct kafka_header header = { RECORD_SIGNATURE_HEADER, signature };

	buf_printf(&key, "%s/%s", w->d->conf->perspective,
	           w->d->conf->instance);
	struct kafka_record record = {
		.topic = w->d->topics.perspectives,
		.partition = 0,
		.key = buf_span(&key),
		.value = value,
		.headers = &header,
		.header_count = 1,
	};

	if (kafka_out_send(w->out, &record, on_delivered, h) != KAFKA_SENT)
		log_warn("worker_heartbeat_not_sent");
	buf_clear(&key);
}

void heart_beat(struct heart *h)
{
	const struct worker *w = h->w;
	struct sign_domain domain = deployment_domain(w->d, SIGN_HEARTBEAT);
	struct heartbeat beat;
	struct buf value = { 0 }, signature = { 0 };

	if (h->versions.len == 0)
		return; /* nothing to say yet */
	timer_set_ms(h->timer, w->d->conf->heartbeat_ms);
	heart_fill(h, &beat);
	heartbeat_encode(&beat, &value);
	record_sign(w->d->signing_key, &domain, buf_span(&value), &signature);
	send_beat(h, buf_span(&value), buf_span(&signature));
	buf_clear(&value);
	buf_clear(&signature);
}

bool heart_is_heard(const struct heart *h)
{
	return h->heard_mono_ms != 0 && clock_mono_ms() - h->heard_mono_ms <
	                                        3 * h->w->d->conf->heartbeat_ms;
}
