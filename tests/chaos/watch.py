"""Sees answers come, as a pipeline with read_committed does: who has none yet,
and how long they took."""
import threading
import time

import confluent_kafka

GROUP = "mpic-coordinator"


class Watch(threading.Thread):
    def __init__(self, world, partitions):
        super().__init__(name="watch", daemon=True)
        self.world = world
        self.partitions = partitions
        self.answered = {}   # id: append time of its first decision, in ms
        self.last_ms = 0
        self.longest_gap_ms = 0
        self.seen_at = time.monotonic()
        self.done = threading.Event()
        self.consumer = confluent_kafka.Consumer(world.client(
            "auditor", group_id="mpic-auditor-chaos",
            isolation_level="read_committed", enable_auto_commit=False,
            auto_offset_reset="earliest"))
        self.consumer.assign([
            confluent_kafka.TopicPartition("mpic.decisions", p, 0)
            for p in range(partitions)])

    def run(self):
        while not self.done.is_set():
            message = self.consumer.poll(0.2)
            if message is None or message.error():
                continue
            self.seen_at = time.monotonic()
            at = message.timestamp()[1]
            if self.last_ms:
                self.longest_gap_ms = max(self.longest_gap_ms,
                                          at - self.last_ms)
            self.last_ms = max(self.last_ms, at)
            if message.key() is not None:
                self.answered.setdefault(
                    message.key().decode("utf-8", "replace"), at)
        self.consumer.close()

    def waiting(self, asked):
        return [name for name in list(asked) if name not in self.answered]

    def unread(self):
        """Records of requests above the coordinators' marks, at least; what
        ends a transaction takes an offset, too, and is no record."""
        conf = self.world.client("admin", group_id=GROUP,
                                 isolation_level="read_committed",
                                 enable_partition_eof=True,
                                 enable_auto_commit=False)
        consumer = confluent_kafka.Consumer(conf)
        try:
            return count_to_end(consumer, consumer.committed(
                [confluent_kafka.TopicPartition("mpic.requests", p)
                 for p in range(self.partitions)], timeout=10))
        except confluent_kafka.KafkaException:
            return 1
        finally:
            consumer.close()

    def percentiles(self, asked):
        """(p50, p99, most) ms from a request's append to its decision's."""
        took = sorted(self.answered[name] - at for name, at in asked.items()
                      if at and name in self.answered)
        if not took:
            return 0, 0, 0
        return (took[len(took) // 2], took[len(took) * 99 // 100], took[-1])


def count_to_end(consumer, marks):
    for mark in marks:
        mark.offset = max(0, mark.offset)
    consumer.assign(marks)
    count = ended = 0
    limit = time.monotonic() + 10
    while ended < len(marks):
        if time.monotonic() > limit:
            return count + 1
        message = consumer.poll(0.5)
        if message is None:
            continue
        if message.error() is None:
            count += 1
        elif message.error().code() == \
                confluent_kafka.KafkaError._PARTITION_EOF:
            ended += 1
    return count
