#!/bin/sh
# With a demo kept running, plain kcat puts requests on the topic and reads
# their decisions: with a key, without, without an id, twice, and garbage.
set -eu
cd "$(dirname "$0")/../.."
. tests/support/demo_world.sh
enter "$@"
world_open

request='"check_type":"caa","domain_or_ip_target":"caa-permit.lab"'

count_of()
{
	decisions_of "$1" | wc -l
}

# kcat hashes keys with another function than Kafka's clients, and none at all
# without a key: all of these find their home.
echo "{\"request_id\":\"no-key\",$request}" | put requests
echo "{\"request_id\":\"same-key\",$request}" | put requests -k same-key
echo "{\"request_id\":\"other-key\",$request}" | put requests -k something
echo "{$request}" | put requests -k id-of-key
for partition in 0 5 11; do
	echo "{\"request_id\":\"at-$partition\",$request}" |
		put requests -p $partition
done
for id in no-key same-key id-of-key at-0 at-5 at-11; do
	got=$(decision $id)
	check "$id: outcome" says "$got" .outcome corroborated
	check "$id: who is answered" says "$got" .request_id $id
	check "$id: quorum" says "$got" '.quorums[0].quorum' 5/5
	check "$id: one decision" [ "$(count_of $id)" -eq 1 ]
done
# The body's id is the request's, whatever the key says.
got=$(decision other-key)
check "other-key: outcome" says "$got" .outcome corroborated

# Without id and key: named by where it was found.
echo "{$request,\"trace_identifier\":\"nameless\"}" | put requests
has_nameless()
{
	records decisions '%k %s\n' | grep -aq '^r-.*"nameless"'
}
check "no id at all" wait_for has_nameless
check "nameless key" [ "$(records decisions '%k %s\n' |
	grep -ac '^r-[0-9]*-[0-9]* .*"nameless"')" -eq 1 ]

# A repeat is answered with the first decision, byte for byte; another request
# of the same id is refused (promise 1).
echo "{\"request_id\":\"no-key\",$request}" | put requests
echo "{\"request_id\":\"same-key\",\"check_type\":\"caa\",$(:
	)\"domain_or_ip_target\":\"caa-other.lab\"}" | put requests
has_echo()
{
	records decisions '%k %h\n' | grep -aq "^$1 .*mpic-echo="
}
check "echo comes" wait_for has_echo no-key
check "echo is the same" [ "$(records decisions '%k %s\n' |
	grep -a '^no-key ' | sort -u | wc -l)" -eq 1 ]
check "conflict comes" wait_for has_echo same-key
got=$(records decisions '%k %h %s\n' | grep -a '^same-key ' | grep mpic-echo= |
	sed 's/^[^{]*\({"schema.*\)$/\1/')
check "conflict" says "$got" .reason request-id-conflict
check "conflict" says "$got" .outcome rejected

# One dead letter each, with where it came from; neighbours are not disturbed.
printf '{"request_id":\n\377\376\375\nnot json\n[1,2]\n' | put requests -p 3
echo "{\"request_id\":\"after\",$request}" | put requests -p 3
got=$(decision after)
check "after garbage" says "$got" .outcome corroborated
check "dead letters" [ "$(records dead-letters '%h\n' |
	grep -ac 'reason=undecodable.*topic=mpic.requests,.*partition=3,')" -eq 4 ]
check "no other dead letters" [ "$(records dead-letters '.\n' | wc -l)" -eq 4 ]

# Decodable and wrong: every issue is named.
echo '{"request_id":"bad","domain_or_ip_target":"bad name","check_type":"x"}' |
	put requests
got=$(decision bad)
check "rejected" says "$got" .outcome rejected
check "issues" says "$got" '[.issues[].reason] | sort | join(" ")' \
	"field-value name-invalid"

world_result
