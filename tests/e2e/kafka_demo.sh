#!/bin/sh
# The whole system on Apache Kafka, with the manifest's topics and rights, two
# coordinators and two workers of each perspective: every decision of the demo
# is as expected, and what is killed loses and doubles nothing (promise 1).
set -eu
cd "$(dirname "$0")/../.."
. tests/support/demo_world.sh
# Not from inside, where there is no way to Maven Central.
[ -n "${MPIC_E2E_INSIDE-}" ] || sh deploy/kafka/local.sh fetch
enter "$@"
world_open --kafka --coordinators 2 --workers 2 --partitions 6

cases=$(grep -c '^case ' "$work/demo/cases")
check "all as expected" grep -q \
	"$cases of $cases as expected, each signature verified" "$work/out"

kill_hard()
{
	kill -KILL "$(pid_of "$1")"
}

requests()
{
	seq "$2" | awk -v round="$1" '{
		printf "{\"request_id\":\"%s-%s\",", round, $1
		printf "\"check_type\":\"caa\","
		printf "\"domain_or_ip_target\":\"n%s.bulk.lab\"}\n", $1 }'
}

# Ids of first decisions, one line each.
decided()
{
	records decisions '%k %h\n' | grep -av mpic-echo= | cut -d ' ' -f 1 |
		grep -a "^$1-" || true
}

all_decided()
{
	[ "$(decided "$1" | sort -u | wc -l)" -ge "$2" ]
}

# send ROUND COUNT: without keys, so that most are not at home
send()
{
	ask_as pipeline
	requests "$1" "$2" | put requests 2>"$work/put"
	ask_as auditor
}

send first 60
check "some decided" wait_for all_decided first 5
for name in coordinator fra jnb2; do
	kill_hard $name
done
send second 60
check "decided by who is left" wait_for all_decided second 60
check "nothing lost" wait_for all_decided first 60
for name in coordinator fra jnb2; do
	check "$name starts again" start_again $name
done
send first 60
send third 60
check "decided by all" wait_for all_decided third 60
echoes()
{
	[ "$(records decisions '%k %h\n' | grep -a ^first- |
		grep -ac mpic-echo=)" -ge 60 ]
}
check "repeats are echoed" wait_for echoes
check "once each" [ -z "$(decided '[a-z]*' | sort | uniq -d)" ]
check "no dead letter" [ "$(records dead-letters '.\n' | wc -l)" -eq 0 ]
world_result
