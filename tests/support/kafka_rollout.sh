#!/bin/sh
# mpicctl topics and acls against a real broker: for tests/e2e/kafka.sh, whose
# fail() it uses.  Last of all there: it changes topics and rights.

# said CODE PATTERN WHAT NAME topics|acls VERB [OPTION]...: run with NAME's
# certificate, it ends with CODE and says PATTERN.
said()
{
	want=$1
	pattern=$2
	what=$3
	sed "s:/tls/admin\.:/tls/$4.:" "$KAFKA_MPICCTL_CONF" \
		>"$DIR/rollout.conf"
	part=$5
	verb=$6
	shift 6
	seen=$((seen + 1))
	code=0
	"$BIN/mpicctl" $part $verb --config "$DIR/rollout.conf" -o table \
		--manifest "$DIR/manifest.json" --replication "$KAFKA_NODES" \
		--partitions "$KAFKA_PARTITIONS" "$@" \
		>"$DIR/said" 2>&1 </dev/null || code=$?
	{ [ $code -eq "$want" ] && grep -q -e "$pattern" "$DIR/said"; } ||
		fail "$what: exit $code, wanted $want and \"$pattern\":" \
			"$(head -n 4 "$DIR/said")"
}

# edit SED-SCRIPT: the manifest, perspectives as the brokers have them
edit()
{
	sed -e "/\"code\"/s/: 12 /: $KAFKA_PARTITIONS /" -e "$1" \
		deploy/kafka/topics.manifest.json >"$DIR/manifest.json"
}

check_rollout_topics()
{
	edit ''
	said 0 '^all 12 topics are as' "topics as made" admin topics check
	second="--topic-prefix mpic2."
	said 1 '^create .*mpic2.requests' "none there" \
		admin topics check $second
	said 0 '^created .*mpic2.dead-letters' "made" \
		admin topics apply $second
	said 0 '^all 12 topics are as' "made, once more" \
		admin topics apply $second

	# by another manifest: one changed, one that is not in ours
	edit 's/"2592000000"/"2592000001"/
		s/"segment.ms": "3600000"/&, "retention.bytes": "9000000"/'
	said 0 '^was set .*mpic.decisions .*retention.ms=2592000001' \
		"another manifest" admin topics apply
	edit ''
	said 1 '^set .*mpic.decisions .*retention.ms=2592000000 (is 2592000001' \
		"a changed configuration" admin topics check
	said 0 '^kafka-configs.sh .*--topic mpic.decisions ' \
		"a line for it" admin topics plan --as kafka-cli
	said 1 '^extra .*mpic.perspectives .*retention.bytes=9000000' \
		"put back" admin topics apply
	said 1 '^extra .*retention.bytes=9000000' "what is more is kept" \
		admin topics check

	said 1 '^by hand .*3 partitions, the manifest says 5' \
		"another number of partitions" admin topics apply --partitions 5
	said 1 '^extra ' "none were added" admin topics check
	said 77 'tls/pipeline.pem names needs Describe on mpic' \
		"who may not" pipeline topics check
}

check_rollout_rights()
{
	edit ''
	said 0 'rights are as the manifest says' "rights as made" \
		admin acls check
	edit '/"principals"/,/"acls"/s/"auditor": \["auditor"\]/"auditor": ["auditor", "second"]/'
	said 1 '^allow .*User:second .*Read on topic mpic\.\*' \
		"a new principal" admin acls check
	said 0 '^kafka-acls.sh .*--allow-principal User:second ' \
		"a line for it" admin acls plan --as kafka-cli
	said 1 'needs Alter on the cluster' "who may not" \
		pipeline acls apply -o json
	said 1 'takes Describe on the cluster' "who sees none" \
		pipeline acls check
	said 0 '^allowed .*User:second .*Read on group' "given" \
		admin acls apply
	edit ''
	said 1 '^extra .*User:second .*Read on topic mpic\.\*' \
		"a right too many" admin acls check
}
