#!/bin/sh
# hanging.sh -- what targets that hang do to those that don't, and what they cost;
# read with "." by run.sh.

HANG_MS=10000	# time allowed to each that hangs: after it as many end as begin
HANG_PROBES=3	# of the worker whose memory is measured
HANG_LOOKS=24	# at it while all hang, two a second

# Where they hang: each in a registrable domain of its own, all in one, and all
# of one tenant of the address that the healthy ones share, too.
hanging_cases()
{
	case $1 in
	caa) echo many one ;;
	*) echo many one shared ;;
	esac
}

# hanging_zone KIND CASE: names below it never get an answer
hanging_zone()
{
	case $1-$2 in
	caa-many) echo mute-dns.lab ;;
	caa-one) echo dns-mute.lab ;;
	*-many) echo mute-web.lab ;;
	*-one) echo http-mute.lab ;;
	tls-alpn-01-shared) echo cdn-alpn.lab ;;
	*-shared) echo cdn-web.lab ;;
	esac
}

# mute_load KIND CASE OPTION...: until it is killed; what becomes of it is not
# measured.
mute_load()
{
	targets=$(hanging_zone "$1" "$2")
	what=$1
	shift 2
	begin=exec
	load "$what" /dev/null --window=600000 "$@" 2>"$DIR/log/mute-load.out"
}

end_mute_load()
{
	kill "$mute" 2>/dev/null ||
		fail "the load that hangs broke off: $(cat \
			"$DIR/log/mute-load.out")"
	wait "$mute" 2>/dev/null || true
}

primary()
{
	worker_names | head -n 1
}

# healthy KIND NAME WARM-UP
healthy()
{
	load "$1" "$OUT/hanging-$1-$2.json" --warm-up="$3" --window=$window \
		--rate="$rate" --in-flight=1000000
	metric "$(primary)" >"$OUT/hanging-$1-$2.metrics"
}

# The same load of healthy targets, alone, then with three hanging ones to every
# seven, then alone again.
mode_hanging()
{
	rate=${BENCH_RATE:-70}
	hanging_rate=$((rate * 3 / 7))
	start_system 6
	warm_up "$kind"
	for kind in $kinds; do
		say "$kind: $rate healthy targets a second"
		healthy "$kind" alone 3000
		for case in $(hanging_cases "$kind"); do
			say "$kind: and $hanging_rate that hang ($case)"
			mute_load "$kind" "$case" --rate=$hanging_rate \
				--time-allowed=$HANG_MS --in-flight=1000000 &
			mute=$!
			healthy "$kind" "$case" $((HANG_MS + 1000))
			end_mute_load
		done
		say "$kind: alone again"
		healthy "$kind" again $((HANG_MS + 2000))
	done
	# shellcheck disable=SC2086 # one word each
	python3 tests/bench/hanging.py latency "$OUT" "$rate" $kinds
}

#
# Memory
#

# roomy NAME: settings with which as many as are wanted may hang for as long as
# they are looked at.
roomy()
{
	sed -i -e "s/^\\tcount = 1\$/\\tcount = $HANG_PROBES/" -e '1i\
drain = 0s' "$DIR/conf/$1.conf"
	# each is of a domain of its own, but all at one web server
	echo "in_flight_max = $((count + 1000))
fairness { hanging_address_max = $((count + 1000)) }" >>"$DIR/conf/$1.conf"
}

# resident PID...: together, KiB
resident()
{
	for pid in "$@"; do
		sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' \
			"/proc/$pid/status" 2>/dev/null
	done | awk '{ sum += $1 } END { print sum + 0 }'
}

# look NAME: checks that hang, the worker's KiB, and its probes'
look()
{
	worker=$(pid_of "worker-$1")
	hang=$(metric "$1" | sed -n 's/^mpic_worker_checks_hanging //p')
	# shellcheck disable=SC2046 # an id each
	echo "$hang $(resident "$worker") $(resident $(pgrep -P "$worker"))"
}

# watch NAME: looks until it becomes fewer, or HANG_LOOKS after all hang: second
# tries of lookups fall into that
watch()
{
	most=0
	left=$HANG_LOOKS
	for _ in $(seq 240); do
		look "$1"
		[ "$hang" -lt "$count" ] || left=$((left - 1))
		[ $left -gt 0 ] || return 0
		[ "$hang" -ge $((most * 9 / 10)) ] || return 0
		[ "$hang" -le "$most" ] || most=$hang
		sleep 0.5
	done
}

# As many checks as wanted, all at once, for names of which each is a registrable
# domain of its own; each kind in processes that did nothing before, and with a
# broker that has nothing to restore.
mode_hanging_memory()
{
	count=${BENCH_HANGING:-10000}
	MPIC_DEMO_ATTEMPT=120s
	for kind in $kinds; do
		start_system 6
		say "$kind: $count checks that hang"
		{
			sleep 1
			look "$(primary)"
			mute_load "$kind" many --in-flight="$count" \
				--time-allowed=240000 &
			mute=$!
			watch "$(primary)"
			end_mute_load
		} >"$OUT/hanging-$kind.memory"
		stop_system
		restart_broker
	done
	# shellcheck disable=SC2086 # one word each
	python3 tests/bench/hanging.py memory "$OUT" "$count" $kinds
}
