#!/bin/sh
# The demo runs through, shows what it promises, notices a wrong decision,
# cleans up after itself and after Ctrl-C, and without an Internet says so.
set -eu
cd "$(dirname "$0")/../.."
: "${BUILD_DIR:=$PWD/build/release}"
export BUILD_DIR
if [ -z "${MPIC_E2E_INSIDE-}" ]; then
	export MPIC_E2E_INSIDE=yes
	exec sh deploy/lab/lab.sh inside sh "$0" "$@"
fi

WAIT_TRIES=600	# of 50 ms each
work=$(mktemp -d)
child=
on_exit()
{
	code=$?
	trap - EXIT
	[ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true
	[ ! -f "$work/kept/demo" ] ||
		sh deploy/demo.sh --stop "$work/kept" >/dev/null
	rm -rf "$work"
	exit $code
}
trap on_exit EXIT
trap 'exit 130' HUP INT TERM

fail()
{
	echo "demo: $*"
	[ ! -f "$work/out" ] || tail -n 60 "$work/out"
	exit 1
}

listeners()
{
	ss -Hlnt | wc -l
}

# -- through, and kept

sh deploy/demo.sh --keep --dir "$work/kept" >"$work/out" 2>&1 ||
	fail "exit code $?"
cases=$(grep -c '^case ' "$work/kept/cases")
grep -q "$cases of $cases as expected, each signature verified" "$work/out" ||
	fail "says nothing of $cases decisions"
[ "$cases" -ge 70 ] || fail "only $cases requests"
for word in laboratory issue corroborated do-not-issue rejected "dcv 4/5" \
	"dcv 3/5" "WHO SAW WHAT" "kcat -C" isolation.level=read_committed \
	"kill -9" "--stop"; do
	grep -q -e "$word" "$work/out" || fail "does not say: $word"
done

# What a pipeline passes on: of what the primary saw, and of the whole.
for told in '"reason":"primary-failed","subscriber":{"reason":"dns-nxdomain","type":"urn:ietf:params:acme:error:dns","detail":"' \
	'"reason":"quorum-not-met","subscriber":{"reason":"quorum-not-met","type":"urn:ietf:params:acme:error:unauthorized","detail":"'; do
	grep -qF "$told" "$work/kept/answers.jsonl" ||
		fail "no answer with $told"
done
! grep -q '"outcome":"issue".*"subscriber"' "$work/kept/answers.jsonl" ||
	fail "tells a subscriber of a success"

# Every method of this issue and every outcome is among the cases.
for word in acme-http-01 website-change acme-dns-01 dns-change \
	dns-account-01 dns-persistent contact-email-txt contact-email-caa \
	contact-phone-txt contact-phone-caa reverse-address-lookup \
	ip-address match_regex s-mime '"TXT"' \
	'"CNAME"' '"CAA"' '"dcv+caa"' '"caa"' '"\*\.'; do
	grep -q -e "$word" "$work/kept/requests.jsonl" ||
		fail "no request with $word"
done

# IPv6 wherever lo takes such an address.
if ip -6 addr show dev lo 2>/dev/null | grep -q ' 2001:db8:8:'; then
	[ "$(grep -c '"domain_or_ip_target": "2001:db8:8:' \
		"$work/kept/requests.jsonl")" -ge 9 ] ||
		fail "asks nothing of IPv6 addresses"
else
	grep -q 'no IPv6 addresses' "$work/out" ||
		fail "is silent about IPv6"
fi

# -- it would notice: each of these says something else than what happened

notices()
{
	sed "$1" "$work/kept/cases" >"$work/wrong.cases"
	! cmp -s "$work/wrong.cases" "$work/kept/cases" ||
		fail "$1 changes nothing"
	if python3 deploy/demo/cases.py compare "$work/wrong.cases" \
		"$work/kept/answers.jsonl" >"$work/compared"; then
		fail "does not notice $1"
	fi
}
notices 's/^case wrong-txt do-not-issue/case wrong-txt issue/'
notices 's/^case caa-critical do-not-issue primary-failed/&x/'
notices 's/dcv 4\/5/dcv 5\/5/'
notices 's/^sees jnb dcv http-body-mismatch/sees jnb dcv http-status/'
notices 's/^sees jnb caa caa-forbids//'
notices 's/^issue domain_or_ip_target name-invalid//'
notices 's/^case nxdomain /case nxdomein /'
python3 deploy/demo/cases.py compare "$work/kept/cases" \
	"$work/kept/answers.jsonl" >"$work/compared" || fail "compares wrongly"
sed 's/"verified":true/"verified":false/' "$work/kept/answers.jsonl" \
	>"$work/unsigned"
if python3 deploy/demo/cases.py compare "$work/kept/cases" \
	"$work/unsigned" >"$work/compared"; then
	fail "does not notice decisions that nobody signed"
fi

# -- what ran has ended

ipv6=$(cat "$work/kept/lab/ipv6")
sh deploy/demo.sh --stop "$work/kept" >"$work/out" 2>&1 || fail "--stop: $?"
[ "$(listeners)" -eq 0 ] || fail "something listens after --stop"
for address in $ipv6; do
	! ip addr show dev lo | grep -qF " $address " ||
		fail "leaves $address behind"
done
rm -rf "$work/kept"

# -- Ctrl-C in the middle

setsid sh deploy/demo.sh --dir "$work/broken" >"$work/out" 2>&1 </dev/null &
child=$!
tries=0
until [ -s "$work/broken/pid/coordinator" ]; do
	tries=$((tries + 1))
	[ $tries -lt $WAIT_TRIES ] || fail "does not start"
	sleep 0.05
done
kill -TERM $child
code=0
wait $child || code=$?
child=
[ $code -eq 143 ] || fail "exit code $code after SIGTERM"
[ ! -e "$work/broken" ] || fail "leaves its folder"
[ "$(listeners)" -eq 0 ] ||
	fail "something listens after SIGTERM: $(ss -Hlntp)"

# -- no Internet here: said at once, not waited for

if [ -z "$(ip route show default 2>/dev/null)" ]; then
	code=0
	timeout 30 sh deploy/demo.sh --internet >"$work/out" 2>&1 || code=$?
	[ $code -eq 1 ] || fail "--internet: exit code $code"
	grep -q "no root name server answers" "$work/out" ||
		fail "--internet does not say what is missing"
fi
echo "demo: $cases decisions as expected"
