#!/bin/sh
# Measure what a decision costs and how long it takes: the floor (the same work
# by bare library calls) and the system, side by side on this machine.  See
# docs/benchmark.md for what the columns mean.
#
#   sh tests/bench/run.sh [--seconds N] [--only caa|http-01] [--quick] [--signed]
#                         [--json] [--keep] [--profile]
#
#   --seconds N  length of each measured window (20)
#   --only KIND  caa or http-01; otherwise both
#   --quick      windows of 5 seconds: to see that it works
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
# programs' kafka sections), BENCH_PRESET (release).
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

seconds=20
kinds="caa http-01"
zone=bulk0.lab
encoding=
keep=no
profile=no
while [ $# -gt 0 ]; do
	case $1 in
	--seconds)
		case ${2-} in
		'' | *[!0-9]* | ????*) fail "--seconds wants a number" ;;
		esac
		seconds=$2
		shift ;;
	--only)
		case ${2-} in
		caa | http-01) kinds=$2 ;;
		*) fail "--only wants caa or http-01" ;;
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

prepare()
{
	sh deploy/install-deps.sh
	mkdir -p "$OUT"
	if command -v ccache >/dev/null 2>&1; then
		export CMAKE_C_COMPILER_LAUNCHER=ccache
	fi
	{ cmake --preset "$PRESET" && cmake --build "build/$PRESET" \
		-j "$JOBS" && cmake --build "build/$PRESET" -j "$JOBS" \
		--target bench_floor bench_load; } >"$OUT/build.log" 2>&1 || {
		tail -n 40 "$OUT/build.log" >&2
		fail "the build failed; see build/bench/build.log"
	}
}

#
# Processes: all that this script starts is ended by its id.
#

started=

spawn()
{
	name=$1
	shift
	"$@" </dev/null >"$DIR/$name.log" 2>&1 &
	started="$started $!"
	echo "$name $!" >>"$DIR/processes"
}

stop_ours()
{
	for pid in $started; do
		kill -TERM "$pid" 2>/dev/null || true
	done
	for pid in $started; do
		wait "$pid" 2>/dev/null || true
	done
	started=
}

clean_up()
{
	trap - EXIT
	stop_ours
	sh deploy/lab/lab.sh down "$DIR/lab" 2>/dev/null || true
	if [ "$keep" = yes ]; then
		echo "bench: logs and settings are in $DIR"
	else
		rm -rf "$DIR"
	fi
}

#
# The system: a coordinator, six perspectives with one worker and one probe
# each, as the demo's but for the number of probes.
#

CODES="ams nyc sao sin syd jnb"

place_of()
{
	case $1 in
	ams) echo ripe 52.37 4.90 ;;
	nyc) echo arin 40.71 -74.01 ;;
	sao) echo lacnic -23.55 -46.63 ;;
	sin) echo apnic 1.35 103.82 ;;
	syd) echo apnic -33.87 151.21 ;;
	jnb) echo afrinic -26.20 28.05 ;;
	esac
}

kafka_section()
{
	cat <<-EOF
	kafka {
		brokers = "$BROKERS"
		partitions = $PARTITIONS
		"fetch.wait.max.ms" = "5"
		${BENCH_KAFKA-}
	}
	EOF
}

key_section()
{
	printf 'key "%s" {\n\trole = %s\n\tpublic_key_file = "%s"\n' \
		"$1" "$2" "$DIR/keys/$1.pub"
	[ "$2" = coordinator ] || printf '\tperspective = %s\n' "$1"
	printf '}\n'
}

write_keys()
{
	mkdir -p "$DIR/keys"
	"$BIN/mpicctl" keygen coordinator --role coordinator --dir "$DIR/keys"
	for code in $CODES; do
		"$BIN/mpicctl" keygen "$code" --perspective "$code" \
			--dir "$DIR/keys"
	done
	"$BIN/mpicctl" keygen --plan-key "$DIR/keys/plan.key"
}

write_coordinator()
{
	cat <<-EOF
	lab = yes
	deployment = bench
	instance = c1
	log_level = warn
	signing_key = "$DIR/keys/coordinator.key"
	plan_key = "$DIR/keys/plan.key"
	public_suffix_list = "$SUFFIXES"
	issuers = { "$CA" }
	plan { primary = ams }
	requests { in_flight_max = 10000 }
	admin {
		listen = "127.$BLOCK.9.1"
		port = $ADMIN_PORT
	}
	EOF
	kafka_section
	for code in $CODES; do
		# shellcheck disable=SC2046 # the three words are wanted apart
		set -- $(place_of "$code")
		printf 'perspective "%s" {\n\trir = %s\n\tlatitude = %s\n' \
			"$code" "$1" "$2"
		printf '\tlongitude = %s\n}\n' "$3"
		key_section "$code" worker
	done
	key_section coordinator coordinator
}

# write_worker CODE VIEW
write_worker()
{
	eval "root=\$VIEW_$2_ROOT anchor=\$VIEW_$2_ANCHOR"
	cat <<-EOF
	lab = yes
	deployment = bench
	instance = $1-1
	perspective = $1
	log_level = warn
	signing_key = "$DIR/keys/$1.key"
	public_suffix_list = "$SUFFIXES"
	heartbeat = 2s
	probe {
		path = "$BIN/mpic-probe"
		count = 1
		trust_anchor_file = "$anchor"
		root_servers = { "$root" }
	}
	guard { allow = { "$DNS_NET", "$WEB_NET" } }
	admin {
		listen = "127.$BLOCK.9.1$2"
		port = $ADMIN_PORT
	}
	EOF
	kafka_section
	key_section coordinator coordinator
}

start_broker()
{
	set --
	for code in $CODES; do
		set -- "$@" --perspective "$code"
	done
	spawn dev-broker "$BIN/mpicctl" dev-broker "$@" \
		--partitions $PARTITIONS --checks-partitions 1 \
		--bootstrap-file "$DIR/brokers"
	tries=0
	until [ -s "$DIR/brokers" ]; do
		tries=$((tries + 1))
		[ $tries -lt $READY_TRIES ] || fail "no broker; --keep and look"
		sleep 0.1
	done
	BROKERS=$(cat "$DIR/brokers")
}

# wait_ready ADDRESS NAME
wait_ready()
{
	tries=0
	until curl -sf "http://$1:$ADMIN_PORT/readyz" >/dev/null 2>&1; do
		tries=$((tries + 1))
		if [ $tries -ge $READY_TRIES ]; then
			tail -n 5 "$DIR/$2.log" >&2
			curl -s "http://$1:$ADMIN_PORT/readyz" >&2 || true
			fail "$2 is not ready"
		fi
		sleep 0.1
	done
}

start_system()
{
	write_keys >/dev/null 2>&1
	write_coordinator >"$DIR/coordinator.conf"
	view=0
	for code in $CODES; do
		view=$((view + 1))
		write_worker "$code" $view >"$DIR/$code.conf"
		spawn "worker-$code" "$BIN/mpic-perspective-worker" \
			--config="$DIR/$code.conf"
	done
	spawn coordinator "$BIN/mpic-coordinator" \
		--config="$DIR/coordinator.conf"
	wait_ready "127.$BLOCK.9.1" coordinator
	view=0
	for code in $CODES; do
		view=$((view + 1))
		wait_ready "127.$BLOCK.9.1$view" "worker-$code"
	done
	while read -r pid _ name; do
		echo "lab-$name $pid" >>"$DIR/processes"
	done <"$DIR/lab/pids"
}

#
# Measuring
#

# load KIND OUTPUT OPTION...
load()
{
	case $1 in
	http-01) what="--http-01=$TOKEN:$KEY_AUTHORIZATION" ;;
	*) what= ;;
	esac
	into=$2
	shift 2
	# shellcheck disable=SC2086 # options without blanks, or none
	"$BENCH/bench_load" --brokers="$BROKERS" --zone="$zone" \
		--partitions=$PARTITIONS --processes="$DIR/processes" \
		--perspectives="$(echo $CODES | tr ' ' ,)" \
		$what $encoding "$@" >"$into" || fail "the load broke off"
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
	worker=$(awk '$1 == "worker-ams" { print $2 }' "$DIR/processes")
	coordinator=$(awk '$1 == "coordinator" { print $2 }' "$DIR/processes")
	profile "$1-coordinator" "$coordinator" &
	profile "$1-worker" "$worker" &
	# The spare probe sleeps: profile all of them.
	profile "$1-probe" "$(pgrep -d, -P "$worker")" &
}

# At most, at half of that, and at rest.
measure_system()
{
	kind=$1
	window=$((seconds * 1000))
	mkdir -p "$DIR/samples-$kind"
	echo "bench: $kind: the system, as fast as it goes" >&2
	[ "$profile" = no ] || profile_all "$kind"
	load "$kind" "$OUT/$kind-full.json" --window=$window \
		--in-flight="$IN_FLIGHT"
	half=$(python3 tests/bench/report.py half "$OUT/$kind-full.json")
	echo "bench: $kind: the system at half of that, $half a second" >&2
	load "$kind" "$OUT/$kind-half.json" --window=$window --trace \
		--rate="$half" --in-flight=5000 --samples="$DIR/samples-$kind"
}

measure_floor()
{
	kind=$1
	echo "bench: $kind: the floor" >&2
	BENCH_ZONE=$zone "$BENCH/bench_floor" "$kind" "$BROKERS" \
		"$DIR/samples-$kind" $((seconds * 1000 / 5)) \
		>"$OUT/$kind-floor.json" || fail "the floor broke off"
}

main()
{
	trap clean_up EXIT
	trap 'exit 130' HUP INT TERM
	sh deploy/lab/lab.sh up "$DIR/lab"
	sh deploy/lab/lab.sh env "$DIR/lab" >"$DIR/env"
	set -a
	# shellcheck disable=SC1091 # written just now
	. "$DIR/env"
	set +a
	: >"$DIR/processes"
	start_broker
	start_system
	echo "bench: at rest" >&2
	load caa "$OUT/rest.json" --in-flight=0 --warm-up=1000 --window=3000
	for kind in $kinds; do
		measure_system "$kind"
	done
	for kind in $kinds; do
		measure_floor "$kind"
	done
	# shellcheck disable=SC2086 # one word each
	python3 tests/bench/report.py table "$OUT" "$zone" $kinds
}

if [ "${BENCH_INSIDE-}" != yes ]; then
	prepare
	if [ "$(id -u)" -ne 0 ]; then
		# The lab's ports 53 and 80 need a network of our own.
		BENCH_INSIDE=yes exec sh deploy/lab/lab.sh inside \
			sh "$ROOT/tests/bench/run.sh" --seconds "$seconds" \
			$(case $kinds in *' '*) ;; *) echo "--only $kinds" ;; esac) \
			$([ $zone = bulk0.lab ] || echo --signed) $encoding \
			$([ $keep = no ] || echo --keep) \
			$([ $profile = no ] || echo --profile)
	fi
fi
DIR=$(mktemp -d "${TMPDIR:-/tmp}/mpic-bench-XXXXXX")
main
