#!/usr/bin/python3
"""Does what is on the log keep the promises? Written apart from the product.

  check.py DIR [--at-least N]

DIR holds the topics, read with isolation.level=read_committed, what was sent,
and DIR/pins: a settings file with the deployment's name and pinned keys; see
records.py and pins.py. Prints what it counted and the first violations. Exit
status 0 only if there is none, and there were at least N (1) requests and a
decision: a checker that saw nothing has shown nothing.
"""
import argparse
import collections
import os
import sys

DEBIAN = "/usr/bin/python3"  # whose packages are installed
try:
    import cryptography  # noqa: F401
    import msgpack  # noqa: F401
except ImportError:
    if os.path.realpath(sys.executable) == os.path.realpath(DEBIAN):
        sys.exit("python3-msgpack and python3-cryptography are missing: "
                 "sh deploy/install-deps.sh")
    os.execv(DEBIAN, [DEBIAN] + sys.argv)

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from chain import Chain, read_decisions  # noqa: E402
from findings import Findings  # noqa: E402
from pins import Pins  # noqa: E402
from promise_one import PromiseOne  # noqa: E402
from records import perspectives, read_lines, read_sorted  # noqa: E402
from rests import Rests  # noqa: E402


class Log:
    """The topics that are wanted whole; the others are read as they come."""

    def __init__(self, directory):
        self.directory = directory
        self.requests = read_sorted(directory, "requests")
        self.decisions = read_sorted(directory, "decisions")
        self.dead_letters = read_sorted(directory, "dead-letters")
        self.perspectives = perspectives(directory)
        self.sent = read_lines(directory, "sent.jsonl")
        self.resets = read_lines(directory, "resets.jsonl")
        # put there by the test itself, on topics that are not its to write
        self.foreign = collections.defaultdict(set)
        for line in self.sent:
            if line.get("topic", "requests") != "requests":
                self.foreign[line["topic"]].add((line["partition"],
                                                 line["offset"]))


def check(directory, least=1):
    findings = Findings()
    pins = Pins(os.path.join(directory, "pins"))
    log = Log(directory)
    read_decisions(log, pins, findings)
    for part in (Chain, PromiseOne, Rests):
        part(log, pins, findings).check()
    for what, n in (("requests", least), ("decisions", 1)):
        if findings.counts[what] < n:
            findings.add((what, "-", "-"), "only %d %s: nothing is shown",
                         findings.counts[what], what)
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory")
    parser.add_argument("--at-least", type=int, default=1, metavar="N")
    line = parser.parse_args()
    findings = check(line.directory, line.at_least)
    findings.show()
    sys.exit(1 if findings.wrong else 0)


if __name__ == "__main__":
    main()
