#!/usr/bin/python3
"""Does the checker find damage? Coordinators with one safeguard taken out (the
builds of CMakeLists.txt) are brought, by construction and not by luck, to where
it was needed. Each case is tried with the whole coordinator too, which must
come through clean: what is found is the damage, not the case.

  prove.py BUILD [NAME...]
"""
import argparse
import json
import os
import random
import sys
import time

import check
from constructed import try_point
from small_world import PARTITIONS, ROOT, SmallWorld, fail


def set_topic(world, topic, **config):
    """Topics as the manifest has them, but for one setting of one of them."""
    with open(os.path.join(ROOT, "deploy/kafka/topics.manifest.json"),
              encoding="utf-8") as f:
        manifest = json.load(f)
    for p in manifest["deployment"]["perspectives"]:
        p["partitions"] = PARTITIONS
    for t in manifest["topics"]:
        if t["name"] == "{prefix}" + topic:
            t["config"].update({k.replace("_", "."): v
                                for k, v in config.items()})
    with open(world.path("manifest.json"), "w", encoding="utf-8") as f:
        json.dump(manifest, f)
    world.mpicctl("topics", "apply", "--config",
                  world.env["KAFKA_MPICCTL_CONF"], "--manifest",
                  world.path("manifest.json"), "--replication", "1",
                  "--partitions", str(PARTITIONS))


def zombie(world, program, number):
    """A coordinator wakes with an answer that its successor has given."""
    return try_point(world, program, "before-begin", number)


def abort(world, program, number):
    """The topic refuses a decision with many issues: its transaction is
    aborted, and the short form continues what was there before."""
    name = "c%d" % number
    rng = random.Random(number)  # what does not compress
    long = {"critical": ["".join(rng.choices(
        "abcdefghijklmnopqrstuvwxyz0123456789", k=60)) for _ in range(16)]}
    ids = world.ids("abort%d" % number, 2, 3)
    world.start(name, program)
    world.submit(world.rejected(ids[0]))
    wait(world, "decisions", world.sent)
    set_topic(world, "decisions", max_message_bytes="1400")
    world.submit({**world.rejected(ids[1]), **long})
    wait(world, "decisions", world.sent)
    set_topic(world, "decisions")
    world.submit(world.rejected(ids[2]))
    wait(world, "decisions", world.sent)
    if '"coordinator_answer_too_large"' not in world.log_of(name):
        fail("no answer was refused")
    return verdict(world, name)


def unlogged(world, program, number):
    """What is sent stays in the process for a while: what does not wait for the
    broker's word that it has the plan is older than the plan."""
    name = "c%d" % number
    world.kafka = '\t"linger.ms" = "500"\n'
    world.start(name, program)
    world.submit(*[world.good(n) for n in world.ids("plan%d" % number, 0, 3)])
    wait(world, "decisions", world.sent)
    if not world.count("checks.fra"):
        fail("no check was sent")
    return verdict(world, name)


def wait(world, topic, count):
    if not world.wait_count(topic, count):
        fail("%s: %d are not there" % (topic, count))


def verdict(world, name):
    found = check.check(world.dump(), world.sent)
    world.kill(name)
    for line in found.wrong[:5]:
        print("wrong: " + line)
    return not found.wrong


# The build and its case.
CASES = (("no-fencing", zombie), ("no-chain-check", abort),
         ("no-plan-first", unlogged))


def try_case(build, name, case):
    bad = []
    for program, wanted in (("points", True), (name, False)):
        world = SmallWorld(build)  # damage stays on a log
        since = time.monotonic()
        clean = case(world, os.path.join(
            build, "chaos", "mpic-coordinator-" + program), 1)
        world.close()
        print("%-14s with mpic-coordinator-%s: %s; %.0f s" % (
            case.__name__, program, "clean" if clean else "damage found",
            time.monotonic() - since), flush=True)
        if clean != wanted:
            bad.append(program)
    return bad


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        default=[name for name, _ in CASES])
    line = parser.parse_args()
    bad = [b for name, case in CASES if name in line.names
           for b in try_case(line.build, name, case)]
    print("prove: %d safeguards, %s" % (
        len(line.names), "wrong with " + ", ".join(bad) if bad
        else "each found missed"))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
