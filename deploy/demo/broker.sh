#!/bin/sh
# broker.sh -- the demo's broker, mpicctl dev-broker or Apache Kafka, and who
# its programs are to it; read with "." by demo.sh.  Wants DIR, ROOT, PROGRAMS,
# nodes (none: dev-broker) and partitions; kafka_options, more of local.sh's;
# starter, a command that runs its arguments and hears signals meanwhile.
KAFKA=$ROOT/deploy/kafka/local.sh

kafka_local()
{
	command=$1
	shift
	MPICCTL=$PROGRAMS/mpicctl sh "$KAFKA" "$command" "$DIR/kafka" "$@"
}

start_broker()
{
	if [ -z "$nodes" ]; then
		say "starting the broker: mpicctl dev-broker"
		start_daemon broker
		await broker test -s "$DIR/broker"
		return 0
	fi
	say "starting Apache Kafka, nodes: $nodes"
	# shellcheck disable=SC2086 # options without blanks, or none
	${starter-} env MPICCTL="$PROGRAMS/mpicctl" sh "$KAFKA" start \
		"$DIR/kafka" --nodes "$nodes" --partitions "$partitions" \
		${kafka_options-} \
		--perspectives "$(codes | tr '\n' ',' | sed 's/,$//')"
	kafka_local env | sed -n 's/^KAFKA_BOOTSTRAP=//p' >"$DIR/broker"
}

dev_broker_options()
{
	printf '%s\n' --bootstrap-file "$DIR/broker" --partitions "$partitions"
	for code in $(codes); do
		printf '%s\n' --perspective "$code"
	done
}

stop_broker()
{
	# no settings: none was started
	[ ! -f "$DIR/kafka/settings" ] || kafka_local stop
}

# kafka_section PRINCIPAL [LINES]: plaintext to the embedded broker, which
# answers a fetch when that time is over; else with the principal's own
# certificate.
kafka_section()
{
	cat <<END
kafka {
	brokers = "$(cat "$DIR/broker")"
END
	if [ -z "$nodes" ]; then
		echo '	"fetch.wait.max.ms" = "5"'
	else
		tls=$DIR/kafka/tls
		cat <<END
	"security.protocol" = SSL
	"ssl.ca.location" = "$tls/ca.pem"
	"ssl.certificate.location" = "$tls/$1.pem"
	"ssl.key.location" = "$tls/$1.key"
END
	fi
	[ -z "${2-}" ] || echo "$2"
	echo "}"
}
