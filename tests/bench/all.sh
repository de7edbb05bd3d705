#!/bin/sh
# All that docs/benchmark.md has figures of on Apache Kafka, one after the other,
# and at the end its tables in Markdown; about a quarter of an hour.
#
#   sh tests/bench/all.sh [--seconds N] [--quick]
#
#   --seconds N  length of each measured window (10)
#   --quick      3, and a backlog of 5,000: to see that it works
#
# The machine should have nothing else to do; its load is printed beside the
# figures.  What each step printed is in build/bench/all/STEP.txt.
set -eu
cd "$(dirname "$0")/../.."
OUT=build/bench
ALL=$OUT/all

seconds=10
count=200000
while [ $# -gt 0 ]; do
	case $1 in
	--seconds)
		seconds=${2-}
		shift $(($# > 1)) ;;
	--quick)
		seconds=3
		count=5000 ;;
	-h | --help)
		sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p;}' "$0"
		exit 0 ;;
	*)
		sh "$0" --help >&2
		exit 64 ;;
	esac
	shift
done

# step NAME COMMAND...: one that fails does not end the others.
step()
{
	name=$1
	shift
	echo "bench: $name" >&2
	begun=$(cut -d ' ' -f 1 /proc/loadavg)
	"$@" >"$ALL/$name.txt" || {
		echo "bench: $name was not measured" >&2
		missing="$missing $name"
	}
	echo "$name: load average $begun before," \
		"$(cut -d ' ' -f 1 /proc/loadavg) after" >>"$ALL/load"
}

# cost NAME OPTION...: keeps its figures
cost()
{
	name=$1
	shift
	rm -f "$OUT/result.json"
	step "$name" sh tests/bench/run.sh --kafka --seconds $seconds "$@"
	[ ! -f "$OUT/result.json" ] || cp "$OUT/result.json" "$ALL/$name.json"
}

mode()
{
	step "$1" env BENCH_MARKDOWN=yes sh tests/bench/run.sh --kafka \
		--seconds $seconds "--$@"
}

missing=
rm -rf "$ALL"
mkdir -p "$ALL"
cost tls
cost plaintext --plaintext --only caa
cost workers-2 --workers 2 --only caa
mode perspectives 2,4,6,8,12
mode failover
mode overload
step backlog sh tests/bench/backlog.sh --count $count
echo
python3 tests/bench/report.py page "$ALL"
for name in perspectives failover overload backlog; do
	echo
	echo "**$name**"
	echo
	cat "$ALL/$name.txt"
done
echo
cat "$ALL/load"
[ -z "$missing" ] || {
	echo "bench: not measured:$missing" >&2
	exit 1
}
