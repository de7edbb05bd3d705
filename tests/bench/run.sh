#!/bin/sh
# Measure what a decision costs and how long it takes: the floor (the same work
# by bare library calls) and the system, side by side on this machine.  See
# docs/benchmark.md for what the columns mean.
#
#   sh tests/bench/run.sh [--kafka [--plaintext]] [MODE] [OPTION]...
#
#   --kafka      Apache Kafka, one node, TLS client certificates, the
#                manifest's topics and rights; else mpicctl dev-broker
#   --plaintext  the same without TLS
#
# Without a mode: capacity, half of it with its latency in parts, the floor.
#
#   --overload          decisions in time at 0.5, 1, 2 and 4 times the capacity
#   --perspectives A,B  cost with so many remote perspectives (2,4,6,8,12)
#   --hanging           latency of healthy targets while 30 % of all hang, of
#                       each kind (about five minutes)
#   --hanging-memory    what 10,000 checks that hang hold in one worker, of each
#                       kind (BENCH_HANGING; about two minutes)
#   --failover          from killing a coordinator to its partitions' next
#                       decisions
#
#   --seconds N  length of each measured window (20; in the modes 10)
#   --only KIND  caa, http-01 or tls-alpn-01; otherwise all (in most modes: caa)
#   --quick      windows of 5 seconds: to see that it works
#   --workers N  workers in each region (1)
#   --time-allowed MS   of each request, with --overload (6000)
#   --signed     targets in a DNSSEC-signed zone instead of an unsigned one
#   --json       requests and decisions in JSON instead of MessagePack
#   --keep       leave logs and settings of the run behind
#   --profile    perf's samples of a coordinator, worker and probe at capacity,
#                in build/bench/KIND-NAME.perf
#
# A table on stdout, all figures in build/bench/result.json.  Nothing here
# judges: the exit status only says whether it could be measured.
#
# To try something: BENCH_IN_FLIGHT (256) requests at a time for the capacity,
# BENCH_PARTITIONS (12), BENCH_KAFKA (librdkafka properties, as lines of the
# programs' kafka sections), BENCH_SESSION (10000, session.timeout.ms),
# BENCH_PRESET (release), BENCH_LIGHT (20) requests a second for the light load.
set -eu
umask 077
cd "$(dirname "$0")/../.."
ROOT=$PWD
PRESET=${BENCH_PRESET:-release}
BIN=$ROOT/build/$PRESET/bin
BENCH=$ROOT/build/$PRESET/bench
OUT=$ROOT/build/bench
JOBS=${JOBS:-$(nproc 2>/dev/null || echo 2)}

PARTITIONS=${BENCH_PARTITIONS:-12}
IN_FLIGHT=${BENCH_IN_FLIGHT:-256}
LIGHT=${BENCH_LIGHT:-20}
READY_TRIES=300	# of 100 ms
ADMIN_PORT=9109

fail()
{
	echo "bench: $*" >&2
	exit 1
}

usage()
{
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p;}' "$0"
}

partitions=$PARTITIONS
seconds=
only=
zone=bulk0.lab
encoding=
keep=no
profile=no
mode=
perspective_counts=
time_allowed=6000
nodes=
plaintext=no
kafka_options=
coordinators=1
workers=1
policy=
ceiling=10000

# wants_number OPTION VALUE
wants_number()
{
	case ${2-} in
	'' | *[!0-9]* | ??????*) fail "$1 wants a number" ;;
	esac
}

all_options="$*"
while [ $# -gt 0 ]; do
	case $1 in
	--kafka) nodes=1 ;;
	--plaintext)
		plaintext=yes
		kafka_options=--plaintext ;;
	--overload | --failover | --hanging) mode=${1#--} ;;
	--hanging-memory) mode=hanging_memory ;;
	--perspectives)
		mode=perspectives
		perspective_counts=${2-}
		case $perspective_counts in
		'' | *[!0-9,]*) fail "--perspectives wants numbers" ;;
		esac
		shift ;;
	--seconds | --workers | --time-allowed)
		wants_number "$@"
		case $1 in
		--seconds) seconds=$2 ;;
		--workers) workers=$2 ;;
		*) time_allowed=$2 ;;
		esac
		shift ;;
	--only)
		case ${2-} in
		caa | http-01 | tls-alpn-01) only=$2 ;;
		*) fail "--only wants caa, http-01 or tls-alpn-01" ;;
		esac
		shift ;;
	--quick) seconds=5 ;;
	--signed) zone=bulk.lab ;;
	--json) encoding=--json ;;
	--keep) keep=yes ;;
	--profile) profile=yes ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; exit 64 ;;
	esac
	shift
done
[ -z "$nodes" ] || [ "$mode" != hanging_memory ] ||
	fail "--hanging-memory is without --kafka"
[ -n "$nodes" ] || [ $plaintext = no ] || fail "--plaintext is for --kafka"
[ -n "$seconds" ] || seconds=$([ -n "$mode" ] && echo 10 || echo 20)
kinds=${only:-caa http-01 tls-alpn-01}
kind=${only:-caa}
window=$((seconds * 1000))

prepare()
{
	sh deploy/install-deps.sh
	mkdir -p "$OUT"
	if command -v ccache >/dev/null 2>&1; then
		export CMAKE_C_COMPILER_LAUNCHER=ccache
	fi
	{ cmake --preset "$PRESET" && cmake --build "build/$PRESET" \
		-j "$JOBS" && cmake --build "build/$PRESET" -j "$JOBS" \
		--target bench_alpn bench_floor bench_load; } >"$OUT/build.log" 2>&1 || {
		tail -n 40 "$OUT/build.log" >&2
		fail "the build failed; see build/bench/build.log"
	}
}

clean_up()
{
	trap - EXIT
	end_all
	if [ "$keep" = yes ]; then
		echo "bench: logs and settings are in $DIR"
	else
		rm -rf "$DIR"
	fi
}

#
# Measuring
#

# zone_of KIND: where any name passes it
zone_of()
{
	case $1 in
	tls-alpn-01) echo "${zone%.lab}-alpn.lab" ;;
	*) echo "$zone" ;;
	esac
}

targets=	# a zone to take names of instead of zone_of
begin=	# "exec" where a background shell is to become the load itself

# load KIND OUTPUT OPTION...
load()
{
	case $1 in
	http-01) what="--http-01=$TOKEN:$KEY_AUTHORIZATION" ;;
	tls-alpn-01) what="--tls-alpn-01=$TOKEN:$KEY_AUTHORIZATION" ;;
	*) what= ;;
	esac
	into=$2
	below=${targets:-$(zone_of "$1")}
	shift 2
	file=$(properties)
	# shellcheck disable=SC2086 # options without blanks, or none
	$begin "$BENCH/bench_load" --brokers="$BROKERS" --zone="$below" \
		--partitions="$partitions" \
		--checks-partitions="$([ -n "$nodes" ] && echo "$partitions" ||
			echo "$workers")" \
		--processes="$DIR/processes" \
		--perspectives="$(codes | tr '\n' ',' | sed 's/,$//')" \
		${file:+--properties="$file"} ${nodes:+--fetch-wait=100} \
		$what $encoding "$@" >"$into" || fail "the load broke off"
}

report()
{
	python3 tests/bench/report.py "$@"
}

# profile NAME PID: while the load runs that starts now.
profile()
{
	sleep 3
	perf record -q -F 999 -g -p "$2" -o "$OUT/$1.perf" -- \
		sleep $(((seconds + 1) / 2)) >"$DIR/perf-$1.log" 2>&1
}

profile_all()
{
	worker=$(pid_of worker-fra)
	coordinator=$(pid_of coordinator)
	profile "$1-coordinator" "$coordinator" &
	profile "$1-worker" "$worker" &
	# The spare probe sleeps: profile all of them.
	profile "$1-probe" "$(pgrep -d, -P "$worker")" &
}

# At most, at half of that, and with little to do.
measure_system()
{
	kind=$1
	mkdir -p "$DIR/samples-$kind"
	echo "bench: $kind: the system, as fast as it goes" >&2
	[ "$profile" = no ] || profile_all "$kind"
	load "$kind" "$OUT/$kind-full.json" --window=$window \
		--in-flight="$IN_FLIGHT"
	half=$(report half "$OUT/$kind-full.json")
	echo "bench: $kind: the system at half of that, $half a second" >&2
	load "$kind" "$OUT/$kind-half.json" --window=$window --trace \
		--rate="$half" --in-flight=5000 --samples="$DIR/samples-$kind"
	echo "bench: $kind: light load, $LIGHT a second" >&2
	load "$kind" "$OUT/$kind-light.json" --window=$window --trace \
		--rate="$LIGHT" --in-flight=5000
}

measure_floor()
{
	kind=$1
	echo "bench: $kind: the floor" >&2
	[ -z "$nodes" ] || make_floor_topics "$kind"
	BENCH_ZONE=$(zone_of "$kind") "$BENCH/bench_floor" "$kind" "$BROKERS" \
		"$DIR/samples-$kind" $((seconds * 1000 / 5)) \
		>"$OUT/$kind-floor.json" || fail "the floor broke off"
}

mode_cost()
{
	start_system 6
	warm_up "${kinds%% *}"
	echo "bench: at rest" >&2
	load caa "$OUT/rest.json" --in-flight=0 --warm-up=1000 --window=3000
	for kind in $kinds; do
		measure_system "$kind"
	done
	stop_system
	for kind in $kinds; do
		measure_floor "$kind"
	done
	about="mpicctl dev-broker, not Apache Kafka"
	[ -z "$nodes" ] || about="Apache Kafka, one node"
	[ -z "$nodes" ] || [ $plaintext = yes ] || about="$about, TLS"
	# shellcheck disable=SC2086 # one word each
	report table "$OUT" "$zone" "$about; workers per region: $workers" \
		$kinds
}

main()
{
	trap clean_up EXIT
	trap 'exit 130' HUP INT TERM
	mkdir "$DIR/log"
	sh deploy/lab/lab.sh up "$DIR/lab"
	sh deploy/lab/lab.sh env "$DIR/lab" >"$DIR/env"
	set -a
	# shellcheck disable=SC1091 # written just now
	. "$DIR/env"
	set +a
	: >"$DIR/processes"
	most=6
	for n in $(echo "$perspective_counts" | tr ',' ' '); do
		[ "$n" -lt 13 ] || fail "at most 12 remote perspectives"
		[ "$n" -lt $most ] || most=$((n + 1))
	done
	start_alpn
	start_broker_for $most
	mode_"${mode:-cost}"
}

if [ "${BENCH_INSIDE-}" != yes ]; then
	prepare
	[ -z "$nodes" ] || sh deploy/kafka/local.sh fetch
	if [ "$(id -u)" -ne 0 ]; then
		# The lab's ports 53 and 80 need a network of our own.
		# shellcheck disable=SC2086 # options without blanks
		BENCH_INSIDE=yes exec sh deploy/lab/lab.sh inside \
			sh "$ROOT/tests/bench/run.sh" $all_options
	fi
fi
DIR=$(mktemp -d "${TMPDIR:-/tmp}/mpic-bench-XXXXXX")
. "$ROOT/tests/bench/system.sh"
. "$ROOT/tests/bench/modes.sh"
. "$ROOT/tests/bench/hanging.sh"
main
