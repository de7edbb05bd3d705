#!/usr/bin/env python3
"""What targets that hang did to those that don't.

hanging.py FOLDER RATE KIND...: of hanging-KIND-without.json and -with.json
"""
import json
import pathlib
import re
import sys

FIGURES = {"hanging": "mpic_worker_checks_hanging",
           "waiting": "mpic_worker_checks_waiting",
           "taken back": "mpic_worker_checks_taken_back_total"}


def read(path):
    return json.loads(path.read_text(encoding="ascii"))


def figure(metrics, name):
    found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", metrics, re.M)
    return found.group(1) if found else "-"


def busy(metrics):
    counts = re.findall(
        r'^mpic_worker_results_total{[^}]*reason="target-busy"} (\S+)$',
        metrics, re.M)
    return sum(float(count) for count in counts)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    folder, rate = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    print(f"{rate} healthy targets a second, alone and with "
          f"{rate * 3 // 7} that hang; latency of the healthy ones, ms")
    print(f"  {'kind':10}{'':9}{'good':>8}{'not':>6}{'p50':>9}{'p99':>9}")
    for kind in sys.argv[3:]:
        p99 = {}
        for which in ("without", "with"):
            fates = read(folder / f"hanging-{kind}-{which}.json")["fates"]
            took = fates.get("took", {})
            p99[which] = took.get("p99_ms")
            print(f"  {kind:10}{which:9}{fates['good']:8}"
                  f"{fates['offered'] - fates['good']:6}"
                  f"{took.get('p50_ms', '-'):>9}{took.get('p99_ms', '-'):>9}")
        if p99["without"] and p99["with"]:
            print(f"  {kind:10}p99 moved by "
                  f"{(p99['with'] / p99['without'] - 1) * 100:+.0f} %")
        metrics = (folder / f"hanging-{kind}-metrics.txt").read_text(
            encoding="utf-8")
        print("  " + ", ".join(f"{name} {figure(metrics, of)}"
                               for name, of in FIGURES.items()) +
              f", target-busy {busy(metrics):.0f} (the primary's worker)")


if __name__ == "__main__":
    main()
