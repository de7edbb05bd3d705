/* mpic-perspective-worker: see worker.h. */
#include "base/clock.h"
#include "kafka/kafka_end.h"
#include "perspective-worker/worker.h"
#include "settings/program.h"

#include <event2/event.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

static const char name[] = "mpic-perspective-worker";

enum { HANDLES_END_MS = 5000 };

struct process {
	struct worker_conf conf;
	struct deployment deployment;
	struct loop *loop;
	struct metrics *metrics;
	struct stats *stats;
	struct worker *worker;
	struct admin *admin;
};

static void on_drain(void *arg)
{
	struct process *p = arg;

	worker_drain(p->worker);
}

static void on_now(void *arg)
{
	struct process *p = arg;

	log_warn("worker_killed_while_draining");
	loop_stop(p->loop);
}

static void ready(void *arg, struct buf *reasons)
{
	const struct process *p = arg;

	worker_ready(p->worker, reasons);
}

static int start(struct process *p, const struct version_part *libraries,
                 struct err *why)
{
	struct admin_hooks hooks = { .ready = ready,
		                     .ready_arg = p,
		                     .program = name,
		                     .libraries = libraries };

	clock_shift_wall(p->conf.clock_shift_ms);
	if (deployment_init(&p->deployment, &p->conf, why) != 0)
		return EX_CONFIG;
	p->loop = loop_new();
	p->metrics = metrics_new();
	metrics_build_info(p->metrics, name, libraries);
	metrics_process(p->metrics);
	metrics_loop(p->metrics, p->loop);
	p->stats = stats_new(p->metrics);
	p->worker = worker_new(p->loop, &p->deployment, p->stats, why);
	if (p->worker == NULL)
		return EX_CONFIG;
	hooks.metrics = p->metrics;
	p->admin = admin_new(p->loop, &p->conf.admin, &hooks, why);
	return p->admin != NULL ? EX_OK : EX_UNAVAILABLE;
}

static void stop(struct process *p)
{
	admin_free(&p->admin);
	worker_free(&p->worker);
	stats_free(&p->stats);
	metrics_free(&p->metrics);
	loop_free(&p->loop);
	deployment_clear(&p->deployment);
}

static int run(struct process *p, const struct version_part *libraries)
{
	struct err why;
	int code = start(p, libraries, &why);

	if (code != EX_OK) {
		(void)fprintf(stderr, "%s: %s\n", name, why.text);
	} else {
		loop_on_shutdown(p->loop, on_drain, on_now, p);
		log_info("worker_started",
		         F_STR("perspective", p->conf.perspective),
		         F_STR("instance", p->conf.instance),
		         F_STR("deployment", p->conf.deployment),
		         F_BOOL("lab", p->conf.lab),
		         F_INT("admin_port", admin_port(p->admin)),
		         F_INT("probes", p->deployment.probe_count));
		loop_run(p->loop);
		code = worker_exit_code(p->worker);
		log_info("worker_stopped", F_INT("exit_code", code));
	}
	stop(p);
	return code;
}

/* It holds keys: no core file, and nobody of the same user reads its memory. */
static void close_up(void)
{
	const struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}

/* All that a start reads and refuses, without a broker. */
static int try_start(const void *conf, struct err *why)
{
	struct deployment d;

	if (deployment_init(&d, conf, why) != 0)
		return -1;
	deployment_clear(&d);
	return 0;
}

int main(int argc, char **argv)
{
	static struct process process; /* zeroed */
	const struct version_part libraries[] = {
		{ "librdkafka", kafka_library_version() },
		{ "libevent", event_get_version() },
		{ "openssl", trust_library_version() },
		{ 0 },
	};
	struct settings_program program = {
		.name = name,
		.about = "Validates domain control and CAA from one network "
			 "perspective.",
		.default_file = "/etc/mpic/perspective-worker.conf",
		.table = worker_settings,
		.out = &process.conf,
		.check = worker_conf_check,
		.try_start = try_start,
		.libraries = libraries,
	};
	int code;
	struct settings *settings = settings_main(&program, argc, argv, &code);

	if (settings == NULL)
		return code;
	close_up();
	log_open(name, process.conf.log_level);
	code = run(&process, libraries);
	settings_free(&settings);
	if (!kafka_end_wait(HANDLES_END_MS))
		_exit(code);
	return code;
}
