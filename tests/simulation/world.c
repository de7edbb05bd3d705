#include "tests/simulation/world.h"

#include "coordinator/session.h"
#include "tests/simulation/model_group.h"
#include "tests/simulation/model_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAULTS_MAX = 7, GHOSTS_MAX = 2 };

#define CALM_LIMIT_US (300 * SECOND)

const char *const world_codes[WORLD_CITIES] = { "fra", "nyc", "sao", "sin" };

static const struct {
	const char *rir, *latitude, *longitude;
} places[WORLD_CITIES] = {
	{ "ripe", "50.11", "8.68" },
	{ "arin", "40.71", "-74.01" },
	{ "lacnic", "-23.55", "-46.63" },
	{ "apnic", "1.35", "103.82" },
};

struct world world;

/* A place where incarnations of one coordinator run, one at a time. */
struct instance {
	const char *name;
	struct deployment deployment;
	struct coordinator_conf conf;
	struct process *process;
	struct coordinator *coordinator;
	uint64_t trouble_at; /* steps of the process; 0: none */
};

static struct instance instances[WORLD_INSTANCES];
/* Given up by whoever watches them, and replaced, but not dead. */
static struct instance ghosts[GHOSTS_MAX];
static int instances_count, ghosts_count, faults_left;
static bool calm; /* no hand moves, nobody is killed any more */
static struct settings *settings;
static struct metrics *metrics;
static struct stats *stats;
static char dir[64];

/* -- once: files, keys, settings -- */

static const char *path_of(const char *name, const char *end)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s%s", dir, name, end);
	return path;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "simulate: %s\n", what);
	exit(70);
}

static struct signing_key *make_key(const char *name, uint8_t number)
{
	uint8_t seed[ED25519_SEED_BYTES] = { number, 7 };
	struct signing_key *key = signing_key_from_seed(seed);
	struct err err;

	must(signing_key_write(key, path_of(name, ".key"),
	                       path_of(name, ".pub"), &err) == 0,
	     err.text);
	return key;
}

static void write_file(const char *path, struct span bytes)
{
	FILE *f = fopen(path, "w");

	must(f != NULL && fchmod(fileno(f), 0600) == 0 &&
	             fwrite(bytes.p, 1, bytes.len, f) == bytes.len,
	     path);
	must(fclose(f) == 0, path);
}

static void write_settings(void)
{
	struct buf text = { 0 };
	uint8_t plan[PLAN_KEY_MIN] = { 7 };

	write_file(path_of("plan", ".key"), span_of(plan, sizeof(plan)));
	buf_printf(&text,
	           "lab = yes\ndeployment = sim\ninstance = c1\n"
	           "signing_key = \"%s/coordinator.key\"\n"
	           "plan_key = \"%s/plan.key\"\nissuers = { \"ca.example\" }\n"
	           "kafka {\n brokers = \"127.0.0.1:9\"\n partitions = 1\n}\n"
	           "plan {\n primary = fra\n attempt_time = \"3s\"\n}\n"
	           "requests { time_allowed = \"20s\" }\n"
	           "admin { port = 0 }\n",
	           dir, dir);
	for (int i = 0; i < WORLD_CITIES; i++)
		buf_printf(
			&text,
			"perspective \"%s\" {\n rir = %s\n latitude = %s\n"
			" longitude = %s\n}\nkey \"%s-1\" {\n role = worker\n"
			" perspective = %s\n public_key_file = "
			"\"%s/%s.pub\"\n}\n",
			world_codes[i], places[i].rir, places[i].latitude,
			places[i].longitude, world_codes[i], world_codes[i],
			dir, world_codes[i]);
	buf_printf(&text,
	           "key \"coordinator-1\" {\n role = coordinator\n"
	           " public_key_file = \"%s/coordinator.pub\"\n}\n",
	           dir);
	write_file(path_of("sim", ".conf"), buf_span(&text));
	buf_clear(&text);
}

static void remove_files(void)
{
	for (int i = 0; i < WORLD_CITIES; i++) {
		(void)unlink(path_of(world_codes[i], ".key"));
		(void)unlink(path_of(world_codes[i], ".pub"));
	}
	(void)unlink(path_of("coordinator", ".key"));
	(void)unlink(path_of("coordinator", ".pub"));
	(void)unlink(path_of("plan", ".key"));
	(void)unlink(path_of("sim", ".conf"));
	(void)rmdir(dir);
}

void world_open(void)
{
	struct signing_key *own;
	struct err err;

	(void)snprintf(dir, sizeof(dir), "/tmp/mpic-sim-XXXXXX");
	must(mkdtemp(dir) != NULL, "no directory");
	own = make_key("coordinator", 99);
	signing_key_free(&own);
	for (int i = 0; i < WORLD_CITIES; i++)
		world.worker_keys[i] =
			make_key(world_codes[i], (uint8_t)(i + 1));
	write_settings();
	settings = settings_load(coordinator_settings, &world.conf,
	                         path_of("sim", ".conf"), NULL, &err);
	must(settings != NULL, err.text);
	world.ring = pinned_keys_ring(&world.conf.keys, &err);
	must(world.ring != NULL, err.text);
	must(deployment_init(&world.deployment, &world.conf, &err) == 0,
	     err.text);
	remove_files();
	metrics = metrics_new();
	stats = stats_new(metrics);
}

void world_close(void)
{
	stats_free(&stats);
	metrics_free(&metrics);
	deployment_clear(&world.deployment);
	settings_free(&settings);
	keyring_free(&world.ring);
	for (int i = 0; i < WORLD_CITIES; i++)
		signing_key_free(&world.worker_keys[i]);
}

/* -- coordinators come and go -- */

static void start(void *arg)
{
	struct instance *i = arg;
	struct err err;

	if (i->process != NULL) /* restart_all() was first */
		return;
	i->process = arena_alloc(sim.arena, sizeof(*i->process));
	i->process->name = i->name;
	i->process->alive = true;
	i->process->skew_ms = sim_below(301) - 150;
	i->process->loop = sim_loop_new(i->process);
	i->trouble_at =
		sim_percent(80)
			? 1 + (uint64_t)sim_below(sim_percent(30) ? 60 : 600)
			: 0;
	sim_trace("start %s", i->name);
	sim.running = i->process;
	i->coordinator =
		coordinator_new(i->process->loop, &i->deployment, stats, &err);
	sim.running = NULL;
	must(i->coordinator != NULL, err.text);
}

static void start_later(struct instance *i)
{
	sim_after(NULL, sim_below(sim_percent(50) ? SECOND : 15 * SECOND),
	          start, i);
}

/* As by kill -9: it is freed, but what the brokers have they have. */
static void end_process(struct instance *i, bool again)
{
	i->process->alive = false;
	model_out_killed(i->process);
	coordinator_free(&i->coordinator);
	i->process = NULL;
	if (again)
		start_later(i);
}

static void crash(struct instance *i, bool again)
{
	sim_counts.crashes++;
	end_process(i, again);
}

static void suspend(struct process *p)
{
	static const int64_t most[] = { 1 * SECOND, 14 * SECOND, 45 * SECOND };
	int64_t us = sim_below(most[sim_below(3)]);

	sim_counts.pauses++;
	sim_trace("pause %s for %lld ms", p->name, (long long)us / MS);
	p->paused_until_us = sim.now_us + us;
}

void sim_weak_spot(struct process *p)
{
	if (faults_left <= 0 || !sim_fault(8))
		return;
	faults_left--;
	if (sim_percent(60))
		suspend(p);
	else
		p->doomed = true;
}

static void kill_one(struct instance *i, bool again)
{
	sim_trace("kill %s", i->name);
	crash(i, again);
}

/* It hangs; another is started in its place, under the same name. */
static void replace(struct instance *i)
{
	if (ghosts_count == GHOSTS_MAX)
		return;
	sim_counts.ghosts++;
	sim_trace("%s hangs and is replaced", i->name);
	suspend(i->process);
	i->trouble_at = 0;
	ghosts[ghosts_count++] = *i;
	i->process = NULL;
	i->coordinator = NULL;
	start_later(i);
}

static void trouble(struct instance *i)
{
	int64_t kind = sim_below(10);

	i->trouble_at = 0;
	if (!sim.faults || faults_left-- <= 0)
		return;
	if (kind < 4) {
		kill_one(i, true);
	} else if (kind < 8) {
		suspend(i->process);
		i->trouble_at = i->process->steps + (uint64_t)sim_below(400);
	} else if (kind < 9) {
		replace(i);
	} else {
		sim_counts.drains++;
		sim.running = i->process;
		coordinator_drain(i->coordinator);
		sim.running = NULL;
	}
}

/* An operator's hand: the group's offset of a partition is gone. */
static void reset_mark_of(int32_t partition)
{
	int64_t mark = log_committed(partition).offset;

	sim_counts.resets++;
	world.mark_was_reset = true;
	checker_before_reset(partition);
	if (mark <= 0 || sim_below(2) == 0) {
		sim_trace("the mark of %d is reset by hand", partition);
		log_reset_offset(partition);
		return;
	}
	sim_trace("the mark of %d is set back by hand, its metadata kept",
	          partition);
	log_move_offset(partition, sim_below(mark));
}

static void reset_mark(void *arg)
{
	(void)arg;
	if (!calm)
		reset_mark_of(0);
}

static void look_at(struct instance *i, bool again)
{
	if (i->process == NULL)
		return;
	if (i->process == sim.last)
		checker_look(i->coordinator);
	if (i->process->doomed)
		kill_one(i, again);
	else if (i->process->stopping)
		end_process(i, again);
	else if (i->trouble_at > 0 && i->process->steps >= i->trouble_at)
		trouble(i);
}

static void after_event(void)
{
	for (int n = 0; n < instances_count; n++)
		look_at(&instances[n], true);
	for (int n = 0; n < ghosts_count; n++)
		look_at(&ghosts[n], false);
}

/* -- one schedule -- */

static void make_topics(void)
{
	const struct topics *t = &world.deployment.topics;
	char name[TOPIC_NAME_MAX];

	log_topic(t->requests, world.partitions);
	log_topic(t->attempts, world.partitions);
	log_topic(t->results, world.partitions);
	log_topic(t->decisions, world.partitions);
	log_topic(t->perspectives, 1);
	log_topic(t->dead_letters, 1);
	for (int i = 0; i < WORLD_CITIES; i++)
		log_topic(topics_checks(t, span_str(world_codes[i]), name), 1);
}

static void choose_settings(void)
{
	struct coordinator_conf *c = &world.conf;

	world.partitions = (int32_t)(1 + sim_below(2));
	c->partitions = world.partitions;
	world.deployment.partitions = (uint32_t)world.partitions;
	world.deployment.rules.partitions = (uint32_t)world.partitions;
	c->gate = sim_percent(70) ? GATE_SEQUENTIAL : GATE_PARALLEL;
	world.deployment.plan.early = (enum early)(EARLY_DENY + sim_below(3));
	c->early = (int)world.deployment.plan.early;
	c->in_flight_max = sim_percent(40) ? 1 + sim_below(3) : 100;
	world.small_window = sim_percent(15);
	c->duplicate_window_max = world.small_window ? 1 + sim_below(4) : 1000;
	c->duplicate_window_ms = 900000;
	if (world.small_window && sim_percent(50))
		c->duplicate_window_ms = 1000 + sim_below(10000);
	world.mark_was_reset = false;
	world.set_back = sim_percent(5);
	world.quiet = !world.set_back && sim_percent(3);
	if (world.set_back || world.quiet) {
		world.small_window = true;
		c->duplicate_window_max = 1000;
		c->duplicate_window_ms =
			sim_percent(50) ? 1000 : 1000 + sim_below(5000);
		/* long enough to change hands within it */
		if (world.quiet)
			c->duplicate_window_ms = 1000 + sim_below(40000);
	}
}

static void make_instances(void)
{
	static const char *const names[WORLD_INSTANCES] = { "c1", "c2", "c3" };

	ghosts_count = 0;
	instances_count = (int)(1 + sim_below(WORLD_INSTANCES));
	for (int n = 0; n < WORLD_INSTANCES && n < instances_count; n++) {
		struct instance *i = &instances[n];

		*i = (struct instance){ .name = names[n],
			                .deployment = world.deployment,
			                .conf = world.conf };
		i->conf.instance = names[n];
		i->deployment.conf = &i->conf;
		i->deployment.arena = arena_new();
		start_later(i);
	}
}

static void end_all(void (*end)(struct instance *i, bool again))
{
	for (int n = 0; n < instances_count; n++) {
		if (instances[n].process != NULL)
			end(&instances[n], false);
	}
	for (int n = 0; n < ghosts_count; n++) {
		if (ghosts[n].process != NULL)
			end(&ghosts[n], false);
	}
}

static void clear_instances(void)
{
	end_all(end_process);
	for (int n = 0; n < instances_count; n++)
		arena_free(&instances[n].deployment.arena);
}

static bool step(void)
{
	if (!sim_step())
		return false;
	after_event();
	return !sim_failed();
}

static void run_for(int64_t us)
{
	int64_t until = sim.now_us + us;

	while (sim.now_us < until && step()) {
	}
}

static void run_until_answered(void)
{
	int64_t until = sim.now_us + CALM_LIMIT_US;

	while (world.requests_to_come > 0 || !checker_all_answered()) {
		if (sim.now_us > until) {
			sim_fail(1,
			         "a request is stuck: no answer in %lld s of "
			         "calm",
			         (long long)(CALM_LIMIT_US / SECOND));
			(void)checker_all_answered();
		}
		run_for(SECOND);
		if (sim_failed())
			return;
	}
}

/* What is answered need not be read again: marks follow without another
   request. */
static void run_until_marked(void)
{
	int64_t until = sim.now_us + CALM_LIMIT_US;

	while (!sim_failed() && !checker_all_marked()) {
		if (sim.now_us > until) {
			sim_fail(6,
			         "a mark is stuck: not past what is answered "
			         "in %lld s of calm",
			         (long long)(CALM_LIMIT_US / SECOND));
			(void)checker_all_marked();
		}
		run_for(SECOND);
	}
}

/* All die; one comes back and must find nothing left to answer. */
static void restart_all(void)
{
	end_all(crash);
	start(&instances[0]);
	instances[0].trouble_at = 0;
	run_for(30 * SECOND);
}

/* As they were set back. */
static int64_t marks_then[MODEL_PARTITIONS_MAX];

static bool any_mark_moved(void)
{
	for (int32_t p = 0; p < world.partitions; p++) {
		if (log_committed(p).offset > marks_then[p])
			return true;
	}
	return false;
}

/* `requests` is kept for fewer days than `decisions`. With several partitions
   an original could outlive its copy, and would be copied again. */
static void expire_requests(int32_t partition)
{
	struct log_partition *p =
		log_find(world.deployment.topics.requests, partition);

	p->low = sim_below(log_end(p) + 1);
}

/* All is answered and the duplicate window is over: an operator sets the
   marks back. Who comes may die before it has read again what was below. */
static void set_back(void)
{
	run_for((world.conf.duplicate_window_ms + 1000) * MS);
	end_all(crash);
	for (int32_t p = 0; p < world.partitions; p++) {
		if (world.partitions == 1 && sim_percent(50))
			expire_requests(p);
		if (sim_percent(70))
			reset_mark_of(p);
		marks_then[p] = log_committed(p).offset;
	}
	start(&instances[0]);
	instances[0].trouble_at = 0;
	int64_t until = sim.now_us + sim_below(30 * SECOND);

	while (sim.now_us < until && !any_mark_moved() && step()) {
	}
	if (!sim_failed())
		restart_all();
	run_until_marked();
}

static void expire(void *arg)
{
	const struct topics *t = &world.deployment.topics;

	(void)arg;
	for (int32_t p = 0; p < world.partitions; p++) {
		log_expire(log_find(t->decisions, p));
		log_expire(log_find(t->attempts, p));
		log_expire(log_find(t->results, p));
	}
}

static bool anybody_reads(void)
{
	const struct coordinator *c = instances[0].coordinator;

	for (int32_t p = 0; c != NULL && p < world.partitions; p++) {
		if (c->partitions[p] != NULL &&
		    c->partitions[p]->phase > PARTITION_ASKING &&
		    c->partitions[p]->phase < PARTITION_SERVING)
			return true;
	}
	return false;
}

static void expire_while_read(void *arg)
{
	if (anybody_reads())
		expire(NULL);
	else
		sim_after(NULL, sim_below(10 * MS), expire_while_read, arg);
}

/* Who comes now reads what retention left, or takes while it reads. */
static void come_back(void)
{
	end_all(crash);
	if (sim_percent(50))
		expire(NULL);
	else
		expire_while_read(NULL);
	/* answers may be lost and leaders slow, while nobody is killed */
	faults_left = 0;
	sim.faults = sim_percent(50);
	for (int times = 0; times < 2 && !sim_failed(); times++)
		restart_all();
	sim.faults = false;
}

static bool is_any_decided(void)
{
	for (int32_t p = 0; p < world.partitions; p++) {
		struct log_partition *d =
			log_find(world.deployment.topics.decisions, p);

		if (log_stable(d) > d->low)
			return true;
	}
	return false;
}

/* Of several that came at once one may be decided while the mark is below it:
   then all die. */
static void die_after_the_first(void)
{
	int64_t until = sim.now_us + 30 * SECOND;

	while (sim.now_us < until && !is_any_decided() && step()) {
	}
	if (!sim_failed())
		restart_all();
}

/* Nothing was asked for so long that retention took every decision: who comes
   then, or was there all the time, goes on with the chain; and so does who
   comes when there is one decision again, whatever is still open. */
static void be_quiet(void)
{
	if (world.mark_was_reset) /* who serves does not know of it */
		restart_all();
	run_until_marked();
	run_for((world.conf.duplicate_window_ms + 1000) * MS);
	if (sim_percent(50))
		come_back();
	else
		expire(NULL);
	if (sim_failed())
		return;
	players_send_late((int)(1 + sim_below(4)));
	if (sim_percent(50))
		die_after_the_first();
	run_until_answered();
	if (!sim_failed())
		restart_all();
	run_until_marked();
}

void world_play(void)
{
	calm = false;
	log_begin();
	model_out_begin();
	choose_settings();
	make_topics();
	group_begin(world.deployment.topics.requests);
	checker_begin();
	faults_left = (int)sim_below(FAULTS_MAX);
	make_instances();
	players_begin();
	if (sim_percent(2))
		sim_after(NULL, sim_below(40 * SECOND), reset_mark, NULL);
	run_for(5 * SECOND + sim_below(50 * SECOND));
	sim.faults = false;
	calm = true;
	sim_trace("calm");
	if (!sim_failed())
		run_until_answered();
	if (!sim_failed() && !world.mark_was_reset)
		run_until_marked();
	if (!sim_failed() && world.set_back)
		set_back();
	if (!sim_failed() && world.quiet)
		be_quiet();
	if (!sim_failed() && sim_percent(30))
		restart_all();
	if (!sim_failed())
		run_for(2 * SECOND);
	if (!sim_failed())
		checker_end();
	clear_instances();
}
