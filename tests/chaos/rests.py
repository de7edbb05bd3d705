"""What decisions rest on: attempts, checks and results are where and what they
are said to be, in order, and signed by whom the plan lists (promises 2, 4,
5)."""
import bisect
import collections
import itertools

from records import Refused, decode, read_topic
from verdict import Verdict


class Plan:
    """An Attempt, once for all copies of the same bytes."""

    def __init__(self, record, body):
        self.record = record
        self.body = body
        self.copies = {record.at}
        self.first_at_ms = record.at_ms
        self.results = []  # that name it, in offset order
        self.decision = None

    def seat(self, code):
        for p in self.body["perspectives"]:
            if p["perspective_code"] == code:
                return p
        return None


class Rests:
    def __init__(self, log, pins, findings):
        self.log = log
        self.pins = pins
        self.found = findings
        self.plans = {}
        self.closes = {}  # of a partition: times, and cuts until each

    def check(self):
        self.read_attempts()
        self.read_results()
        self.read_closes()
        for code in self.log.perspectives:
            self.check_checks(code)
        for d in self.log.decisions:
            if d.body is None or d.has("mpic-echo"):
                continue
            try:
                self.check_decision(d)
            except (KeyError, TypeError, ValueError) as e:
                self.found.add(d, "cannot be followed: %s %s",
                               type(e).__name__, e)
        self.found.counts["attempts not decided by"] = sum(
            p.decision is None for p in self.plans.values())

    def read_attempts(self):
        for r in read_topic(self.log.directory, "attempts"):
            if not self.pins.is_by_coordinator(r, "attempt"):
                if r.at not in self.log.foreign["attempts"]:
                    self.found.add(r, "is no attempt by a coordinator")
                continue
            self.found.counts["attempts"] += 1
            if r.digest in self.plans:
                plan = self.plans[r.digest]
                plan.copies.add(r.at)
                plan.first_at_ms = min(plan.first_at_ms, r.at_ms)
                continue
            try:
                self.plans[r.digest] = Plan(r, decode(r))
            except Refused as e:
                self.found.add(r, str(e))

    def read_results(self):
        """Only what names a plan is kept, and of it no evidence."""
        for r in read_topic(self.log.directory, "results"):
            self.found.counts["results"] += 1
            try:
                body = decode(r)
                plan = self.plans.get(body.get("plan"))
            except (Refused, TypeError):
                continue  # garbage: it counts for nobody
            if plan is None:
                continue
            if r.partition == plan.record.partition:
                for kind in body.get("kinds") or []:
                    kind.pop("evidence", None)
                key = self.pins.signer(r, "result")
                r.value = None
                plan.results.append((r, body, key))
        for plan in self.plans.values():
            plan.results.sort(key=lambda x: x[0].offset)

    # -- promise 4; the time of a check is that of whoever sent it or of its
    # broker, of an attempt its broker's: all of one machine

    def check_checks(self, code):
        for r in read_topic(self.log.directory, "checks." + code):
            try:
                body = decode(r)
                why = self.check_fault(r, body, code)
            except (Refused, KeyError, TypeError) as e:
                why = "is no check: %s" % e
            if why is None:
                self.found.counts["checks"] += 1
            elif self.pins.is_by_coordinator(r, "check"):
                self.found.add(r, why)
            else:
                self.found.counts["foreign checks"] += 1

    def check_fault(self, r, body, code):
        plan = self.plans.get(body["plan"])
        if plan is None:
            return "is a check whose plan is not on the log"
        if r.at_ms < plan.first_at_ms:
            return "is a check sent %d ms before its plan was on the log" % (
                plan.first_at_ms - r.at_ms)
        a = plan.body
        if (body["request_id"] != a["request_id"] or
                body["attempt_id"] != a["attempt_id"] or
                body["perspective_code"] != code or
                body["results_partition"] != plan.record.partition):
            return "is not the check that its plan asks for"
        seat = plan.seat(code)
        if seat is None or seat["role"] != body["role"]:
            return "goes to a perspective that is not planned so"
        if seat["role"] == "remote" and a["gate"] == "sequential" and a[
                "rule"]["primary_kind"] == "perspective":
            return self.gate_fault(r, plan)
        return None

    def gate_fault(self, r, plan):
        """Remotes are asked after the primary passed."""
        verdict = Verdict(plan, self.pins)
        for result in plan.results:
            verdict.fold(result)
            if verdict.primary_stand() == "passed":
                if result[0].at_ms > r.at_ms:
                    break
                return None
        return "goes to a remote before the primary passed"

    # -- a decision and what it names

    def check_decision(self, d):
        before = None
        for number, t in enumerate(d.body.get("attempts") or [], 1):
            ref = t["attempt"]
            plan = self.plans.get(ref["digest"])
            if plan is None or (ref["partition"], ref["offset"]
                                ) not in plan.copies:
                self.found.add(d, "names attempt %d at attempts/%d@%d, which "
                               "is not there", number, ref["partition"],
                               ref["offset"])
                return
            if plan.decision not in (None, d.at):
                self.found.add(d, "rests on an attempt of another decision")
            plan.decision = d.at
            self.check_order(d, number, t, plan, before)
            before = plan, t, self.check_attempt(d, number, t, plan)
        self.check_end(d, before)

    def check_attempt(self, d, number, t, plan):
        """Returns what its results say."""
        a = plan.body
        if (a["number"] != number or t["number"] != number or
                t["attempt_id"] != a["attempt_id"]):
            self.found.add(d, "attempt %d is not the one it names", number)
        if (a["request_id"] != d.body["request_id"] or
                a["request"] != d.body["request"] or
                plan.record.partition != d.partition):
            self.found.add(d, "attempt %d is another request's", number)
        if plan.first_at_ms > d.at_ms:
            self.found.add(d, "attempt %d is younger than the decision",
                           number)
        seats = [(p["perspective_code"], p["role"], p["rir"])
                 for p in a["perspectives"]]
        if seats != [(p["perspective_code"], p["role"], p["rir"])
                     for p in t["perspectives"]]:
            self.found.add(d, "attempt %d has other perspectives", number)
        verdict = Verdict(plan, self.pins)
        for fault in verdict.compare(t, a):
            self.found.add(d, "attempt %d: %s", number, fault)
        self.check_cut(d, t, plan, verdict)
        return verdict

    def check_order(self, d, number, t, plan, before):
        """Times within a request never go backwards, and each attempt says
        how the one before it ended."""
        a, close = plan.body, t["close"]
        if close["closed_at_ms"] < a["planned_at_ms"]:
            self.found.add(d, "attempt %d ends before it begins", number)
        if before is None:
            return
        if a["planned_at_ms"] < before[1]["close"]["closed_at_ms"]:
            self.found.add(d, "attempt %d begins before %d ends", number,
                           number - 1)
        if (a.get("previous_plan") != before[0].record.digest or
                a.get("previous") != before[1]["close"]):
            self.found.add(d, "attempt %d does not follow %d", number,
                           number - 1)
        if number > a["rule"]["max_attempts"]:
            self.found.add(d, "makes more attempts than it may")
        if not before[2].may_retry():
            self.found.add(d, "tries again after attempt %d was refused",
                           number - 1)

    def check_cut(self, d, t, plan, verdict):
        """A deadline closes only after what was there by then was read. That a
        result was there is shown by who counted one behind it."""
        close = t["close"]
        if close["closed_by"] != "deadline":
            return
        seen = self.seen_until(d.partition, plan.body["deadline_ms"])
        for r, body, key in plan.results:
            if (close["cut"] < r.offset <= seen and key is not None and
                    body.get("perspective_code") not in verdict.heard and
                    verdict.counts_for(body)):
                self.found.add(d, "ignores results/%d@%d, which others had "
                               "read before its deadline", *r.at)

    def seen_until(self, partition, at_ms):
        """The last offset of results that any decision had read by then."""
        times, cuts = self.closes.get(partition, ((), ()))
        n = bisect.bisect_right(times, at_ms)
        return cuts[n - 1] if n else -1

    def read_closes(self):
        found = collections.defaultdict(list)
        for d in self.log.decisions:
            if d.body is None or d.has("mpic-echo"):
                continue
            for t in d.body.get("attempts") or []:
                close = t["close"]
                found[d.partition].append((close["closed_at_ms"],
                                           close["cut"]))
        for partition, closes in found.items():
            closes.sort()
            self.closes[partition] = (
                [at for at, _ in closes],
                list(itertools.accumulate((c for _, c in closes), max)))

    def check_end(self, d, last):
        b = d.body
        if last is None:
            if b["outcome"] in ("issue", "corroborated"):
                self.found.add(d, "%s without an attempt", b["outcome"])
            if b["outcome"] == "do-not-issue":
                self.found.counts["not tried: " + b["reason"]] += 1
            return
        plan, t, _ = last
        verdict = Verdict(plan, self.pins)
        for fault in verdict.compare_decision(b, t):
            self.found.add(d, fault)
        if b["decided_at_ms"] != t["close"]["closed_at_ms"]:
            self.found.add(d, "was not decided when its last attempt ended")
