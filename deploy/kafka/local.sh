#!/bin/sh
# Apache Kafka (KRaft) on loopback for tests and evaluation: TLS 1.3, client
# certificates, the standard authorizer, and the topics and rights of
# topics.manifest.json (mpicctl makes them).  The jars come from Maven Central
# on first use.
#
#   local.sh start DIR [OPTION]...   start it; all of its files are in DIR
#   local.sh fetch                   only install and fetch what that needs
#   local.sh stop DIR                end it; the data stays
#   local.sh status DIR              what runs; true if all does
#   local.sh env DIR                 KEY=VALUE: addresses, certificates, keys
#   local.sh kill-node DIR N         SIGKILL one node (1 is the first)
#   local.sh stop-node DIR N         end one node in good order
#   local.sh start-node DIR N        start it again, wait until it serves
#   local.sh topics DIR              the topics as the brokers have them
#   local.sh tool DIR CLASS [ARG]... one of Kafka's own tools, as admin
#
#   --nodes 1|3         brokers, each a controller too (default 1)
#   --plaintext         one more listener, open to everybody, for comparisons
#   --sasl              or one with passwords (PLAIN, SCRAM) over TLS
#   --perspectives A,B  codes (default: the manifest's)
#   --partitions P      of requests, attempts, results, decisions, checks
#   --prefix TEXT       of topic names
#   --no-topics         brokers only
#
# A DIR keeps the options of its first start.  KAFKA_JVM in the environment:
# more options of the brokers' Java.
set -eu
umask 077

HERE=$(cd "$(dirname "$0")" && pwd)
START_SECONDS=${KAFKA_START_SECONDS:-120}
STOP_SECONDS=20
HEAP=-Xmx400m	# three nodes stay under 3 GiB, all told
CLUSTER=bXBpYy1sb2NhbC1rYWZrYQ	# a base64 UUID

fail()
{
	echo "kafka: $*" >&2
	exit 1
}

usage()
{
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p;}' "$0"
}

#
# Java and the jars
#

need_tools()
{
	for tool in java mvn openssl python3 ss; do
		command -v $tool >/dev/null 2>&1 && continue
		sh "$HERE/../install-deps.sh" --kafka
		break
	done
}

# A file that holds the class path; every jar that it names is there.
resolve_jars()
{
	cache=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/mpic
	mkdir -p "$cache"
	id=$(sha256sum "$HERE/pom.xml" | cut -c 1-16)
	CLASSPATH_FILE=$cache/kafka-$id.classpath
	if [ -f "$CLASSPATH_FILE" ] && have_jars; then
		return 0
	fi
	echo "kafka: fetching the broker's jars" >&2
	tries=0
	until timeout 600 mvn -B -q -C -f "$HERE/pom.xml" \
		dependency:build-classpath \
		-Dmdep.outputFile="$CLASSPATH_FILE.new" \
		>"$CLASSPATH_FILE.log" 2>&1
	do
		tries=$((tries + 1))
		if [ $tries -ge 3 ]; then
			tail -n 20 "$CLASSPATH_FILE.log" >&2
			fail "Maven Central did not give the jars"
		fi
		sleep 2
	done
	mv "$CLASSPATH_FILE.new" "$CLASSPATH_FILE"
}

have_jars()
{
	tr ':' '\n' <"$CLASSPATH_FILE" | while IFS= read -r jar; do
		[ -f "$jar" ] || exit 1
	done
}

tool()
{
	class=$1
	shift
	java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
		-XX:-UsePerfData -cp "$(cat "$CLASSPATH_FILE")" \
		-Dlog4j2.configurationFile="$HERE/log4j2-tools.properties" \
		"$class" "$@"
}

#
# Keys: one CA; a certificate's name is the principal's
#

make_ca()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj "/CN=mpic local Kafka CA" -days 825 \
		-addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
		-addext "keyUsage=critical,keyCertSign,cRLSign" \
		-keyout "$TLS/ca.key" -out "$TLS/ca.pem" 2>/dev/null
}

# make_certificate NAME EXTENDED-USES [SUBJECT-ALT-NAMES]
make_certificate()
{
	[ ! -s "$TLS/$1.pem" ] || return 0
	{
		echo "basicConstraints=critical,CA:FALSE"
		echo "keyUsage=critical,digitalSignature"
		echo "extendedKeyUsage=$2"
		[ -z "${3-}" ] || echo "subjectAltName=$3"
	} >"$TLS/extensions"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		-out "$TLS/$1.key" 2>/dev/null
	openssl req -new -key "$TLS/$1.key" -subj "/CN=$1" |
		openssl x509 -req -CA "$TLS/ca.pem" -CAkey "$TLS/ca.key" \
			-days 825 -extfile "$TLS/extensions" \
			-out "$TLS/$1.new" 2>/dev/null
	# Java reads both from one file.
	cat "$TLS/$1.key" "$TLS/$1.new" >"$TLS/$1.both"
	mv "$TLS/$1.new" "$TLS/$1.pem"
}

principals()
{
	printf '%s\n' admin coordinator pipeline gateway auditor
	echo "$PERSPECTIVES" | tr ',' '\n' | sed 's/^/worker-/'
}

make_keys()
{
	mkdir -p "$TLS"
	[ -s "$TLS/ca.pem" ] || make_ca
	make_certificate broker serverAuth,clientAuth \
		IP:127.0.0.1,DNS:localhost
	for name in $(principals); do
		make_certificate "$name" clientAuth
		[ -s "$TLS/$name.password" ] ||
			openssl rand -hex 16 >"$TLS/$name.password"
		cat >"$TLS/$name.librdkafka" <<-END
			bootstrap.servers=$BOOTSTRAP
			security.protocol=SSL
			ssl.ca.location=$TLS/ca.pem
			ssl.certificate.location=$TLS/$name.pem
			ssl.key.location=$TLS/$name.key
			ssl.endpoint.identification.algorithm=https
		END
	done
	java_tls admin >"$TLS/admin.properties"
	cat >"$TLS/admin.mpicctl" <<-END
		kafka {
			brokers = "$BOOTSTRAP"
			"security.protocol" = SSL
			"ssl.ca.location" = "$TLS/ca.pem"
			"ssl.certificate.location" = "$TLS/admin.pem"
			"ssl.key.location" = "$TLS/admin.key"
		}
	END
}

java_tls()
{
	cat <<-END
		security.protocol=SSL
		ssl.protocol=TLSv1.3
		ssl.enabled.protocols=TLSv1.3
		ssl.truststore.type=PEM
		ssl.truststore.location=$TLS/ca.pem
		ssl.keystore.type=PEM
		ssl.keystore.location=$TLS/$1.both
	END
}

#
# What a DIR remembers
#

# Below the range of ports that the system gives to clients, so that none of
# them sits on a node's port while the node is down.
free_ports()
{
	python3 - "$1" <<-'END'
		import random, socket, sys
		held = []
		while len(held) < int(sys.argv[1]):
		    s = socket.socket()
		    try:
		        s.bind(("127.0.0.1", random.randrange(20000, 32000)))
		        held.append(s)
		    except OSError:
		        s.close()
		print(*[s.getsockname()[1] for s in held])
	END
}

read_settings()
{
	[ -f "$DIR/settings" ] || fail "$DIR holds no Kafka; start it"
	SASL=no
	while IFS='=' read -r key value; do
		case $key in
		nodes) NODES=$value ;;
		plaintext) PLAINTEXT=$value ;;
		sasl) SASL=$value ;;
		perspectives) PERSPECTIVES=$value ;;
		partitions) PARTITIONS=$value ;;
		prefix) PREFIX=$value ;;
		ports) PORTS=$value ;;
		*) fail "$DIR/settings: unknown: $key" ;;
		esac
	done <"$DIR/settings"
	BOOTSTRAP= OPEN= VOTERS=
	for n in $(seq "$NODES"); do
		BOOTSTRAP=$BOOTSTRAP${BOOTSTRAP:+,}127.0.0.1:$(port "$n" 1)
		VOTERS=$VOTERS${VOTERS:+,}$n@127.0.0.1:$(port "$n" 2)
		OPEN=$OPEN${OPEN:+,}127.0.0.1:$(port "$n" 3)
	done
}

# port NODE 1 (clients) | 2 (controllers) | 3 (plaintext or passwords)
port()
{
	echo "$PORTS" | cut -d ' ' -f $((3 * ($1 - 1) + $2))
}

manifest_value()
{
	python3 - "$HERE/topics.manifest.json" "$1" <<-'END'
		import json, sys
		d = json.load(open(sys.argv[1]))["deployment"]
		value = d[sys.argv[2]]
		print(value if not isinstance(value, list)
		      else ",".join(p["code"] for p in value))
	END
}

write_settings()
{
	[ -n "$perspectives" ] || perspectives=$(manifest_value perspectives)
	[ -n "$partitions" ] || partitions=$(manifest_value partitions)
	[ -n "$prefix" ] || prefix=$(manifest_value prefix)
	[ -n "$nodes" ] || nodes=1
	cat >"$DIR/settings.new" <<-END
		nodes=$nodes
		plaintext=${plaintext:-no}
		sasl=${sasl:-no}
		perspectives=$perspectives
		partitions=$partitions
		prefix=$prefix
		ports=$(free_ports $((3 * nodes)))
	END
	mv "$DIR/settings.new" "$DIR/settings"
}

# differs NAME GIVEN REMEMBERED
differs()
{
	[ -z "$2" ] || [ "$2" = "$3" ] ||
		fail "$DIR was made with $1 $3; use another folder for $2"
}

sasl_properties()
{
	echo "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
	echo "listener.name.sasl_ssl.ssl.client.auth=none"
	printf '%s=%s required' listener.name.sasl_ssl.plain.sasl.jaas.config \
		org.apache.kafka.common.security.plain.PlainLoginModule
	for name in $(principals); do
		printf ' user_%s="%s"' "$name" "$(cat "$TLS/$name.password")"
	done
	echo ';'
	for mechanism in scram-sha-256 scram-sha-512; do
		printf '%s=%s required;\n' \
			listener.name.sasl_ssl.$mechanism.sasl.jaas.config \
			org.apache.kafka.common.security.scram.ScramLoginModule
	done
}

# One word a line, for a file: what is on a command line all may read.
format_arguments()
{
	printf '%s\n' format --cluster-id $CLUSTER --config "$1"
	[ "$SASL" = yes ] || return 0
	for name in $(principals); do
		for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
			printf '%s\n%s=[name="%s",password="%s"]\n' \
				--add-scram $mechanism "$name" \
				"$(cat "$TLS/$name.password")"
		done
	done
}

write_node()
{
	node=$DIR/node$1
	copies=$NODES
	least=$((NODES > 1 ? NODES - 1 : 1))
	listeners=SSL://127.0.0.1:$(port "$1" 1)
	open=
	if [ "$PLAINTEXT" = yes ]; then
		listeners=$listeners,PLAINTEXT://127.0.0.1:$(port "$1" 3)
		open=';User:ANONYMOUS'
	elif [ "$SASL" = yes ]; then
		listeners=$listeners,SASL_SSL://127.0.0.1:$(port "$1" 3)
	fi
	mkdir -p "$node"
	{
		java_tls broker | grep -v ^security.protocol
		cat <<-END
			node.id=$1
			process.roles=broker,controller
			controller.quorum.voters=$VOTERS
			controller.listener.names=CONTROLLER
			listeners=$listeners,CONTROLLER://127.0.0.1:$(port "$1" 2)
			advertised.listeners=$listeners
			listener.security.protocol.map=SSL:SSL,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:SSL
			inter.broker.listener.name=SSL
			ssl.client.auth=required
			ssl.principal.mapping.rules=RULE:^CN=([a-z0-9-]+)\$/\$1/,DEFAULT
			authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
			allow.everyone.if.no.acl.found=false
			super.users=User:admin;User:broker$open
			log.dirs=$node/data
			auto.create.topics.enable=false
			default.replication.factor=$copies
			min.insync.replicas=$least
			unclean.leader.election.enable=false
			offsets.topic.replication.factor=$copies
			offsets.topic.num.partitions=8
			transaction.state.log.replication.factor=$copies
			transaction.state.log.min.isr=$least
			transaction.state.log.num.partitions=8
			share.coordinator.state.topic.replication.factor=$copies
			share.coordinator.state.topic.min.isr=$least
			transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
			group.initial.rebalance.delay.ms=100
			broker.heartbeat.interval.ms=500
			broker.session.timeout.ms=6000
			num.network.threads=2
			num.io.threads=4
			num.replica.fetchers=1
			background.threads=2
			log.cleaner.dedupe.buffer.size=16777216
			log.cleaner.threads=1
			log.segment.bytes=67108864
			log.index.size.max.bytes=1048576
			socket.request.max.bytes=16777216
		END
		[ "$SASL" = no ] || sasl_properties
	} >"$node/server.properties"
	if [ ! -f "$node/data/meta.properties" ]; then
		format_arguments "$node/server.properties" >"$node/format"
		tool kafka.tools.StorageTool @"$node/format" \
			>"$DIR/log/format$1" 2>&1 ||
			{ cat "$DIR/log/format$1" >&2; fail "cannot format"; }
	fi
}

#
# Processes: "id start-time", so that another that came to bear the id later
# is never mistaken for ours.
#

start_time()
{
	# The name, in brackets, may hold blanks: count from behind it.
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# True, and PID is set, while node N runs.
is_up()
{
	[ -f "$DIR/node$1/pid" ] || return 1
	read -r PID started <"$DIR/node$1/pid"
	[ "$(start_time "$PID")" = "$started" ] &&
		! grep -q '^State:[[:space:]]*Z' "/proc/$PID/status" 2>/dev/null
}

spawn_node()
{
	node=$DIR/node$1
	mkdir -p "$node"
	# Readiness is read from the log: from what this start writes.
	rm -f "$DIR/log/node$1.log"
	# A signal waits until the id is written down.
	caught=
	trap 'caught=yes' HUP INT TERM
	setsid java $HEAP -Xms128m -Xss512k -XX:+UseSerialGC \
		-XX:MaxMetaspaceSize=128m -XX:ReservedCodeCacheSize=64m \
		-XX:MaxDirectMemorySize=128m -XX:-UsePerfData \
		-XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true \
		${KAFKA_JVM-} \
		-Dmpic.log="$DIR/log/node$1.log" \
		-Dlog4j2.configurationFile="$HERE/log4j2-broker.properties" \
		-cp "$(cat "$CLASSPATH_FILE")" \
		kafka.Kafka "$node/server.properties" \
		</dev/null >"$DIR/log/node$1.out" 2>&1 &
	echo "$! $(start_time $!)" >"$node/pid"
	trap 'exit 130' HUP INT TERM
	[ -z "$caught" ] || exit 130
}

serves()
{
	grep -q 'BrokerServer.*from STARTING to STARTED' \
		"$DIR/log/node$1.log" 2>/dev/null
}

# wait_ready N...: in parallel, as three nodes need each other.
wait_ready()
{
	until_second=$(($(date +%s) + START_SECONDS))
	for n in "$@"; do
		until serves "$n"; do
			if ! is_up "$n" ||
				[ "$(date +%s)" -gt $until_second ]; then
				tail -n 15 "$DIR/log/node$n.out" \
					"$DIR/log/node$n.log" >&2 || true
				fail "node $n does not serve"
			fi
			sleep 0.1
		done
	done
}

end_nodes()
{
	for n in "$@"; do
		if is_up "$n"; then
			kill -TERM "$PID" 2>/dev/null || true
			# A stopped process would not hear it.
			kill -CONT "$PID" 2>/dev/null || true
		fi
	done
	until_second=$(($(date +%s) + STOP_SECONDS))
	for n in "$@"; do
		while is_up "$n"; do
			if [ "$(date +%s)" -gt $until_second ]; then
				echo "kafka: node $n does not stop; killed" >&2
				kill -KILL "$PID" 2>/dev/null || true
			fi
			sleep 0.1
		done
		rm -f "$DIR/node$n/pid"
	done
}

#
# Commands
#

kafka_start()
{
	nodes= plaintext= sasl= perspectives= partitions= prefix= want_topics=yes
	while [ $# -gt 0 ]; do
		case $1 in
		--plaintext) plaintext=yes ;;
		--sasl) sasl=yes ;;
		--no-topics) want_topics=no ;;
		--nodes | --perspectives | --partitions | --prefix)
			[ $# -gt 1 ] || fail "$1 what?"
			eval "${1#--}=\$2"
			shift ;;
		*) usage >&2; exit 64 ;;
		esac
		shift
	done
	case $nodes in '' | 1 | 3) ;; *) fail "--nodes wants 1 or 3" ;; esac
	[ -z "$plaintext" ] || [ -z "$sasl" ] ||
		fail "--plaintext or --sasl, not both"
	case $partitions in *[!0-9]*) fail "--partitions wants a number" ;; esac
	case $perspectives in
	*[!a-z0-9,-]*) fail "--perspectives wants codes of a-z 0-9 -" ;;
	esac
	case $prefix in
	*[!A-Za-z0-9._-]*) fail "--prefix wants letters, digits and . _ -" ;;
	esac
	need_tools
	[ -f "$DIR/settings" ] || write_settings
	read_settings
	differs nodes "$nodes" "$NODES"
	differs plaintext "$plaintext" "$PLAINTEXT"
	differs sasl "$sasl" "$SASL"
	differs perspectives "$perspectives" "$PERSPECTIVES"
	differs partitions "$partitions" "$PARTITIONS"
	differs prefix "$prefix" "$PREFIX"
	all=$(seq "$NODES")
	for n in $all; do
		! is_up "$n" || fail "node $n is up already"
	done
	# What started is ended if the rest does not come up.
	trap 'trap "" HUP INT TERM; end_nodes $all' EXIT
	trap 'exit 130' HUP INT TERM
	resolve_jars
	make_keys
	for n in $all; do
		write_node "$n"
	done
	for n in $all; do
		spawn_node "$n"
	done
	wait_ready $all
	[ $want_topics = no ] || apply_manifest
	trap - EXIT
}

# $MPICCTL, what a build of this tree made, or what is installed.
find_mpicctl()
{
	for MPICCTL in "${MPICCTL-}" "${BUILD_DIR+$BUILD_DIR/bin/mpicctl}" \
		"$HERE"/../../build/*/bin/mpicctl \
		"$(command -v mpicctl || true)"; do
		[ ! -x "$MPICCTL" ] || return 0
	done
	fail "no mpicctl: build it, or say where it is in MPICCTL"
}

# rollout topics|acls VERB [OPTION]...
rollout()
{
	set -- "$@" --config "$TLS/admin.mpicctl" --topic-prefix "$PREFIX" \
		--manifest "$HERE/topics.manifest.json" \
		--partitions "$PARTITIONS" --replication "$NODES"
	for code in $(echo "$PERSPECTIVES" | tr ',' ' '); do
		set -- "$@" --perspective "$code"
	done
	"$MPICCTL" "$@"
}

acl_tool()
{
	tool org.apache.kafka.tools.AclCommand "$@"
}

# Once for each state of the manifest.
apply_manifest()
{
	state=$(cat "$HERE/topics.manifest.json" "$DIR/settings" | sha256sum)
	[ "$(cat "$DIR/applied" 2>/dev/null)" != "$state" ] || return 0
	find_mpicctl
	rollout topics apply >"$DIR/log/topics" ||
		{ cat "$DIR/log/topics" >&2; fail "topics are not complete"; }
	# 1: something is left, to transactional ids with an old librdkafka
	rollout acls apply >"$DIR/log/acls" || [ $? -eq 1 ] ||
		fail "no rights were given"
	lines=$(rollout acls plan --as kafka-cli \
		--command-config "$TLS/admin.properties")
	eval "$(echo "$lines" | sed 's/^kafka-acls\.sh /acl_tool /')" \
		>>"$DIR/log/acls"
	# a broker learns what that tool did a moment later
	tries=0
	until rollout acls check >"$DIR/log/acls-left"; do
		tries=$((tries + 1))
		if [ $tries -gt 20 ]; then
			cat "$DIR/log/acls" "$DIR/log/acls-left" >&2
			fail "rights are not complete"
		fi
		sleep 0.1
	done
	echo "$state" >"$DIR/applied"
}

kafka_status()
{
	read_settings
	all=0
	for n in $(seq "$NODES"); do
		if is_up "$n"; then
			echo "node$n up $PID $(awk '$1 == "VmRSS:" {
				print int($2 / 1024) " MiB" }' \
				"/proc/$PID/status")"
		else
			echo "node$n down"
			all=1
		fi
	done
	return $all
}

kafka_env()
{
	read_settings
	echo "KAFKA_BOOTSTRAP=$BOOTSTRAP"
	[ "$PLAINTEXT" = no ] || echo "KAFKA_PLAINTEXT=$OPEN"
	[ "$SASL" = no ] || echo "KAFKA_SASL=$OPEN"
	echo "KAFKA_NODES=$NODES"
	echo "KAFKA_PREFIX=$PREFIX"
	echo "KAFKA_PARTITIONS=$PARTITIONS"
	echo "KAFKA_PERSPECTIVES=$PERSPECTIVES"
	echo "KAFKA_CA=$TLS/ca.pem"
	echo "KAFKA_MPICCTL_CONF=$TLS/admin.mpicctl"
	for name in $(principals); do
		id=$(echo "$name" | tr 'a-z-' 'A-Z_')
		echo "KAFKA_CERT_$id=$TLS/$name.pem"
		echo "KAFKA_KEY_$id=$TLS/$name.key"
		echo "KAFKA_PASSWORD_$id=$TLS/$name.password"
		echo "KAFKA_CONF_$id=$TLS/$name.librdkafka"
	done
}

need_node()
{
	read_settings
	case ${1-} in
	[1-9]) [ "$1" -le "$NODES" ] || fail "there is no node $1" ;;
	*) usage >&2; exit 64 ;;
	esac
}

kafka_start_node()
{
	need_node "$@"
	! is_up "$1" || fail "node $1 is up already"
	resolve_jars
	spawn_node "$1"
	wait_ready "$1"
}

kafka_kill_node()
{
	need_node "$@"
	is_up "$1" || fail "node $1 is down"
	kill -KILL "$PID"
	while is_up "$1"; do
		sleep 0.05
	done
	rm -f "$DIR/node$1/pid"
}

kafka_topics()
{
	kafka_tool TopicCommand --describe
}

kafka_tool()
{
	read_settings
	resolve_jars
	class=$1
	shift
	tool "org.apache.kafka.tools.$class" --bootstrap-server "$BOOTSTRAP" \
		--command-config "$TLS/admin.properties" "$@"
}

command=${1-}
[ $# -eq 0 ] || shift
case $command in
-h | --help) usage; exit 0 ;;
fetch) need_tools; resolve_jars; exit ;;
start | stop | status | env | topics | tool | kill-node | stop-node | start-node) ;;
*) usage >&2; exit 64 ;;
esac

[ $# -gt 0 ] || { usage >&2; exit 64; }
if [ "$command" = start ]; then
	mkdir -p "$1"
fi
[ -d "$1" ] || fail "$1 is no folder"
DIR=$(cd "$1" && pwd)
TLS=$DIR/tls
mkdir -p "$DIR/log"
shift
case $command in
start) kafka_start "$@" ;;
stop) read_settings; end_nodes $(seq "$NODES") ;;
status) kafka_status ;;
env) kafka_env ;;
topics) kafka_topics ;;
tool) kafka_tool "$@" ;;
kill-node) kafka_kill_node "$@" ;;
stop-node) need_node "$@"; end_nodes "$1" ;;
start-node) kafka_start_node "$@" ;;
esac
