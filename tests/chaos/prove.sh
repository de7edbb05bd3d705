#!/bin/sh
# That the chaos run can fail: coordinators with fencing, with the chain made
# anew after an abort, with plan-before-dispatch taken out, one at a time. The
# checker must find each, and nothing with the whole coordinator in its place.
#
#   sh tests/chaos/prove.sh [NAME...]      by constructed schedules; minutes
#   sh tests/chaos/prove.sh --run [NAME...]   and by the chaos run besides
#
# NAME: no-fencing, no-chain-check, no-plan-first. With BUILD_DIR in the
# environment it takes those programs, else build/dev.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD_DIR:-build/dev}
PYTHON=/usr/bin/python3	# Debian's, with its packages

run=no
case ${1-} in
--run) run=yes; shift ;;
-*) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p;}' "$0"; exit 64 ;;
esac

sh deploy/install-deps.sh --kafka
for program in points no-fencing no-chain-check no-plan-first; do
	[ -x "$BUILD/chaos/mpic-coordinator-$program" ] || {
		echo "prove: $BUILD/chaos/mpic-coordinator-$program is not" \
			"built: cmake --build $BUILD" >&2
		exit 1
	}
done
$PYTHON tests/chaos/prove.py "$BUILD" "$@"
[ $run = yes ] || exit 0
[ $# -gt 0 ] || set -- no-fencing no-chain-check no-plan-first
for name; do
	log=$(mktemp)
	if sh tests/chaos/run.sh --minutes 4 \
		--damaged "mpic-coordinator-$name" >"$log" 2>&1 ||
		! grep -q '^wrong: ' "$log"; then
		tail -n 30 "$log"
		echo "prove: the run does not find $name; see $log" >&2
		exit 1
	fi
	grep '^wrong: ' "$log" | head -n 3
	echo "prove: the run finds $name"
	rm -f "$log"
done
