#!/bin/sh
# processes.sh -- what a script starts, it ends: read with "." by others.
#
# Wants DIR, a folder of the script's own with a folder log in it.  DIR/pids
# holds "id start-time name" a line, so that another process that came to bear
# the id later is never mistaken for ours.
TRIES=400	# of 25 ms each, before a process counts as stuck

start_time()
{
	# The name, in brackets, may hold blanks: count from behind it.
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

is_running()
{
	[ "$(start_time "$1")" = "$2" ] &&
		! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# spawn NAME COMMAND...: it leads a group of its own, and a Ctrl-C that is
# meant for the script does not reach it.  A signal waits until it is written
# down; from here on signals end the script.
spawn()
{
	name=$1
	shift
	caught=
	trap 'caught=129' HUP
	trap 'caught=130' INT
	trap 'caught=143' TERM
	setsid "$@" </dev/null >>"$DIR/log/$name.out" 2>&1 &
	spawned=$!
	started=$(start_time $spawned)
	echo "$spawned ${started:-gone} $name" >>"$DIR/pids"
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	[ -z "$caught" ] || exit "$caught"
}

# The last of that name that still runs; its id.
id_of()
{
	found=
	while read -r pid started name; do
		if [ "$name" = "$1" ] && is_running "$pid" "$started"; then
			found=$pid
		fi
	done <"$DIR/pids"
	[ -n "$found" ] && echo "$found"
}

# stop_but NAME: all except that one.
stop_but()
{
	[ -f "$DIR/pids" ] || return 0
	while read -r pid started name; do
		if [ "$name" != "$1" ] && is_running "$pid" "$started"; then
			kill -TERM "$pid" 2>/dev/null || true
		fi
	done <"$DIR/pids"
	tries=0
	while read -r pid started name; do
		while [ "$name" != "$1" ] && is_running "$pid" "$started"; do
			tries=$((tries + 1))
			if [ $tries -gt $TRIES ]; then
				echo "$name does not stop; killed" >&2
				# With its children; "kill -KILL -- -ID" is an
				# error to dash.
				kill -s KILL -- "-$pid" 2>/dev/null ||
					kill -s KILL "$pid" 2>/dev/null || true
			fi
			sleep 0.025
		done
	done <"$DIR/pids"
}

stop_all()
{
	stop_but ""
	rm -f "$DIR/pids"
}

is_up()
{
	[ -f "$DIR/pids" ] || return 1
	while read -r pid started name; do
		is_running "$pid" "$started" || return 1
	done <"$DIR/pids"
}
