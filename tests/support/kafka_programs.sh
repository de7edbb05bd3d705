#!/bin/sh
# Settings and keys of programs that run on deploy/kafka/local.sh, and what is
# asked of them: for scripts that have sourced `local.sh env` and set BIN, DIR
# and fail().

# The places of six perspectives: code, RIR, degrees north and east.
PLACES="fra ripe 50.11 8.68
nyc arin 40.71 -74.01
sao lacnic -23.55 -46.63
sin apnic 1.35 103.82
syd apnic -33.87 151.21
jnb afrinic -26.20 28.05"

# make_keys: $DIR/NAME.key, $DIR/plan.key, and the pins of all in $DIR/pins
make_keys()
{
	{
		"$BIN/mpicctl" keygen coordinator --role coordinator \
			--dir "$DIR"
		echo "$PLACES" | while read -r code rest; do
			"$BIN/mpicctl" keygen "$code" --perspective "$code" \
				--dir "$DIR"
		done
		"$BIN/mpicctl" keygen --plan-key "$DIR/plan.key"
	} >"$DIR/pins" 2>/dev/null
}

# kafka_section PREFIX PRINCIPAL: topics and transport, with a client
# certificate. MORE_KAFKA: further lines of the section; BROKERS: others.
kafka_section()
{
	upper=$(echo "$2" | tr 'a-z-' 'A-Z_')
	eval "cert=\$KAFKA_CERT_$upper key=\$KAFKA_KEY_$upper"
	cat <<-END
		topic_prefix = "$1"
		admin { port = 0 }
		kafka {
			brokers = "${BROKERS:-$KAFKA_BOOTSTRAP}"
			partitions = $KAFKA_PARTITIONS
			"session.timeout.ms" = "6000"
			"security.protocol" = SSL
			"ssl.ca.location" = "$KAFKA_CA"
			"ssl.certificate.location" = "$cert"
			"ssl.key.location" = "$key"
			${MORE_KAFKA-}
		}
	END
}

# coordinator_settings NAME PREFIX [PRINCIPAL]: $DIR/NAME.conf. MORE,
# MORE_PLAN: further lines; MORE_KAFKA as above.
coordinator_settings()
{
	{
		cat <<-END
			deployment = e2e
			instance = $1
			signing_key = "$DIR/coordinator.key"
			plan_key = "$DIR/plan.key"
			issuers = { "ca.example" }
			plan {
				primary = fra
				${MORE_PLAN-}
			}
			${MORE-}
		END
		kafka_section "$2" "${3:-coordinator}"
		echo "$PLACES" | while read -r code rir latitude longitude; do
			cat <<-END
				perspective "$code" {
					rir = $rir
					latitude = $latitude
					longitude = $longitude
				}
			END
		done
		cat "$DIR/pins"
	} >"$DIR/$1.conf"
}

# worker_settings NAME PREFIX CODE [PRINCIPAL]
worker_settings()
{
	{
		cat <<-END
			lab = yes
			deployment = e2e
			instance = $1
			perspective = $3
			signing_key = "$DIR/$3.key"
			${MORE-}
		END
		kafka_section "$2" "${4:-worker-$3}"
		cat "$DIR/pins"
	} >"$DIR/$1.conf"
}

# launch NAME coordinator|perspective-worker: PID of it in $PID
launch()
{
	"$BIN/mpic-$2" --config "$DIR/$1.conf" >>"$DIR/$1.log" 2>&1 \
		</dev/null &
	PID=$!
}

# wait_log NAME PATTERN SECONDS
wait_log()
{
	tries=0
	until grep -q -e "$2" "$DIR/$1.log" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt $((10 * $3)) ] || return 1
		sleep 0.1
	done
}

# admin_get NAME PATH: from its admin port
admin_get()
{
	port=$(sed -n 's/.*"admin_port":\([0-9]*\).*/\1/p' "$DIR/$1.log" |
		tail -n 1)
	curl -s --max-time 5 "http://127.0.0.1:$port$2"
}

# manifest PREFIX PYTHON: the manifest, changed by statements over `m`, brought
# about under that prefix. Transactional ids are not: local.sh gave all that
# begin with its own prefix. (1: rights are there that it does not name.)
manifest()
{
	file=$DIR/manifest-$1json
	CHANGE="${2-}" python3 - deploy/kafka/topics.manifest.json \
		>"$file" <<-'END'
		import json, os, sys
		m = json.load(open(sys.argv[1]))
		def topic(name):
		    return next(t for t in m["topics"] if
		                t["name"] == "{prefix}" + name)
		def rights(role):
		    return [a for a in m["acls"] if a["role"] == role]
		for p in m["deployment"]["perspectives"]:
		    p["partitions"] = 1
		exec(os.environ["CHANGE"])
		m["acls"] = [a for a in m["acls"] if
		             a["resource"] != "transactional-id" and
		             a.get("names", True)]
		json.dump(m, sys.stdout)
	END
	for part in topics acls; do
		"$BIN/mpicctl" $part apply --config "$KAFKA_MPICCTL_CONF" \
			--manifest "$file" --topic-prefix "$1" \
			--partitions "$KAFKA_PARTITIONS" \
			--replication "$KAFKA_NODES" \
			>"$DIR/apply-$1$part" 2>&1 || [ $? -eq 1 ] || {
			cat "$DIR/apply-$1$part"
			return 1
		}
	done
}
