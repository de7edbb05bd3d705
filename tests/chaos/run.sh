#!/bin/sh
# Chaos on Apache Kafka: three brokers, two coordinators, two workers of each
# perspective, real name and web servers, steady load; programs and brokers are
# killed, paused and restarted by a schedule that a seed draws, and some worst
# moments come in every run.  At the end a checker that shares no code with the
# product reads the topics: one answer for every request (promise 1), a chain,
# signatures and results that bear each decision out.
#
#   sh tests/chaos/run.sh [--minutes N] [--seed S] [--rate R] [--dir DIR]
#
#   --minutes N   how long (default 4, and the least); checking comes after
#   --seed S      which schedule (default 1)
#   --rate R      requests a second (default 13)
#   --dir DIR     a new folder for all files (default: one in /tmp)
#   --keep        the files stay, also if all is well
#   --damaged X   with coordinators BUILD_DIR/chaos/X, to see it found out
#   --list        print the schedule, do nothing
#
# Exit status 0 only if nothing was wrong; else DIR stays, with faults.log,
# world/log and the topics in dump/.  With BUILD_DIR in the environment it takes
# those programs, else build/dev.
set -eu
umask 077
cd "$(dirname "$0")/../.."
ROOT=$PWD
: "${BUILD_DIR:=$ROOT/build/dev}"
export BUILD_DIR
PYTHON=/usr/bin/python3	# Debian's, with its packages
PARTITIONS=6

usage()
{
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p;}' "$0"
}

wrong_usage()
{
	usage >&2
	exit 64
}

fail()
{
	echo "chaos: $*" >&2
	exit 1
}

minutes=4
seed=1
rate=13
dir=
damaged=
keep=no
list=
given=$#
while [ $given -gt 0 ]; do
	case $1 in
	--minutes | --seed | --rate | --dir | --damaged)
		[ $given -gt 1 ] || wrong_usage
		case $1 in
		--minutes | --seed | --rate)
			case $2 in
			'' | *[!0-9]*) wrong_usage ;;
			esac ;;
		esac
		eval "${1#--}=\$2"
		set -- "$@" "$1"
		shift
		given=$((given - 1)) ;;
	--keep) keep=yes ;;
	--list) list=--list ;;
	-h | --help) usage; exit 0 ;;
	*) wrong_usage ;;
	esac
	# Kept, in order, for a second start inside a network of our own.
	set -- "$@" "$1"
	shift
	given=$((given - 1))
done
[ "$minutes" -ge 4 ] || fail "--minutes wants 4 at least"
if [ -n "$list" ]; then
	exec $PYTHON tests/chaos/drive.py --list --minutes "$minutes" \
		--seed "$seed"
fi

if [ -z "${MPIC_CHAOS_INSIDE-}" ]; then
	# Not from inside, where there is no way to packages and jars.
	sh deploy/install-deps.sh --kafka
	sh deploy/kafka/local.sh fetch
	export MPIC_CHAOS_INSIDE=yes
	exec sh deploy/lab/lab.sh inside sh "$0" "$@"
fi

child=
on_exit()
{
	code=$?
	trap - EXIT
	trap '' HUP INT TERM
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	[ ! -f "$DIR/world/demo" ] ||
		sh deploy/demo.sh --stop "$DIR/world" >"$DIR/stop" 2>&1 ||
		{ cat "$DIR/stop" >&2; code=1; }
	if [ $code -ge 128 ] || { [ $code -eq 0 ] && [ $keep = no ]; }; then
		rm -rf "$DIR"
	else
		echo "chaos: all of it is in $DIR; to check once more:" \
			"python3 tests/chaos/check.py $DIR/dump"
	fi
	exit $code
}

# In the background, so that a signal is heard at once.
run()
{
	"$@" &
	child=$!
	code=0
	wait $child || code=$?
	child=
	return $code
}

if [ -n "$dir" ]; then
	mkdir "$dir" || fail "$dir must be a new folder"
else
	dir=$(mktemp -d "${TMPDIR:-/tmp}/mpic-chaos.XXXXXX")
fi
DIR=$(cd "$dir" && pwd)
trap on_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

echo "chaos: seed $seed, $minutes minutes, $rate requests a second, in $DIR"
# Brokers restart often: what their Java would gain by a better compiler it does
# not live to see.
export KAFKA_JVM=-XX:TieredStopAtLevel=1
export MPIC_DEMO_ATTEMPT=10s MPIC_DEMO_EARLY=deny
run sh deploy/demo.sh --kafka --nodes 3 --coordinators 2 --workers 2 \
	--partitions $PARTITIONS --idle --dir "$DIR/world" >"$DIR/up" 2>&1 || {
	tail -n 40 "$DIR/up"
	fail "the world does not start"
}
run $PYTHON tests/chaos/drive.py --dir "$DIR" --build "$BUILD_DIR" \
	--minutes "$minutes" --seed "$seed" --rate "$rate" \
	--partitions $PARTITIONS ${damaged:+--damaged "$damaged"}
