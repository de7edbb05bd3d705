#!/bin/sh
# A real broker with the manifest's topics and rights: who may do what,
# and exactly one decision per request, whatever is killed (promise 1).
#
#   BUILD_DIR=build/dev sh tests/e2e/kafka.sh
#
# Runs with the dev build only.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/kafka_rollout.sh
. tests/support/kafka_programs.sh

BIN=${BUILD_DIR:-build/dev}/bin
LOCAL="env MPICCTL=$BIN/mpicctl sh deploy/kafka/local.sh"
READ="-X isolation.level=read_committed -X fetch.wait.max.ms=20"
DIR=$(mktemp -d)
bad=0
seen=0
c1= c2=

clean_up()
{
	for pid in $c1 $c2; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	$LOCAL stop "$DIR/kafka" 2>/dev/null || true
	rm -rf "$DIR"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

fail()
{
	echo "FAIL: $*"
	bad=$((bad + 1))
}

# expect yes|no WHAT COMMAND...
expect()
{
	want=$1
	what=$2
	shift 2
	seen=$((seen + 1))
	got=no
	if timeout 30 "$@" >"$DIR/out" 2>&1 </dev/null; then
		got=yes
	fi
	[ $got = "$want" ] ||
		fail "$what: wanted $want, got $got: $(tail -n 2 "$DIR/out")"
}

conf_of()
{
	echo "$DIR/kafka/tls/$1.librdkafka"
}

#
# Rights: principal, verb, topic or name, may it?
#

produce()
{
	# with a key: a compacted topic takes nothing without
	echo x | kcat -F "$(conf_of "$1")" -P -t "$2" -p 0 -k x
}

consume()
{
	kcat -F "$(conf_of "$1")" -C -t "$2" -e -q
}

# -L never says that it was refused: a group's reader does.
join()
{
	timeout 8 kcat -F "$(conf_of "$1")" -X session.timeout.ms=6000 \
		-G "$2" -e "$3" >"$DIR/join" 2>&1 || true
	! grep -q 'authorization failed' "$DIR/join"
}

transact()
{
	echo x | kcat -F "$(conf_of "$1")" -X transactional.id="$2" -P \
		-t mpic.dead-letters -p 0
}

check_rights()
{
	while read -r principal verb what also want; do
		[ "$also" != - ] || also=
		expect "$want" "$principal $verb $what" \
			"$verb" "$principal" "$what" $also
	done <<-END
		pipeline    produce  mpic.results        -    no
		pipeline    produce  mpic.decisions      -    no
		pipeline    produce  mpic.checks.fra     -    no
		pipeline    consume  mpic.decisions      -    yes
		pipeline    consume  mpic.requests       -    no
		pipeline    consume  mpic.results        -    no
		pipeline    consume  mpic.dead-letters   -    no
		pipeline    transact mpic.pipeline       -    no
		pipeline    join     mpic-coordinator    mpic.decisions no
		pipeline    join     mpic-pipeline-one   mpic.decisions yes
		worker-fra  consume  mpic.checks.fra     -    yes
		worker-fra  consume  mpic.checks.nyc     -    no
		worker-fra  consume  mpic.results        -    no
		worker-fra  consume  mpic.requests       -    no
		worker-fra  produce  mpic.results        -    yes
		worker-fra  produce  mpic.perspectives   -    yes
		worker-fra  produce  mpic.checks.fra     -    no
		worker-fra  produce  mpic.decisions      -    no
		worker-fra  produce  mpic.attempts       -    no
		worker-fra  transact mpic.worker         -    no
		coordinator consume  mpic.results        -    yes
		coordinator produce  mpic.results        -    no
		coordinator consume  mpic.checks.fra     -    no
		coordinator transact mpic.c9             -    yes
		coordinator transact other.c9            -    no
		auditor     consume  mpic.results        -    yes
		auditor     consume  mpic.checks.nyc     -    yes
		auditor     consume  mpic.dead-letters   -    yes
		auditor     produce  mpic.requests       -    no
	END
}

# kcat by functions needs a shell that has them: expect() runs in this one.
timeout()
{
	seconds=$1
	shift
	case $1 in
	produce | consume | join | transact | tls_version) "$@" ;;
	*) command timeout "$seconds" "$@" ;;
	esac
}

#
# R-011: TLS 1.3, with a certificate of the brokers' own CA
#

check_transport()
{
	list="kcat -b $KAFKA_BOOTSTRAP -L -m 3"

	expect yes "TLS 1.3" tls_version -tls1_3
	expect no "TLS 1.2" tls_version -tls1_2
	expect no plaintext $list
	expect no "no certificate" $list -X security.protocol=SSL \
		-X ssl.ca.location="$KAFKA_CA"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj /CN=admin -days 1 -keyout "$DIR/foreign.key" \
		-out "$DIR/foreign.pem" 2>/dev/null
	expect no "another CA's certificate" $list -X security.protocol=SSL \
		-X ssl.ca.location="$KAFKA_CA" \
		-X ssl.certificate.location="$DIR/foreign.pem" \
		-X ssl.key.location="$DIR/foreign.key"
	expect yes "its own certificate" kcat -F "$(conf_of pipeline)" -L
}

tls_version()
{
	openssl s_client -connect "${KAFKA_BOOTSTRAP%%,*}" "$1" -brief \
		-CAfile "$KAFKA_CA" -verify_return_error \
		-cert "$KAFKA_CERT_PIPELINE" -key "$KAFKA_KEY_PIPELINE"
}

# What a killed transaction wrote is there, and no read_committed reader gets
# it; kcat reads by blocks, so that a few lines would not leave it.
check_abort()
{
	{ yes aborted | head -n 20000; sleep 4; } |
		command timeout -s KILL 3 kcat -F "$(conf_of coordinator)" \
			-X transactional.id=mpic.t1 -P -t mpic.dead-letters \
			-p 0 >/dev/null 2>&1 || true
	echo committed | kcat -F "$(conf_of coordinator)" -P \
		-X transactional.id=mpic.t1 -t mpic.dead-letters -p 0 \
		2>/dev/null
	for level in read_committed read_uncommitted; do
		kcat -F "$(conf_of auditor)" -X isolation.level=$level \
			-C -t mpic.dead-letters -p 0 -e -q 2>/dev/null |
			sort | uniq -c >"$DIR/$level"
	done
	seen=$((seen + 1))
	grep -q ' committed$' "$DIR/read_committed" &&
		! grep -q aborted "$DIR/read_committed" &&
		grep -q aborted "$DIR/read_uncommitted" ||
		fail "aborted records: $(cat "$DIR/read_committed")"
}

#
# A coordinator: settings, requests, kills
#

start()
{
	"$BIN/mpic-coordinator" --config "$DIR/$1.conf" \
		>>"$DIR/$1.log" 2>&1 </dev/null &
}

# Requests FROM to TO, "id|value": names that no CA may take, so that they are
# decided without perspectives.
requests()
{
	seq "$1" "$2" | awk '{
		printf "r%s|{\"request_id\":\"r%s\",", $1, $1
		printf "\"check_type\":\"caa\",\"domain_or_ip_target\":"
		printf "\"bad_name..%s\"}\n", $1 }'
}

submit()
{
	kcat -F "$(conf_of pipeline)" -P -t mpic.requests "$@" 2>/dev/null
}

dump()
{
	for topic in requests decisions dead-letters; do
		kcat -F "$(conf_of auditor)" $READ -C -t mpic.$topic -e -q -J \
			2>/dev/null >"$DIR/$topic.json"
	done
	sed -i '/"mpic-dead-letter-reason"/!d' "$DIR/dead-letters.json"
}

# wait_answers COUNT: first decisions and dead letters.
wait_answers()
{
	tries=0
	while dump; got=$(($(grep -vc '"mpic-echo"' "$DIR/decisions.json") + \
		$(wc -l <"$DIR/dead-letters.json"))); [ $got -lt "$1" ]; do
		tries=$((tries + 1))
		[ $tries -lt 60 ] || break
		sleep 1
	done
}

check_one_decision()
{
	start c1; c1=$!
	requests 1 1000 | submit -X partitioner=murmur2_random -K '|'
	sleep 1
	kill -KILL $c1
	# kcat's own partitioner, then no key at all: sent home by us
	requests 1001 1300 | submit -K '|'
	requests 1301 1600 | cut -d '|' -f 2 | submit
	start c1; c1=$!
	start c2; c2=$!
	sleep 3
	# repeats, another request under a used id, and no request at all
	requests 1 50 | submit -X partitioner=murmur2_random -K '|'
	requests 1 5 | sed 's/bad_name/other_name/' |
		submit -X partitioner=murmur2_random -K '|'
	printf '%s\n' garbage '{"request_id":' '{}x' | submit
	sleep 4
	# past the session's time-out: the other takes over, and must be
	# believed when this one wakes
	kill -STOP $c1
	requests 1601 1900 | submit -K '|'
	sleep 9
	kill -CONT $c1
	kill -KILL $c2
	c2=
	requests 1901 2000 | submit -X partitioner=murmur2_random -K '|'
	wait_answers 2003
	sleep 1
	dump
	seen=$((seen + 1))
	if ! python3 tests/fixtures/kafka/count.py "$DIR/requests.json" \
		"$DIR/decisions.json" "$DIR/dead-letters.json" >"$DIR/count"
	then
		fail "one answer each: $(cat "$DIR/count")"
		tail -n 20 "$DIR/c1.log"
	fi
	cat "$DIR/count"
	seen=$((seen + 1))
	grep -q ' 2000 decisions,.* 3 dead letters' "$DIR/count" ||
		fail "not all were answered"
	seen=$((seen + 1))
	grep 'coordinator_partition_restored' "$DIR/c1.log" "$DIR/c2.log" |
		grep -vq '"mark":0,' || fail "no mark came back after a kill"
	kill -TERM $c1
	wait $c1 || fail "c1 ended with $?"
	c1=
}

# A right that is missing is said as such, and not asked for without a pause.
check_forbidden()
{
	coordinator_settings c3 mpic. pipeline
	command timeout 5 "$BIN/mpic-coordinator" --config "$DIR/c3.conf" \
		>"$DIR/c3.log" 2>&1 </dev/null || true
	said=$(grep -c '"coordinator_forbidden"' "$DIR/c3.log" || true)
	seen=$((seen + 1))
	{ [ "$said" -ge 1 ] && [ "$said" -le 10 ]; } ||
		fail "coordinator_forbidden was said $said times"
}

for tool in kcat java mvn; do
	command -v $tool >/dev/null 2>&1 ||
		sh deploy/install-deps.sh --kafka
done
$LOCAL start "$DIR/kafka" --partitions 3
eval "$($LOCAL env "$DIR/kafka")"
make_keys
for name in c1 c2; do
	coordinator_settings $name mpic.
done
check_transport
check_one_decision
check_rights
check_abort
check_forbidden
check_rollout_topics
check_rollout_rights
$LOCAL status "$DIR/kafka"
echo "kafka: $seen checks, $bad failed"
[ $bad -eq 0 ]
