#!/bin/sh
# Build and test everything: one line per suite, a closing line with totals,
# and the exit status says whether all of it passed.
#
#   sh tests/run.sh [--quick] [--ci] [--only WORD]... [--list]
#
#   --quick      the dev build's suites and the checks: no sanitizers, no fuzz
#   --ci         also the second compiler, the release build, layout, tidy, and
#                that the chaos run can fail
#   --only WORD  suites whose name contains WORD; builds they need come along
#   --list       names of the suites
#
# Environment: FUZZ_SECONDS (20) for each fuzz target, JOBS (the processors),
# E2E_SECONDS (300) that one script of tests/e2e may take, CHAOS_SECONDS (900)
# that the chaos run may.
# Logs: build/log/, one per suite. A full run (no --quick, no --only) ends by
# writing docs/conformance.md: which test covers what, and how it ended.
set -u
cd "$(dirname "$0")/.." || exit 70
ROOT=$PWD

FUZZ_SECONDS=${FUZZ_SECONDS:-20}
E2E_SECONDS=${E2E_SECONDS:-300}
CHAOS_SECONDS=${CHAOS_SECONDS:-900}
JOBS=${JOBS:-$(nproc 2>/dev/null || echo 2)}
# Tests mostly wait: for time-outs, brokers, servers.
UNITS=$((JOBS * 2))
PROGRAMS=$((JOBS + 1))
LOG=build/log
# What a person looks for first in the log of failed tests.
TROUBLE=':[0-9]+:[FE]:|ERROR: [A-Za-z]+Sanitizer|runtime error:'

quick=no
ci=no
only=
list=no
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=yes ;;
	--ci) ci=yes ;;
	--list) list=yes ;;
	--only)
		[ $# -gt 1 ] || { echo "run.sh: --only what?" >&2; exit 64; }
		only="$only $2"
		shift ;;
	-h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p;}' "$0"; exit 0 ;;
	*) echo "run.sh: unknown: $1; --help" >&2; exit 64 ;;
	esac
	shift
done

# Suites never read what a person types.
exec </dev/null
mkdir -p $LOG
passed=0
failed=0
child=

# What runs is ended by its own id; it ends what it started.
on_signal()
{
	trap - HUP INT TERM
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null
		wait "$child" 2>/dev/null
	fi
	echo "interrupted: $passed passed, $failed failed"
	exit 130
}
trap on_signal HUP INT TERM

# Runs in the background so that a signal is heard at once.
run_logged()
{
	log=$1
	shift
	"$@" >"$log" 2>&1 &
	child=$!
	wait "$child"
	code=$?
	child=
	return $code
}

now_ms() { date +%s%3N; }

took()
{
	ms=$(($(now_ms) - $1))
	printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
}

slug() { printf '%s' "$1" | tr -cs 'A-Za-z0-9_-' '-' | sed 's/-*$//'; }
log_of() { printf '%s/%s.log' "$LOG" "$(slug "$1")"; }

wanted()
{
	[ -n "$only" ] || return 0
	for word in $only; do
		case $1 in
		*"$word"*) return 0 ;;
		esac
	done
	return 1
}

# A compiler's errors, or the tests that failed, if there are any; else how the
# log ends.
excerpt()
{
	if grep -qE '^FAILED: ' "$1"; then
		grep -E -A 2 '(: |^)(fatal )?error: |undefined reference' "$1" |
			head -n 40
	elif grep -q '^The following tests FAILED:' "$1"; then
		sed -n '/^The following tests FAILED:/,$p' "$1" | head -n 60
	else
		tail -n 40 "$1"
	fi
}

# What tests/checks/outcomes.py reads is of one full run: an earlier one's word
# is none.
is_full() { [ $quick = no ] && [ -z "$only" ]; }

forget_outcomes()
{
	is_full || return 0
	rm -rf $LOG/begun $LOG/outcomes $LOG/fuzz
	rm -f build/*/results/*
}

# Whoever edits a test while it runs has not run what stands there afterwards.
note_beginning()
{
	is_full || return 0
	one "conformance begin" note python3 tests/checks/conformance.py --begin
}

conformance_suite()
{
	is_full || return 0
	one conformance document python3 tests/checks/conformance.py --run
}

# report NAME WHAT GOOD BAD SINCE
report()
{
	printf '%s\t%d\t%d\n' "$1" "$3" "$4" >>$LOG/outcomes
	passed=$((passed + $3))
	failed=$((failed + $4))
	if [ "$4" -eq 0 ]; then
		printf 'ok    %-28s %5d %-8s %10s\n' "$1" "$3" "$2" "$(took "$5")"
		return 0
	fi
	printf 'FAIL  %-28s %5d of %d %s, see %s\n' "$1" "$4" $(($3 + $4)) \
		"$2" "$(log_of "$1")"
	excerpt "$(log_of "$1")" | LC_ALL=C tr -cd '\11\12\40-\176' |
		sed 's/^/      | /'
	return 1
}

# one NAME WHAT COMMAND...: a suite that either passes or does not.
one()
{
	one_name=$1
	one_what=$2
	one_since=$(now_ms)
	shift 2
	if run_logged "$(log_of "$one_name")" "$@"; then
		report "$one_name" "$one_what" 1 0 "$one_since"
	else
		report "$one_name" "$one_what" 0 1 "$one_since"
	fi
}

do_build()
{
	launcher=
	if command -v ccache >/dev/null 2>&1; then
		launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
	fi
	cmake --preset "$1" $launcher || return 1
	[ "${2-}" != configure ] || return 0
	cmake --build --preset "$1" -j "$JOBS" -- -k 0
}

# Each preset is built once; a second suite that needs it learns how it went.
built=" "
broken=" "
build()
{
	case $built in
	*" $1 "*) return 0 ;;
	esac
	case $broken in
	*" $1 "*) return 1 ;;
	esac
	if one "build ($1)" build do_build "$1"; then
		built="$built$1 "
		return 0
	fi
	broken="$broken$1 "
	return 1
}

not_built()
{
	echo "its build failed" >"$(log_of "$1")"
	report "$1" suite 0 1 "$(now_ms)"
}

# Check prints a count of checks per program; a program that ended without one
# (a crash, a time-out, no Check in it) counts as ctest saw it.
count_ctest()
{
	awk '
	/^[0-9]+: [0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ {
		id = $1 + 0
		gsub(/[,:%]/, " ")
		good[id] += $4 - $6 - $8
		if ($4 == 0) bad[id]++	# ran nothing: nothing was seen to pass
		bad[id] += $6 + $8
		next
	}
	/^ *[0-9]+\/[0-9]+ Test +#[0-9]+:/ {
		id = $0
		sub(/^[^#]*#/, "", id)
		id += 0
		ran[id] = 1
		ok[id] = /   Passed +[0-9.]+ sec/
	}
	END {
		for (id in ran) {
			g += good[id]
			b += bad[id]
			if (ok[id] && !good[id] && !bad[id]) g++
			if (!ok[id] && !bad[id]) b++
		}
		print g + 0, b + 0
	}' "$1"
}

# ctest_suite LABEL PRESET JOBS
ctest_suite()
{
	suite="$1 ($2)"
	wanted "$suite" || return 0
	# No unit test at all would be a mistake; the other kinds may be absent.
	if [ "$1" != unit ] && [ -z "$(ls tests/"$1"/*.c 2>/dev/null)" ]; then
		return 0
	fi
	build "$2" || { not_built "$suite"; return 1; }
	since=$(now_ms)
	log=$(log_of "$suite")
	run_logged "$log" ctest --preset "$2" -L "^$1\$" -j "$3" -V \
		--no-tests=error --output-junit "$ROOT/build/$2/results/$1.xml"
	code=$?
	# shellcheck disable=SC2046 # two numbers
	set -- $(count_ctest "$log")
	if [ $code -ne 0 ] && [ "$2" -eq 0 ]; then
		set -- "$1" 1
	fi
	if [ "$2" -gt 0 ]; then
		summary=$(grep -hE "^[0-9]+: .*($TROUBLE)" "$log")
		printf '\n%s\n' "$summary" >>"$log"
	fi
	report "$suite" tests "$1" "$2" "$since"
}

# Scripts that mostly wait for brokers' time-outs say so with a line of their
# own, and run once.
runs_with()
{
	[ -e "$2" ] || return 1
	[ "$1" = dev ] || ! grep -qx '# Runs with the dev build only.' "$2"
}

# Scripts of tests/e2e start real programs; BUILD_DIR says which.
e2e_suites()
{
	for script in tests/e2e/*.sh; do
		runs_with "$1" "$script" || continue
		suite="e2e $(basename "$script" .sh) ($1)"
		wanted "$suite" || continue
		build "$1" || { not_built "$suite"; continue; }
		one "$suite" script env BUILD_DIR="$ROOT/build/$1" CI=true \
			KAFKA_JVM=-XX:TieredStopAtLevel=1 \
			timeout -k 20 "$E2E_SECONDS" sh "$script"
	done
}

# A seed that stays, so that a failure is the code's.
chaos_suite()
{
	suite="chaos (dev)"
	wanted "$suite" || return 0
	build dev || { not_built "$suite"; return 1; }
	one "$suite" run env BUILD_DIR="$ROOT/build/dev" \
		timeout -k 60 "$CHAOS_SECONDS" \
		sh tests/chaos/run.sh --minutes 4 --seed 1
}

# What the chaos run's checker must find, and what it must not.
prove_suite()
{
	suite="prove (dev)"
	wanted "$suite" || return 0
	build dev || { not_built "$suite"; return 1; }
	one "$suite" run env BUILD_DIR="$ROOT/build/dev" \
		timeout -k 60 "$CHAOS_SECONDS" sh tests/chaos/prove.sh
}

# New inputs gather in build/fuzz/corpus, so that the next run starts from them.
fuzz_one()
{
	target=$1
	name=$(basename "$target")
	mkdir -p "build/fuzz/corpus/$name" "$LOG/fuzz"
	set -- "build/fuzz/corpus/$name"
	if [ -d "tests/fuzz/corpus/$name" ]; then
		set -- "$@" "tests/fuzz/corpus/$name"
	fi
	timeout -k 10 $((FUZZ_SECONDS + 90)) "$target" \
		-max_total_time="$FUZZ_SECONDS" -timeout=10 \
		-rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$LOG/fuzz/$name." "$@" \
		>"$LOG/fuzz/$name.log" 2>&1
	echo $? >"$LOG/fuzz/$name.code"
}

fuzz_pairs()
{
	second=
	# A pair is ended with the script: libFuzzer has its own clock besides.
	trap 'kill $first $second 2>/dev/null; wait; exit 130' HUP INT TERM
	first=
	while [ $# -gt 0 ]; do
		fuzz_one "$1" &
		first=$!
		second=
		shift
		if [ $# -gt 0 ] && [ "$JOBS" -gt 1 ]; then
			fuzz_one "$1" &
			second=$!
			shift
		fi
		wait
	done
}

fuzz_suite()
{
	suite="fuzz ${FUZZ_SECONDS}s each"
	wanted "$suite" || return 0
	build fuzz || { not_built "$suite"; return 1; }
	targets=$(find build/fuzz/fuzz -maxdepth 1 -type f -name 'fuzz_*' \
		-perm -u+x 2>/dev/null | LC_ALL=C sort)
	[ -n "$targets" ] || return 0
	rm -rf $LOG/fuzz
	since=$(now_ms)
	log=$(log_of "$suite")
	# shellcheck disable=SC2086 # one word per target
	run_logged "$log" fuzz_pairs $targets
	good=0
	bad=0
	for target in $targets; do
		name_of=$(basename "$target")
		if [ "$(cat "$LOG/fuzz/$name_of.code" 2>/dev/null)" = 0 ]; then
			good=$((good + 1))
		else
			bad=$((bad + 1))
			echo "$name_of failed: $LOG/fuzz/$name_of.log" >>"$log"
			tail -n 25 "$LOG/fuzz/$name_of.log" >>"$log"
		fi
	done
	report "$suite" targets $good $bad "$since"
}

# clang-tidy wants to know how files are compiled, not that they were.
tidy_after()
{
	do_build clang configure && sh "$1"
}

check_suites()
{
	for script in tests/checks/*.sh; do
		suite="check $(basename "$script" .sh)"
		case $suite in
		*" format" | *" tidy") [ $ci = yes ] || continue ;;
		esac
		wanted "$suite" || continue
		if [ "$suite" = "check tidy" ]; then
			one "$suite" check tidy_after "$script"
			continue
		fi
		one "$suite" check sh "$script"
	done
}

list_suites()
{
	for preset in dev san clang; do
		[ $preset = dev ] || [ $quick = no ] || continue
		[ $preset != clang ] || [ $ci = yes ] || continue
		echo "unit ($preset)"
		[ $preset = clang ] || echo "integration ($preset)"
		[ $preset = clang ] || echo "simulation ($preset)"
		for script in tests/e2e/*.sh; do
			[ $preset != clang ] && runs_with $preset "$script" &&
				echo "e2e $(basename "$script" .sh) ($preset)"
		done
		[ $preset != dev ] || echo "chaos (dev)"
	done
	[ $quick = yes ] || echo "fuzz ${FUZZ_SECONDS}s each"
	for script in tests/checks/*.sh; do
		echo "check $(basename "$script" .sh)"
	done
	[ $ci = no ] || printf '%s\n' "prove (dev)" release
	[ $quick = yes ] || printf '%s\n' "conformance begin" conformance
}

if [ $list = yes ]; then
	list_suites | while IFS= read -r name; do
		wanted "$name" && echo "$name"
	done
	exit 0
fi

started=$(now_ms)
forget_outcomes
if [ -n "$(sh deploy/install-deps.sh --missing 2>&1)" ]; then
	one "dependencies" install sh deploy/install-deps.sh --all || {
		echo "$passed passed, $failed failed"
		exit 1
	}
fi

note_beginning
check_suites
ctest_suite unit dev $UNITS
ctest_suite integration dev $PROGRAMS
ctest_suite simulation dev "$JOBS"
e2e_suites dev
chaos_suite
if [ $ci = yes ]; then
	prove_suite
	ctest_suite unit clang $UNITS
	if wanted release; then
		build release
	fi
fi
if [ $quick = no ]; then
	ctest_suite unit san $UNITS
	ctest_suite integration san $PROGRAMS
	ctest_suite simulation san "$JOBS"
	e2e_suites san
	fuzz_suite
fi
conformance_suite

if [ $((passed + failed)) -eq 0 ]; then
	echo "run.sh: no suite is named like:$only" >&2
	failed=1
fi
echo "took $(took "$started"); logs in $LOG"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
