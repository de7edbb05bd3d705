#!/usr/bin/python3
"""What a schedule promises, for many seeds and lengths."""
import collections
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from drive import PERSPECTIVES, names_of  # noqa: E402
from schedule import (BROKER_WHOLE, CONSTRUCTED, CONSTRUCTED_LATER,  # noqa: E402
                      QUIET, RANDOM, Schedule)

WORLD = names_of(PERSPECTIVES)


def faults_of(seed, minutes):
    return Schedule(seed, minutes * 60, WORLD).faults


class Schedules(unittest.TestCase):
    def test_same_seed_same_schedule(self):
        # in another process, too: nothing hangs on its hash seed
        command = [sys.executable, os.path.join(HERE, "drive.py"), "--list",
                   "--minutes", "5", "--seed", "77"]
        seen = {subprocess.check_output(
            command, env=dict(os.environ, PYTHONHASHSEED=str(n)))
            for n in range(2)}
        self.assertEqual(len(seen), 1)
        self.assertNotEqual(faults_of(1, 5), faults_of(2, 5))

    def test_what_every_run_has(self):
        for seed in range(60):
            for minutes in (4, 5, 9):
                here = {(f.kind, f.target) for f in faults_of(seed, minutes)}
                for row in CONSTRUCTED:
                    self.assertIn(row[:2], here)

    def test_half_an_hour(self):
        for seed in range(20):
            faults = faults_of(seed, 30)
            kinds = collections.Counter(f.kind for f in faults)
            self.assertGreaterEqual(len(faults), 200)
            for row in RANDOM:
                self.assertIn(row[1], kinds)
            for kind in ("roll-coordinators", "roll-workers",
                         "roll-brokers"):
                self.assertIn(kind, kinds)
            here = {(f.kind, f.target) for f in faults}
            for row in CONSTRUCTED_LATER:
                self.assertIn(row[:2], here)

    def test_one_broker_at_a_time(self):
        for seed in range(60):
            at = [f.at for f in faults_of(seed, 30)
                  if f.kind.startswith("broker-")]
            self.assertTrue(all(b - a >= BROKER_WHOLE - 0.2
                                for a, b in zip(at, at[1:])))

    def test_quiet_at_the_end(self):
        for seed in range(60):
            for minutes in (4, 30):
                self.assertLessEqual(faults_of(seed, minutes)[-1].at,
                                     minutes * 60 - QUIET)

    def test_nobody_is_hurt_twice_at_once(self):
        for seed in range(40):
            until = {}
            for f in faults_of(seed, 30):
                if f.kind in ("garbage", "probe-kill") or not f.seconds:
                    continue
                self.assertGreaterEqual(f.at, until.get(f.target, 0) - 0.2)
                until[f.target] = f.at + f.seconds


if __name__ == "__main__":
    unittest.main()
