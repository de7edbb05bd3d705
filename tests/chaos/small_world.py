"""A real broker, coordinators without workers, and requests that are decided
without them: enough for the cases where two coordinators could meet."""
import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from asked import home_of
from points import Points

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
PARTITIONS = 3
PLACES = (("fra", "ripe", 50.11, 8.68), ("nyc", "arin", 40.71, -74.01),
          ("sao", "lacnic", -23.55, -46.63), ("sin", "apnic", 1.35, 103.82),
          ("syd", "apnic", -33.87, 151.21), ("jnb", "afrinic", -26.20, 28.05))
CODES = [place[0] for place in PLACES]
TOPICS = ["requests", "attempts", "results", "decisions", "dead-letters"] + [
    "checks." + code for code in CODES]
# The least that a broker grants, and what the product has: a pause past both.
SESSION_MS = 6000
PAUSE_SECONDS = 6 + 10 + 2


def fail(why):
    sys.exit("FAIL: " + why)


class SmallWorld:
    def __init__(self, build):
        self.bin = os.path.join(build, "bin")
        self.dir = tempfile.mkdtemp(prefix="mpic-chaos-")
        self.points = Points(os.path.join(self.dir, "point"))
        self.running = {}
        self.kafka = ""  # more lines of the coordinators' kafka section
        self.sent = 0
        atexit.register(self.close)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(130))
        self.local("start", "--partitions", str(PARTITIONS))
        self.env = dict(line.split("=", 1) for line in self.local(
            "env").splitlines() if "=" in line)
        self.make_keys()

    def local(self, verb, *more):
        done = subprocess.run(
            ["sh", os.path.join(ROOT, "deploy/kafka/local.sh"), verb,
             os.path.join(self.dir, "kafka"), *more],
            stdout=subprocess.PIPE, text=True, check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "MPICCTL": os.path.join(self.bin, "mpicctl")})
        if done.returncode != 0 and verb != "stop":
            fail("local.sh %s: %s" % (verb, done.stdout[-500:]))
        return done.stdout

    def close(self):
        for process in self.running.values():
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.running.clear()
        if os.path.exists(self.dir):
            self.local("stop")
            shutil.rmtree(self.dir, ignore_errors=True)

    # -- settings

    def mpicctl(self, *line):
        return subprocess.run(
            [os.path.join(self.bin, "mpicctl"), *line], text=True, check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE).stdout

    def make_keys(self):
        self.pins = self.mpicctl("keygen", "coordinator", "--role",
                                 "coordinator", "--dir", self.dir)
        for code in CODES:
            self.pins += self.mpicctl("keygen", code, "--perspective", code,
                                      "--dir", self.dir)
        self.mpicctl("keygen", "--plan-key", self.path("plan.key"))

    def path(self, name):
        return os.path.join(self.dir, name)

    def write_settings(self, name):
        text = """deployment = chaos
instance = %s
signing_key = "%s"
plan_key = "%s"
issuers = { "ca.example" }
plan {
\tprimary = fra
\tattempt_time = 10s
}
admin { port = 0 }
kafka {
\tbrokers = "%s"
\tpartitions = %d
\t"session.timeout.ms" = "%d"
\t"security.protocol" = SSL
\t"ssl.ca.location" = "%s"
\t"ssl.certificate.location" = "%s"
\t"ssl.key.location" = "%s"
%s}
""" % (name, self.path("coordinator.key"), self.path("plan.key"),
            self.env["KAFKA_BOOTSTRAP"], PARTITIONS, SESSION_MS,
            self.env["KAFKA_CA"], self.env["KAFKA_CERT_COORDINATOR"],
            self.env["KAFKA_KEY_COORDINATOR"], self.kafka)
        for code, rir, latitude, longitude in PLACES:
            text += ('perspective "%s" {\n\trir = %s\n\tlatitude = %s\n'
                     "\tlongitude = %s\n}\n" % (code, rir, latitude,
                                                longitude))
        with open(self.path(name + ".conf"), "w", encoding="utf-8") as f:
            f.write(text + self.pins)
        return self.path(name + ".conf")

    # -- programs

    def start(self, name, program):
        conf = self.write_settings(name)
        with open(self.path(name + ".log"), "ab") as log:
            self.running[name] = subprocess.Popen(
                [program, "--config", conf], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=self.points.environment())
        return self.running[name].pid

    def log_of(self, name):
        with open(self.path(name + ".log"), encoding="utf-8") as f:
            return f.read()

    def kill(self, name):
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    # -- requests

    def submit(self, *bodies):
        """As Java's client would: at home, under their ids."""
        lines = "".join("%s|%s\n" % (b["request_id"], json.dumps(
            b, separators=(",", ":"))) for b in bodies)
        subprocess.run(
            ["kcat", "-F", self.env["KAFKA_CONF_PIPELINE"], "-P", "-t",
             "mpic.requests", "-X", "partitioner=murmur2_random", "-K", "|"],
            input=lines.encode(), check=True, stderr=subprocess.DEVNULL)
        self.sent += len(bodies)

    @staticmethod
    def rejected(name, **more):
        """Names that no CA may take need no perspective."""
        return {"request_id": name, "check_type": "caa",
                "domain_or_ip_target": "bad_name.." + name, **more}

    @staticmethod
    def good(name):
        return {"request_id": name, "check_type": "caa",
                "domain_or_ip_target": name + ".example.com"}

    @staticmethod
    def ids(prefix, partition, count):
        """Ids whose home is that partition."""
        found, n = [], 0
        while len(found) < count:
            name = "%s-%d" % (prefix, n)
            n += 1
            if home_of(name.encode(), PARTITIONS) == partition:
                found.append(name)
        return found

    # -- what is on the log

    def dump(self):
        directory = self.path("dump")
        os.makedirs(directory, exist_ok=True)
        subprocess.run(
            [sys.executable, os.path.join(HERE, "dump.py"), directory,
             self.env["KAFKA_CONF_AUDITOR"], "mpic."] + TOPICS,
            check=True, stdout=subprocess.DEVNULL)
        if self.running:
            shutil.copy(self.path(next(iter(self.running)) + ".conf"),
                        os.path.join(directory, "pins"))
        return directory

    def count(self, topic):
        return len(subprocess.run(
            ["kcat", "-F", self.env["KAFKA_CONF_AUDITOR"], "-C", "-t",
             "mpic." + topic, "-e", "-q", "-X",
             "isolation.level=read_committed", "-X", "fetch.wait.max.ms=20",
             "-f", "%o\n"], stdout=subprocess.PIPE, check=True,
            stderr=subprocess.DEVNULL).stdout.splitlines())

    def wait_count(self, topic, count, seconds=120):
        end = time.monotonic() + seconds
        while self.count(topic) < count:
            if time.monotonic() > end:
                return False
            time.sleep(0.3)
        return True
