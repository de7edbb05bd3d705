#!/bin/sh
# Programs on a real broker that is not as it should be: what is missing at
# start is refused by name, what goes wrong later stops only itself.
#
#   BUILD_DIR=build/dev sh tests/e2e/kafka_start.sh
#
# Runs with the dev build only.
set -eu
cd "$(dirname "$0")/../.."

BIN=${BUILD_DIR:-build/dev}/bin
LOCAL="env MPICCTL=$BIN/mpicctl sh deploy/kafka/local.sh"
DIR=$(mktemp -d)
KAFKA=${KAFKA_DIR:-$DIR/kafka} # KAFKA_DIR: one that runs already
bad=0
seen=0
pids=
T=mpic.$$. # of this run's own topics

. tests/support/kafka_programs.sh

clean_up()
{
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	[ -n "${KAFKA_DIR-}" ] || $LOCAL stop "$KAFKA" 2>/dev/null || true
	[ -n "${KEEP-}" ] || rm -rf "$DIR"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

fail()
{
	echo "FAIL: $*"
	bad=$((bad + 1))
}

# start NAME coordinator|perspective-worker
start()
{
	launch "$1" "$2"
	pids="$pids $PID"
	echo $PID >"$DIR/$1.pid"
}

# ends NAME CODE PATTERN: it ends by itself, with that code, having said that
ends()
{
	seen=$((seen + 1))
	pid=$(cat "$DIR/$1.pid")
	tries=0
	while kill -0 "$pid" 2>/dev/null; do
		tries=$((tries + 1))
		if [ $tries -gt 200 ]; then
			fail "$1 goes on: $(tail -n 3 "$DIR/$1.log")"
			kill -KILL "$pid"
			wait "$pid" || true
			return
		fi
		sleep 0.1
	done
	code=0
	wait "$pid" || code=$?
	{ [ $code -eq "$2" ] && grep -q -e "$3" "$DIR/$1.log"; } ||
		fail "$1: exit $code, wanted $2 and \"$3\":" \
			"$(tail -n 3 "$DIR/$1.log")"
}

# stop NAME: in good order
stop()
{
	pid=$(cat "$DIR/$1.pid")
	kill -TERM "$pid"
	code=0
	wait "$pid" || code=$?
	[ $code -eq 0 ] || fail "$1 ended with $code"
}

# says NAME PATTERN SECONDS WHAT
says()
{
	seen=$((seen + 1))
	wait_log "$1" "$2" "$3" ||
		fail "$4: $1 did not say \"$2\": $(tail -n 3 "$DIR/$1.log")"
}

#
# Refused at start, with the topic, the right and what mends it
#

# All at once: each takes a few seconds of asking.
check_refusals()
{
	manifest "${T}a." 'm["topics"].remove(topic("decisions"))'
	coordinator_settings a "${T}a."
	manifest "${T}b." 'topic("results")["partitions"] = 5'
	coordinator_settings b "${T}b."
	worker_settings bw "${T}b." fra
	manifest "${T}c." '
rights("coordinator")[0]["names"].remove("{prefix}attempts")
m["acls"].append({"role": "coordinator", "resource": "topic",
	"names": ["{prefix}attempts"], "operations": ["Write"]})'
	coordinator_settings c "${T}c."
	manifest "${T}d." '
rights("coordinator")[3]["names"].remove("{prefix}checks.")
rights("worker")[2]["names"].remove("{prefix}results")'
	coordinator_settings d "${T}d."
	worker_settings dw "${T}d." fra
	manifest "${T}e." '
rights("worker")[0]["operations"] = ["Describe"]
m["topics"].remove(topic("dead-letters"))'
	worker_settings e "${T}e." fra
	worker_settings ew "${T}e." nyc worker-fra
	manifest other.
	coordinator_settings f other.
	MORE_KAFKA='group = "elsewhere"' coordinator_settings g mpic.
	for name in a b c d f g; do
		start $name coordinator
	done
	for name in bw dw e ew; do
		start $name perspective-worker
	done
	ends a 78 "no topic .\"${T}a.decisions.*mpicctl topics apply --topic-prefix ${T}a. --partitions 3"
	ends b 78 "${T}b.results.* has 5 partitions, kafka.partitions says 3"
	ends bw 78 "${T}b.results.* has 5 partitions, kafka.partitions says 3"
	ends c 78 "lacks the right Read on topic .\"${T}c.attempts.*mpicctl acls apply --topic-prefix ${T}c."
	ends d 78 "lacks the right Write on topic .\"${T}d.checks.fra"
	ends dw 78 "lacks the right Write on topic .\"${T}d.results.*mpicctl acls apply"
	ends e 78 "lacks the right Read on topic .\"${T}e.checks.fra\|no topic .\"${T}e.dead-letters"
	ends ew 78 "lacks the right Read on topic .\"${T}e.checks.nyc"
	ends f 78 'lacks the right Write on transactional id ."other.f'
	ends g 78 'lacks the right Read on group ."elsewhere'
}

# submit PREFIX ID TARGET: a request, keyed as Java would
submit()
{
	printf '%s|{"request_id":"%s","check_type":"caa","domain_or_ip_target":"%s"}\n' \
		"$2" "$2" "$3" |
		kcat -F "$KAFKA_CONF_PIPELINE" -P -t "$1"requests -K '|' \
			-X partitioner=murmur2_random 2>/dev/null
}

# A right that only shows when it is used: Write where there is Read.
check_first_use()
{
	manifest "${T}h." '
rights("coordinator")[0]["names"].remove("{prefix}attempts")
m["acls"].append({"role": "coordinator", "resource": "topic",
	"names": ["{prefix}attempts"], "operations": ["Read"]})'
	coordinator_settings h "${T}h."
	manifest "${T}i." '
rights("coordinator")[0]["names"].remove("{prefix}decisions")
m["acls"].append({"role": "coordinator", "resource": "topic",
	"names": ["{prefix}decisions"], "operations": ["Read"]})'
	coordinator_settings i "${T}i."
	start h coordinator
	start i coordinator
	says h coordinator_partition_restored 20 "the start"
	says i coordinator_partition_restored 20 "the start"
	submit "${T}h." one www.example.com
	submit "${T}i." one bad_name..example
	ends h 78 "lacks the right Write on topic .\"${T}h.attempts"
	ends i 78 "lacks the right Write on topic .\"${T}i.decisions, ${T}i.requests or"
}

# decisions PREFIX: how many, of any kind
decisions()
{
	kcat -F "$KAFKA_CONF_AUDITOR" -X isolation.level=read_committed -C \
		-t "$1"decisions -e -q -o beginning -f '%p\n' 2>/dev/null
}

# requests_of PREFIX PARTITION: how many
requests_of()
{
	kcat -F "$KAFKA_CONF_AUDITOR" -C -t "$1"requests -p "$2" -e -q \
		-o beginning -f '%o\n' 2>/dev/null | wc -l
}

# wait_decisions PREFIX COUNT
wait_decisions()
{
	tries=0
	until [ "$(decisions "$1" | wc -l)" -ge "$2" ]; do
		tries=$((tries + 1))
		[ $tries -lt 60 ] || return 1
		sleep 0.3
	done
}

# submit_many PREFIX FROM TO: rejected at intake, over all partitions
submit_many()
{
	seq "$2" "$3" | awk '{
		printf "r%s|{\"request_id\":\"r%s\",", $1, $1
		printf "\"check_type\":\"caa\",\"domain_or_ip_target\":"
		printf "\"bad_name..%s\"}\n", $1 }' |
		kcat -F "$KAFKA_CONF_PIPELINE" -P -t "$1"requests -K '|' \
			-X partitioner=murmur2_random 2>/dev/null
}

# A partition's decisions are gone from the log's start: only that partition
# stops, and says how the gap is accepted; accepted, it goes on.
check_gaps()
{
	manifest "${T}g."
	coordinator_settings gap "${T}g."
	start gap coordinator
	# Two commits at least: by the second one the first one's decisions are
	# kept for repeats, and so needed.
	submit_many "${T}g." 1 15
	wait_decisions "${T}g." 15 || fail "15 requests, not 15 decisions"
	submit_many "${T}g." 16 30
	seen=$((seen + 1))
	wait_decisions "${T}g." 30 || fail "30 requests, not 30 decisions"
	stop gap
	echo "{\"partitions\":[{\"topic\":\"${T}g.decisions\",\"partition\":1,\"offset\":-1}],\"version\":1}" \
		>"$DIR/delete.json"
	$LOCAL tool "$KAFKA" DeleteRecordsCommand \
		--offset-json-file "$DIR/delete.json" >"$DIR/deleted"
	left=$(decisions "${T}g." | wc -l)
	: >"$DIR/gap.log"
	start gap coordinator
	says gap "coordinator_partition_gap.*\"partition\":1,.*${T}g.decisions is to be read.*accept_gap" \
		20 "decisions are gone"
	before=$(requests_of "${T}g." 1)
	submit_many "${T}g." 31 60
	here=$(($(requests_of "${T}g." 1) - before))
	seen=$((seen + 1))
	wait_decisions "${T}g." $((left + 30 - here)) ||
		fail "the other partitions stopped, too"
	seen=$((seen + 1))
	! decisions "${T}g." | grep -q 1 || fail "the stopped one went on"
	seen=$((seen + 1))
	admin_get gap /readyz | grep -q '1 of 3 partitions stopped' ||
		fail "readyz does not tell of it"
	stop gap

	: >"$DIR/gap.log"
	MORE='accept_gap = { "1" }' coordinator_settings gap "${T}g."
	start gap coordinator
	says gap 'coordinator_gap_accepted.*"partition":1,' 20 "accepted"
	seen=$((seen + 1))
	wait_decisions "${T}g." $((left + 30)) ||
		fail "an accepted gap does not go on"
	stop gap
}

# Decisions that were made anew do not end with what was committed last.
check_recreated()
{
	manifest "${T}k."
	coordinator_settings anew "${T}k."
	start anew coordinator
	submit_many "${T}k." 1 20
	wait_decisions "${T}k." 20 || fail "20 requests, not 20 decisions"
	stop anew
	$LOCAL tool "$KAFKA" TopicCommand --delete --topic "${T}k.decisions"
	manifest "${T}k."
	: >"$DIR/anew.log"
	start anew coordinator
	says anew 'coordinator_chain_truncated.*accept_gap' 20 "made anew"
	stop anew
	: >"$DIR/anew.log"
	MORE='accept_gap = { "0", "1", "2" }' coordinator_settings anew "${T}k."
	start anew coordinator
	submit_many "${T}k." 21 40
	seen=$((seen + 1))
	wait_decisions "${T}k." 20 ||
		fail "accepted, topics made anew are not served"
	stop anew
}

# outcome_of PREFIX ID: "outcome reason" of its decision
outcome_of()
{
	kcat -F "$KAFKA_CONF_AUDITOR" -X isolation.level=read_committed -C \
		-t "$1"decisions -e -q -o beginning -f '%k %s\n' 2>/dev/null |
		sed -n "s/^$2 .*\"outcome\":\"\([^\"]*\)\".*\"is_valid\":[a-z]*,\"reason\":\"\([^\"]*\)\".*/\1 \2/p"
}

# is_decided PREFIX ID "OUTCOME REASON" WHAT
is_decided()
{
	seen=$((seen + 1))
	tries=0
	until got=$(outcome_of "$1" "$2"); [ -n "$got" ]; do
		tries=$((tries + 1))
		[ $tries -lt 40 ] || break
		sleep 0.3
	done
	[ "$got" = "$3" ] || fail "$4: wanted \"$3\", got \"$got\""
}

# said_at_most NAME PATTERN TIMES
said_at_most()
{
	seen=$((seen + 1))
	times=$(grep -c -e "$2" "$DIR/$1.log" || true)
	[ "$times" -le "$3" ] || fail "$1 said \"$2\" $times times"
}

# What a topic does not take is not offered for ever: a decision, or what is
# left of a dead letter, says what became of it.
check_sizes()
{
	small='
def small(name, bytes):
	topic(name)["config"]["max.message.bytes"] = str(bytes)
'
	manifest "${T}l." "$small
small(\"attempts\", 300)"
	manifest "${T}n." "$small
small(\"checks.{perspective}\", 100)
small(\"decisions\", 1050)
small(\"dead-letters\", 500)"
	manifest "${T}o." "$small
small(\"results\", 100)
small(\"dead-letters\", 100)"
	coordinator_settings l "${T}l."
	MORE_PLAN='attempt_time = 1s' coordinator_settings n "${T}n."
	MORE='lab = yes' MORE_PLAN='attempt_time = 1s' \
		coordinator_settings o "${T}o."
	MORE='probe { lookup_time = 100ms }' worker_settings ow "${T}o." fra
	for name in l n o; do
		start $name coordinator
	done
	start ow perspective-worker
	submit "${T}l." one www.example.com
	submit "${T}n." one www.example.com
	submit "${T}n." two bad_name..example
	head -c 2000 /dev/urandom | tr -d '\n' |
		kcat -F "$KAFKA_CONF_PIPELINE" -P -t "${T}n.requests" 2>/dev/null
	says ow worker_assigned 20 "its worker"
	submit "${T}o." one www.example.com
	is_decided "${T}l." one "do-not-issue internal-fault" "attempts"
	says l 'coordinator_record_too_large.*attempts.*mpicctl topics check' 5 \
		"attempts"
	is_decided "${T}n." one "do-not-issue internal-fault" "decisions"
	is_decided "${T}n." two "rejected name-invalid" "its neighbour"
	says n 'coordinator_record_too_large.*checks.fra' 5 "checks"
	says n 'coordinator_answer_too_large' 5 "decisions"
	seen=$((seen + 1))
	kcat -F "$KAFKA_CONF_AUDITOR" -C -t "${T}n.dead-letters" -e -q \
		-X isolation.level=read_committed -f '%h\n' 2>/dev/null |
		grep -q 'reason=oversized' || fail "no dead letter is left"
	says ow 'worker_record_too_large.*results.*given up' 20 "results"
	is_decided "${T}o." one "do-not-issue primary-missing" "results"
	said_at_most ow worker_record_too_large 8
	said_at_most n _too_large 16
	for name in l n o ow; do
		stop $name
	done
}

# wait_get NAME PATH PATTERN WHAT: its admin port comes to say that
wait_get()
{
	seen=$((seen + 1))
	tries=0
	until admin_get "$1" "$2" | grep -q -e "$3"; do
		tries=$((tries + 1))
		if [ $tries -gt 50 ]; then
			fail "$4: $1 $2: $(admin_get "$1" "$2" | tail -n 3)"
			return
		fi
		sleep 0.2
	done
}

# R-100: where clocks are off coordinators are not ready, workers not planned;
# and topics that do not carry the brokers' time are refused.
check_clocks()
{
	manifest "${T}p."
	MORE='lab = yes clock_shift = 1200' coordinator_settings p "${T}p."
	MORE='lab = yes clock_shift = -1200' coordinator_settings q "${T}p."
	MORE='lab = yes' MORE_PLAN='attempt_time = 3s' \
		coordinator_settings r "${T}p."
	MORE='heartbeat = 300ms clock_shift = 1500' \
		worker_settings pw "${T}p." fra
	MORE='heartbeat = 300ms' worker_settings qw "${T}p." nyc
	manifest "${T}q." '
topic("decisions")["config"]["message.timestamp.type"] = "CreateTime"'
	coordinator_settings s "${T}q."
	manifest "${T}u." '
topic("requests")["config"]["message.timestamp.type"] = "CreateTime"'
	coordinator_settings v "${T}u."
	for name in p q r s v; do
		start $name coordinator
	done
	start pw perspective-worker
	start qw perspective-worker
	wait_get p /readyz 'clock is 1[12][0-9][0-9] ms ahead' "a clock ahead"
	wait_get q /readyz 'clock is -1[12][0-9][0-9] ms ahead' "a clock behind"
	says q 'coordinator_clock_off.*"ahead_ms":-1' 5 "a clock behind"
	wait_get p /metrics '^mpic_clock_ahead_seconds 1\.[12]' "its figure"
	wait_get r /metrics \
		'clock_ahead_seconds{perspective="fra"} 1\.[45]' "a worker's"
	wait_get r /metrics \
		'^mpic_perspective_instances{perspective="nyc"} 1' "its fellow"
	seen=$((seen + 1))
	! admin_get r /readyz | grep -q clock || fail "a good clock is off"
	stop p
	stop q
	# the skewed one is the primary: there is nobody to ask
	wait_get r /readyz '^ready' "alone"
	submit "${T}p." one www.example.com
	is_decided "${T}p." one "do-not-issue primary-missing" \
		"a skewed primary"
	submit "${T}q." one bad_name..example
	ends s 78 "topic .\"${T}q.decisions.*LogAppendTime"
	wait_get v /readyz '^ready' "before a request"
	submit "${T}u." one bad_name..example
	ends v 78 "topic .\"${T}u.requests.*LogAppendTime"
	"$BIN/mpicctl" doctor --config "$KAFKA_MPICCTL_CONF" -o json \
		--topic-prefix "${T}q." >"$DIR/ctl.log" 2>&1 || true
	says ctl "${T}q.decisions: wants .*LogAppendTime (is CreateTime)" 1 \
		"mpicctl doctor"
	for name in r pw qw; do
		stop $name
	done
}

# Brokers that are all down: waited for, and that in a few lines a minute.
check_brokers_down()
{
	BROKERS=127.0.0.1:1,127.0.0.1:2,127.0.0.1:3
	coordinator_settings down "${T}z."
	worker_settings downw "${T}z." fra
	BROKERS=
	start down coordinator
	start downw perspective-worker
	says down kafka_brokers_awaited 20 "no broker"
	says downw kafka_brokers_awaited 20 "no broker"
	sleep "${DOWN_SECONDS:-2}"
	seen=$((seen + 1))
	admin_get down /readyz | grep -q 'brokers or topics not found yet' ||
		fail "readyz does not say that there is no broker"
	for name in down downw; do
		seen=$((seen + 1))
		lines=$(wc -l <"$DIR/$name.log")
		echo "$name: $lines lines"
		[ "$lines" -le 60 ] || fail "$name wrote $lines lines"
		kill -0 "$(cat "$DIR/$name.pid")" || fail "$name ended"
		stop $name
	done
}

# A static member that is killed and comes back in time leaves the others as
# they are; a second one of its name ends the first.
check_static()
{
	manifest "${T}u."
	for name in u v; do
		MORE_KAFKA='static_member = yes' \
			coordinator_settings $name "${T}u."
		start $name coordinator
		says $name coordinator_partition_restored 20 "the start"
	done
	: >"$DIR/v.log"
	pid=$(cat "$DIR/u.pid")
	kill -KILL "$pid"
	wait "$pid" || true
	: >"$DIR/u.log"
	start u coordinator
	says u coordinator_partition_restored 20 "back in time"
	submit_many "${T}u." 1 20
	seen=$((seen + 1))
	wait_decisions "${T}u." 20 || fail "20 requests, not 20 decisions"
	said_at_most v coordinator_revoked 0
	cp "$DIR/u.conf" "$DIR/w.conf"
	start w coordinator
	ends u 75 "another process"
	stop v
	kill -KILL "$(cat "$DIR/w.pid")"
}

# Certificates that do not go together: said what, where, and what to look at.
check_certificates()
{
	manifest "${T}y."
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj /CN=coordinator -days 1 -keyout "$DIR/foreign.key" \
		-out "$DIR/foreign.pem" 2>/dev/null
	own="$KAFKA_CA $KAFKA_CERT_COORDINATOR $KAFKA_KEY_COORDINATOR"
	coordinator_settings ca "${T}y."
	cp "$DIR/ca.conf" "$DIR/cert.conf"
	# shellcheck disable=SC2086
	set -- $own
	sed -i "s:$1:$DIR/foreign.pem:" "$DIR/ca.conf"
	sed -i "s:$2:$DIR/foreign.pem:; s:$3:$DIR/foreign.key:" \
		"$DIR/cert.conf"
	worker_settings wca "${T}y." fra
	sed -i "s:$1:$DIR/foreign.pem:" "$DIR/wca.conf"
	start ca coordinator
	start cert coordinator
	start wca perspective-worker
	says ca 'kafka_brokers_awaited.*TLS failed: see ssl.ca.location' 30 \
		"another CA"
	says wca 'kafka_brokers_awaited.*TLS failed: see ssl.ca.location' 30 \
		"another CA"
	says cert 'kafka_brokers_awaited.*broker refuses our certificate' 30 \
		"a foreign certificate"
	for name in ca cert wca; do
		stop $name
	done
	sed "s:$1:$DIR/foreign.pem:" "$KAFKA_MPICCTL_CONF" >"$DIR/ctl.conf"
	"$BIN/mpicctl" doctor --config "$DIR/ctl.conf" -o json \
		>"$DIR/ctl.log" 2>&1 || true
	says ctl 'TLS failed: see ssl.ca.location' 1 "mpicctl doctor"
}

# by_password NAME MECHANISM USER PASSWORD-FILE: NAME.conf, not by certificate
by_password()
{
	sed -i -e '/"ssl.certificate.location"/d' -e '/"ssl.key.location"/d' \
		-e "s/brokers = .*/brokers = \"$KAFKA_SASL\"/" -e "
	s:\"security.protocol\" = SSL:\"security.protocol\" = SASL_SSL\\n\
		\"sasl.mechanism\" = \"$2\"\\n\
		\"sasl.username\" = \"$3\"\\n\
		\"sasl.password.file\" = \"$4\":" "$DIR/$1.conf"
}

# sasl_coordinator NAME MECHANISM USER PASSWORD-FILE; sasl_worker: the same
sasl_coordinator()
{
	coordinator_settings "$1" "${T}x."
	by_password "$@"
}

sasl_worker()
{
	worker_settings "$1" "${T}x." fra
	by_password "$@"
}

# ctl_login MECHANISM PASSWORD-FILE: what mpicctl says, in ctl.log
ctl_login()
{
	cp "$KAFKA_MPICCTL_CONF" "$DIR/ctl.conf"
	by_password ctl "$1" admin "$2"
	"$BIN/mpicctl" doctor --config "$DIR/ctl.conf" -o json \
		>"$DIR/ctl.log" 2>&1 || true
}

# Not before librdkafka 2.6.1.
knows_scram()
{
	! "$BIN/mpicctl" doctor -o json | grep -q 'SCRAM: '
}

# Passwords over TLS: right ones serve, with the same rights as certificates;
# wrong ones are said, and what to look at.
check_sasl()
{
	manifest "${T}x."
	echo wrong >"$DIR/wrong.password"
	chmod 600 "$DIR/wrong.password"
	own=$KAFKA_PASSWORD_COORDINATOR
	fra=$KAFKA_PASSWORD_WORKER_FRA
	sasl_coordinator plain PLAIN coordinator "$own"
	sasl_coordinator other PLAIN auditor "$KAFKA_PASSWORD_AUDITOR"
	sasl_coordinator badp PLAIN coordinator "$DIR/wrong.password"
	sasl_coordinator s256 SCRAM-SHA-256 coordinator "$own"
	sasl_coordinator s512 SCRAM-SHA-512 coordinator "$own"
	sasl_coordinator bads SCRAM-SHA-512 coordinator "$DIR/wrong.password"
	sasl_worker wplain PLAIN worker-fra "$fra"
	sasl_worker wscram SCRAM-SHA-512 worker-fra "$fra"
	for name in plain other badp s256 s512 bads; do
		start $name coordinator
	done
	start wplain perspective-worker
	start wscram perspective-worker
	refused='broker refuses who we say'
	says wplain worker_assigned 30 "a worker, PLAIN"
	for name in badp bads; do
		says $name "kafka_brokers_awaited.*$refused" 30 \
			"a wrong password"
	done
	if knows_scram; then
		wait_get s256 /readyz '^ready' SCRAM-SHA-256
		wait_get s512 /readyz '^ready' SCRAM-SHA-512
		says wscram worker_assigned 30 "a worker, SCRAM"
		scram=brokers.*good
	else
		scram="$refused.*librdkafka before 2.6.1"
		for name in s256 s512 wscram; do
			says $name "kafka_brokers_awaited.*$scram" 30 SCRAM
		done
	fi
	ctl_login SCRAM-SHA-256 "$KAFKA_PASSWORD_ADMIN"
	says ctl "$scram" 1 "mpicctl doctor, SCRAM"
	ctl_login PLAIN "$DIR/wrong.password"
	says ctl "$refused" 1 "mpicctl doctor, a wrong password"
	for name in s256 s512 bads wplain wscram; do
		stop $name
	done
	wait_get plain /readyz '^ready' PLAIN
	submit_many "${T}x." 1 20
	seen=$((seen + 1))
	wait_decisions "${T}x." 20 || fail "20 requests, not 20 decisions"
	ends other 78 'lacks the right'
	stop plain
	stop badp
}

for tool in kcat java mvn; do
	command -v $tool >/dev/null 2>&1 ||
		sh deploy/install-deps.sh --kafka
done
[ -n "${KAFKA_DIR-}" ] || $LOCAL start "$KAFKA" --partitions 3 --sasl
eval "$($LOCAL env "$KAFKA")"
make_keys
for part in ${PARTS:-refusals first_use gaps recreated sizes clocks brokers_down static \
	certificates sasl}; do
	check_$part
done
echo "kafka_start: $seen checks, $bad failed"
[ $bad -eq 0 ]
