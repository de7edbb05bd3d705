#include "ctl/command.h"
#include "ctl/compare.h"
#include "ctl/rollout.h"

static const char doc[] =
	"Holds the topics of a cluster against the manifest."
	"\v"
	"  plan    show what differs\n"
	"  apply   create what is missing and set configurations; the number "
	"of\n"
	"          partitions never changes, and nothing is deleted\n"
	"  check   the same as plan, and the exit code says it\n"
	"  render  the topics as lines for kafka-topics.sh, or Strimzi's "
	"KafkaTopic\n"
	"\n"
	"plan --as kafka-cli prints only the lines that would bring about what "
	"is\n"
	"missing. What is set on a topic and not in the manifest is told and "
	"kept.\n"
	"\n"
	"It takes these rights: Describe and DescribeConfigs on the topics; "
	"for apply\n"
	"also Create and AlterConfigs.\n"
	"\n"
	"Exit codes: 0 as the manifest says (plan: always), 1 something "
	"differs or is\n"
	"left, 64 and up a fault (77: the brokers refused for want of a "
	"right).\n"
	"\n"
	"Examples:\n"
	"  mpicctl topics plan --manifest topics.manifest.json\n"
	"  mpicctl topics apply --config admin.conf\n"
	"  mpicctl topics render --as strimzi --cluster prod | kubectl apply "
	"-f -\n";

static size_t count(const struct cluster_state *wanted)
{
	return wanted->topics_count;
}

static void lines(const struct cluster_state *wanted,
                  const struct render_client *client, struct buf *out)
{
	for (size_t i = 0; i < wanted->topics_count; i++)
		render_topic_line(&wanted->topics[i], client, out);
}

int topics_run(int argc, char **argv)
{
	static const struct rollout topics = {
		.doc = doc,
		.name = "topics",
		.count = count,
		.read = cluster_read_topics,
		.compare = compare_topics,
		.lines = lines,
		.strimzi = render_strimzi_topics,
	};

	return rollout_run(&topics, argc, argv);
}
