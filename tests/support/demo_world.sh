#!/bin/sh
# demo_world.sh -- a demo that is kept running, for scripts of tests/e2e: read
# with ".", in the root of the tree.
#
#   enter "$@"       first of all: in a network of its own, if that may be
#   world_open [OPTION]...   starts the demo, with options of its own; what it
#                    started ends with the script
#   check WHAT COMMAND...   one thing that must be true
#   dump_log DIR TOPIC...   the log in files, for python_log SCRIPT
#   world_result     one line, and the exit status: nothing was wrong
#
# Wants BUILD_DIR, as tests/run.sh gives it.
: "${BUILD_DIR:=$PWD/build/release}"
export BUILD_DIR
WAIT_TRIES=600	# of 50 ms each
checked=0
wrong=0
what="the start"
said=

enter()
{
	[ -z "${MPIC_E2E_INSIDE-}" ] || return 0
	export MPIC_E2E_INSIDE=yes
	exec sh deploy/lab/lab.sh inside sh "$0" "$@"
}

# What the programs said that is no ordinary line: a sanitizer's report, an
# assertion; then the last of each one's warnings.
world_trouble()
{
	for log in "$work"/demo/log/*.out; do
		grep -av '^<[0-7]>' "$log" | head -n 40 | sed 's/^/      /'
		grep -ah '^<[0-4]>' "$log" | tail -n 3
		echo "      last of $(basename "$log"): $(tail -n 1 "$log")"
	done
}

world_close()
{
	code=$?
	trap - EXIT
	trap '' HUP INT TERM
	[ -n "$said" ] || echo "ended early, after $checked checks: $what"
	if [ -f "$work/demo/demo" ]; then
		[ $code -eq 0 ] || world_trouble
		sh deploy/demo.sh --stop "$work/demo" >/dev/null || code=1
	fi
	rm -rf "$work"
	exit $code
}

world_open()
{
	work=$(mktemp -d)
	trap world_close EXIT
	trap 'exit 130' HUP INT TERM
	sh deploy/demo.sh --keep --dir "$work/demo" "$@" >"$work/out" 2>&1 || {
		cat "$work/out"
		echo "the demo does not start"
		exit 1
	}
	demo=$work/demo
	ask_as auditor
	ctl=$BUILD_DIR/bin/mpicctl
	DIR=$demo
	. deploy/lab/processes.sh
}

# ask_as PRINCIPAL: to whom kcat says that it is, where brokers ask.
ask_as()
{
	kcat_to="-b $(cat "$demo/broker")"
	[ ! -d "$demo/kafka" ] || kcat_to="-F $demo/kafka/tls/$1.librdkafka"
}

check()
{
	checked=$((checked + 1))
	what=$1
	shift
	if ! "$@"; then
		wrong=$((wrong + 1))
		echo "WRONG: $what: $*"
	fi
}

world_result()
{
	said=yes
	echo "$(basename "$0" .sh): $((checked - wrong)) of $checked as expected"
	[ $wrong -eq 0 ]
}

# wait_for COMMAND...: false if it does not become true in time.
wait_for()
{
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt $WAIT_TRIES ] || return 1
		sleep 0.05
	done
}

pid_of()
{
	cat "$demo/pid/$1"
}

is_alive()
{
	[ -n "$(id_of "$1")" ]
}

start_again()
{
	sh deploy/demo.sh --start "$demo" "$1" >/dev/null
}

# submit ARGUMENT...: JSON lines, whatever the outcome.
submit()
{
	code=0
	"$ctl" submit --config "$demo/conf/mpicctl.conf" --json "$@" || code=$?
	[ $code -lt 64 ] || echo "mpicctl submit $*: exit code $code" >&2
}

lab_value()
{
	sed -n "s/^$1=//p" "$demo/env"
}

http_01()
{
	submit "$1" --method acme-http-01 --token "$(lab_value TOKEN)" \
		--key-authorization "$(lab_value KEY_AUTHORIZATION)"
}

# says ANSWER PATH WORD: jq's path leads to that word.
says()
{
	word=$(printf '%s\n' "$1" | jq -r "$2")
	[ "$word" = "$3" ] || {
		echo "      got $word"
		return 1
	}
}

put()
{
	topic=$1
	shift
	kcat -P $kcat_to -t "mpic.$topic" "$@"
}

# All records of a topic, as kcat's format says.  Silent: it complains of a
# grep that has seen enough.
records()
{
	kcat -C -q $kcat_to -t "mpic.$1" -o beginning -e \
		-X isolation.level=read_committed -X fetch.wait.max.ms=10 \
		-f "$2" 2>/dev/null
}

# Decisions that are no answers to repeats, for one request id.
decisions_of()
{
	records decisions '%k %h %s\n' | grep -av mpic-echo= |
		grep -a "^$1 .*{\"schema_version\":1,\"request_id\":\"$1\","
}

is_decided()
{
	decisions_of "$1" >/dev/null
}

# decision ID: its value, once it is there.
decision()
{
	wait_for is_decided "$1" || return 1
	decisions_of "$1" | head -n 1 | sed 's/^[^{]*[^ ]* *\({"schema_version\)/\1/'
}

# dump_log DIR TOPIC...: as tests/chaos/records.py reads it.
dump_log()
{
	mkdir -p "$1"
	dump_dir=$1
	shift
	if [ -d "$demo/kafka" ]; then
		cp "$demo/kafka/tls/auditor.librdkafka" "$work/kcat.conf"
	else
		echo "bootstrap.servers=$(cat "$demo/broker")" >"$work/kcat.conf"
	fi
	/usr/bin/python3 tests/chaos/dump.py "$dump_dir" "$work/kcat.conf" mpic. "$@" \
		>/dev/null
}

# python_log SCRIPT ARGUMENT...: a script that reads such a folder.
python_log()
{
	PYTHONPATH=tests/support:tests/chaos PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 "$@"
}
