#!/usr/bin/env python3
"""What targets that hang did to those that don't, and what they held.

hanging.py latency FOLDER RATE KIND...: of hanging-KIND-CASE.json and .metrics
hanging.py memory FOLDER COUNT KIND...: of hanging-KIND.memory
"""
import json
import os
import pathlib
import re
import statistics
import sys

CASES = {"alone": "alone", "many": "many domains", "one": "one domain",
         "shared": "shared address", "again": "alone again"}
ALONE = ("alone", "again")
NOW = {"hanging": "mpic_worker_checks_hanging",
       "waiting": "mpic_worker_checks_waiting"}
SINCE = {"taken back": "mpic_worker_checks_taken_back_total",
         "target-busy": 'mpic_worker_results_total{[^}]*"target-busy"}'}
MARK = 20  # per cent that a p99 may move
MARK_KIB = 32


def load_average():
    return (f"load average {os.getloadavg()[0]:.1f}, "
            f"{os.cpu_count()} processors")


def figure(metrics, name):
    """All series of it together."""
    found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", metrics, re.M)
    return sum(float(value) for value in found)


class Case:
    def __init__(self, folder, kind, case):
        base = folder / f"hanging-{kind}-{case}"
        load = json.loads(base.with_suffix(".json").read_text("ascii"))
        self.name = case
        self.fates = load["fates"]
        took = self.fates.get("took", {})
        self.p50, self.p99 = took.get("p50_ms"), took.get("p99_ms")
        used = sum(process["cpu_s"] + process["below_cpu_s"]
                   for process in load["processes"])
        self.busy = 100 * used / load["seconds"] / os.cpu_count()
        self.metrics = base.with_suffix(".metrics").read_text("utf-8")

    def line(self, alone, before):
        def moved(value, of):
            if self.name in ALONE or not value:
                return ""
            return f"{(value / of - 1) * 100:+.0f} %"

        now = [figure(self.metrics, name) for name in NOW.values()]
        now += [figure(self.metrics, name) - figure(before, name)
                for name in SINCE.values()]
        return (f"  {CASES[self.name]:15}{self.fates['good']:6}"
                f"{self.fates['offered'] - self.fates['good']:5}"
                f"{self.p50 or '-':>9}{moved(self.p50, alone[0]):>8}"
                f"{self.p99 or '-':>9}{moved(self.p99, alone[1]):>8}"
                f"{self.busy:6.0f} %"
                + "".join(f"{value:12.0f}" for value in now))


def latency(folder, rate, kinds):
    print(f"{rate} healthy targets a second, alone and with "
          f"{rate * 3 // 7} that hang beside them; latency of the healthy, "
          f"ms; {load_average()}")
    print(f"  {'':15}{'good':>6}{'not':>5}{'p50':>9}{'moved':>8}{'p99':>9}"
          f"{'moved':>8}{'busy':>8}"
          + "".join(f"{name:>12}" for name in [*NOW, *SINCE]))
    for kind in kinds:
        print(kind)
        cases = [Case(folder, kind, case) for case in CASES
                 if (folder / f"hanging-{kind}-{case}.json").is_file()]
        alone = [case for case in cases if case.name in ALONE]
        means = [statistics.mean(getattr(case, part) or 0 for case in alone)
                 for part in ("p50", "p99")]
        before = ""
        for case in cases:
            print(case.line(means, before))
            before = case.metrics
    print(f"moved: against the mean of the two runs alone (the mark for p99 "
          f"is +{MARK} %). busy: of all processors, by the processes of this "
          f"bench. Counts on the right: of the primary's worker.")


def held(look, before):
    """KiB for each check: the worker's, the probes', both."""
    each = [(look[n] - before[n]) / max(look[0], 1) for n in (1, 2)]
    return "".join(f"{value:9.1f}" for value in [*each, sum(each)])


def memory(folder, count, kinds):
    print(f"VmRSS of one worker and its probes, with {count} checks that "
          f"hang, each of a registrable domain of its own; {load_average()}")
    print(f"  {'':13}{'':15}{'hanging':>8}{'worker':>9}{'probes':>9}"
          f"{'  each:':8}{'worker':>8}{'probes':>9}{'both':>9}")
    for kind in kinds:
        looks = [[int(word) for word in line.split()] for line in
                 (folder / f"hanging-{kind}.memory").read_text().splitlines()]
        before = looks[0]
        many = max(look[0] for look in looks)
        first = next(look for look in looks if look[0] == many)
        most = max((look for look in looks if look[0] >= many * 0.9),
                   key=lambda look: look[1] + look[2])
        for name, look in (("before", before), ("all hang", first),
                           ("at most, later", most)):
            print(f"  {kind:13}{name:15}{look[0]:8}{look[1]:9}{look[2]:9}"
                  + (f"{'':7}{held(look, before)}" if look[0] else ""))
    print(f"KiB; each: what a check holds; the mark is {MARK_KIB} for both. "
          f"Later: 12 s on, when lookups without an answer have had their "
          f"second try.")


def main():
    if len(sys.argv) < 5 or sys.argv[1] not in ("latency", "memory"):
        sys.exit(__doc__)
    show = latency if sys.argv[1] == "latency" else memory
    show(pathlib.Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])


if __name__ == "__main__":
    main()
