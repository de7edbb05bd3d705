"""The programs that chaos is done to: as deploy/demo.sh --kafka --idle started
them, in one folder. Ends and starts them, and says which ended by themselves.
"""
import glob
import json
import os
import re
import signal
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
LOCAL = os.path.join(ROOT, "deploy", "kafka", "local.sh")
END_SECONDS = 45       # a SIGTERM drains for 30
READY_SECONDS = 60
RESTARTED_AFTER = 1.0  # by whoever supervises it, when it ended by itself
POINTS = os.path.join("chaos", "mpic-coordinator-points")


def stat_of(pid):
    """(state, time of its start), or None: gone."""
    try:
        with open("/proc/%d/stat" % pid, encoding="latin-1") as f:
            words = f.read().rpartition(")")[2].split()
        return words[0], words[19]
    except (OSError, IndexError):
        return None


class Process:
    """One program by its name; a restart is another process of that name."""

    def __init__(self, world, name):
        self.world = world
        self.name = name
        self.wanted = True   # whether somebody restarts it if it ends
        self.child = None
        self.peak_kib = 0
        self.lock = threading.RLock()
        with open(world.path("pid", name), encoding="ascii") as f:
            self.pid = int(f.read())
        self.started = (stat_of(self.pid) or (None, None))[1]

    def state(self):
        if self.child is not None:
            self.child.poll()  # a child that is not asked after stays
        found = stat_of(self.pid)
        if found is None or found[1] != self.started or found[0] == "Z":
            return None
        return found[0]

    def signal(self, number):
        with self.lock:
            if self.state() is not None:
                os.kill(self.pid, number)

    def wait_end(self, seconds=END_SECONDS):
        end = time.monotonic() + seconds
        while self.state() is not None:
            if time.monotonic() > end:
                raise RuntimeError("%s does not end" % self.name)
            time.sleep(0.02)

    def end(self, number):
        """Nobody starts it again before start()."""
        self.wanted = False
        self.signal(number)
        if number != signal.SIGKILL:
            self.signal(signal.SIGCONT)
        self.wait_end()

    def command(self):
        if not self.name.startswith("coordinator"):
            program = self.world.program("mpic-perspective-worker")
        elif self.world.damaged:
            program = os.path.join(self.world.build, "chaos",
                                   self.world.damaged)
        elif self.world.point_file(self.name) is not None:
            program = os.path.join(self.world.build, POINTS)
        else:
            program = self.world.program("mpic-coordinator")
        return [program, "--config", self.world.path(
            "conf", self.name + ".conf")]

    def start(self):
        with self.lock:
            environment = dict(os.environ)
            point = self.world.point_file(self.name)
            if point is not None:
                environment["MPIC_POINT_FILE"] = point
            with open(self.log_path(), "ab") as log:
                # pylint: disable-next=consider-using-with # it outlives this
                self.child = subprocess.Popen(
                    self.command(), stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log, start_new_session=True, env=environment)
            self.pid = self.child.pid
            self.started = stat_of(self.pid)[1]
            self.world.write_down(self)
            self.wanted = True

    def log_path(self):
        return self.world.path("log", self.name + ".out")

    def log_tail(self, size=20000):
        with open(self.log_path(), "rb") as f:
            f.seek(max(0, os.path.getsize(self.log_path()) - size))
            return f.read().decode("utf-8", "replace")

    def exit_code(self):
        """As it said itself; None if it did not."""
        mine = [line for line in self.log_tail().splitlines()
                if '"pid":%d,' % self.pid in line and '"exit_code":' in line]
        if not mine:
            return None
        return int(re.search(r'"exit_code":(\d+)', mine[-1]).group(1))

    def note_peak(self):
        try:
            with open("/proc/%d/status" % self.pid, encoding="ascii",
                      errors="replace") as f:
                found = re.search(r"VmHWM:\s*(\d+)", f.read())
        except OSError:
            return
        if found:
            self.peak_kib = max(self.peak_kib, int(found.group(1)))

    def probes(self):
        try:
            with open("/proc/%d/task/%d/children" % (self.pid, self.pid),
                      encoding="ascii") as f:
                return [int(word) for word in f.read().split()]
        except OSError:
            return []


class World:
    def __init__(self, directory, build, damaged=None):
        self.directory = os.path.abspath(directory)
        self.build = os.path.abspath(build)
        self.damaged = damaged  # a coordinator that must be found out
        self.with_points = os.access(os.path.join(self.build, POINTS), os.X_OK)
        self.lock = threading.Lock()
        self.ended = []      # (name, exit code): those nobody ended
        names = sorted(os.path.basename(p)
                       for p in glob.glob(self.path("pid", "*")))
        self.processes = {name: Process(self, name) for name in names}
        self.coordinators = [n for n in names if n.startswith("coordinator")]
        self.workers = [n for n in names if n not in self.coordinators]
        self.brokers = [os.path.basename(p)[4:]
                        for p in sorted(glob.glob(self.path("kafka",
                                                            "node?")))]
        self.perspectives = sorted({n.rstrip("0123456789")
                                    for n in self.workers})
        with open(self.path("broker"), encoding="ascii") as f:
            self.bootstrap = f.read().strip()

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def point_file(self, name):
        """Where the second coordinator looks for a point to stop at; the
        first is as it is shipped."""
        if name == self.coordinators[-1] and self.with_points:
            return self.path("point")
        return None

    def write_down(self, process):
        """For who ends all: deploy/demo.sh --stop."""
        with self.lock:
            with open(self.path("pid", process.name), "w",
                      encoding="ascii") as f:
                f.write("%d\n" % process.pid)
            with open(self.path("pids"), "a", encoding="ascii") as f:
                f.write("%d %s %s\n" % (process.pid, process.started,
                                        process.name))

    def value(self, name):
        """Of the laboratory."""
        with open(self.path("env"), encoding="ascii") as f:
            for line in f:
                key, _, value = line.rstrip("\n").partition("=")
                if key == name:
                    return value.strip("'")
        raise KeyError(name)

    def client(self, principal, **more):
        """A librdkafka configuration with that principal's certificate."""
        with open(self.path("kafka", "tls", principal + ".librdkafka"),
                  encoding="ascii") as f:
            conf = dict(line.rstrip("\n").split("=", 1) for line in f)
        conf.update({"topic.metadata.refresh.interval.ms": 5000,
                     "log.connection.close": False, "log_level": 2})
        conf.update({k.replace("_", "."): v for k, v in more.items()})
        return conf

    def local(self, command, *arguments):
        done = subprocess.run(
            ["sh", LOCAL, command, self.path("kafka")] + list(arguments),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
            env=dict(os.environ, MPICCTL=self.program("mpicctl")))
        if done.returncode != 0:
            raise RuntimeError("local.sh %s %s: %s" % (
                command, " ".join(arguments),
                done.stdout.decode("utf-8", "replace")[-400:]))

    def broker_pid(self, node):
        with open(self.path("kafka", "node" + node, "pid"),
                  encoding="ascii") as f:
            return int(f.read().split()[0])

    def supervise(self, done):
        """A thread of its own: what ends by itself is started again, as an
        operator's supervisor would, and remembered."""
        while not done.wait(0.3):
            for process in self.processes.values():
                process.note_peak()
                with process.lock:
                    if process.wanted and process.state() is None:
                        self.ended.append((process.name, process.pid,
                                           process.exit_code()))
                        process.wanted = False
                        threading.Timer(RESTARTED_AFTER,
                                        self.restart, [process]).start()

    @staticmethod
    def restart(process):
        with process.lock:
            if process.state() is None:
                process.start()

    def let_all_go_on(self):
        for process in self.processes.values():
            process.signal(signal.SIGCONT)
        for node in self.brokers:
            try:
                os.kill(self.broker_pid(node), signal.SIGCONT)
            except (OSError, ValueError):
                pass


def events(process, name):
    """Its log's lines of that event."""
    found = []
    for line in process.log_tail(10 ** 8).splitlines():
        if '"event":"%s"' % name in line:
            try:
                found.append(json.loads(line.partition(">")[2]))
            except ValueError:
                pass
    return found
