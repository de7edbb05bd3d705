#!/usr/bin/python3
"""The chaos checker's own test: a log that is right gives nothing, and each
kind of damage is found. A checker that cannot fail shows nothing."""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check import check  # noqa: E402
import msgpack  # noqa: E402
from small_log import NOW, PLACES, SmallLog, Signer, sha  # noqa: E402

LATER = NOW + 120000  # than any decision may still be undecided


def vote(log, heard, code, kind, otherwise):
    result = heard.get(code)
    if result is None:
        return {"kind": kind, "class": otherwise[0], "reason": otherwise[1]}
    for said in msgpack.unpackb(result["value"])["kinds"]:
        if said["kind"] == kind:
            return {"kind": kind, "class": said["class"],
                    "reason": said["reason"],
                    "result": hexed(log.ref(result))}
    raise KeyError(kind)


def hexed(ref):
    return {**ref, "digest": ref["digest"].hex()}


def quorum(votes, kind):
    good = [rir for (code, rir) in PLACES[1:]
            if votes[code][kind]["class"] == "corroborated"]
    return {"kind": kind, "quorum": "%d/5" % len(good), "required": 4,
            "rirs": sorted(set(good))}


def attempted(log, a, heard, outcome, reason, closed_by, cut,
              otherwise=("outstanding", "not-heard-yet")):
    """The part of a decision that tells of its one attempt."""
    told, votes = [], {}
    for i, (code, rir) in enumerate(PLACES):
        votes[code] = {kind: vote(log, heard, code, kind, otherwise(code)
                                  if callable(otherwise) else otherwise)
                       for kind in ("dcv", "caa")}
        told.append({"perspective_code": code, "rir": rir,
                     "role": "remote" if i else "primary",
                     "votes": list(votes[code].values())})
    success = outcome in ("issue", "corroborated")
    more = {"valid_until_ms": NOW + 300 + 3600000} if success else {}
    return {"outcome": outcome, "reason": reason, "is_valid": success,
            "domain_or_ip_target": "good.example",
            "validation_method": "acme-http-01",
            "attempts": [{
                "number": a["body"]["number"],
                "attempt_id": a["body"]["attempt_id"],
                "attempt": hexed(log.ref(a["record"])),
                "close": {"cut": cut, "closed_by": closed_by,
                          "closed_at_ms": NOW + 300, "outcome": outcome},
                "perspectives": told}],
            "quorums": [quorum(votes, "dcv"), quorum(votes, "caa")],
            "decided_at_ms": NOW + 300, **more}


class World(SmallLog):
    """One of everything. What tests damage has a name."""

    def __init__(self):
        super().__init__()
        self.issue()
        self.refusal()
        self.retry()
        self.silence()
        self.answers()
        self.asides()

    def issue(self):
        self.first = self.ask(0, "id-1")
        a = self.a = self.attempt(self.first, "id-1")
        at = a["record"]["timestamp"]
        self.check(a, "fra", at)
        self.results = {"fra": self.result(a, "fra", at_ms=NOW + 100)}
        for code, _ in PLACES[1:]:
            self.last_check = self.check(a, code, NOW + 110)
            self.results[code] = self.result(a, code)
        cut = self.results["jnb"]["offset"]
        self.issued = self.decide(self.first, "id-1", **attempted(
            self, a, self.results, "issue", "quorum-met", "result", cut))

    def refusal(self):
        r = self.ask(0, "id-2")
        a = self.attempt(r, "id-2")
        heard = {"fra": self.result(a, "fra")}
        for code in ("nyc", "sao"):
            heard[code] = self.result(a, code, "disagreed")
        self.refused = self.decide(r, "id-2", **attempted(
            self, a, heard, "do-not-issue", "quorum-not-met", "result",
            heard["sao"]["offset"]))

    def retry(self, first="error"):
        """Two remotes failed at first: only who saw nothing is asked again."""
        r = self.ask(0, "id-6")
        a = self.attempt(r, "id-6")
        heard = {"fra": self.result(a, "fra")}
        for code in ("nyc", "sao"):
            heard[code] = self.result(a, code, first)
        told = attempted(self, a, heard, "do-not-issue", "quorum-not-met",
                         "result", heard["sao"]["offset"])["attempts"]
        b = self.attempt(r, "id-6", number=2, planned_at_ms=NOW + 300,
                         previous=told[0]["close"], previous_plan=a["plan"])
        heard = {code: self.result(b, code) for code, _ in PLACES}
        again = attempted(self, b, heard, "issue", "quorum-met", "result",
                          heard["jnb"]["offset"])
        self.retried = self.decide(r, "id-6", **{
            **again, "attempts": told + again["attempts"]})

    def silence(self):
        """Nobody answers: closed by the deadline, remotes were not asked."""
        r = self.ask(1, "id-0")
        self.silent = a = self.attempt(r, "id-0", planned_at_ms=NOW - 30000,
                                       deadline_ms=NOW - 10000)
        self.decide(r, "id-0", **attempted(
            self, a, {}, "do-not-issue", "primary-missing", "deadline", -1,
            lambda code: ("missing", "no-result") if code == "fra"
            else ("outstanding", "not-asked")))

    def answers(self):
        self.repeat = self.ask(0, "id-1")
        self.repeat["timestamp"] = LATER
        self.echo = self.add("decisions", 0, b"id-1", self.issued["value"],
                             self.issued["headers"] + [self.mark()],
                             LATER + 1)
        self.rival = self.ask(0, "id-1", "other.example")
        self.conflict = self.decide(self.rival, "id-1", chained=False,
                                    reason="request-id-conflict")
        self.conflict["headers"].append(self.mark())

    def mark(self):
        return ["mpic-echo", b"%d" % self.issued["offset"]]

    def asides(self):
        self.lost = self.ask(1, "id-5")
        self.forward = self.add(
            "requests", 0, b"id-5", self.lost["value"], [[
                "mpic-forwarded", b"1/%d/%d" % (self.lost["offset"],
                                                self.lost["timestamp"])]])
        self.decide(self.forward, "id-5")
        for garbage in (b"{", b"\xc1"):
            self.bury(self.add("requests", 1, None, garbage))
        self.nameless = self.ask(1, None)  # at 12: at home
        self.decide(self.nameless, "r-1-12")

    def bury(self, r):
        self.letter = self.add("dead-letters", 0, r["key"], r["value"], [
            ["mpic-dead-letter-topic", b"mpic.requests"],
            ["mpic-dead-letter-partition", b"%d" % r["partition"]],
            ["mpic-dead-letter-offset", b"%d" % r["offset"]]])

    # -- damage

    def drop(self, topic, record):
        self.topics[topic].remove(record)

    def again(self, topic, record, **more):
        copy = {**record, "offset": record["offset"] + 1000, **more}
        self.topics[topic].append(copy)
        return copy

    def rewrite(self, record, signer=None, **more):
        """A decision's body changed, and signed: only its content is wrong."""
        body = {**json.loads(record["value"]), **more}
        record["value"] = json.dumps(body).encode()
        record["headers"] = [(signer or self.coordinator).jws(
            record["value"])] + record["headers"][1:]
        return body

    def rewrite_attempt(self, record, change):
        """One field deep in the last attempt of a decision."""
        attempts = json.loads(record["value"])["attempts"]
        change(attempts[0])
        self.rewrite(record, attempts=attempts)


def stranger(log):
    log.issued["headers"][0] = Signer("x", "coordinator").jws(
        log.issued["value"])


def by_worker(log):
    log.issued["headers"][0] = log.workers["fra"].jws(log.issued["value"])


def fork(log):
    log.drop("decisions", log.issued)
    log.drop("decisions", log.echo)
    log.drop("decisions", log.conflict)
    log.drop("requests", log.repeat)
    log.drop("requests", log.rival)
    log.drop("requests", log.first)
    log.sent.clear()


def unsigned_result(log):
    log.results["nyc"]["headers"] = [log.workers["sao"].record(
        "result", log.results["nyc"]["value"])]


def later_attempt(log):
    log.a["record"]["timestamp"] = NOW + 105


def unsigned_attempt(log):
    log.a["record"]["headers"] = [log.workers["fra"].record(
        "attempt", log.a["record"]["value"])]


def unplanned_check(log):
    log.check({**log.a, "plan": sha(b"?")}, "nyc", NOW + 200)


def ignored_result(log, witness_ms=NOW - 15000):
    """Two results in the partition; another decision had read the later."""
    ignored = log.result(log.silent, "fra", at_ms=NOW - 20000)
    r = log.ask(1, "id-3")
    a = log.attempt(r, "id-3", planned_at_ms=NOW - 30000)
    heard = {"fra": log.result(a, "fra", "disagreed", at_ms=NOW - 19000)}
    told = attempted(log, a, heard, "do-not-issue", "primary-failed", "result",
                     ignored["offset"] + 3, ("outstanding", "not-asked"))
    told["attempts"][0]["close"]["closed_at_ms"] = witness_ms
    log.decide(r, "id-3", **{**told, "decided_at_ms": witness_ms})


def second_decision(log):
    log.heads[0] = 3, sha(log.topics["decisions"][-2]["value"]).hex()
    log.decide(log.repeat, "id-1")


def retry_of_refusal(log):
    for topic in ("requests", "decisions"):
        log.topics[topic].clear()
    log.sent.clear()
    log.heads.clear()
    log.retry("disagreed")


# What is done to a right log, and a word of what must be found. None: nothing.
CASES = (
    ("nothing", lambda log: None, None),
    ("a request without its answer", lambda log: log.drop(
        "decisions", log.topics["decisions"][-1]), "0 decisions, not 1"),
    ("a request decided twice", second_decision, "1 decisions, not 0"),
    ("an acknowledged record gone", lambda log: log.sent.append(
        {"partition": 1, "offset": 999, "digest": "", "kind": "request"}),
     "acknowledged and is gone"),
    ("one that was never acknowledged", lambda log: log.sent.append(
        {"partition": None, "offset": None, "digest": "", "kind": "request"}),
     None),
    ("an acknowledged record altered", lambda log: log.sent[0].update(
        digest="00"), "not what was sent"),
    ("an echo too many", lambda log: log.again("decisions", log.echo),
     "2 echoes"),
    ("an echo owed", lambda log: log.drop("decisions", log.echo),
     "0 echoes"),
    ("a repeat while undecided", lambda log: (
        log.drop("decisions", log.echo),
        log.repeat.update(timestamp=NOW + 500)), None),
    ("an echo with other bytes", lambda log: log.rewrite(
        log.echo, decided_at_ms=1), "byte for byte"),
    ("an echo of an echo", lambda log: log.again(
        "decisions", log.echo, headers=log.echo["headers"][:1] + [
            ["mpic-echo", b"%d" % log.echo["offset"]]]),
     "no earlier decision"),
    ("no conflict", lambda log: log.drop("decisions", log.conflict),
     "0 conflicts, not 1"),
    ("two conflicts", lambda log: log.again("decisions", log.conflict),
     "2 conflicts, not 1"),
    ("a conflict in the chain", lambda log: log.rewrite(
        log.conflict, sequence=9), "conflict in the chain"),
    ("no forward", lambda log: (
        log.drop("requests", log.forward)), "0 forwards, not 1"),
    ("two forwards", lambda log: log.again("requests", log.forward),
     "2 forwards, not 1"),
    ("two after a reset", lambda log: (
        log.again("requests", log.forward),
        log.resets.append({"partition": 1, "at": NOW})),
     "2 forwards, not 1"),
    ("a forward under another key", lambda log: log.forward.update(
        key=b"id-6"), "no true copy"),
    ("a forward to another partition", lambda log: log.forward.update(
        partition=1, offset=3000), "no true copy"),
    ("no dead letter", lambda log: log.drop("dead-letters", log.letter),
     "0 dead letters, not 1"),
    ("two dead letters", lambda log: log.again("dead-letters", log.letter),
     "2 dead letters, not 1"),
    ("two dead letters after a reset", lambda log: (
        log.again("dead-letters", log.letter),
        log.resets.append({"partition": int(log.letter["headers"][-2][1]),
                           "at": NOW})),
     None),
    ("a dead letter of a good request", lambda log: log.bury(log.first),
     "1 dead letters, not 0"),
    ("a dead letter with other bytes", lambda log: log.letter.update(
        value=b"x"), "no true copy"),
    ("a decision of nothing", lambda log: log.drop("requests", log.nameless),
     "which is not there"),
    ("a stranger's signature", stranger, "no JWS by a key that is pinned"),
    ("a worker's signature", by_worker, "no coordinator's"),
    ("an altered decision", lambda log: log.issued.update(
        value=log.issued["value"].replace(b"good.example", b"evil.example")),
     "does not hold"),
    ("no decision", lambda log: log.topics["decisions"].clear(),
     "nothing is shown"),
    ("a gap", fork, "sequence 2 after 0"),
    ("a fork", lambda log: log.rewrite(log.refused, previous="00" * 32),
     "does not continue"),
    ("another request's digest", lambda log: log.rewrite(
        log.issued, request={"partition": 0, "offset": 0, "digest": "00"}),
     "another digest"),
    ("a check before its plan", later_attempt, "before its plan"),
    ("a check without a plan", unplanned_check, "plan is not on the log"),
    ("a foreign check", lambda log: log.add("checks.nyc", 0, b"k", b"x"),
     None),
    ("a remote asked too early", lambda log: log.last_check.update(
        timestamp=NOW + 99), "before the primary passed"),
    ("no attempt", lambda log: log.drop("attempts", log.a["record"]),
     "which is not there"),
    ("an attempt that is not signed", unsigned_attempt, "by a coordinator"),
    ("a result of another's key", unsigned_result, "nyc dcv is told as"),
    ("a result gone", lambda log: log.drop("results", log.results["nyc"]),
     "nyc dcv is told as"),
    ("a result after the cut", lambda log: log.rewrite_attempt(
        log.issued, lambda t: t["close"].update(cut=6)), "closed by a result"),
    ("a result that a deadline ignored", ignored_result, "others had read"),
    ("a result that came too late", lambda log: ignored_result(
        log, NOW), None),
    ("another reason", lambda log: log.rewrite(
        log.refused, reason="rir-diversity"), "its results say quorum-not"),
    ("issue instead", lambda log: log.rewrite(
        log.refused, outcome="issue", is_valid=True, reason="quorum-met"),
     "its results say quorum-not-met"),
    ("issue instead, everywhere", lambda log: (
        log.rewrite(log.refused, outcome="issue", is_valid=True,
                    reason="quorum-met"),
        log.rewrite_attempt(log.refused, lambda t: t["close"].update(
            outcome="issue"))), "its results say quorum-not-met"),
    ("issue for less", lambda log: log.rewrite(
        log.issued, validation_method="contact-email-txt"), "issue for dcv"),
    ("issue without an attempt", lambda log: log.rewrite(
        log.issued, attempts=[]), "without an attempt"),
    ("a quorum told wrong", lambda log: log.rewrite(
        log.refused, quorums=[]), "tells None of dcv"),
    ("valid for too long", lambda log: log.rewrite(
        log.issued, valid_until_ms=NOW + 9 * 3600000), "valid until"),
    ("another try after a refusal", retry_of_refusal, "tries again after"),
    ("an attempt that does not follow", lambda log: log.rewrite(
        log.retried, attempts=json.loads(
            log.retried["value"])["attempts"][1:]), "is not the one it names"),
    ("time going backwards", lambda log: log.rewrite(
        log.issued, decided_at_ms=NOW - 1), "when its last attempt ended"),
)


def try_case(what, damage, wanted):
    log = World()
    damage(log)
    with tempfile.TemporaryDirectory() as directory:
        log.write(directory)
        wrong = check(directory).wrong
    if wanted is None and wrong:
        return "%s: found %s" % (what, wrong[:3])
    if wanted is not None and not any(wanted in line for line in wrong):
        return "%s: not found (%s); only %s" % (what, wanted, wrong[:3])
    return None


def main():
    failed = [f for f in (try_case(*case) for case in CASES) if f]
    for line in failed:
        print(line)
    print("check.py: %d cases, %d failed" % (len(CASES), len(failed)))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
