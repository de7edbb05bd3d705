#include "ctl/command.h"
#include "ctl/compare.h"
#include "ctl/rollout.h"

static const char doc[] =
	"Holds the access rules of a cluster against the manifest."
	"\v"
	"  plan    show what differs\n"
	"  apply   give the rights that are missing; none is taken away\n"
	"  check   the same as plan, and the exit code says it\n"
	"  render  the rules as lines for kafka-acls.sh, or Strimzi's "
	"KafkaUser\n"
	"\n"
	"A right that is more than the manifest says is told: of one of its\n"
	"principals, or anybody's on its topics, groups and transactional ids. "
	"Rights\n"
	"to transactional ids need librdkafka 2.6 or later; with an older one "
	"apply\n"
	"leaves them, and plan --as kafka-cli prints the lines for "
	"kafka-acls.sh.\n"
	"\n"
	"It takes these rights: Describe on the cluster; for apply also "
	"Alter.\n"
	"\n"
	"Exit codes: 0 as the manifest says (plan: always), 1 something "
	"differs or is\n"
	"left, 64 and up a fault (77: the brokers refused for want of a "
	"right).\n"
	"\n"
	"Examples:\n"
	"  mpicctl acls check --config admin.conf\n"
	"  mpicctl acls plan --as kafka-cli --command-config admin.properties "
	"| sh\n"
	"  mpicctl acls render --as strimzi --cluster prod | kubectl apply -f "
	"-\n";

static size_t count(const struct cluster_state *wanted)
{
	return wanted->rights.n;
}

static int read_rights(struct cluster *cluster,
                       const struct cluster_state *wanted,
                       struct cluster_state *found, struct err *why)
{
	(void)wanted;
	return cluster_read_rights(cluster, found, why);
}

static void lines(const struct cluster_state *wanted,
                  const struct render_client *client, struct buf *out)
{
	render_right_lines(&wanted->rights, client, out);
}

int acls_run(int argc, char **argv)
{
	static const struct rollout acls = {
		.doc = doc,
		.name = "rights",
		.count = count,
		.read = read_rights,
		/* librdkafka 2.0.2 drops the refusal from the answer */
		.none = "the brokers show no access rule at all: there is "
			"none, or this client may not see them (it takes "
			"Describe on the cluster)",
		.compare = compare_rights,
		.lines = lines,
		.strimzi = render_strimzi_users,
	};

	return rollout_run(&acls, argc, argv);
}
