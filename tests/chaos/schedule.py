"""What happens when: all of it drawn from the seed before anything starts.

A fault is (at, kind, target, seconds): at in seconds from the start, seconds
how long what was taken away stays away. The same seed, length and world give
the same list, on every machine.
"""
import collections
import random

Fault = collections.namedtuple("Fault", "at kind target seconds")

FIRST = 8          # seconds before the first fault
QUIET = 40         # seconds without a new one, at the end
EVERY = 5.2        # seconds from one to the next, on average
ROUND = 420        # seconds in which every constructed case comes once
SETTLE = 14        # seconds until a process counts as whole again
BROKER_WHOLE = 45  # seconds that a broker's fault is given, all told

# Longer than the group's session (6 s) and the transaction (10 s and its
# broker's second) together may last for one who does not come back.
LONG_PAUSE = (12.5, 16.0)

# By construction, in every run: what a seed may not leave out. Seconds away,
# and seconds in which nothing else is done to a coordinator.
CONSTRUCTED = (
    ("point", "after-offsets", 0, 33),
    ("broker-kill", "1", 6, 0),
    ("kill-restart", "coordinator", 0.5, 14),
    ("point", "after-produce", 0, 33),
    ("same-id", "kcat-and-java", 0, 0),
    ("reset", "requests", 0, 28),
    ("kill-later", "coordinator2", 12, 24),
    ("point", "mark-unmoved", 0, 33),
)

# The same, from the second round of a long run on.
CONSTRUCTED_LATER = CONSTRUCTED + (
    ("point", "before-begin", 0, 33),
    ("point", "after-attempt", 0, 33),
    ("point", "after-checks", 0, 33),
)

# weight, kind, targets, shortest and longest seconds away
RANDOM = (
    (5, "kill-restart", "coordinators", (0.1, 2)),
    (3, "kill-later", "coordinators", (8, 20)),
    (3, "pause", "coordinators", (1, 5)),
    (4, "pause", "coordinators", LONG_PAUSE),
    (3, "term", "coordinators", (0.1, 2)),
    (6, "kill-restart", "workers", (0.1, 2)),
    (4, "kill-later", "workers", (8, 25)),
    (4, "pause", "workers", LONG_PAUSE),
    (3, "term", "workers", (0.1, 2)),
    (5, "probe-kill", "workers", (0, 0)),
    (3, "broker-kill", "brokers", (2, 12)),
    (2, "broker-stop", "brokers", (0.5, 4)),
    (2, "broker-pause", "brokers", (3, 9)),
    (5, "garbage", "topics", (0, 0)),
)


class Schedule:
    def __init__(self, seed, seconds, world):
        """world: lists of names for coordinators, workers, brokers, topics."""
        self.draw = random.Random("%d/%d" % (seed, seconds))
        self.last = seconds - QUIET
        self.world = world
        self.busy = collections.defaultdict(list)  # target: [(from, to)]
        self.faults = []
        self.construct()
        self.roll()
        self.scatter()
        self.faults.sort()

    def is_free(self, target, start, end):
        return all(end <= a or start >= b for a, b in self.busy[target])

    def take(self, targets, start, end):
        for target in targets:
            self.busy[target].append((start, end))

    def add(self, at, kind, target, seconds=0.0):
        self.faults.append(Fault(round(at, 1), kind, target,
                                 round(seconds, 1)))

    def construct(self):
        """One after the other: each wants the coordinators for itself."""
        start = FIRST
        rows = CONSTRUCTED
        while True:
            whole = sum(row[3] for row in rows)
            span = min(ROUND, self.last - start)
            if start > FIRST and span < whole:
                return
            slack = max(0, span - whole) / len(rows)
            at = start
            for kind, target, seconds, length in rows:
                at += self.draw.uniform(0, slack)
                self.add(at, kind, target, seconds)
                group, length = ("brokers", BROKER_WHOLE) if kind.startswith(
                    "broker") else ("coordinators", length)
                self.take(self.world[group], at, at + length)
                at += length if group == "coordinators" else 0
            start += max(span, whole)
            rows = CONSTRUCTED_LATER

    def roll(self):
        """Rolling restarts, in runs that have the time for them."""
        at = 90.0
        turn = 0
        kinds = ("roll-coordinators", "roll-workers", "roll-brokers")
        while at < self.last - 90:
            kind = kinds[turn % 3]
            targets = self.world[kind[5:]]
            length = BROKER_WHOLE * 3 if targets == self.world[
                "brokers"] else 30
            while not all(self.is_free(t, at, at + length) for t in targets):
                at += 5
            if at + length > self.last:
                return
            self.add(at, kind, "all")
            self.take(targets, at, at + length)
            turn += 1
            at += length + self.draw.uniform(40, 120)

    def scatter(self):
        at = float(FIRST)
        weights = [row[0] for row in RANDOM]
        while True:
            at += self.draw.expovariate(1 / EVERY)
            if at >= self.last:
                return
            # Another, if what is drawn is not there to be hurt just now.
            for _ in range(20):
                row = self.draw.choices(RANDOM, weights)[0]
                if self.hurt(at, *row[1:]):
                    break

    def hurt(self, at, kind, group, limits):
        target = self.draw.choice(self.world[group])
        seconds = self.draw.uniform(*limits)
        end = at + seconds + SETTLE
        taken = [target]
        if group == "brokers":
            end = at + BROKER_WHOLE
            taken = self.world["brokers"]
        if kind in ("garbage", "probe-kill"):
            taken = []
            if kind == "probe-kill" and not self.is_free(target, at, at + 1):
                return False
        if any(not self.is_free(t, at, end) for t in taken):
            return False
        self.add(at, kind, target, seconds)
        self.take(taken, at, end)
        return True


def show(faults):
    for f in faults:
        print("%7.1f s  %-18s %-28s %s" % (
            f.at, f.kind, f.target, "%.1f s" % f.seconds if f.seconds
            else ""))
