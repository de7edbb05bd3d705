#!/bin/sh
# A laboratory Internet on loopback: for every view its own root, top-level
# domains and zones (nsd), signed and broken as zones.table says, an honest
# and an attacker's web server (nginx), one for tls-alpn-01 (alpn.py), and servers
# that misbehave (hostile.py).
#
#   lab.sh up DIR [--views N] [--block B] [--peers]   start it, its files in DIR
#   lab.sh env DIR                          KEY=VALUE: addresses, files, values
#   lab.sh status DIR                       what runs; true if all does
#   lab.sh down DIR                         end what "up" started, by its ids
#   lab.sh fits                             true if "up" finds its ports here
#   lab.sh inside COMMAND...                run COMMAND where port 53 is free:
#                                           in a network of its own, if it may
#
#   --views N   as many Internets (default 6, most 24); view 1 is the primary's
#   --block B   addresses 127.B.7.x and 127.B.8.x (default: the first free)
#
# Where lo may be given IPv6 addresses (root, or "inside"), two of
# 2001:db8:8:B::/64 are web servers' too, until "down"; env says V6=yes.
#   --peers     also servers of other makes: Knot DNS, pebble-challtestsrv,
#               openssl s_server (peers.table)
#
# Needs ports 53, 80 and 443 of those addresses: root, or "inside".
set -eu
umask 077

HERE=$(cd "$(dirname "$0")" && pwd)
VIEWS_MAX=24
BLOCKS_MAX=40
. "$HERE/processes.sh"

fail()
{
	echo "lab: $*" >&2
	exit 1
}

usage()
{
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p;}' "$0"
}

# 0 inside a namespace of one's own, too.
may_bind()
{
	first=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null ||
		echo 1024)
	[ "$(id -u)" -eq 0 ] || [ "$first" -le 53 ]
}

need_ports()
{
	may_bind || fail "port 53 needs root; try: sh $0 inside COMMAND..."
}

need_tools()
{
	PATH=$PATH:/usr/sbin:/sbin
	for tool in nsd nginx ldns-keygen ldns-signzone dig openssl python3 ss \
		$([ -z "$peers" ] || echo knotd keymgr pebble-challtestsrv); do
		command -v $tool >/dev/null 2>&1 ||
			fail "$tool is missing: sh deploy/install-deps.sh"
	done
}

#
# Addresses: labs side by side differ in their second number.
#

listeners()
{
	ss -Hlntu | awk '{ print $5 }'
}

# Name servers share their ports with others of their user, so that a listener
# alone does not keep a second lab out, and one that is coming up has none yet.
# The servers inherit the lock; it is theirs for as long as one of them runs.
block_is_free()
{
	! listeners | grep -qE "^127\.$1\.[78]\.[0-9]+:(53|80|443)$" ||
		return 1
	lock=${TMPDIR:-/tmp}/mpic-lab-$(id -u).block$1
	# Who is root in a network of his own may not touch what root left.
	(: 9>>"$lock") 2>/dev/null || return 1
	exec 9>>"$lock"
	flock -n 9
}

ports_are_taken()
{
	listeners | grep -qE '^(0\.0\.0\.0|\*|\[::\]):(53|80|443)$'
}

choose_block()
{
	if ports_are_taken; then
		fail "port 53, 80 or 443 is taken on all addresses;" \
			"try: sh $0 inside COMMAND..."
	fi
	if [ -n "$block" ]; then
		block_is_free "$block" || fail "127.$block.7.x or .8.x is in use"
		return 0
	fi
	block=0
	while ! block_is_free $block; do
		block=$((block + 1))
		[ $block -lt $BLOCKS_MAX ] || fail "no free block in 127/8"
	done
}

# A network of our own begins with its loopback down.
raise_loopback()
{
	case $(ip -o link show lo) in
	*UP*) ;;
	*) ip link set lo up || fail "cannot raise the loopback interface" ;;
	esac
}

# A prefix for documentation (RFC 3849): it leads nowhere else.
take_ipv6()
{
	v6=no
	net=2001:db8:8:$(printf '%x' "$block")
	: >"$DIR/ipv6"
	addresses="$net::1/128 $net::5/128"
	# With IPv6 alone beside 127/8, getaddrinfo() takes no IPv4 address for
	# one (AI_ADDRCONFIG), and librdkafka finds no broker.
	[ -n "$(ip -4 -o addr show scope global)" ] ||
		addresses="192.0.2.254/32 $addresses"
	for address in $addresses; do
		ip addr replace "$address" dev lo 2>/dev/null || return 0
		echo "$address" >>"$DIR/ipv6"
	done
	v6=yes
}

# What went with its network is gone already.
give_ipv6_back()
{
	[ -f "$DIR/ipv6" ] || return 0
	while read -r address; do
		ip addr del "$address" dev lo 2>/dev/null || true
	done <"$DIR/ipv6"
	rm -f "$DIR/ipv6"
}

#
# Readiness
#

# A query to a socket that listens waits there until the server comes to it.
all_listen()
{
	listeners >"$DIR/listeners"
	while read -r name address command; do
		case $name in
		web | alpn | alpn6) address=$address:443 ;;
		peer-*) ;;	# each says its own port
		*) address=$address:53 ;;
		esac
		grep -qxF "$address" "$DIR/listeners" || return 1
	done <"$DIR/servers"
}

wait_ready()
{
	tries=0
	until all_listen; do
		tries=$((tries + 1))
		if [ $tries -gt $TRIES ] || ! is_up; then
			return 1
		fi
		sleep 0.025
	done
	# nsd serves on without a zone that it could not read.
	is_up && ! grep -h ' error: ' "$DIR"/log/view*.log >&2
}

start_servers()
{
	: >"$DIR/pids"
	while read -r name address command; do
		eval "spawn \"\$name\" $command"
	done <"$DIR/servers"
}

#
# Commands
#

lab_up()
{
	views=6
	block=
	peers=
	while [ $# -gt 0 ]; do
		case $1 in
		--views | --block)
			case ${2-} in
			'' | *[!0-9]* | ????*) fail "$1 wants a number" ;;
			esac
			[ "$1" = --block ] && block=$2 || views=$2
			shift 2 ;;
		--peers) peers=$1; shift ;;
		*) usage >&2; exit 64 ;;
		esac
	done
	{ [ "$views" -ge 1 ] && [ "$views" -le $VIEWS_MAX ]; } ||
		fail "--views wants 1 to $VIEWS_MAX"
	[ "${block:-0}" -le 255 ] || fail "--block wants 0 to 255"
	need_tools
	need_ports
	mkdir -p "$DIR/log"
	if [ -f "$DIR/pids" ]; then
		! is_up || fail "$DIR is up already"
		stop_all
	fi
	raise_loopback
	choose_block
	# What started is ended if the rest does not come up.
	trap 'trap "" HUP INT TERM; stop_all; give_ipv6_back' EXIT
	trap 'exit 130' HUP INT TERM
	take_ipv6
	# shellcheck disable=SC2086 # no word at all without peers
	python3 "$HERE/build.py" "$DIR" "$block" "$views" $v6 $peers
	start_servers
	if ! wait_ready; then
		lab_status | grep down >&2 || true
		cat "$DIR"/log/*.out | tail -n 20 >&2
		fail "not all servers came up; logs in $DIR/log"
	fi
	trap - EXIT
}

lab_status()
{
	[ -f "$DIR/pids" ] || { echo "down"; return 1; }
	all=0
	while read -r pid started name; do
		if is_running "$pid" "$started"; then
			echo "$name up $pid"
		else
			echo "$name down"
			all=1
		fi
	done <"$DIR/pids"
	return $all
}

lab_env()
{
	[ -f "$DIR/env" ] || fail "$DIR holds no lab"
	cat "$DIR/env"
}

# As root the identity stays, so that programs may still give theirs up.
lab_inside()
{
	[ $# -gt 0 ] || { usage >&2; exit 64; }
	if [ "$(id -u)" -eq 0 ]; then
		how=-n
	else
		how=-Urn
	fi
	if unshare $how true 2>/dev/null; then
		# shellcheck disable=SC2016 # the inner shell expands
		exec unshare $how sh -c 'PATH=$PATH:/usr/sbin:/sbin
			ip link set lo up && exec "$@"' inside "$@"
	fi
	if [ "$(id -u)" -ne 0 ]; then
		fail "needs root, or a kernel that lets users make namespaces"
	fi
	exec "$@"
}

command=${1-}
[ $# -eq 0 ] || shift
case $command in
inside) lab_inside "$@" ;;
fits) may_bind && ! ports_are_taken; exit ;;
-h | --help) usage; exit 0 ;;
up | down | status | env) ;;
*) usage >&2; exit 64 ;;
esac

[ $# -gt 0 ] || { usage >&2; exit 64; }
if [ "$command" = up ]; then
	mkdir -p "$1"
fi
[ -d "$1" ] || fail "$1 is no folder"
DIR=$(cd "$1" && pwd)
shift
case $command in
up) lab_up "$@" ;;
down) stop_all; give_ipv6_back ;;
status) lab_status ;;
env) lab_env ;;
esac
