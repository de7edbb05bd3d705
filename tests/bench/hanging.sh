#!/bin/sh
# hanging.sh -- what targets that hang do to those that don't; read with "." by
# run.sh.

# Names below these never get an answer.
hanging_zone()
{
	case $1 in
	http-01) echo http-mute.lab ;;
	*) echo dns-mute.lab ;;
	esac
}

# mute_load KIND RATE: until it is killed; what becomes of it is not measured.
mute_load()
{
	zone=$(hanging_zone "$1")
	begin=exec
	load "$1" /dev/null --rate="$2" --in-flight=1000000 --window=600000 \
		2>/dev/null
}

# The same load of healthy targets, alone, and with three hanging ones to every
# seven.
mode_hanging()
{
	rate=${BENCH_RATE:-70}
	start_system 6
	warm_up "$kind"
	for kind in $kinds; do
		echo "bench: $kind: $rate healthy targets a second" >&2
		load "$kind" "$OUT/hanging-$kind-without.json" \
			--window=$window --rate="$rate" --in-flight=1000000
		echo "bench: $kind: and $((rate * 3 / 7)) that hang" >&2
		mute_load "$kind" $((rate * 3 / 7)) &
		mute=$!
		load "$kind" "$OUT/hanging-$kind-with.json" --warm-up=8000 \
			--window=$window --rate="$rate" --in-flight=1000000
		metric "$(worker_names | head -n 1)" \
			>"$OUT/hanging-$kind-metrics.txt"
		kill "$mute" 2>/dev/null || true
		wait "$mute" 2>/dev/null || true
		# what still hangs ends with its time
		sleep 25
	done
	# shellcheck disable=SC2086 # one word each
	python3 tests/bench/hanging.py "$OUT" "$rate" $kinds
}
