#!/bin/sh
# howto.sh -- what to do with a demo that runs; read with "." by demo.sh.
broker=$(cat "$DIR/broker")
in="${ENTER:+$ENTER }"
some=http-good.lab
[ $internet = no ] || some=google.com
reach="-b $broker"
records="records are in memory and plaintext"
if [ -n "$nodes" ]; then
	reach="-F $DIR/kafka/tls/pipeline.librdkafka"
	records="its brokers are on this machine"
fi
cat <<END

It runs on, in $DIR.  All of it is a laboratory: $records,
all perspectives are on this machine.

Submit your own:
  ${in}$PROGRAMS/mpicctl submit --config $DIR/conf/mpicctl.conf \\
      --wide --output table $some --check caa

The same with plain kcat: put a request on the topic, read its decision by its
key (read_committed, or you may see what was never decided):
  echo '{"request_id":"mine-1","check_type":"caa","domain_or_ip_target":"$some"}' |
      ${in}kcat -P $reach -t mpic.requests
  ${in}kcat -C -q $reach -t mpic.decisions -X isolation.level=read_committed \\
      -o beginning -e -f '%k %s\\n' | grep -a '^mine-1 '

Decisions as they come:
  ${in}$PROGRAMS/mpicctl watch --config $DIR/conf/mpicctl.conf

Take a perspective away (its checks then wait $attempt_time for it), see "4/5", and bring
it back; take two away, and see "do-not-issue":
  kill -9 \$(cat $DIR/pid/jnb)
  sh $0 --start $DIR jnb

Names to try: deploy/lab/zones.table; values of challenges: $DIR/env
Logs: $DIR/log/*.out   settings: $DIR/conf/*.conf   process ids: $DIR/pid/*
Figures (/metrics, /readyz):
$(for name in coordinator $(codes); do
	echo "  $name http://127.0.0.1:$(admin_port "$name")/metrics"
done)

Stop it:
  sh $0 --stop $DIR
END
