"""What a fault of the schedule does, each in a thread of its own."""
import collections
import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time

import confluent_kafka

from watch import GROUP

REACH_SECONDS = 60    # until a coordinator comes to the point it is to stop at
REACH_TIMES = 3       # a busy machine refuses what was to hold marks back
STOPPED_SECONDS = 13  # past transaction.timeout and the group's session
WHOLE_SECONDS = 90    # until all replicas are in sync
STEP_SECONDS = 4      # between two of a rolling restart


class Faults:
    def __init__(self, world, load, seed, directory, say):
        self.world = world
        self.load = load
        self.say = say
        self.draw = random.Random("faults/%d" % seed)
        self.directory = directory
        self.broker_lock = threading.Lock()  # never two of them away
        self.locks = collections.defaultdict(threading.Lock)
        self.done = collections.Counter()
        self.points = collections.Counter()
        self.failed = []
        self.threads = []
        self.number = 0

    def begin(self, fault):
        self.number += 1
        thread = threading.Thread(target=self.run, daemon=True, args=(
            fault, self.number))
        self.threads.append(thread)
        thread.start()

    def wait(self, seconds):
        end = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0, end - time.monotonic()))
        return not any(t.is_alive() for t in self.threads)

    def run(self, fault, number):
        action = getattr(self, fault.kind.replace("-", "_"))
        try:
            self.say("%s %s %s" % (fault.kind, fault.target,
                                   fault.seconds or ""))
            action(fault, number)
            self.done[fault.kind] += 1
        except Exception as e:  # the run is not clean, but goes on
            self.failed.append("%s %s: %s: %s" % (
                fault.kind, fault.target, type(e).__name__, e))
            self.say("FAILED " + self.failed[-1])

    # -- processes

    def kill_restart(self, fault, _number):
        process = self.world.processes[fault.target]
        with self.locks[fault.target]:
            process.end(signal.SIGKILL)
            time.sleep(fault.seconds)
            process.start()

    kill_later = kill_restart

    def term(self, fault, _number):
        process = self.world.processes[fault.target]
        with self.locks[fault.target]:
            try:
                process.end(signal.SIGTERM)
                code = process.exit_code()
                if code != 0:
                    raise RuntimeError("ended with %s after SIGTERM" % code)
            finally:
                process.end(signal.SIGKILL)
                time.sleep(fault.seconds)
                process.start()

    def pause(self, fault, _number):
        process = self.world.processes[fault.target]
        with self.locks[fault.target]:
            process.signal(signal.SIGSTOP)
            time.sleep(fault.seconds)
            process.signal(signal.SIGCONT)

    def probe_kill(self, fault, number):
        probes = self.world.processes[fault.target].probes()
        if probes:
            os.kill(probes[number % len(probes)], signal.SIGKILL)

    def roll(self, names):
        for name in names:
            with self.locks[name]:
                process = self.world.processes[name]
                process.end(signal.SIGTERM)
                process.start()
            time.sleep(STEP_SECONDS)

    def roll_coordinators(self, _fault, _number):
        self.roll(self.world.coordinators)

    def roll_workers(self, _fault, _number):
        self.roll(self.world.workers[::2])

    # -- brokers

    def wait_whole(self):
        consumer = confluent_kafka.Consumer(self.world.client(
            "admin", group_id="mpic-chaos"))
        end = time.monotonic() + WHOLE_SECONDS
        try:
            while not is_whole(consumer):
                if time.monotonic() > end:
                    raise RuntimeError("replicas do not come back")
                time.sleep(0.5)
        finally:
            consumer.close()

    def away(self, node, command, seconds):
        self.world.local(command, node)
        time.sleep(seconds)
        self.world.local("start-node", node)
        self.wait_whole()

    def broker_kill(self, fault, _number):
        with self.broker_lock:
            self.away(fault.target, "kill-node", fault.seconds)

    def broker_stop(self, fault, _number):
        with self.broker_lock:
            self.away(fault.target, "stop-node", fault.seconds)

    def broker_pause(self, fault, _number):
        with self.broker_lock:
            pid = self.world.broker_pid(fault.target)
            os.kill(pid, signal.SIGSTOP)
            time.sleep(fault.seconds)
            os.kill(pid, signal.SIGCONT)
            self.wait_whole()

    def roll_brokers(self, _fault, _number):
        with self.broker_lock:
            for node in self.world.brokers:
                self.away(node, "stop-node", 0)

    # -- records

    def garbage(self, fault, number):
        self.load.garbage(fault.target, number)

    def same_id(self, _fault, number):
        """By kcat itself, whose partition is by CRC32, and by murmur2."""
        lines = []
        for n in range(9):
            name = "same-%d-%d" % (number, n)
            body = {"request_id": name, "check_type": "caa",
                    "domain_or_ip_target": "%s.bulk.lab" % name}
            value = json.dumps(body)
            lines.append("%s|%s" % (name, value))
            if n % 3 == 0:
                value = json.dumps(dict(body, trace_identifier="other"))
            self.load.put("java", "same-id", name, name.encode(),
                          value.encode())
        subprocess.run(
            ["kcat", "-F", self.world.path("kafka", "tls",
                                           "pipeline.librdkafka"),
             "-P", "-t", "mpic.requests", "-K", "|"], check=True,
            input="\n".join(lines).encode() + b"\n",
            stderr=subprocess.DEVNULL, timeout=60)

    # -- constructed: the group's and the transaction's worst moments

    def point(self, fault, number):
        """The second coordinator stops at that point, and goes on when its
        partitions are another's and its transaction is ended by the broker."""
        process = self.world.processes[self.world.coordinators[-1]]
        path = self.world.point_file(process.name)
        if path is None:
            raise RuntimeError("this build has no pause points")
        with self.locks[process.name]:
            for again in range(REACH_TIMES):
                self.hold_marks("held-%d-%d" % (number, again))
                if self.stops_at(fault.target, path, process):
                    break
                self.say("not reached yet: point %s" % fault.target)
            else:
                raise RuntimeError("is not reached")
            self.points[fault.target] += 1
            time.sleep(STOPPED_SECONDS)
            process.signal(signal.SIGCONT)

    def hold_marks(self, name):
        """Requests that take seconds: their partitions' marks stay."""
        for n in range(6):
            one = "%s-%d" % (name, n)
            body = {"request_id": one, "check_type": "caa",
                    "domain_or_ip_target": "%s.dns-slow.lab" % one}
            self.load.put("java", "slow", one, one.encode(),
                          json.dumps(body).encode())

    @staticmethod
    def stops_at(point, path, process):
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(point)
        os.rename(path + ".new", path)
        if wait_until(lambda: process.state() == "T", REACH_SECONDS):
            return True
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return process.state() == "T"

    def reset(self, _fault, number):
        """Somebody sets the group back by hand, while nobody is in it."""
        processes = [self.world.processes[n] for n in self.world.coordinators]
        with contextlib.ExitStack() as held:
            for process in processes:
                held.enter_context(self.locks[process.name])
                process.end(signal.SIGTERM)
            try:
                self.set_back(number)
            finally:
                for process in processes:
                    process.start()

    def set_back(self, number):
        consumer = confluent_kafka.Consumer(self.world.client(
            "admin", group_id=GROUP, enable_auto_commit=False))
        partitions = len(consumer.list_topics("mpic.requests", 10).topics[
            "mpic.requests"].partitions)
        topic = "mpic.requests"
        first = confluent_kafka.TopicPartition(topic, number % partitions, 0)
        second = consumer.committed([confluent_kafka.TopicPartition(
            topic, (number + 1) % partitions)], timeout=10)[0]
        second.offset = max(0, second.offset // 2)
        with open(os.path.join(self.directory, "resets.jsonl"), "a",
                  encoding="ascii") as f:
            for at in (first, second):
                f.write(json.dumps({"partition": at.partition,
                                    "at": int(time.time() * 1000)}) + "\n")
        end = time.monotonic() + 20
        while True:
            try:
                consumer.commit(offsets=[first, second], asynchronous=False)
                break
            except confluent_kafka.KafkaException:
                if time.monotonic() > end:
                    raise
                time.sleep(0.3)
        consumer.close()


def is_whole(consumer):
    try:
        topics = consumer.list_topics(timeout=5).topics.values()
    except confluent_kafka.KafkaException:
        return False
    return all(len(p.isrs) == len(p.replicas)
               for t in topics for p in t.partitions.values())


def wait_until(is_true, seconds):
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
