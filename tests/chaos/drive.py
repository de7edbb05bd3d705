#!/usr/bin/python3
"""Chaos: steady load on a world of deploy/demo.sh, a seeded schedule of faults
done to it, and at the end the log of it all for check.py. run.sh starts it.

  drive.py --list --minutes N --seed S       the schedule, and nothing else
  drive.py --dir DIR --minutes N --seed S --rate R   DIR/world holds the world
"""
import argparse
import collections
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from schedule import FIRST, Schedule, show  # noqa: E402

ANSWER_SECONDS = 120   # for all that is left, when nothing is hurt any more
STILL_SECONDS = 4      # without a record, before the log counts as whole
FAULT_SECONDS = 240    # that the last faults may take to be over
LOAD_ENDS = 15         # seconds before the end
PERSPECTIVES = ("fra", "jnb", "nyc", "sao", "sin", "syd")
TOPICS = ["requests", "attempts", "results", "decisions", "dead-letters",
          "perspectives"]
GOOD_ENDS = (75,)      # "start me again": the library's handle broke


def names_of(codes):
    """The world that run.sh makes, for those who only want the schedule."""
    return {"coordinators": ["coordinator", "coordinator2"],
            "workers": [c + n for c in codes for n in ("", "2")],
            "brokers": ["1", "2", "3"],
            "topics": TOPICS + ["checks." + c for c in codes]}


class Run:
    def __init__(self, line):
        from faults import Faults
        from load import Load
        from watch import Watch
        from world import World
        self.line = line
        self.start = time.monotonic()
        self.dump = os.path.join(line.dir, "dump")
        os.mkdir(self.dump)
        self.log = open(os.path.join(line.dir, "faults.log"), "w",
                        encoding="utf-8")
        self.world = World(os.path.join(line.dir, "world"), line.build,
                           line.damaged)
        self.load = Load(self.world, self.dump, line.seed, line.rate)
        self.watch = Watch(self.world, line.partitions)
        self.faults = Faults(self.world, self.load, line.seed, self.dump,
                             self.note)
        self.over = threading.Event()
        self.wrong = []

    def note(self, text):
        self.log.write("%7.1f %s\n" % (time.monotonic() - self.start, text))
        self.log.flush()

    def say(self, text):
        print("[%4d s] %s" % (time.monotonic() - self.start, text),
              flush=True)

    def go(self):
        self.use_points()
        threading.Thread(target=self.world.supervise, args=(self.over,),
                         daemon=True).start()
        self.watch.start()
        self.load.start()
        self.hurt()
        self.settle()
        self.wait_answers()

    def use_points(self):
        if not self.world.with_points:
            self.wrong.append("no pause points: %s is not built" %
                              os.path.join(self.world.build, "chaos"))
            return
        names = self.world.coordinators
        for name in names if self.line.damaged else names[-1:]:
            self.world.processes[name].end(signal.SIGTERM)
            self.world.processes[name].start()

    def hurt(self):
        seconds = self.line.minutes * 60
        faults = Schedule(self.line.seed, seconds,
                          names_of(self.world.perspectives)).faults
        self.say("%d faults are to come in %d s" % (len(faults), seconds))
        begun = time.monotonic()
        told = begun
        for fault in faults:
            while (pause := begun + fault.at - time.monotonic()) > 0:
                time.sleep(min(pause, 1))
                if time.monotonic() - told > 60:
                    told = time.monotonic()
                    self.tell()
            self.faults.begin(fault)
        time.sleep(max(0, begun + seconds - LOAD_ENDS - time.monotonic()))

    def tell(self):
        waiting = len(self.watch.waiting(self.load.asked))
        self.say("%d sent, %d wait for an answer, %d faults" % (
            self.load.sent, waiting, sum(self.faults.done.values())))

    def settle(self):
        self.load.stopping.set()
        if not self.faults.wait(FAULT_SECONDS):
            self.wrong.append("a fault does not end")
        self.load.join(FAULT_SECONDS)
        if self.load.is_alive() or self.load.failure:
            self.wrong.append("load: %s" % (self.load.failure or "hangs"))

    def is_over(self):
        return (not self.watch.waiting(self.load.asked) and
                time.monotonic() - self.watch.seen_at > STILL_SECONDS and
                self.watch.unread() == 0)

    def wait_answers(self):
        self.say("nothing is hurt any more: waiting for the last answers")
        end = time.monotonic() + ANSWER_SECONDS
        while not self.is_over():
            if time.monotonic() > end:
                waiting = self.watch.waiting(self.load.asked)
                self.wrong.append("%d have no answer: %s; %d unread" % (
                    len(waiting), " ".join(waiting[:5]),
                    self.watch.unread()))
                return
            time.sleep(1)

    def close(self):
        """In any case: nobody stays stopped, nobody is started again."""
        self.over.set()
        self.watch.done.set()
        self.load.stopping.set()
        self.world.let_all_go_on()

    def take_dump(self):
        shutil.copy(self.world.path("conf", "coordinator.conf"),
                    os.path.join(self.dump, "pins"))
        topics = TOPICS[:-1] + ["checks." + c
                                for c in self.world.perspectives]
        done = subprocess.run(
            [sys.executable, os.path.join(HERE, "dump.py"), self.dump,
             self.world.path("kafka", "tls", "auditor.librdkafka"), "mpic."] +
            topics, check=False, stdout=subprocess.PIPE)
        print("on the topics: " +
              done.stdout.decode().strip().replace("\n", ", "))
        if done.returncode != 0:
            self.wrong.append("the topics cannot be read")

    def check(self):
        code = subprocess.run([sys.executable, os.path.join(HERE, "check.py"),
                               self.dump], check=False).returncode
        if code != 0:
            self.wrong.append("check.py ends with %d" % code)

    def count(self):
        from records import Refused, decode, read_topic
        outcomes = collections.Counter()
        for record in read_topic(self.dump, "decisions"):
            try:
                body = decode(record)
                what = "%s %s" % (body["outcome"], body["reason"])
            except (Refused, KeyError):
                what = "(garbage)"
            outcomes[("echo of " if record.has("mpic-echo") and what[-8:] !=
                      "conflict" else "") + what] += 1
        for what, n in outcomes.most_common():
            print("  %6d %s" % (n, what))

    def report(self):
        from world import events
        faults = self.faults.done
        print("faults: %d: %s" % (sum(faults.values()), ", ".join(
            "%d %s" % (n, kind) for kind, n in sorted(faults.items()))))
        print("stopped at: %s" % (", ".join(
            "%s x%d" % at for at in sorted(self.faults.points.items())) or
            "no point"))
        print("sent: %d requests, %d records not acknowledged" % (
            self.load.sent, self.load.unacknowledged))
        print("answered in ms: p50 %d, p99 %d, most %d; longest without any "
              "answer: %d ms" % (self.watch.percentiles(self.load.asked) +
                                 (self.watch.longest_gap_ms,)))
        for name in self.world.coordinators:
            print("memory of %s, most: %d KiB" % (
                name, self.world.processes[name].peak_kib))
        ended = collections.Counter(
            (name.rstrip("0123456789"), code)
            for name, _, code in self.world.ended)
        for (name, code), n in sorted(ended.items(), key=str):
            print("ended by itself: %s, exit code %s, %d times" % (
                name, code, n))
            if code not in GOOD_ENDS:
                self.wrong.append("%s ended by itself" % name)
        for name in self.world.coordinators:
            if events(self.world.processes[name],
                      "coordinator_instance_shared"):
                self.wrong.append("%s took a pause for another process of "
                                  "its name" % name)
        self.wrong += self.faults.failed
        for what in self.wrong:
            print("WRONG: " + what)


def read_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--dir")
    parser.add_argument("--build")
    parser.add_argument("--damaged")
    parser.add_argument("--minutes", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rate", type=float, default=13)
    parser.add_argument("--partitions", type=int, default=6)
    return parser.parse_args()


def main():
    line = read_line()
    if line.list:
        show(Schedule(line.seed, line.minutes * 60,
                      names_of(PERSPECTIVES)).faults)
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run = Run(line)
    try:
        run.go()
    finally:
        run.close()
    run.take_dump()
    run.check()
    run.count()
    run.report()
    return 1 if run.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
