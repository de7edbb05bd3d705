#include "job.h"

#include "base/clock.h"
#include "decide/judge/judge.h"
#include "dns_lookup.h"
#include "evidence_book.h"
#include "loop/timer.h"

#include <assert.h>
#include <stdlib.h>

enum {
	/* Operations end this long before their job, so that how far they came
	   gets into the evidence. */
	LAST_WORDS_MS = 50,
	LOOKUPS_AT_ONCE = JUDGE_QUESTIONS_MAX,
	BUCKETS = 4096
};

/* One kind of check of a job. */
struct run {
	struct job *job;
	bool wanted;
	bool judged;
	struct evidence_book book;
	struct resolver_context *fresh; /* NULL: nothing wanted that yet */
	struct dns_lookup *lookups[LOOKUPS_AT_ONCE];
	struct http_fetch *fetch;
	struct tls_shake *shake;
	struct kind_result result;
};

struct job {
	struct jobs *jobs;
	int64_t id;
	struct check check;
	struct arena *arena;
	struct resolver_context *context; /* often NULL: let_go() */
	struct timer *tick;  /* the first step's turn, the deadline, the end */
	int64_t end_ms;      /* monotonic */
	int64_t hangs_ms;    /* when it is told of; 0: it was, or need not be */
	struct prefix *full; /* where it may not go */
	size_t full_count;
	bool begun;
	bool held; /* it waits for a cancel */
	bool cancelled;
	struct run runs[KIND_COUNT];
	struct job *next; /* in its bucket */
};

struct jobs {
	struct jobs_conf conf;
	struct job *buckets[BUCKETS]; /* by id: the worker counts them up */
	size_t count;
	struct arena *scratch; /* of the judge, emptied after each step */
	struct buf encoded[KIND_COUNT];
};

static void run_step(struct run *run);

/* -- ends */

static void cancel_operations(struct run *run)
{
	for (size_t i = 0; i < LOOKUPS_AT_ONCE; i++)
		dns_lookup_cancel(&run->lookups[i]);
	http_fetch_cancel(&run->fetch);
	tls_shake_cancel(&run->shake);
}

static struct job **bucket(struct jobs *jobs, int64_t id)
{
	return &jobs->buckets[(uint64_t)id % BUCKETS];
}

static void link_job(struct job *job)
{
	struct job **head = bucket(job->jobs, job->id);

	job->next = *head;
	*head = job;
	job->jobs->count++;
}

static void unlink_job(struct job *job)
{
	struct job **at = bucket(job->jobs, job->id);

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	job->jobs->count--;
}

static void job_free(struct job *job)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		cancel_operations(&job->runs[i]);
		resolver_release(&job->runs[i].fresh);
	}
	unlink_job(job);
	resolver_release(&job->context);
	timer_free(&job->tick);
	arena_free(&job->arena);
	free(job);
}

/* The only place that calls on_done(). */
static void finish(struct job *job)
{
	struct jobs *jobs = job->jobs;
	struct probe_done done = { .id = job->id };

	for (size_t i = 0; i < KIND_COUNT && !job->cancelled; i++) {
		struct run *run = &job->runs[i];
		struct kind_result *r = &done.kinds[done.kinds_count];

		if (!run->wanted)
			continue;
		*r = run->result;
		jobs->encoded[i].len = 0;
		evidence_book_encode(&run->book, &jobs->encoded[i]);
		r->evidence = buf_span(&jobs->encoded[i]);
		done.kinds_count++;
	}
	jobs->conf.on_done(jobs->conf.owner, &done);
	job_free(job);
}

static bool all_judged(const struct job *job)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (job->runs[i].wanted && !job->runs[i].judged)
			return false;
	return true;
}

static struct span kept(struct arena *arena, struct span s)
{
	return s.p != NULL && s.len > 0 ? arena_span(arena, s)
	                                : (struct span){ NULL, 0 };
}

static void run_judged(struct run *run, const struct judgement *j)
{
	struct arena *arena = run->job->arena;

	cancel_operations(run);
	evidence_book_end(&run->book, EVIDENCE_END_COMPLETE);
	run->judged = true;
	run->result = (struct kind_result){
		.kind = run->book.evidence.kind,
		.result_class = j->result_class,
		.reason = j->reason,
		.detail = kept(arena, j->detail),
		.authorization_domain_name =
			kept(arena, j->authorization_domain_name),
		.observed = kept(arena, j->observed),
		.looked_up_ms = j->looked_up_ms,
		.expires_ms = j->expires_ms,
	};
}

/* -- hanging */

static const struct addr *run_address(const struct run *run)
{
	if (run->fetch != NULL)
		return http_fetch_address(run->fetch);
	return run->shake != NULL ? tls_shake_address(run->shake) : NULL;
}

/* Name servers, unless a connection is made or used. */
static const struct addr *address_now(const struct job *job)
{
	const struct addr *addr = NULL;

	for (size_t i = 0; i < KIND_COUNT && addr == NULL; i++)
		addr = run_address(&job->runs[i]);
	return addr;
}

static void tell_hangs(struct job *job, const struct addr *at)
{
	const struct jobs_conf *conf = &job->jobs->conf;
	char text[ADDR_TEXT_MAX];
	struct probe_hangs hangs = { .id = job->id, .held = job->held };

	job->hangs_ms = 0;
	if (at != NULL)
		hangs.address = span_str(addr_text(at, text, sizeof(text)));
	conf->on_hangs(conf->owner, &hangs);
}

static bool is_full(const struct job *job, const struct addr *addr)
{
	for (size_t i = 0; i < job->full_count; i++) {
		if (prefix_contains(&job->full[i], addr))
			return true;
	}
	return false;
}

/* True: it must not go there now. Any of the addresses counts: which one will
   answer, or hang, is the target's choice. Whoever was told of as hanging has
   its place already. */
static bool is_held(struct job *job, const struct addr *addresses, size_t count)
{
	if (job->held)
		return true;
	if (job->hangs_ms == 0)
		return false;
	for (size_t i = 0; i < count && !job->held; i++) {
		if (!is_full(job, &addresses[i]))
			continue;
		job->held = true;
		tell_hangs(job, &addresses[i]);
	}
	return job->held;
}

/* -- gathering */

static int64_t time_left(const struct job *job)
{
	int64_t left = job->end_ms - clock_mono_ms() - LAST_WORDS_MS;

	return left > 1 ? left : 1;
}

/* The judge's arena goes with the step; operations copied what they need. */
static void step_and_end(struct run *run)
{
	struct job *job = run->job;

	run_step(run);
	arena_reset(job->jobs->scratch);
	if (all_judged(job))
		finish(job);
}

static void on_dns(void *owner, const struct dns_evidence *seen)
{
	struct run *run = owner;

	if (!evidence_book_add_dns(&run->book, seen))
		cancel_operations(run);
	step_and_end(run);
}

static void on_http(void *owner, const struct http_evidence *seen)
{
	struct run *run = owner;

	if (!evidence_book_add_http(&run->book, seen))
		cancel_operations(run);
	step_and_end(run);
}

static void on_tls(void *owner, const struct tls_evidence *seen)
{
	struct run *run = owner;

	if (!evidence_book_add_tls(&run->book, seen))
		cancel_operations(run);
	step_and_end(run);
}

/* In flight already, or NULL and *free_slot where it may go. */
static bool is_asking(struct run *run, const struct dns_question *q,
                      struct dns_lookup ***free_slot)
{
	*free_slot = NULL;
	for (size_t i = 0; i < LOOKUPS_AT_ONCE; i++) {
		struct dns_lookup **slot = &run->lookups[i];

		if (*slot == NULL) {
			*free_slot = slot;
			continue;
		}
		struct dns_evidence e = dns_lookup_unanswered(*slot);

		if (e.type == q->type && e.fresh.set == q->fresh &&
		    span_eq(e.name, q->name))
			return true;
	}
	return false;
}

/* Lookups hold what they are asked in. Else a check keeps a context that is its
   own, and no other: it may hang elsewhere for long. */
static void let_go(struct job *job)
{
	if (job->context != NULL && !resolver_context_is_single(job->context))
		resolver_release(&job->context);
}

static struct resolver_context *context_for(struct run *run,
                                            const struct dns_question *q)
{
	struct job *job = run->job;

	if (!q->fresh) {
		if (job->context == NULL)
			job->context = resolver_take(job->jobs->conf.resolver);
		return job->context;
	}
	if (run->fresh == NULL)
		run->fresh = resolver_take_fresh(job->jobs->conf.resolver);
	return run->fresh;
}

static void ask(struct run *run, const struct judge_step *step)
{
	struct job *job = run->job;

	for (size_t i = 0; i < step->questions_count; i++) {
		const struct dns_question *q = &step->questions[i];
		struct dns_lookup **slot;

		/* with all slots taken it is wanted again at the next answer */
		if (is_asking(run, q, &slot) || slot == NULL)
			continue;
		dns_lookup_start(context_for(run, q), q->name, q->type,
		                 job->jobs->conf.lookup_ms, time_left(job),
		                 on_dns, run, slot);
	}
	let_go(job);
}

/* False: ended, ask the judge again. */
static bool fetch(struct run *run, const struct judge_step *step)
{
	struct job *job = run->job;

	if (run->fetch != NULL ||
	    is_held(job, step->http.addresses, step->http.addresses_count))
		return true;
	if (!http_wanted_is_good(&step->http)) {
		evidence_book_fault(&run->book,
		                    "evidence-incomplete: a request that can't "
		                    "be sent as it is");
		return false;
	}
	http_fetch_start(job->jobs->conf.http, &step->http, time_left(job),
	                 job->arena, on_http, run, &run->fetch);
	return true;
}

static void shake(struct run *run, const struct judge_step *step)
{
	struct job *job = run->job;

	if (run->shake == NULL &&
	    !is_held(job, step->tls.addresses, step->tls.addresses_count))
		tls_shake_start(job->jobs->conf.tls, &step->tls, time_left(job),
		                job->arena, on_tls, run, &run->shake);
}

/* The only function that decides what is next. */
static void run_step(struct run *run)
{
	struct job *job = run->job;
	struct judge_step step;
	bool goes_on = true;

	do {
		judge_next(&job->check, run->book.evidence.kind,
		           &run->book.evidence, job->jobs->scratch, &step);
		switch (step.want) {
		case JUDGE_DONE: run_judged(run, &step.done); return;
		case JUDGE_WANTS_DNS: ask(run, &step); return;
		case JUDGE_WANTS_HTTP: goes_on = fetch(run, &step); break;
		case JUDGE_WANTS_TLS: shake(run, &step); return;
		}
	} while (!goes_on);
}

/* -- a job's time */

/* What was being asked when time ran out belongs to what was seen. */
static void tell_unanswered(struct run *run)
{
	for (size_t i = 0; i < LOOKUPS_AT_ONCE; i++) {
		struct dns_evidence e;

		if (run->lookups[i] == NULL)
			continue;
		e = dns_lookup_unanswered(run->lookups[i]);
		if (!evidence_book_add_dns(&run->book, &e))
			return;
	}
}

static void run_out_of_time(struct run *run)
{
	if (!run->wanted || run->judged)
		return;
	tell_unanswered(run);
	cancel_operations(run);
	evidence_book_end(&run->book, EVIDENCE_END_DEADLINE);
	run_step(run);
	assert(run->judged);
}

/* The next of what its timer is for. */
static void set_tick(struct job *job)
{
	int64_t next = job->end_ms;

	if (job->hangs_ms != 0 && job->hangs_ms < next)
		next = job->hangs_ms;
	timer_set_ms(job->tick, next - clock_mono_ms());
}

static void begin(struct job *job)
{
	int64_t number;

	job->begun = true;
	job->hangs_ms = clock_mono_ms() + job->jobs->conf.hang_ms;
	job->context = resolver_take(job->jobs->conf.resolver);
	number = resolver_context_number(job->context);
	let_go(job);
	set_tick(job);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		struct run *run = &job->runs[i];

		if (!run->wanted)
			continue;
		evidence_book_init(&run->book, job->arena, (enum check_kind)i,
		                   job->jobs->conf.generation, number);
		run_step(run);
	}
}

static void on_tick(void *arg)
{
	struct job *job = arg;

	if (job->cancelled) {
		finish(job);
		return;
	}
	if (!job->begun) {
		begin(job);
	} else if (clock_mono_ms() < job->end_ms) {
		if (job->hangs_ms != 0)
			tell_hangs(job, address_now(job));
		set_tick(job);
	} else {
		for (size_t i = 0; i < KIND_COUNT; i++)
			run_out_of_time(&job->runs[i]);
	}
	arena_reset(job->jobs->scratch);
	if (all_judged(job))
		finish(job);
}

/* -- the table */

static struct job *find(struct jobs *jobs, int64_t id)
{
	struct job *job = *bucket(jobs, id);

	while (job != NULL && job->id != id)
		job = job->next;
	return job;
}

static const char *read_full(const struct text_list *from, struct arena *arena,
                             struct prefix **out)
{
	if (from->count == 0)
		return NULL;
	*out = arena_calloc(arena, from->count, sizeof(**out));
	for (size_t i = 0; i < from->count; i++) {
		if (!prefix_parse(from->items[i], &(*out)[i]))
			return "what is full is no prefix";
	}
	return NULL;
}

const char *jobs_start(struct jobs *jobs, const struct probe_job *wanted)
{
	struct arena *arena;
	struct prefix *full = NULL;
	struct check check;
	struct job *job;
	const char *why;

	if (find(jobs, wanted->id) != NULL)
		return "a job id is used twice";
	arena = arena_new();
	why = check_decode(wanted->check, arena, &check);
	if (why == NULL && (wanted->check_set & ~check.check_set) != 0)
		why = "a job wants more than its check";
	if (why == NULL)
		why = read_full(&wanted->full, arena, &full);
	if (why != NULL) {
		arena_free(&arena);
		return why;
	}
	job = xzalloc(sizeof(*job));
	job->jobs = jobs;
	job->id = wanted->id;
	job->check = check;
	job->arena = arena;
	job->end_ms = clock_mono_ms() + wanted->budget_ms;
	job->full = full;
	job->full_count = wanted->full.count;
	job->tick = timer_new(jobs->conf.loop, on_tick, job);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		job->runs[i].job = job;
		job->runs[i].wanted = (wanted->check_set >> i & 1) != 0;
	}
	timer_set_ms(job->tick, 0);
	link_job(job);
	return NULL;
}

void jobs_cancel(struct jobs *jobs, int64_t id)
{
	struct job *job = find(jobs, id);

	if (job == NULL || job->cancelled)
		return;
	job->cancelled = true;
	for (size_t i = 0; i < KIND_COUNT; i++)
		cancel_operations(&job->runs[i]);
	timer_set_ms(job->tick, 0);
}

size_t jobs_count(const struct jobs *jobs)
{
	return jobs->count;
}

struct jobs *jobs_new(const struct jobs_conf *conf)
{
	struct jobs *jobs = xzalloc(sizeof(*jobs));

	jobs->conf = *conf;
	jobs->scratch = arena_new();
	return jobs;
}

void jobs_free(struct jobs **slot)
{
	struct jobs *jobs = *slot;

	if (jobs == NULL)
		return;
	*slot = NULL;
	for (size_t i = 0; i < BUCKETS; i++) {
		struct job *next;

		for (struct job *job = jobs->buckets[i]; job; job = next) {
			next = job->next;
			job_free(job);
		}
	}
	for (size_t i = 0; i < KIND_COUNT; i++)
		buf_clear(&jobs->encoded[i]);
	arena_free(&jobs->scratch);
	free(jobs);
}
