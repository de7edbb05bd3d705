#!/bin/sh
# settings.sh -- the demo's keys and settings files; read with "." by demo.sh.
# Wants DIR, HERE, PROGRAMS and internet.

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

# Private keys stay in files of their own; what keygen prints pins the public
# half in the settings of those who must trust it.
make_keys()
{
	{
		"$PROGRAMS/mpicctl" keygen coordinator-1 --role coordinator \
			--dir "$DIR/keys" >"$DIR/keys/coordinator.pins"
		for code in $(codes); do
			"$PROGRAMS/mpicctl" keygen "$code-1" \
				--perspective "$code" --dir "$DIR/keys"
		done >"$DIR/keys/workers.pins"
		"$PROGRAMS/mpicctl" keygen --plan-key "$DIR/keys/plan.key"
	} 2>"$DIR/log/keygen.out"
}

# The embedded broker answers a fetch when that time is over.
kafka_section()
{
	cat <<END
kafka {
	brokers = "$(cat "$DIR/broker")"
	"fetch.wait.max.ms" = "5"
$1
}
END
}

# Every perspective waits for all others ("early = never"), so that each row of
# the table is whole; and not long for one that is gone.
coordinator_settings()
{
	cat <<END
# A laboratory: plaintext, the embedded broker, addresses of loopback.
lab = yes
deployment = "demo"
instance = "coordinator-1"
signing_key = "$DIR/keys/coordinator-1.key"
plan_key = "$DIR/keys/plan.key"
issuers = { "$(lab CA)" }
END
	if [ $internet = no ]; then
		echo "public_suffix_list = \"$(lab SUFFIXES)\""
	fi
	kafka_section '	"session.timeout.ms" = "6000"'
	# Six resolvers with nothing in their caches, far from some servers.
	attempt_time=6s
	[ $internet = no ] || attempt_time=20s
	cat <<END
plan {
	primary = "$(codes | head -n 1)"
	early = never
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

worker_settings()
{
	code=$1
	view=$2
	cat <<END
# A laboratory: plaintext, the embedded broker, all perspectives in one place.
lab = yes
deployment = "demo"
instance = "$code-1"
perspective = "$code"
signing_key = "$DIR/keys/$code-1.key"
heartbeat = 2s
END
	kafka_section ""
	echo "admin { port = 0 }"
	if [ $internet = no ]; then
		cat <<END
public_suffix_list = "$(lab SUFFIXES)"
probe {
	count = 1
	root_servers = { "$(lab "VIEW_${view}_ROOT")" }
	trust_anchor_file = "$(lab "VIEW_${view}_ANCHOR")"
}
# Nothing else of loopback: that is what the guard is tried with.
guard {
	allow = { "$(lab DNS_NET)", "$(lab WEB_NET)" }
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
	kafka_section ""
	cat "$DIR/keys/coordinator.pins"
}

write_settings()
{
	coordinator_settings >"$DIR/conf/coordinator.conf"
	rows | while read -r code city rir latitude longitude view; do
		worker_settings "$code" "$view" >"$DIR/conf/$code.conf"
	done
	ctl_settings >"$DIR/conf/mpicctl.conf"
}
