#!/bin/sh
# modes.sh -- what run.sh measures besides the cost of a decision: more
# perspectives, more load than can be done, a coordinator that is killed; read
# with "." by run.sh.

# A broker that has just started compiles itself for some seconds.
warm_up()
{
	[ -n "$nodes" ] || return 0
	echo "bench: warming up the broker" >&2
	load "$1" "$DIR/warm.json" --warm-up=9000 --window=1000 --in-flight=64
}

# Cost by the number of remote perspectives, as fast as it goes and at one rate
# for all: what is done at once costs less, and more perspectives do less of
# anything at once.  Open MPIC's policy, since the Baseline Requirements' wants
# four at least.
mode_perspectives()
{
	policy=open-mpic
	for remotes in $(echo "$perspective_counts" | tr ',' ' '); do
		start_system $((remotes + 1))
		[ -n "${warm-}" ] || warm_up "$kind"
		warm=yes
		echo "bench: $remotes remote perspectives" >&2
		load "$kind" "$OUT/perspectives-$remotes.json" --window=$window \
			--in-flight="$IN_FLIGHT"
		load "$kind" "$OUT/perspectives-same-$remotes.json" \
			--window=$window --in-flight=5000 \
			--rate="${BENCH_RATE:-60}"
		stop_system
	done
	report perspectives "$kind" \
		"$(echo "$perspective_counts" | tr ',' ' ')"
}

# Decisions in time while more and more is offered.  The ceiling of requests
# in flight is the product's own.
mode_overload()
{
	ceiling=
	start_system 6
	warm_up "$kind"
	echo "bench: capacity" >&2
	load "$kind" "$OUT/overload-capacity.json" --window=$window \
		--in-flight="$IN_FLIGHT"
	capacity=$(($(report half "$OUT/overload-capacity.json") * 2))
	for tenths in 5 10 20 40; do
		echo "bench: offered: $((capacity * tenths / 10)) a second" >&2
		load "$kind" "$OUT/overload-$tenths.json" \
			--window=$((window * 3 / 2)) --warm-up=6000 --trace \
			--rate=$((capacity * tenths / 10)) \
			--in-flight=1000000 --time-allowed="$time_allowed"
	done
	metric coordinator >"$OUT/overload-metrics.txt"
	report overload "$kind" "$capacity" "$time_allowed"
}

owned_by()
{
	metric "$1" | sed -n \
		's/^mpic_requests_lag{partition="\([0-9]*\)"}.*/\1/p' |
		tr '\n' ' '
}

# A killed coordinator's partitions until their next decision.
mode_failover()
{
	coordinators=2
	start_system 6
	warm_up "$kind"
	spread=0
	until [ -n "$(owned_by coordinator)" ] &&
		[ -n "$(owned_by coordinator2)" ]
	do
		spread=$((spread + 1))
		[ $spread -lt $READY_TRIES ] ||
			fail "the partitions are not shared by both"
		sleep 0.1
	done
	victims=$(owned_by coordinator2)
	echo "bench: killing the owner of $victims" >&2
	load "$kind" "$OUT/failover.json" --window=25000 --warm-up=4000 \
		--rate="${BENCH_RATE:-60}" --in-flight=1000000 \
		--kill=coordinator2
	report failover "$kind" "$MPIC_DEMO_SESSION" "$victims"
}
