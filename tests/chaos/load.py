"""Steady requests, repeats and garbage, from clients that differ in how they
choose a partition; every acknowledged record is written down in sent.jsonl.
"""
import hashlib
import heapq
import itertools
import json
import os
import queue
import random
import threading
import time

import confluent_kafka
import msgpack

REPEATED = 0.07       # of all requests, some seconds later
REPEATED_WITHIN = 60
OTHER_VALUE = 0.3     # of those repeats
MSGPACK = 0.15
STYLES = (("java", 0.6), ("kcat", 0.25), ("no-key", 0.15))
KINDS = (("caa", 58), ("http", 14), ("both", 13), ("wrong", 4),
         ("rejected", 8), ("slow", 1), ("no-id", 2))
PARTITIONERS = {"java": "murmur2_random", "kcat": "consistent_random",
                "no-key": "random"}
FLUSH_SECONDS = 90

GARBAGE = (
    b"garbage", b"{", b"", b"\xc1", b"\x83\xa1", b"\x00" * 5000,
    b'{"schema_version":1}', b'{"request_id":7}', b"[1,2,3]", b"null",
    b'{"request_id":"a","request_id":"b"}', b"\xdf\xff\xff\xff\xff",
    b'{"request_id":"\\u0000"}', b"{" * 3000, b"\xff\xfe\xfd" * 20000,
)


class Requests:
    """What the n-th request is: the same for the same seed."""

    def __init__(self, seed, value):
        self.name = "c%d" % seed
        self.draw = random.Random("load/%d" % seed)
        self.token = value("TOKEN")
        self.right = value("KEY_AUTHORIZATION")
        self.wrong = value("WRONG_KEY_AUTHORIZATION")

    def body(self, kind, n):
        target = "n%d.bulk.lab" % n
        if kind == "rejected":
            target = "bad_name.n%d" % n
        elif kind == "slow":
            target = "w%d.dns-slow.lab" % n
        body = {"request_id": "%s-%d" % (self.name, n),
                "check_type": "caa", "domain_or_ip_target": target}
        if kind in ("http", "wrong", "both"):
            body["check_type"] = "dcv+caa" if kind == "both" else "dcv"
            body["dcv_check_parameters"] = {
                "validation_method": "acme-http-01", "token": self.token,
                "key_authorization": self.wrong if kind == "wrong"
                else self.right}
        if kind == "no-id":
            del body["request_id"]
        return body

    def make(self, n):
        """(kind, style, id or None, key or None, value)"""
        kind = self.draw.choices(*zip(*KINDS))[0]
        style = self.draw.choices(*zip(*STYLES))[0]
        body = self.body(kind, n)
        name = "%s-%d" % (self.name, n)
        packed = self.draw.random() < MSGPACK
        value = msgpack.packb(body) if packed else json.dumps(body).encode()
        key = None if style == "no-key" else name.encode()
        if key is None and kind == "no-id":
            name = None
        return kind, style, name, key, value


class Load(threading.Thread):
    """ready() says what the clients were told; only its own thread produces,
    so that others hand it records with put()."""

    def __init__(self, world, directory, seed, rate):
        super().__init__(name="load", daemon=True)
        self.world = world
        self.rate = rate
        self.requests = Requests(seed, world.value)
        self.draw = self.requests.draw
        self.todo = queue.Queue()
        self.later = []
        self.count = itertools.count()
        self.stopping = threading.Event()
        self.asked = {}      # id: append time in ms, or None until known
        self.unacknowledged = 0
        self.sent = 0
        self.failure = None
        self.file = open(os.path.join(directory, "sent.jsonl"), "w",
                         encoding="ascii")
        # Not idempotent: those of librdkafka 2.0 do not survive every loss of
        # a broker, and what is sent twice must be answered, too.
        self.producers = {
            style: confluent_kafka.Producer(world.client(
                "pipeline", partitioner=partitioner, linger_ms=5,
                message_timeout_ms=180000))
            for style, partitioner in PARTITIONERS.items()}
        self.producers["admin"] = confluent_kafka.Producer(world.client(
            "admin", linger_ms=5, message_timeout_ms=180000))

    def put(self, style, kind, name, key, value, topic="requests",
            partition=-1):
        """From any thread."""
        self.todo.put((style, kind, name, key, value, topic, partition))

    def garbage(self, topic, number):
        """Some of it under the key of a request that may be in flight."""
        draw = random.Random("garbage/%d" % number)
        for value in draw.sample(GARBAGE, 4):
            key = b"%s-%d" % (self.requests.name.encode(), self.sent)
            if draw.random() < 0.5 and topic != "perspectives":
                key = None
            self.put("no-key" if topic == "requests" else "admin", "garbage",
                     None, key, value, topic)

    def produce(self, style, kind, name, key, value, topic, partition):
        def told(error, message):
            line = {"id": name, "partition": None, "offset": None,
                    "digest": hashlib.sha256(value).hexdigest(), "kind": kind}
            if topic != "requests":
                line["topic"] = topic
            if error is None:
                line["partition"] = message.partition()
                line["offset"] = message.offset()
                at = message.timestamp()[1]
                if topic == "requests" and kind != "garbage":
                    self.asked.setdefault(name or "r-%d-%d" % (
                        message.partition(), message.offset()), at)
            else:
                self.unacknowledged += 1
            self.file.write(json.dumps(line) + "\n")

        while True:
            try:
                self.producers[style].produce(
                    "mpic." + topic, value, key, partition, told)
                return
            except BufferError:
                self.producers[style].poll(0.1)

    def send_next(self, n):
        kind, style, name, key, value = self.requests.make(n)
        self.produce(style, kind, name, key, value, "requests", -1)
        self.sent += 1
        if name is None or self.draw.random() >= REPEATED:
            return
        if self.draw.random() < OTHER_VALUE and kind != "no-id":
            kind = "other-value"
            value = json.dumps(dict(self.requests.body("caa", n),
                                    trace_identifier="again")).encode()
        else:
            kind = "repeat"
        at = time.monotonic() + self.draw.uniform(0.01, REPEATED_WITHIN)
        style = self.draw.choice(("java", "kcat"))
        heapq.heappush(self.later, (at, next(self.count), (
            style, kind, name, key or name.encode(), value, "requests", -1)))

    def send_due(self, now, everything):
        while self.later and (everything or self.later[0][0] <= now):
            self.produce(*heapq.heappop(self.later)[2])
        while not self.todo.empty():
            self.produce(*self.todo.get())

    def run(self):
        try:
            self.pace()
        except Exception as e:  # shown and counted by who waits
            self.failure = e
        finally:
            self.file.close()

    def pace(self):
        start = time.monotonic()
        for n in itertools.count(1):
            now = time.monotonic()
            self.send_due(now, False)
            for producer in self.producers.values():
                producer.poll(0)
            pause = start + n / self.rate - now
            if self.stopping.wait(max(0, pause)):
                break
            self.send_next(n)
        self.send_due(time.monotonic(), True)
        for style, producer in self.producers.items():
            if producer.flush(FLUSH_SECONDS) != 0:
                raise RuntimeError("%s: records are not acknowledged" % style)
