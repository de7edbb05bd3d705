#!/usr/bin/python3
"""Two coordinators meet at each point, on a real broker: the first is stopped
there past the group's and the transaction's time-outs, the second takes over
and answers everything, the first goes on. Or, with SECONDS, it goes on then:
past the group's time-out, while its transaction is still open and the second
waits for its end. The checker must find nothing.

  constructed.py BUILD [--coordinator PROGRAM] [POINT[/SECONDS]...]
"""
import argparse
import os
import sys
import time

import check  # noqa: F401  (finds the Python that has its packages)
from points import POINTS
from small_world import PAUSE_SECONDS, SmallWorld, fail

# Between the group's time-out and the transaction's.
SHORT = ["after-produce/8", "after-offsets/8", "mark-unmoved/8"]


def orders(world, point, tag):
    """What makes a coordinator come to that point."""
    if point in ("after-attempt", "after-checks"):
        return [world.good(n) for n in world.ids(tag, 0, 2)]
    return [world.rejected(n) for p in range(3)
            for n in world.ids(tag, p, 2)]


def make_unmoved(world, tag):
    """In one partition: a request that takes seconds, so that the mark stays
    below it, and then two transactions for others that are decided at once."""
    names = world.ids(tag, 1, 4)
    attempts = world.count("attempts")
    world.submit(world.good(names[0]))
    if not world.wait_count("attempts", attempts + 1):
        fail("no attempt")
    before = world.count("decisions")
    world.submit(world.rejected(names[1]))
    if not world.wait_count("decisions", before + 1):
        fail("no decision beside an open request")
    return [world.rejected(n) for n in names[2:]]


def let_second_work(world, point, seconds):
    """Until the first may go on."""
    if seconds is not None:
        time.sleep(seconds)
        return
    stopped = time.monotonic()
    # what a transaction left open is aborted after its time, not before
    if not world.wait_count("decisions", world.sent):
        fail("nobody took over at %s" % point)
    time.sleep(max(0, stopped + PAUSE_SECONDS - time.monotonic()))


def try_point(world, program, point, number):
    point, _, seconds = point.partition("/")
    seconds = float(seconds) if seconds else None
    tag = "p%d" % number
    first, second = "a%d" % number, "b%d" % number
    since = time.monotonic()
    pid = world.start(first, program)
    world.submit(world.rejected(tag))
    if not world.wait_count("decisions", world.sent):
        fail("%s decides nothing" % first)
    more = make_unmoved(world, tag) if point == "mark-unmoved" else orders(
        world, point, tag)
    world.points.arm(point)
    world.submit(*more)
    if world.points.wait_stopped([pid]) is None:
        fail("%s did not come to %s" % (first, point))
    world.start(second, program)
    let_second_work(world, point, seconds)
    world.points.go_on(pid)
    world.submit(*[world.rejected("%s-after-%d" % (tag, i))
                   for i in range(6)])
    if not world.wait_count("decisions", world.sent):
        fail("nothing was decided after %s went on" % first)
    found = check.check(world.dump(), world.sent)
    show(found, point, seconds, time.monotonic() - since)
    for line in found.wrong[:10]:
        print("wrong: " + line)
    for name in (first, second):
        world.kill(name)
    return not found.wrong


def show(found, point, seconds, took):
    counts = ["%d %s" % (found.counts[what], what) for what in (
        "requests", "decisions", "attempts", "checks")]
    print("%-14s stopped %s; %s; %d violations; %.0f s" % (
        point, "for %.0f s" % seconds if seconds else "past all time-outs",
        ", ".join(counts), len(found.wrong), took), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("points", nargs="*", metavar="POINT",
                        default=list(POINTS) + SHORT)
    parser.add_argument("--coordinator", metavar="PROGRAM")
    line = parser.parse_args()
    program = line.coordinator or os.path.join(
        line.build, "chaos", "mpic-coordinator-points")
    world = SmallWorld(line.build)
    good = [try_point(world, program, point, number)
            for number, point in enumerate(line.points, 1)]
    print("constructed: %d points, %d failed" % (len(good),
                                                 good.count(False)))
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
