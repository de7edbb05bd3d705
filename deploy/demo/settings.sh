#!/bin/sh
# settings.sh -- the demo's keys and settings files; read with "." by demo.sh.
# Wants DIR, HERE, PROGRAMS, internet, partitions, coordinators and workers, and
# broker.sh.  For tests that need other times, from the environment:
: "${MPIC_DEMO_LAB:=}"		# more options for "lab.sh up"
: "${MPIC_DEMO_ATTEMPT:=}"	# what one attempt may take
: "${MPIC_DEMO_EARLY:=never}"	# what may end one before all have answered
: "${MPIC_DEMO_SESSION:=6000}"	# ms after which a group gives up a member
: "${MPIC_DEMO_HEARTBEAT:=2s}"	# between a worker's signs of life

rows()
{
	grep -v '^#' "$HERE/perspectives.table"
}

codes()
{
	rows | cut -d ' ' -f 1
}

# A value of the laboratory.
lab()
{
	sed -n "s/^$1=//p" "$DIR/env"
}

# names COUNT BASE: "base base2 base3"
names()
{
	echo "$2"
	[ "$1" -lt 2 ] || seq 2 "$1" | sed "s/^/$2/"
}

coordinator_names()
{
	names "$coordinators" coordinator
}

worker_names()
{
	for code in $(codes); do
		names "$workers" "$code"
	done
}

# instance NAME: fra-1 for fra, fra-2 for fra2
instance()
{
	case $1 in
	*[0-9]) echo "$1" | sed 's/\([0-9]*\)$/-\1/' ;;
	*) echo "$1-1" ;;
	esac
}

code_of()
{
	echo "$1" | sed 's/[0-9]*$//'
}

# Private keys stay in files of their own; what keygen prints pins the public
# half in the settings of those who must trust it.
make_keys()
{
	{
		for name in $(coordinator_names); do
			"$PROGRAMS/mpicctl" keygen "$(instance "$name")" \
				--role coordinator --dir "$DIR/keys"
		done >"$DIR/keys/coordinator.pins"
		for name in $(worker_names); do
			"$PROGRAMS/mpicctl" keygen "$(instance "$name")" \
				--perspective "$(code_of "$name")" \
				--dir "$DIR/keys"
		done >"$DIR/keys/workers.pins"
		"$PROGRAMS/mpicctl" keygen --plan-key "$DIR/keys/plan.key"
	} 2>"$DIR/log/keygen.out"
}

# Every perspective waits for all others ("early = never"), so that each row of
# the table is whole; and not long for one that is gone.
coordinator_settings()
{
	cat <<END
# A laboratory: its broker and all addresses on loopback.
lab = yes
deployment = "demo"
instance = "$(instance "$1")"
signing_key = "$DIR/keys/$(instance "$1").key"
plan_key = "$DIR/keys/plan.key"
issuers = { "$(lab CA)" }
END
	if [ $internet = no ]; then
		echo "public_suffix_list = \"$(lab SUFFIXES)\""
	fi
	kafka_section coordinator "	partitions = $partitions
	\"session.timeout.ms\" = \"$MPIC_DEMO_SESSION\""
	cat <<END
plan {
	primary = "$(codes | head -n 1)"
	early = $MPIC_DEMO_EARLY
	attempt_time = $attempt_time
}
admin { port = 0 }
END
	rows | while read -r code city rir latitude longitude view; do
		cat <<END
perspective "$code" {
	city = "$city"
	rir = "$rir"
	latitude = $latitude
	longitude = $longitude
}
END
	done
	cat "$DIR/keys/workers.pins" "$DIR/keys/coordinator.pins"
}

# worker_settings NAME VIEW
worker_settings()
{
	code=$(code_of "$1")
	view=$2
	cat <<END
# A laboratory: all perspectives in one place, its broker on loopback.
lab = yes
deployment = "demo"
instance = "$(instance "$1")"
perspective = "$code"
signing_key = "$DIR/keys/$(instance "$1").key"
heartbeat = $MPIC_DEMO_HEARTBEAT
END
	kafka_section "worker-$code" "	partitions = $partitions
	\"session.timeout.ms\" = \"$MPIC_DEMO_SESSION\""
	echo "admin { port = 0 }"
	if [ $internet = no ]; then
		cat <<END
public_suffix_list = "$(lab SUFFIXES)"
probe {
	count = 1
	root_servers = { "$(lab "VIEW_${view}_ROOT")" }
	trust_anchor_file = "$(lab "VIEW_${view}_ANCHOR")"
}
# That DNSSEC is validated: a name of a zone with broken signatures.
canary { names = { "bogus.lab", "wrong-ds.lab" } }
# Nothing else of loopback: that is what the guard is tried with.
guard {
	allow = { "$(lab DNS_NET)", "$(lab WEB_NET)", "$(lab WEB6_NET)" }
}
END
	else
		echo "probe { count = 1 }"
	fi
	cat "$DIR/keys/coordinator.pins"
}

ctl_settings()
{
	cat <<END
lab = yes
deployment = "demo"
END
	kafka_section pipeline '	group = "mpic-pipeline-ctl"'
	cat "$DIR/keys/coordinator.pins"
}

write_settings()
{
	# Six resolvers with nothing in their caches, far from some servers.
	attempt_time=6s
	# Brokers that have just started take their time, too.
	[ $internet = no ] && [ -z "$nodes" ] || attempt_time=20s
	attempt_time=${MPIC_DEMO_ATTEMPT:-$attempt_time}
	for name in $(coordinator_names); do
		coordinator_settings "$name" >"$DIR/conf/$name.conf"
	done
	rows | while read -r code city rir latitude longitude view; do
		for name in $(names "$workers" "$code"); do
			worker_settings "$name" "$view" >"$DIR/conf/$name.conf"
		done
	done
	ctl_settings >"$DIR/conf/mpicctl.conf"
}
