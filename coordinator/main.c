/* mpic-coordinator: see coordinator.h. */
#include "base/clock.h"
#include "coordinator/conf.h"
#include "coordinator/coordinator.h"
#include "kafka/kafka_end.h"
#include "serve/admin.h"
#include "settings/program.h"

#include <event2/event.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

enum { HANDLES_END_MS = 5000 };

struct process {
	struct coordinator_conf conf;
	struct deployment deployment;
	struct loop *loop;
	struct metrics *metrics;
	struct stats *stats;
	struct coordinator *coordinator;
	struct admin *admin;
};

static void on_drain(void *arg)
{
	struct process *p = arg;

	coordinator_drain(p->coordinator);
}

static void on_now(void *arg)
{
	struct process *p = arg;

	log_warn("coordinator_killed_while_draining");
	loop_stop(p->loop);
}

static void ready(void *arg, struct buf *reasons)
{
	const struct process *p = arg;

	coordinator_ready(p->coordinator, reasons);
}

static int start(struct process *p, const struct version_part *libraries,
                 struct err *why)
{
	struct admin_hooks hooks = { .ready = ready,
		                     .ready_arg = p,
		                     .program = "mpic-coordinator",
		                     .libraries = libraries };

	clock_shift_wall(p->conf.clock_shift_ms);
	if (deployment_init(&p->deployment, &p->conf, why) != 0)
		return EX_CONFIG;
	p->loop = loop_new();
	p->metrics = metrics_new();
	metrics_build_info(p->metrics, "mpic-coordinator", libraries);
	metrics_process(p->metrics);
	metrics_loop(p->metrics, p->loop);
	p->stats = stats_new(p->metrics);
	p->coordinator =
		coordinator_new(p->loop, &p->deployment, p->stats, why);
	if (p->coordinator == NULL)
		return EX_CONFIG;
	hooks.metrics = p->metrics;
	p->admin = admin_new(p->loop, &p->conf.admin, &hooks, why);
	return p->admin != NULL ? EX_OK : EX_UNAVAILABLE;
}

static void stop(struct process *p)
{
	admin_free(&p->admin);
	coordinator_free(&p->coordinator);
	stats_free(&p->stats);
	metrics_free(&p->metrics);
	loop_free(&p->loop);
	deployment_clear(&p->deployment);
}

/* a list that nobody refreshes lets wildcards over new suffixes pass. */
static void warn_of_old_list(const struct process *p)
{
	const struct names *names = p->deployment.names;
	int64_t days = names_psl_age_days(names, clock_wall_ms());

	if (days > NAMES_PSL_DAYS_MAX && !p->conf.lab)
		log_warn("coordinator_public_suffix_list_old",
		         F_STR("path", names_psl_path(names)),
		         F_INT("days", days));
}

static int run(struct process *p, const struct version_part *libraries)
{
	struct err why;
	int code = start(p, libraries, &why);

	if (code != EX_OK) {
		(void)fprintf(stderr, "mpic-coordinator: %s\n", why.text);
	} else {
		loop_on_shutdown(p->loop, on_drain, on_now, p);
		log_info("coordinator_started",
		         F_STR("instance", p->conf.instance),
		         F_STR("deployment", p->conf.deployment),
		         F_BOOL("lab", p->conf.lab),
		         F_INT("admin_port", admin_port(p->admin)),
		         F_INT("perspectives", p->conf.perspectives.n));
		warn_of_old_list(p);
		loop_run(p->loop);
		code = coordinator_exit_code(p->coordinator);
		log_info("coordinator_stopped", F_INT("exit_code", code));
	}
	stop(p);
	return code;
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
		.name = "mpic-coordinator",
		.about = "Turns check requests into corroborated, signed "
			 "issuance decisions.",
		.default_file = "/etc/mpic/coordinator.conf",
		.table = coordinator_settings,
		.out = &process.conf,
		.check = coordinator_conf_check,
		.try_start = try_start,
		.libraries = libraries,
	};
	int code;
	struct settings *settings = settings_main(&program, argc, argv, &code);

	if (settings == NULL)
		return code;
	(void)prctl(PR_SET_DUMPABLE, 0); /* it holds keys */
	log_open("mpic-coordinator", process.conf.log_level);
	code = run(&process, libraries);
	settings_free(&settings);
	if (!kafka_end_wait(HANDLES_END_MS))
		_exit(code);
	return code;
}
