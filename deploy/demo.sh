#!/bin/sh
# The whole system in a laboratory, from the topic of requests to signed
# issuance decisions: a Kafka broker in a process, a coordinator, a primary and
# five remote perspectives, real name servers (nsd) and a real web server
# (nginx) on loopback, each perspective with its own view of that Internet.
# Sends check requests, shows the decisions and who saw what, and compares them
# with what they must be.
#
#   sh deploy/demo.sh              exit 0 if each decision is as expected
#   sh deploy/demo.sh --keep       and leave it running; says how to use it
#   sh deploy/demo.sh --stop DIR   end what --keep left running in DIR
#   sh deploy/demo.sh --start DIR NAME   start a killed program of it again
#
#   --kafka       Apache Kafka on loopback (deploy/kafka/local.sh) instead of
#                 the broker in a process: TLS client certificates, the
#                 manifest's topics and rights, records that outlive processes
#   --nodes 1|3   its brokers (default 1)
#   --coordinators N, --workers N   processes; workers of each perspective
#                 (default 1): coordinator, coordinator2 ..., fra, fra2 ...
#   --partitions P   of requests, attempts, results, decisions (default 12)
#   --idle        as --keep, and send no requests
#   --internet    IANA's root and real names instead of the laboratory's
#   --dir DIR     a new folder for all files (default: one in /tmp)
#
# Installs what is missing and builds; with BUILD_DIR in the environment it
# takes the programs of BUILD_DIR/bin instead.
set -eu
umask 077

ROOT=$(cd "$(dirname "$0")/.." && pwd)
HERE=$ROOT/deploy/demo
LAB=$ROOT/deploy/lab/lab.sh
. "$ROOT/deploy/lab/processes.sh"
. "$HERE/broker.sh"
. "$HERE/settings.sh"

all_run=is_up
READY_TRIES=600		# of 50 ms each, until everything must be ready
WATCH_SECONDS=10
IANA_ROOTS="198.41.0.4 192.33.4.12 193.0.14.129"

say()
{
	now=$(date +%s%3N)
	took=$((now - ${since:=$now}))
	printf '[%2d.%d s] %s\n' $((took / 1000)) $((took % 1000 / 100)) "$*"
}

fail()
{
	echo "demo: $*" >&2
	exit 1
}

usage()
{
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p;}' "$0"
}

#
# Before it starts
#

install_and_build()
{
	sh "$ROOT/deploy/install-deps.sh"
	if command -v ccache >/dev/null 2>&1; then
		export CMAKE_C_COMPILER_LAUNCHER=ccache
	fi
	say "building (the first time takes some minutes) ..."
	log=$ROOT/build/demo-build.log
	mkdir -p "$ROOT/build"
	if ! (cd "$ROOT" && cmake --preset release &&
		cmake --build --preset release) >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		fail "the build failed; all of it is in $log"
	fi
	BUILD_DIR=$ROOT/build/release
}

find_programs()
{
	[ -n "${BUILD_DIR-}" ] || install_and_build
	PROGRAMS=$(cd "$BUILD_DIR/bin" && pwd)
	for program in mpicctl mpic-coordinator mpic-perspective-worker \
		mpic-probe; do
		[ -x "$PROGRAMS/$program" ] ||
			fail "$PROGRAMS/$program is missing"
	done
}

# The laboratory's servers want ports 53, 80 and 443: here, or in a network of
# our own.
go_inside()
{
	if [ $internet = yes ] || sh "$LAB" fits; then
		return 0
	fi
	[ -z "${MPIC_DEMO_INSIDE-}" ] || fail "ports 53, 80, 443 are not free"
	say "ports 53, 80, 443 are not ours here: in a network of our own"
	MPIC_DEMO_INSIDE=user
	[ "$(id -u)" -ne 0 ] || MPIC_DEMO_INSIDE=root
	export BUILD_DIR MPIC_DEMO_INSIDE
	exec sh "$LAB" inside sh "$0" "$@"
}

need_internet()
{
	for server in $IANA_ROOTS; do
		if dig +time=2 +tries=1 +norecurse "@$server" . SOA 2>/dev/null |
			grep -q 'status: NOERROR'; then
			return 0
		fi
	done
	fail "no root name server answers ($IANA_ROOTS): this machine has no" \
		"direct way to the Internet on UDP port 53, and --internet" \
		"needs one"
}

#
# Starting
#

# In the background, so that a signal is heard at once; what runs is told of it.
run()
{
	"$@" &
	child=$!
	code=0
	wait $child || code=$?
	child=
	return $code
}

start_daemon()
{
	case $1 in
	broker)
		# shellcheck disable=SC2046 # one word a line
		set -- broker "$PROGRAMS/mpicctl" dev-broker \
			$(dev_broker_options) ;;
	coordinator*)
		set -- "$1" "$PROGRAMS/mpic-coordinator" \
			--config "$DIR/conf/$1.conf" ;;
	*)
		set -- "$1" "$PROGRAMS/mpic-perspective-worker" \
			--config "$DIR/conf/$1.conf" ;;
	esac
	: >"$DIR/log/$1.out"
	spawn "$@"
	echo "$spawned" >"$DIR/pid/$1"
}

only_spawned()
{
	[ "$(start_time "$spawned")" = "$started" ]
}

# await WHAT COMMAND...: until it is true, or what must run does not.
await()
{
	awaited=$1
	shift
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		$all_run || fail "a program ended; $(who_ended)"
		[ $tries -lt $READY_TRIES ] || fail "$awaited is not ready"
		sleep 0.05
	done
}

who_ended()
{
	while read -r pid started name; do
		is_running "$pid" "$started" || {
			echo "$name said:"
			tail -n 5 "$DIR/log/$name.out"
		}
	done <"$DIR/pids"
}

admin_port()
{
	sed -n 's/.*"admin_port":\([0-9]*\).*/\1/p' "$DIR/log/$1.out" | tail -n 1
}

ask_admin()
{
	port=$(admin_port "$1")
	[ -n "$port" ] && curl -fsS -m 2 --noproxy '*' \
		"http://127.0.0.1:$port$2" 2>/dev/null
}

is_ready()
{
	ask_admin "$1" /readyz >/dev/null
}

# knows_all_alive COORDINATOR: all workers of all perspectives
knows_all_alive()
{
	alive=$(ask_admin "$1" /metrics | grep -c \
		"^mpic_perspective_instances{.*} $workers\$") || return 1
	[ "$alive" -eq "$(codes | wc -l)" ]
}

start_all()
{
	if [ $internet = no ]; then
		say "starting the laboratory's name servers and web servers"
		# shellcheck disable=SC2086 # options, if any
		run sh "$LAB" up "$DIR/lab" --views "$(codes | wc -l)" $MPIC_DEMO_LAB
		sh "$LAB" env "$DIR/lab" >"$DIR/env"
	else
		echo "CA=pki.goog" >"$DIR/env"
	fi
	start_broker
	make_keys
	write_settings
	say "starting coordinators: $coordinators, perspectives:" \
		"$(codes | tr '\n' ' ')"
	for name in $(coordinator_names) $(worker_names); do
		start_daemon "$name"
	done
	for name in $(coordinator_names) $(worker_names); do
		await "$name" is_ready "$name"
	done
	for name in $(coordinator_names); do
		await "$name's view of the perspectives" knows_all_alive "$name"
	done
	say "all are ready"
}

#
# The requests
#

# The table is for people; what is compared comes from "watch".
run_cases()
{
	cases=$DIR/cases
	if [ $internet = yes ]; then
		cp "$HERE/internet.cases" "$cases"
	elif [ "$(lab V6)" = yes ]; then
		cat "$HERE/lab.cases" "$HERE/lab6.cases" >"$cases"
	else
		say "no IPv6 addresses for the laboratory here:" \
			"what lab6.cases asks is left out"
		cp "$HERE/lab.cases" "$cases"
	fi
	python3 "$HERE/cases.py" requests "$cases" "$DIR/env" \
		>"$DIR/requests.jsonl"
	count=$(wc -l <"$DIR/requests.jsonl")
	say "submitting $count requests: mpicctl submit"
	echo
	code=0
	"$PROGRAMS/mpicctl" submit --config "$DIR/conf/mpicctl.conf" \
		--output table --file "$DIR/requests.jsonl" || code=$?
	echo
	# 3: the worst that is expected is "rejected".
	[ $code -eq 3 ] || fail "mpicctl submit: exit code $code"
	timeout $WATCH_SECONDS "$PROGRAMS/mpicctl" watch --json \
		--config "$DIR/conf/mpicctl.conf" \
		--from beginning --count "$count" >"$DIR/answers.jsonl" ||
		fail "mpicctl watch did not show $count decisions"
	python3 "$HERE/cases.py" compare "$cases" "$DIR/answers.jsonl" \
		>"$DIR/compared" || {
		cat "$DIR/compared" >&2
		fail "not every decision is as $cases says"
	}
	say "$(tail -n 1 "$DIR/compared"), each signature verified"
}

#
# Ending
#

# What does not end keeps nothing else from its end.
end_all()
{
	failed=0
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	stop_but broker
	stop_broker || failed=1
	stop_all
	[ ! -d "$DIR/lab" ] || sh "$LAB" down "$DIR/lab" || failed=1
	return $failed
}

on_exit()
{
	code=$?
	trap - EXIT
	trap '' HUP INT TERM
	end_all || code=1
	if [ $code -eq 0 ] || [ $code -ge 128 ]; then
		rm -rf "$DIR"
	else
		echo "demo: failed; logs in $DIR/log, settings in $DIR/conf," \
			"answers in $DIR/answers.jsonl" >&2
	fi
	exit $code
}

is_demo()
{
	[ -f "$1/demo" ] || fail "$1 holds no demo"
	DIR=$(cd "$1" && pwd)
	. "$DIR/demo"
}

do_stop()
{
	is_demo "$1"
	end_all
	echo "stopped; its logs are still in $DIR/log"
}

do_start()
{
	is_demo "$1"
	[ -f "$DIR/pids" ] && [ -f "$DIR/pid/$2" ] || fail "no $2 in $DIR"
	[ "$2" != broker ] ||
		fail "a new broker has a new address, and no records"
	if [ -n "$ENTER" ] && [ -z "${MPIC_DEMO_INSIDE-}" ]; then
		export MPIC_DEMO_INSIDE=yes
		exec $ENTER sh "$0" --start "$DIR" "$2"
	fi
	[ -z "$(id_of "$2")" ] || fail "$2 is running"
	grep -v " $2\$" "$DIR/pids" >"$DIR/pids.new" || true
	mv "$DIR/pids.new" "$DIR/pids"
	start_daemon "$2"
	all_run=only_spawned
	await "$2" is_ready "$2"
	echo "$2 is ready, process $(cat "$DIR/pid/$2")"
}

# For later calls, and for people: how to get where it runs.
remember()
{
	ENTER=
	if [ -n "${MPIC_DEMO_INSIDE-}" ]; then
		# The owner of a namespace of users keeps his powers in it.
		users=
		[ "${MPIC_DEMO_INSIDE}" = root ] || users="-U --preserve-credentials"
		# A server of the laboratory: nothing here ends those.
		inside=$(sed -n '1s/ .*//p' "$DIR/lab/pids")
		ENTER="nsenter -t $inside -n $users"
	fi
	cat >"$DIR/demo" <<END
PROGRAMS='$PROGRAMS'
internet=$internet
nodes=$nodes
ENTER='$ENTER'
END
}

do_demo()
{
	find_programs
	# Not from inside, where there is no way to Maven Central.
	[ -z "$nodes" ] || [ -n "${MPIC_DEMO_INSIDE-}" ] || sh "$KAFKA" fetch
	go_inside "$@"
	[ $internet = no ] || need_internet
	if [ -n "$dir" ]; then
		mkdir "$dir" || fail "$dir must be a new folder"
	else
		dir=$(mktemp -d "${TMPDIR:-/tmp}/mpic-demo.XXXXXX")
	fi
	DIR=$(cd "$dir" && pwd)
	mkdir "$DIR/log" "$DIR/pid" "$DIR/keys" "$DIR/conf"
	trap on_exit EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	say "a laboratory in $DIR: its decisions are worth nothing outside it"
	start_all
	remember
	[ $idle = yes ] || run_cases
	if [ $keep = yes ]; then
		trap - EXIT
		. "$HERE/howto.sh"
	fi
}

keep=no
idle=no
internet=no
kafka=no
nodes=
coordinators=1
workers=1
partitions=12
dir=
child=
starter=run

wrong_usage()
{
	usage >&2
	exit 64
}

# want NAME VALUE MOST: a number
want()
{
	case $2 in
	[1-9] | [1-9][0-9] | [1-9][0-9][0-9]) ;;
	*) wrong_usage ;;
	esac
	[ "$2" -le "$3" ] || fail "--$1 wants 1 to $3"
	eval "$1=\$2"
}

given=$#
while [ $given -gt 0 ]; do
	case $1 in
	--keep) keep=yes ;;
	--idle) keep=yes idle=yes ;;
	--internet) internet=yes ;;
	--kafka) kafka=yes ;;
	--dir | --nodes | --coordinators | --workers | --partitions)
		[ $given -gt 1 ] || wrong_usage
		case $1 in
		--dir) dir=$2 ;;
		--nodes) want nodes "$2" 3 ;;
		--partitions) want partitions "$2" 999 ;;
		*) want "${1#--}" "$2" 9 ;;
		esac
		set -- "$@" "$1"
		shift
		given=$((given - 1)) ;;
	--stop)
		[ $given -eq 2 ] || wrong_usage
		do_stop "$2"
		exit ;;
	--start)
		[ $given -eq 3 ] || wrong_usage
		do_start "$2" "$3"
		exit ;;
	-h | --help) usage; exit 0 ;;
	*) wrong_usage ;;
	esac
	# Kept, in order, for a second start inside a network of our own.
	set -- "$@" "$1"
	shift
	given=$((given - 1))
done
[ $kafka = yes ] || [ -z "$nodes" ] || fail "--nodes goes with --kafka"
[ $kafka = no ] || nodes=${nodes:-1}
do_demo "$@"
