"""To stop a coordinator at a point of its own (common/kafka/kafka_point.h), and
to let it go on: for builds with points, build/<preset>/chaos/*.

  points = Points("/some/file")
  start a coordinator with points.environment()
  points.arm("after-produce")
  pid = points.wait_stopped([pid, pid])     which of them came there first
  points.go_on(pid)
"""
import os
import signal
import time

POINTS = (
    "before-begin",   # an answer is ready, no transaction begun
    "after-produce",  # its records are on the log, its offsets are not sent
    "after-offsets",  # all but the commit
    "mark-unmoved",   # the same, and some partition's mark stays where it is
    "after-attempt",  # the plan is on the log, its checks are not sent
    "after-checks",   # a check is on the log
)


def state_of(pid):
    """As in /proc/PID/stat: "T" is stopped; None if there is none."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


class Points:
    def __init__(self, path):
        self.path = os.path.abspath(path)

    def environment(self):
        return {**os.environ, "MPIC_POINT_FILE": self.path}

    def arm(self, name):
        assert name in POINTS
        with open(self.path + ".new", "w", encoding="ascii") as f:
            f.write(name + "\n")
        os.rename(self.path + ".new", self.path)

    def disarm(self):
        """True if nobody came there: what was to be tried was not."""
        try:
            os.unlink(self.path)
            return True
        except FileNotFoundError:
            return False

    def wait_stopped(self, pids, seconds=60):
        """The one that is stopped; None if nobody is in time. Of processes that
        a test stopped itself it knows nothing: leave them out."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not os.path.exists(self.path):
                for pid in pids:
                    if state_of(pid) == "T":
                        return pid
            time.sleep(0.02)
        self.disarm()
        return None

    @staticmethod
    def go_on(pid):
        os.kill(pid, signal.SIGCONT)
