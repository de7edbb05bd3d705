#!/bin/sh
# A backlog: requests that were put on the topic before any coordinator ran, on
# Apache Kafka, one node, TLS.  How fast they are worked off, in how much memory,
# and whether the group stayed together.
#
#   sh tests/bench/backlog.sh [--count N] [--expired] [--at-most KIB]
#
#   --count N      requests (200000), one of a hundred of them good
#   --expired      their time is over when they are read: all are overloaded
#   --at-most KIB  fail if the coordinator's memory grows by more between a
#                  tenth and all of them, if any is not answered once, or if it
#                  left the group: for tests
#
# BUILD_DIR: programs of BUILD_DIR/bin instead of a release build.
set -eu
umask 077
cd "$(dirname "$0")/../.."
ROOT=$PWD
READY_TRIES=600
WAIT_SECONDS=${BACKLOG_SECONDS:-600}
PARTITIONS=12

fail()
{
	echo "backlog: $*" >&2
	exit 1
}

usage()
{
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p;}' "$0"
}

count=200000
expired=no
at_most=
while [ $# -gt 0 ]; do
	case $1 in
	--count | --at-most)
		case ${2-} in
		'' | *[!0-9]*) fail "$1 wants a number" ;;
		esac
		if [ "$1" = --count ]; then count=$2; else at_most=$2; fi
		shift ;;
	--expired) expired=yes ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; exit 64 ;;
	esac
	shift
done

if [ -z "${BUILD_DIR-}" ]; then
	sh deploy/install-deps.sh
	{ cmake --preset release && cmake --build --preset release; } \
		>/dev/null || fail "the build failed"
	BUILD_DIR=build/release
fi
sh deploy/kafka/local.sh fetch
BIN=$(cd "$BUILD_DIR/bin" && pwd)
DIR=$(mktemp -d "${TMPDIR:-/tmp}/mpic-backlog-XXXXXX")
coordinator=

clean_up()
{
	trap - EXIT
	[ -z "$coordinator" ] || kill -KILL "$coordinator" 2>/dev/null || true
	stop_broker 2>/dev/null || true
	rm -rf "$DIR"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

say()
{
	echo "backlog: $*" >&2
}

# What the demo's files want; its settings are ours but for the workers, of
# which there are none.
# shellcheck disable=SC2034
{
	HERE=$ROOT/deploy/demo
	PROGRAMS=$BIN
	internet=no
	nodes=1
	partitions=$PARTITIONS
	coordinators=1
	workers=1
	kafka_options=
	MPIC_DEMO_ATTEMPT=2s
	MPIC_DEMO_SESSION=10000
}
. deploy/demo/broker.sh
. deploy/demo/settings.sh

# Names that no CA may take are answered at intake; the good ones find no
# worker, and so nobody who corroborates.
requests()
{
	allowed=300000
	[ $expired = no ] || allowed=1000
	awk -v count="$count" -v allowed=$allowed -v expired=$expired 'BEGIN {
		for (i = 0; i < count; i++) {
			name = "good" i ".example"
			if (expired == "no" && i % 100 != 0)
				name = "bad_name.." i
			printf "b%d|{\"request_id\":\"b%d\",", i, i
			printf "\"check_type\":\"caa\",\"time_allowed_ms\":%d,", allowed
			printf "\"domain_or_ip_target\":\"%s\"}\n", name
		} }'
}

metrics()
{
	port=$(sed -n 's/.*"admin_port":\([0-9]*\).*/\1/p' "$DIR/log/coordinator" |
		tail -n 1)
	[ -n "$port" ] && curl -sf -m 5 "http://127.0.0.1:$port/metrics"
}

# sum METRIC: of all its series
sum()
{
	awk -v name="$1" 'index($1, name) == 1 &&
		substr($1, length(name) + 1, 1) ~ /^[{]?$/ { n += $2 }
		END { printf "%d\n", n }' "$DIR/metrics"
}

peak_kib()
{
	awk '$1 == "VmHWM:" { print $2 }' "/proc/$coordinator/status"
}

# decided COUNT: until so many are; sets now
until_decided()
{
	waited=0
	until metrics >"$DIR/metrics" &&
		[ "$(sum mpic_decisions_total)" -ge "$1" ]
	do
		kill -0 "$coordinator" 2>/dev/null || {
			tail -n 5 "$DIR/log/coordinator" >&2
			fail "the coordinator ended"
		}
		waited=$((waited + 1))
		[ $waited -lt $((WAIT_SECONDS * 5)) ] ||
			fail "only $(sum mpic_decisions_total) decisions"
		sleep 0.2
	done
	now=$(date +%s%3N)
}

mkdir "$DIR/log" "$DIR/keys" "$DIR/conf"
echo "CA=ca.example" >"$DIR/env"
echo "SUFFIXES=/usr/share/publicsuffix/public_suffix_list.dat" >>"$DIR/env"
start_broker
make_keys
write_settings
# Decisions kept for repeats are memory by design, up to a setting: here few, so
# that what grows otherwise is seen.
echo "requests { duplicate_window_max = 100 }" >>"$DIR/conf/coordinator.conf"
say "putting $count requests on the topic"
requests | kcat -F "$DIR/kafka/tls/pipeline.librdkafka" -P -t mpic.requests \
	-X partitioner=murmur2_random -K '|' 2>"$DIR/log/kcat" ||
	fail "kcat: $(cat "$DIR/log/kcat")"
[ $expired = no ] || sleep 1.5
"$BIN/mpic-coordinator" --config "$DIR/conf/coordinator.conf" \
	>"$DIR/log/coordinator" 2>&1 </dev/null &
coordinator=$!
until_decided 1
began=$now
until_decided $((count / 10))
tenth=$(peak_kib)
until_decided "$count"
all=$(peak_kib)
seconds=$(((now - began + 999) / 1000))
rate=$((count * 1000 / (now - began + 1)))
assigned=$(grep -c '"coordinator_assigned"' "$DIR/log/coordinator")
overloaded=$(awk 'index($1, "mpic_decisions_total{") == 1 &&
	$1 ~ /reason="overloaded"/ { n += $2 } END { printf "%d", n }' \
	"$DIR/metrics")
decided=$(sum mpic_decisions_total)
dead=$(awk '$1 ~ /^mpic_other_answers_total.*dead-letter/ { n += $2 }
	END { printf "%d", n }' "$DIR/metrics")
printf '%d requests in %d s: %d a second, %d overloaded\n' \
	"$count" "$seconds" "$rate" "$overloaded"
printf 'VmHWM: %d KiB at a tenth, %d KiB at the end\n' "$tenth" "$all"
printf 'assignments: %d (1: nobody left the group); dead letters: %d\n' \
	"$assigned" "$dead"
[ -n "$at_most" ] || exit 0
[ "$decided" -eq "$count" ] || fail "$decided decisions"
[ "$dead" -eq 0 ] || fail "$dead dead letters"
[ "$assigned" -eq 1 ] || fail "the group was shared out $assigned times"
[ $expired = no ] || [ "$overloaded" -eq "$count" ] ||
	fail "$overloaded of $count are overloaded"
[ $((all - tenth)) -le "$at_most" ] ||
	fail "memory grew by $((all - tenth)) KiB"
