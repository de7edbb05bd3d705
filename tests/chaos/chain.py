"""The chain of each partition's decisions, their signatures, echoes, conflicts,
and that each names its request as it is on the log."""
from records import Refused, decode

OURS = ("outcome", "reason", "request", "request_id", "decided_at_ms",
        "partitions", "is_valid")
CLOCK_MS = 1000  # brokers and coordinators: one machine, but milliseconds


def read_decisions(log, pins, found):
    """Decodes and verifies; one that is not good is said and passed over."""
    for d in log.decisions:
        fault = pins.jws_fault(d)
        try:
            body = decode(d)
            missing = [name for name in OURS if name not in body]
            if missing:
                raise Refused("lacks " + missing[0])
        except Refused as e:
            fault = str(e)
        if fault is None:
            d.body = body
        elif d.at not in log.foreign["decisions"]:
            found.add(d, fault)
        if d.body is not None and not d.has("mpic-echo"):
            found.counts["decisions"] += 1
            found.counts[d.body["outcome"]] += 1


class Chain:
    def __init__(self, log, pins, findings):
        self.log = log
        self.pins = pins
        self.found = findings
        self.by_at = {d.at: d for d in log.decisions if d.body is not None}
        self.requests = {r.at: r for r in log.requests}

    def check(self):
        last = {}
        for d in sorted(self.by_at.values(), key=lambda d: d.at):
            self.check_request(d)
            if d.has("mpic-echo"):
                self.check_answer(d)
                continue
            number, previous = last.get(d.partition, (0, None))
            if d.body.get("sequence") != number + 1:
                self.found.add(d, "has sequence %s after %d",
                               d.body.get("sequence"), number)
            if d.body.get("previous") != previous:
                self.found.add(d, "does not continue the decision before it")
            last[d.partition] = d.body.get("sequence") or number, d.digest

    def check_request(self, d):
        ref = d.body["request"]
        request = self.requests.get((ref["partition"], ref["offset"]))
        if ref["partition"] != d.partition:
            self.found.add(d, "is not at its request's partition")
        if request is None:
            return  # promise_one says so
        if request.digest != ref["digest"]:
            self.found.add(d, "names another digest than its request has")
        if d.key != d.body["request_id"].encode():
            self.found.add(d, "is not under its request's id")
        if d.body["partitions"] != self.pins.partitions:
            self.found.add(d, "counts %d partitions", d.body["partitions"])
        if d.body["is_valid"] != (d.body["outcome"] in ("issue",
                                                        "corroborated")):
            self.found.add(d, "contradicts itself: is_valid")
        if d.body["decided_at_ms"] > d.at_ms + CLOCK_MS:
            self.found.add(d, "was decided after it was written")

    def check_answer(self, d):
        """An echo is its first decision, byte for byte; a conflict is signed by
        itself. Neither is in the chain."""
        try:
            at = d.partition, int(d.header("mpic-echo"))
        except (TypeError, ValueError):
            self.found.add(d, "has a bad mpic-echo")
            return
        first = self.by_at.get(at)
        if first is None or first.has("mpic-echo") or at >= d.at:
            self.found.add(d, "answers for offset %d, which is no earlier "
                           "decision", at[1])
        elif first.body["request_id"] != d.body["request_id"]:
            self.found.add(d, "answers for another request's decision")
        elif d.body["reason"] == "request-id-conflict":
            self.check_conflict(d, first)
        elif first.value != d.value or first.header(
                "mpic-jws") != d.header("mpic-jws"):
            self.found.add(d, "is not its first decision, byte for byte")

    def check_conflict(self, d, first):
        self.found.counts["conflicts"] += 1
        if d.body["outcome"] != "rejected":
            self.found.add(d, "is a conflict and not rejected")
        if "sequence" in d.body or "previous" in d.body:
            self.found.add(d, "is a conflict in the chain")
        if d.body["request"]["digest"] == first.body["request"]["digest"]:
            self.found.add(d, "is a conflict of equals")
