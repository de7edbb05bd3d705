#include "coordinator/broker_time.h"

#include "base/clock.h"

#include <sysexits.h>

enum { SAY_AGAIN_MS = 60000 };

/* Which of the four that must carry the brokers' time; -1: none of them. */
static int index_of(const struct coordinator *c, const char *topic)
{
	const struct topics *t = &c->d->topics;
	const char *const all[BROKER_TIME_TOPICS] = { t->requests, t->attempts,
		                                      t->results,
		                                      t->decisions };

	for (int i = 0; i < BROKER_TIME_TOPICS; i++) {
		if (strcmp(topic, all[i]) == 0)
			return i;
	}
	return -1;
}

static bool is_due(int64_t *said_mono_ms)
{
	int64_t now = clock_mono_ms();

	if (*said_mono_ms != 0 && now - *said_mono_ms < SAY_AGAIN_MS)
		return false;
	*said_mono_ms = now;
	return true;
}

/* Its times are whatever a producer says. A lab's broker may not know better;
   else that is refused, unless the topic was good before: then somebody changed
   it under a running system, which goes on and says so. */
static void complain(struct coordinator *c, const char *topic, bool was_good)
{
	struct broker_time *b = &c->broker_time;
	struct err why;

	err_set(&why,
	        "topic \"%s\" carries its producers' times: set "
	        "message.timestamp.type=LogAppendTime with \"mpicctl topics "
	        "apply --topic-prefix %s\"",
	        topic, c->d->topics.prefix);
	if (c->d->conf->lab) {
		if (b->type_said_mono_ms == 0)
			log_warn("coordinator_topic_time",
			         F_STR("why", why.text),
			         F_STR("note", "allowed in a lab; said once"));
		b->type_said_mono_ms = 1;
	} else if (!was_good) {
		coordinator_give_up(c, EX_CONFIG, "coordinator_topic_time",
		                    why.text);
	} else if (is_due(&b->type_said_mono_ms)) {
		log_error("coordinator_topic_time", F_STR("why", why.text),
		          F_STR("note", "said once a minute"));
	}
}

void broker_time_note(struct coordinator *c, const char *topic,
                      enum kafka_time_kind kind, int64_t timestamp_ms)
{
	if (kind == KAFKA_TIME_APPEND)
		clock_watch_note(&c->broker_time.watch, clock_wall_ms(),
		                 timestamp_ms, clock_mono_ms());
	broker_time_note_kind(c, topic, kind);
}

void broker_time_note_kind(struct coordinator *c, const char *topic,
                           enum kafka_time_kind kind)
{
	struct broker_time *b = &c->broker_time;
	int which = index_of(c, topic);

	if (kind == KAFKA_TIME_APPEND && which >= 0)
		b->good[which] = true;
	else if (kind == KAFKA_TIME_CREATE && which >= 0)
		complain(c, topic, b->good[which]);
}

bool broker_time_ahead(const struct coordinator *c, int64_t *ahead_ms)
{
	return clock_watch_ahead(&c->broker_time.watch, clock_mono_ms(),
	                         ahead_ms);
}

bool broker_time_is_off(const struct coordinator *c, int64_t *ahead_ms)
{
	int64_t limit = c->d->conf->broker_skew_ms;

	return broker_time_ahead(c, ahead_ms) &&
	       (*ahead_ms > limit || *ahead_ms < -limit);
}

void broker_time_look(struct coordinator *c)
{
	int64_t ahead_ms;

	if (broker_time_is_off(c, &ahead_ms) &&
	    is_due(&c->broker_time.off_said_mono_ms))
		log_error("coordinator_clock_off", F_INT("ahead_ms", ahead_ms),
		          F_INT("limit_ms", c->d->conf->broker_skew_ms),
		          F_STR("what_to_do",
		                "see to the clocks of this machine and of the "
		                "brokers; not ready until then"));
}
