#!/bin/sh
# With a demo kept running: perspectives, probes and the coordinator are killed,
# garbage is put on every topic, and everything is told to end.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/demo_world.sh
enter "$@"
world_open

# What became of one perspective's check of a kind, in the last attempt.
vote()
{
	printf '%s\n' "$1" | jq -r --arg code "$2" --arg kind "$3" '
		.decision.attempts[-1].perspectives[] |
		select(.perspective_code == $code) |
		.votes[] | select(.kind == $kind) | .class'
}

quorums='[.decision.quorums[] | .kind + " " + .quorum] | join(" ")'

kill_hard()
{
	kill -KILL "$(pid_of "$1")"
}

# -- a perspective is gone: four of five are enough, three are not

kill_hard jnb
got=$(http_01 http-good.lab)
check "one gone" says "$got" .outcome issue
check "one gone" says "$got" "$quorums" "dcv 4/5 caa 4/5"
check "who is missing" [ "$(vote "$got" jnb dcv)" = missing ]
check "who is missing" [ "$(vote "$got" jnb caa)" = missing ]
check "who is not" [ "$(vote "$got" syd dcv)" = corroborated ]

kill_hard syd
got=$(http_01 http-good.lab)
check "two gone" says "$got" .outcome do-not-issue
check "two gone" says "$got" .reason quorum-not-met
check "two gone" says "$got" "$quorums" "dcv 3/5 caa 3/5"
check "two tries" says "$got" '.decision.attempts | length' 2
for code in jnb syd; do
	check "$code is missing" [ "$(vote "$got" $code dcv)" = missing ]
done

check "starts again" start_again jnb
check "starts again" start_again syd
got=$(http_01 http-good.lab)
check "both back" says "$got" .outcome issue
check "both back" says "$got" "$quorums" "dcv 5/5 caa 5/5"

# -- a probe dies in the middle of a check

# R-014: it is done again, inside the same observation.

probes_of()
{
	ps -o pid= --ppid "$(pid_of "$1")"
}

# The hostile server takes its time, so that the probe is busy.
has_check()
{
	[ -n "$(ss -Htn state established "dst $(lab_value HOSTILE_WEB)")" ]
}
(http_01 http-mute.lab >"$work/mute") &
mute=$!
check "the probe is at work" wait_for has_check
before=$(probes_of fra)
# shellcheck disable=SC2086 # one word per process
kill -KILL $before
wait $mute || true
got=$(cat "$work/mute")
check "probe killed" says "$got" .outcome do-not-issue
check "worker lives" is_alive fra
probes_are_new()
{
	after=$(probes_of fra)
	[ "$(echo "$after" | wc -w)" -ge 1 ] &&
		! echo "$after" | grep -qwF "$(echo "$before" | head -n 1)"
}
check "new probes" wait_for probes_are_new
check "its check was done again" grep -q '"tries":2' "$demo/log/fra.out"
got=$(http_01 http-good.lab)
check "after the probe" says "$got" "$quorums" "dcv 5/5 caa 5/5"

# -- garbage on every topic, also under the key of a request in flight

# Text, a byte, JSON of no kind of ours, binary.
printf 'garbage\n{\n{"schema_version":1}\n\203\301\377\376\n' >"$work/garbage"
lines=$(wc -l <"$work/garbage")

# dead TOPIC REASON: how many dead letters.
dead()
{
	records dead-letters '%h\n' | grep -a "topic=mpic.$1," |
		grep -ac "reason=$2," || true
}

refused()
{
	grep coordinator_record_refused "$demo/log/coordinator.out" |
		grep -q "\"topic\":\"mpic.$1\""
}

echo '{"request_id":"flying","check_type":"dcv",'"$(:
	)"'"domain_or_ip_target":"http-mute.lab","dcv_check_parameters":{'"$(:
	)"'"validation_method":"website-change","http_token_path":"proof.txt",'"$(:
	)"'"challenge_value":"'"$(lab_value RANDOM_VALUE)"'"}}' | put requests
check "a check hangs" wait_for has_check
for topic in attempts results decisions perspectives checks.fra checks.jnb; do
	put $topic <"$work/garbage"
	put $topic -k flying -X topic.partitioner=murmur2 <"$work/garbage"
done
put requests -p 2 <"$work/garbage"

got=$(decision flying)
check "flying: its own result" says "$got" \
	'.attempts[0].perspectives[0].votes[0].class' timed-out
check "results: said" refused results
check "perspectives: said" refused perspectives
# {"schema_version":1} decodes: it is a request that lacks everything.
has_dead()
{
	[ "$(dead requests undecodable)" -ge $((lines - 1)) ] &&
		[ "$(dead checks.fra untrusted)" -ge $((lines * 2)) ] &&
		[ "$(dead checks.jnb untrusted)" -ge $((lines * 2)) ]
}
check "dead letters come" wait_for has_dead
got=$(http_01 http-good.lab)
check "after garbage" says "$got" .outcome issue
check "after garbage" says "$got" "$quorums" "dcv 5/5 caa 5/5"
for name in broker coordinator fra nyc sao sin syd jnb; do
	check "after garbage" is_alive $name
done
check "one dead letter each" [ "$(records dead-letters '.\n' | wc -l)" -eq \
	$((lines * 5 - 1)) ]

# -- the coordinator dies with requests in flight: one decision each (promise 1)

requests()
{
	i=0
	while [ $i -lt "$2" ]; do
		echo "{\"request_id\":\"$1-$i\",\"check_type\":\"caa\",$(:
			)\"domain_or_ip_target\":\"n$i.bulk.lab\"}"
		i=$((i + 1))
	done
}

# Some that are still in flight whenever the coordinator dies.
slow_requests()
{
	for i in 1 2 3 4 5; do
		echo "{\"request_id\":\"$1-slow$i\",\"check_type\":\"caa\",$(:
			)\"domain_or_ip_target\":\"w$i.dns-slow.lab\"}"
	done
}

# Ids of first decisions, one line each.
decided()
{
	records decisions '%k %h\n' | grep -av mpic-echo= | cut -d ' ' -f 1 |
		grep -a "^$1-"
}

all_decided()
{
	[ "$(decided "$1" | sort -u | wc -l)" -ge "$2" ]
}

# Whoever serves these never answers: in flight until the attempt's end.
mute_requests()
{
	for i in 1 2; do
		echo "{\"request_id\":\"$1-mute$i\",\"check_type\":\"dcv\",$(:
			)\"domain_or_ip_target\":\"http-mute.lab\",$(:
			)\"dcv_check_parameters\":{$(:
			)\"validation_method\":\"website-change\",$(:
			)\"http_token_path\":\"proof.txt\",$(:
			)\"challenge_value\":\"$(lab_value RANDOM_VALUE)\"}}"
	done
}

for round in crash1 crash2; do
	mute_requests $round | put requests
	slow_requests $round | put requests
	requests $round 113 | put requests
	check "$round: some decided" wait_for all_decided $round 10
	kill_hard coordinator
	check "in flight when killed" [ "$(decided $round | wc -l)" -lt 120 ]
	check "$round: starts again" start_again coordinator
	check "$round: all decided" wait_for all_decided $round 120
	check "$round: once each" [ -z "$(decided $round | sort | uniq -d)" ]
done

# -- SIGTERM: what is in flight is finished first

ended_well()
{
	! is_alive "$1" && grep -q "_stopped\".*\"exit_code\":0" \
		"$demo/log/$1.out"
}

slow_requests drain | put requests
requests drain 55 | put requests
check "drain: some decided" wait_for all_decided drain 1
kill -TERM "$(pid_of coordinator)"
check "coordinator drains" wait_for ended_well coordinator
check "starts again" start_again coordinator
check "drain: all decided" wait_for all_decided drain 60
check "drain: once each" [ -z "$(decided drain | sort | uniq -d)" ]

(http_01 http-mute.lab >"$work/mute") &
mute=$!
check "a check hangs" wait_for has_check
kill -TERM "$(pid_of fra)"
wait $mute || true
check "worker finished it" says "$(cat "$work/mute")" \
	'.decision.attempts[0].perspectives[0].votes[0].class' timed-out
check "worker drains" wait_for ended_well fra

world_result
