#!/bin/sh
# The methods against servers that others wrote, through the whole system:
# pebble-challtestsrv (http-01, dns-01, tls-alpn-01), openssl s_server, nsd and
# Knot DNS with zones that each signed (Knot by itself).
set -eu
cd "$(dirname "$0")/../.."
. tests/support/demo_world.sh
enter "$@"
MPIC_DEMO_LAB=--peers
export MPIC_DEMO_LAB
world_open --idle

ZONES="nsd nsd3 knot knot3"
# Each is 256 random bits; the values of deploy/lab are used beside them.
TOKEN_A=Vn3mRk2QXw8yLsTz0aJ5cGdH7bPfE9uoI1qWxYtZvKM
TOKEN_B=q0Zr8SgTn5bVwJd2LxPkYh6mCfA4uEo9Ri1tXsGvQ7c
TOKEN_C=Hc4xWb7NzJt1KpSf6QmRyVg8dLa2oUe5Ti9kXrGw0Zs
THUMBPRINT=$(lab_value THUMBPRINT)
CHALLTESTSRV=$(lab_value CHALLTESTSRV)

tell()
{
	curl -fsS -m 5 --noproxy '*' -d "$2" "$CHALLTESTSRV/$1"
}

txt()
{
	tell set-txt "{\"host\":\"_acme-challenge.$1.\",\"value\":\"$2\"}"
}

caa()
{
	tell add-caa "{\"host\":\"$1.\",\"policies\":[{\"tag\":\"issue\",$(:
		)\"value\":\"$2\"}]}"
}

http()
{
	tell add-http01 "{\"token\":\"$1\",\"content\":\"$2\"}"
}

alpn()
{
	tell add-tlsalpn01 "{\"host\":\"$1\",\"content\":\"$2\"}"
}

http $TOKEN_A "$TOKEN_A.$THUMBPRINT"
tell add-redirect "{\"path\":\"/.well-known/acme-challenge/$TOKEN_B\",$(:
	)\"targetURL\":\"http://www.pebble.lab/.well-known/acme-challenge/to\"}"
http to "$TOKEN_B.$THUMBPRINT"
http "$(lab_value TOKEN)" "$(lab_value WRONG_KEY_AUTHORIZATION)"
txt pebble.lab "$(lab_value DNS01_HASH)"
txt wrong.pebble.lab "$(lab_value WRONG_VALUE)"
alpn pebble.lab "$(lab_value KEY_AUTHORIZATION)"
alpn wrong.pebble.lab "$(lab_value WRONG_KEY_AUTHORIZATION)"
caa pebble.lab "$(lab_value CA)"
caa wrong.pebble.lab "$(lab_value OTHER_CA)"

{
	cat "$demo/env"
	echo "TOKEN_A=$TOKEN_A"
	echo "TOKEN_B=$TOKEN_B"
	echo "TOKEN_C=$TOKEN_C"
} >"$work/env"
cp tests/fixtures/peers/peers.cases "$work/cases"
for zone in $ZONES; do
	sed "s/@ZONE@/$zone/g" tests/fixtures/peers/signed.cases >>"$work/cases"
done
python3 deploy/demo/cases.py requests "$work/cases" "$work/env" \
	>"$work/requests"
submit --file "$work/requests" >"$work/answers"

compares()
{
	python3 deploy/demo/cases.py compare "$work/cases" "$work/answers" \
		>"$work/compared" || { cat "$work/compared"; return 1; }
}
check "decisions" compares
count=$(grep -c '^case ' "$work/cases")
check "all were asked" [ "$count" -eq 52 ]

# It would notice.
notices()
{
	sed "$1" "$work/cases" >"$work/wrong"
	! python3 deploy/demo/cases.py compare "$work/wrong" "$work/answers" \
		>/dev/null
}
check "notices" notices 's/^case knot3-wrong do-not-issue/case knot3-wrong issue/'
check "notices" notices '/^case pebble-alpn-wrong/,/^sees/s/tls-key-auth.*/tls-name/'

# R-026, R-027: what nsd and Knot signed was seen as signed, everywhere.
dump_log "$work/log" results
check "secure" python_log tests/fixtures/peers/secure.py "$work/log" $ZONES

# boulder-K01: whether CAA still permits is asked again, from all places, by a
# request for CAA alone; nothing that was seen with the challenge is used.
# R-010: six perspectives are six questions at the server, none hears another's
# answer.
asked()
{
	tell dns-request-history '{"host":"pebble.lab"}' | jq '
		[.[] | select(.Question.Qtype == 257)] | length'
}
before=$(asked)
got=$(submit pebble.lab --check caa)
check "asked again" says "$got" .outcome corroborated
check "asked again by all" [ $(($(asked) - before)) -ge 6 ]
tell clear-caa '{"host":"pebble.lab."}'
caa pebble.lab "$(lab_value OTHER_CA)"
got=$(submit pebble.lab --check caa)
check "changed meanwhile" says "$got" .outcome do-not-issue
check "changed meanwhile" says "$got" \
	'.decision.attempts[0].perspectives[0].votes[0].reason' caa-forbids

world_result
