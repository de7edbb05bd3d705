#!/bin/sh
# After the demo: what the log holds of each request, what programs wrote into
# their logs and figures, and that no secret is in either.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/demo_world.sh
enter "$@"
# openmpic-42: all that programs have to say.
MPIC_LOG_LEVEL=debug
export MPIC_LOG_LEVEL
world_open
unset MPIC_LOG_LEVEL
PROGRAMS="coordinator fra nyc sao sin syd jnb"

# -- a few more requests

# R-110: where a name leads may differ by place, what stands there may not.
got=$(http_01 http-near.lab)
check "near servers" says "$got" .outcome issue
check "near servers" says "$got" '.decision.quorums[0].quorum' 5/5
near=$(printf '%s\n' "$got" | jq -r .request_id)

# openmpic-89, openmpic-107: found again in the logs by the caller's own word.
got=$(submit caa-none.lab --id traced-caa --trace "order 4711")
check "trace comes back" says "$got" .decision.trace_identifier "order 4711"
got=$(submit http-good.lab --id traced-dcv --trace "order 4712" \
	--method acme-http-01 --token "$(lab_value TOKEN)" \
	--key-authorization "$(lab_value KEY_AUTHORIZATION)")
check "trace comes back" says "$got" .decision.trace_identifier "order 4712"

# -- the log

dump_log "$work/log" requests attempts results decisions perspectives \
	dead-letters checks.fra checks.nyc checks.sao checks.sin checks.syd \
	checks.jnb
check "the log" python_log tests/fixtures/records/read_back.py "$work/log"
check "near addresses" python_log tests/fixtures/records/addresses.py \
	"$work/log" "$near" 2

# It would notice: one result is not the one that was counted.
notices()
{
	mkdir -p "$work/damaged"
	cp "$work"/log/* "$work/damaged"
	sed '5s/"value": "\(....\)/"value": "\1AAAA/' "$work/log/$1.jsonl" \
		>"$work/damaged/$1.jsonl"
	! python_log tests/fixtures/records/read_back.py "$work/damaged" \
		>/dev/null 2>&1
}
for topic in requests attempts results checks.jnb; do
	check "notices a changed record of $topic" notices $topic
done

# -- what programs wrote: each line whole, its time in UTC to the millisecond

all_lines()
{
	for name in $PROGRAMS; do
		sed 's/^<[0-7]>//' "$demo/log/$name.out"
	done
}

# R-089, R-093, boulder-X10
all_lines_are_whole()
{
	all_lines | jq -es --arg time \
		'^20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z$' '
		length > 500 and all(.[];
			(.ts | test($time)) and .level and .pid and
			(.program | startswith("mpic-")) and .event)' >/dev/null
}
check "lines are whole" all_lines_are_whole
checks_name_their_maker()
{
	all_lines | jq -es '[.[] | select(.event == "worker_check_finished")] |
		length > 100 and ([.[].perspective] | unique | length) == 6 and
		all(.[]; (.dcv_class == "") == (.method == "") and
			(.caa_class == "") == (.caa_reason == ""))' >/dev/null
}
check "checks say where and how" checks_name_their_maker
decisions_name_their_method()
{
	all_lines | jq -es '[.[] |
		select(.event == "coordinator_decision_finished")] |
		length > 50 and ([.[].method] | unique | length) >= 12' >/dev/null
}
check "decisions say how" decisions_name_their_method
has_level()
{
	all_lines | grep -q "\"level\":\"$1\""
}
check "debug was asked for" has_level debug
word_of()
{
	[ "$(all_lines | jq -r --arg word "$2" 'select(
		.event == "coordinator_decision_finished" and
		.trace_identifier == $word) | .request_id')" = "$1" ]
}
check "CAA by the caller's word" word_of traced-caa "order 4711"
check "DCV by the caller's word" word_of traced-dcv "order 4712"
# The words lead to the id, and the id to all that perspectives did.
lines_of()
{
	[ "$(all_lines | jq -r --arg id "$1" 'select(.request_id == $id and
		.event == "worker_check_finished") | .perspective' |
		sort -u | wc -l)" -eq 6 ]
}
check "all places by its id" lines_of traced-caa
check "all places by its id" lines_of traced-dcv

# -- figures

# boulder-X08, boulder-X09: tests/checks/metrics.py knows all by name.
for name in $PROGRAMS; do
	port=$(sed -n 's/.*"admin_port":\([0-9]*\).*/\1/p' \
		"$demo/log/$name.out" | tail -n 1)
	curl -fsS -m 5 --noproxy '*' "http://127.0.0.1:$port/metrics" \
		>"$work/$name.metrics"
done
check "figures of the coordinator" python3 tests/checks/metrics.py \
	mpic-coordinator "$work/coordinator.metrics"
check "figures of a worker" python3 tests/checks/metrics.py \
	mpic-perspective-worker "$work/fra.metrics"

# -- no secret

# R-099: what requests show control with, and whom to reach; what signs and what keys.
for name in KEY_AUTHORIZATION DNS01_HASH RANDOM_VALUE ALPN_HASH CONTACT_EMAIL \
	CONTACT_PHONE; do
	lab_value $name
done >"$work/values"
{
	cat "$work/values"
	for name in TOKEN THUMBPRINT WRONG_VALUE WRONG_KEY_AUTHORIZATION; do
		lab_value $name
	done
	cat "$demo"/keys/*.key | grep -av -e '-----' | LC_ALL=C grep -a '^[ -~]*$'
	od -An -v -tx1 "$demo/keys/plan.key" | tr -d ' \n' | cut -c 1-32
	base64 -w 0 "$demo/keys/plan.key" | cut -c 1-40
} | sed '/^$/d' >"$work/secrets"
check "secrets are known" [ "$(wc -l <"$work/secrets")" -ge 18 ]

# Whoever says nothing of them, in whatever way: each is a file here.
for name in $PROGRAMS; do
	program=mpic-perspective-worker
	[ $name != coordinator ] || program=mpic-coordinator
	"$BUILD_DIR/bin/$program" --config "$demo/conf/$name.conf" \
		--print-config >"$work/$name.print" 2>&1
	"$BUILD_DIR/bin/$program" --config "$demo/conf/$name.conf" \
		--check-config >"$work/$name.checked" 2>&1 || true
done
says_nothing()
{
	! grep -aF -f "$work/secrets" "$@"
}
check "logs" says_nothing "$demo"/log/*.out
check "figures" says_nothing "$work"/*.metrics
check "settings" says_nothing "$work"/*.print "$work"/*.checked
# These are found where they must be: the search finds what is there.
python_log tests/fixtures/records/plain.py "$work/log" requests >"$work/asked"
finds()
{
	while read -r value; do
		grep -qaF -e "$value" "$work/asked" || return 1
	done <<-END
		$(lab_value KEY_AUTHORIZATION)
		$(lab_value DNS01_HASH)
		$(lab_value RANDOM_VALUE)
		$(lab_value CONTACT_EMAIL)
	END
}
check "requests have them" finds
# Decisions and plans name a request by its digest. What was seen is told, and
# the URL that was asked for, with its token; not what must stand there.
python_log tests/fixtures/records/plain.py "$work/log" attempts perspectives \
	dead-letters >"$work/plain"
check "plans" says_nothing "$work/plain"
python_log tests/fixtures/records/plain.py "$work/log" decisions \
	>"$work/decided"
# Two regular expressions fail on a body in which the value stands.
tells_no_value()
{
	! grep -av '"request_id":"\(wrong\|slow\)-regex"' "$work/decided" |
		grep -aF -f "$work/values"
}
check "decisions" tells_no_value

# Passwords: shown to nobody, whatever is wrong with the settings around them.
marked=mKq7-do-not-show-Zx41
for damage in 's/^$//' 's/^kafka {/&\n\t"sasl.passwort" = "x"/' \
	's/^partitions/partitionz/' "s/\"$marked\"/\"$marked/" \
	's/^\(.*brokers = \).*/\1"127.0.0.1:1"/'; do
	sed -e "s/^kafka {/&\\n\\t\"security.protocol\" = \"SASL_SSL\"\\n$(:
		)\\t\"sasl.mechanism\" = \"SCRAM-SHA-512\"\\n$(:
		)\\t\"sasl.username\" = \"fra\"\\n$(:
		)\\t\"sasl.password\" = \"$marked\"\\n$(:
		)\\t\"ssl.key.password\" = \"$marked\"/" \
		-e 's/^attempt_time.*//' "$demo/conf/coordinator.conf" |
		sed "$damage" >"$work/marked.conf"
	check "a password to hide" grep -q "$marked" "$work/marked.conf"
	for how in --print-config --check-config; do
		"$BUILD_DIR/bin/mpic-coordinator" --config "$work/marked.conf" \
			$how || true
	done
done >"$work/marked" 2>&1
check "passwords" [ "$(grep -c "$marked" "$work/marked")" -eq 0 ]
check "settings were printed" grep -q 'sasl.username" = "*fra' "$work/marked"

world_result
