#!/bin/sh
# system.sh -- what is measured: a broker, coordinators, perspectives with
# workers and one probe each; read with "." by run.sh.  Settings, keys and the
# broker are the demo's, so that what runs is what the demo runs; here only what
# must differ for figures is changed in them.
# Wants ROOT, DIR, BIN, the options of run.sh, and TABLE rows of perspectives.
# shellcheck disable=SC2034 # what the demo's files want

HERE=$ROOT/tests/bench
PROGRAMS=$BIN
internet=no
MPIC_DEMO_ATTEMPT=20s
MPIC_DEMO_EARLY=deny
MPIC_DEMO_SESSION=${BENCH_SESSION:-10000}
MPIC_DEMO_HEARTBEAT=2s
. "$ROOT/deploy/demo/broker.sh"
. "$ROOT/deploy/demo/settings.sh"

say()
{
	echo "bench: $*" >&2
}

#
# Processes: all that the bench starts is ended by its id.
#

started=

spawn()
{
	name=$1
	shift
	"$@" </dev/null >>"$DIR/log/$name.out" 2>&1 &
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

# pid_of NAME
pid_of()
{
	awk -v name="$1" '$1 == name { pid = $2 } END { print pid }' \
		"$DIR/processes"
}

# broker.sh starts dev-broker by these.
start_daemon()
{
	# shellcheck disable=SC2046 # one word a line
	spawn dev-broker "$BIN/mpicctl" dev-broker $(dev_broker_options) \
		--checks-partitions "$workers"
	broker_pid=$started
	started=
}

await()
{
	shift
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt $READY_TRIES ] || fail "no broker; --keep and look"
		sleep 0.1
	done
}

# What a perspective is called, the primary first.
rows()
{
	grep -v '^#' "$HERE/perspectives.table" | head -n "$TABLE"
}

# For the names of bulk-alpn.lab and bulk0-alpn.lab, which the laboratory only
# delegates; and of the tenant of the same address whose checks hang.
start_alpn()
{
	"$BENCH/bench_alpn" "$BULK_ALPN" "$ALPN_HASH" .cdn-alpn.lab </dev/null \
		>>"$DIR/log/alpn.out" 2>&1 &
	alpn_pid=$!
}

# As many as there will ever be in this run: the broker has topics for all.
start_broker_for()
{
	TABLE=$1
	start_broker
	if [ -n "$nodes" ]; then
		kafka_local env >"$DIR/kafka.env"
		if [ "$plaintext" = yes ]; then
			value_of_kafka KAFKA_PLAINTEXT >"$DIR/broker"
		fi
	fi
	BROKERS=$(cat "$DIR/broker")
}

value_of_kafka()
{
	sed -n "s/^$1=//p" "$DIR/kafka.env"
}

# The bench reads every topic: as the brokers' own administrator.
properties()
{
	[ -z "$nodes" ] || [ "$plaintext" = yes ] ||
		echo "$DIR/kafka/tls/admin.librdkafka"
}

admin_of()
{
	case $1 in
	coordinator) echo "127.$BLOCK.9.1" ;;
	coordinator*) echo "127.$BLOCK.9.${1#coordinator}" ;;
	*) echo "127.$BLOCK.9.$((10 + $(worker_names | grep -n "^$1\$" |
		cut -d : -f 1)))" ;;
	esac
}

# tune NAME: what must differ from the demo's settings.
tune()
{
	sed -e "s/^admin { port = 0 }/admin {\\
	listen = \"$(admin_of "$1")\"\\
	port = $ADMIN_PORT\\
}/" -e '1i\
log_level = warn' "$DIR/conf/$1.conf" >"$DIR/conf/$1.new"
	if [ -n "${BENCH_KAFKA-}" ]; then
		printf '%s\n' "$BENCH_KAFKA" >"$DIR/conf/kafka-lines"
		sed -i "/^kafka {/r $DIR/conf/kafka-lines" "$DIR/conf/$1.new"
	fi
	case $1 in
	coordinator*)
		[ -z "$policy" ] ||
			sed -i "s/^plan {/&\\n\\tpolicy = $policy/" \
				"$DIR/conf/$1.new"
		[ -z "$ceiling" ] ||
			echo "requests { in_flight_max = $ceiling }" \
				>>"$DIR/conf/$1.new" ;;
	esac
	mv "$DIR/conf/$1.new" "$DIR/conf/$1.conf"
	[ "$mode" != hanging_memory ] || [ "$1" != "$(primary)" ] || roomy "$1"
}

# wait_ready NAME
wait_ready()
{
	tries=0
	until curl -sf "http://$(admin_of "$1"):$ADMIN_PORT/readyz" \
		>/dev/null 2>&1
	do
		tries=$((tries + 1))
		if [ $tries -ge $READY_TRIES ]; then
			tail -n 5 "$DIR/log/$1.out" >&2
			curl -s "http://$(admin_of "$1"):$ADMIN_PORT/readyz" \
				>&2 || true
			fail "$1 is not ready"
		fi
		sleep 0.1
	done
}

metric()
{
	curl -sf "http://$(admin_of "$1"):$ADMIN_PORT/metrics"
}

knows_all_alive()
{
	[ "$(metric "$1" | grep -c \
		"^mpic_perspective_instances{.*} $workers\$")" -eq "$TABLE" ]
}

# Once for all perspectives of the run: what a coordinator restores must be
# signed by a key that it knows.
make_all_keys()
{
	mkdir "$DIR/keys"
	make_keys
	mv "$DIR/keys/workers.pins" "$DIR/keys/all.pins"
}

# Of those that take part; more would be refused.
pick_pins()
{
	for code in $(codes); do
		awk -v code="$code" 'BEGIN { RS = "}\n" }
			index($0, "perspective = \"" code "\"") {
				printf "%s}\n", $0 }' "$DIR/keys/all.pins"
	done >"$DIR/keys/workers.pins"
}

# start_system ROWS: with so many perspectives
start_system()
{
	[ -d "$DIR/keys" ] || make_all_keys
	TABLE=$1
	: >"$DIR/processes"
	rm -rf "$DIR/conf"
	mkdir "$DIR/conf"
	pick_pins
	write_settings
	if [ "$plaintext" = yes ] && [ -n "$nodes" ]; then
		sed -i -e '/"security.protocol"/d' -e '/"ssl\./d' \
			"$DIR"/conf/*.conf
	fi
	for name in $(worker_names); do
		tune "$name"
		spawn "worker-$name" "$BIN/mpic-perspective-worker" \
			--config="$DIR/conf/$name.conf"
	done
	for name in $(coordinator_names); do
		tune "$name"
		spawn "$name" "$BIN/mpic-coordinator" \
			--config="$DIR/conf/$name.conf"
	done
	for name in $(coordinator_names) $(worker_names); do
		wait_ready "$name"
	done
	for name in $(coordinator_names); do
		await "" knows_all_alive "$name"
	done
	while read -r pid _ name; do
		echo "lab-$name $pid" >>"$DIR/processes"
	done <"$DIR/lab/pids"
	echo "alpn $alpn_pid" >>"$DIR/processes"
	if [ -n "$nodes" ]; then
		for n in $(seq "$nodes"); do
			echo "kafka-$n $(cut -d ' ' -f 1 \
				"$DIR/kafka/node$n/pid")" >>"$DIR/processes"
		done
	else
		echo "dev-broker $broker_pid" >>"$DIR/processes"
	fi
}

stop_system()
{
	stop_ours
	: >"$DIR/processes"
}

# dev-broker: with nothing in it
restart_broker()
{
	started=$broker_pid
	stop_ours
	rm -f "$DIR/broker"
	start_broker_for "$TABLE"
}

end_all()
{
	stop_ours
	stop_broker 2>/dev/null || true
	started="${broker_pid-} ${alpn_pid-}"
	stop_ours
	sh deploy/lab/lab.sh down "$DIR/lab" 2>/dev/null || true
}

# Topics for the floor, under a prefix that the system does not use.
make_floor_topics()
{
	BENCH_PROPERTIES=$(properties)
	export BENCH_PROPERTIES
	BENCH_TOPICS=floor-$1.
	BENCH_PERSPECTIVE=$(codes | head -n 1)
	export BENCH_TOPICS BENCH_PERSPECTIVE
	"$BIN/mpicctl" topics apply --config "$DIR/kafka/tls/admin.mpicctl" \
		--topic-prefix "$BENCH_TOPICS" --replication "$nodes" \
		--manifest deploy/kafka/topics.manifest.json \
		--partitions "$partitions" \
		--perspective "$BENCH_PERSPECTIVE" >"$DIR/log/floor-topics" ||
		fail "no topics for the floor: $(cat "$DIR/log/floor-topics")"
}
