#!/bin/sh
# Programs on a real broker that is not as it should be: what is missing at
# start is refused by name, what goes wrong later stops only itself.
#
#   BUILD_DIR=build/dev sh tests/e2e/kafka_start.sh
set -eu
cd "$(dirname "$0")/../.."

BIN=${BUILD_DIR:-build/dev}/bin
LOCAL="env MPICCTL=$BIN/mpicctl sh deploy/kafka/local.sh"
DIR=$(mktemp -d)
KAFKA=${KAFKA_DIR:-$DIR/kafka} # KAFKA_DIR: one that runs already
bad=0
seen=0
pids=

. tests/support/kafka_programs.sh

clean_up()
{
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	[ -n "${KAFKA_DIR-}" ] || $LOCAL stop "$KAFKA" 2>/dev/null || true
	[ -n "${KEEP-}" ] || rm -rf "$DIR"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

fail()
{
	echo "FAIL: $*"
	bad=$((bad + 1))
}

# start NAME coordinator|perspective-worker
start()
{
	launch "$1" "$2"
	pids="$pids $PID"
	echo $PID >"$DIR/$1.pid"
}

# ends NAME CODE PATTERN: it ends by itself, with that code, having said that
ends()
{
	seen=$((seen + 1))
	pid=$(cat "$DIR/$1.pid")
	tries=0
	while kill -0 "$pid" 2>/dev/null; do
		tries=$((tries + 1))
		if [ $tries -gt 200 ]; then
			fail "$1 goes on: $(tail -n 3 "$DIR/$1.log")"
			kill -KILL "$pid"
			wait "$pid" || true
			return
		fi
		sleep 0.1
	done
	code=0
	wait "$pid" || code=$?
	{ [ $code -eq "$2" ] && grep -q -e "$3" "$DIR/$1.log"; } ||
		fail "$1: exit $code, wanted $2 and \"$3\":" \
			"$(tail -n 3 "$DIR/$1.log")"
}

# stop NAME: in good order
stop()
{
	pid=$(cat "$DIR/$1.pid")
	kill -TERM "$pid"
	code=0
	wait "$pid" || code=$?
	[ $code -eq 0 ] || fail "$1 ended with $code"
}

# says NAME PATTERN SECONDS WHAT
says()
{
	seen=$((seen + 1))
	wait_log "$1" "$2" "$3" ||
		fail "$4: $1 did not say \"$2\": $(tail -n 3 "$DIR/$1.log")"
}

#
# Refused at start, with the topic, the right and what mends it
#

# All at once: each takes a few seconds of asking.
check_refusals()
{
	manifest mpic.a. 'm["topics"].remove(topic("decisions"))'
	coordinator_settings a mpic.a.
	manifest mpic.b. 'topic("results")["partitions"] = 5'
	coordinator_settings b mpic.b.
	worker_settings bw mpic.b. fra
	manifest mpic.c. '
rights("coordinator")[0]["names"].remove("{prefix}attempts")
m["acls"].append({"role": "coordinator", "resource": "topic",
	"names": ["{prefix}attempts"], "operations": ["Write"]})'
	coordinator_settings c mpic.c.
	manifest mpic.d. '
rights("coordinator")[3]["names"].remove("{prefix}checks.")
rights("worker")[2]["names"].remove("{prefix}results")'
	coordinator_settings d mpic.d.
	worker_settings dw mpic.d. fra
	manifest mpic.e. '
rights("worker")[0]["operations"] = ["Describe"]
m["topics"].remove(topic("dead-letters"))'
	worker_settings e mpic.e. fra
	worker_settings ew mpic.e. nyc worker-fra
	manifest other.
	coordinator_settings f other.
	MORE_KAFKA='group = "elsewhere"' coordinator_settings g mpic.
	for name in a b c d f g; do
		start $name coordinator
	done
	for name in bw dw e ew; do
		start $name perspective-worker
	done
	ends a 78 'no topic ."mpic.a.decisions.*mpicctl topics apply --topic-prefix mpic.a. --partitions 3'
	ends b 78 'mpic.b.results.* has 5 partitions, kafka.partitions says 3'
	ends bw 78 'mpic.b.results.* has 5 partitions, kafka.partitions says 3'
	ends c 78 'lacks the right Read on topic ."mpic.c.attempts.*mpicctl acls apply --topic-prefix mpic.c.'
	ends d 78 'lacks the right Write on topic ."mpic.d.checks.fra'
	ends dw 78 'lacks the right Write on topic ."mpic.d.results.*mpicctl acls apply'
	ends e 78 'lacks the right Read on topic ."mpic.e.checks.fra\|no topic ."mpic.e.dead-letters'
	ends ew 78 'lacks the right Read on topic ."mpic.e.checks.nyc'
	ends f 78 'lacks the right Write on transactional id ."other.f'
	ends g 78 'lacks the right Read on group ."elsewhere'
}

# submit PREFIX ID TARGET: a request, keyed as Java would
submit()
{
	printf '%s|{"request_id":"%s","check_type":"caa","domain_or_ip_target":"%s"}\n' \
		"$2" "$2" "$3" |
		kcat -F "$KAFKA_CONF_PIPELINE" -P -t "$1"requests -K '|' \
			-X partitioner=murmur2_random
}

# A right that only shows when it is used: Write where there is Read.
check_first_use()
{
	manifest mpic.h. '
rights("coordinator")[0]["names"].remove("{prefix}attempts")
m["acls"].append({"role": "coordinator", "resource": "topic",
	"names": ["{prefix}attempts"], "operations": ["Read"]})'
	coordinator_settings h mpic.h.
	manifest mpic.i. '
rights("coordinator")[0]["names"].remove("{prefix}decisions")
m["acls"].append({"role": "coordinator", "resource": "topic",
	"names": ["{prefix}decisions"], "operations": ["Read"]})'
	coordinator_settings i mpic.i.
	start h coordinator
	start i coordinator
	says h coordinator_partition_restored 20 "the start"
	says i coordinator_partition_restored 20 "the start"
	submit mpic.h. one www.example.com
	submit mpic.i. one bad_name..example
	ends h 78 'lacks the right Write on topic ."mpic.h.attempts'
	ends i 78 'lacks the right Write on topic ."mpic.i.decisions, mpic.i.requests or'
}

for tool in kcat java mvn; do
	command -v $tool >/dev/null 2>&1 ||
		sh deploy/install-deps.sh --kafka
done
[ -n "${KAFKA_DIR-}" ] || $LOCAL start "$KAFKA" --partitions 3
eval "$($LOCAL env "$KAFKA")"
make_keys
check_refusals
check_first_use
echo "kafka_start: $seen checks, $bad failed"
[ $bad -eq 0 ]
