"""What follows from the results of one attempt, reckoned again from the
Baseline Requirements (3.2.2.9) and the design's rules of counting, not by the
product."""
import ipaddress

KINDS = {"dcv": ("dcv",), "caa": ("caa",), "dcv+caa": ("dcv", "caa")}
GROUNDS = {"dcv": {"value-found"},
           "caa": {"caa-no-records", "caa-permits", "caa-unrestricted",
                   "caa-lookup-failure-insecure"}}
PROVES_CONTROL = {
    "website-change", "dns-change", "dns-persistent", "acme-http-01",
    "acme-dns-01", "acme-tls-alpn-01", "dns-account-01", "ip-address"}
HOUR_MS = 3600000
# From when (2025-03-15 and on): the fewest remotes, and the fewest RIRs.
STEPS = ((1741996800000, 2, 1), (1773532800000, 3, 2),
         (1781481600000, 4, 2), (1797292800000, 5, 2))
# Reasons that no result can explain; each is counted by what it says.
OTHER_REASONS = {"policy-changed", "challenge-expired", "method-forbidden"}


def allowed_failures(remotes):
    return 0 if remotes < 2 else 1 if remotes <= 5 else 2


def least(rule, at_ms):
    """Remotes and RIRs that the policy in force wants."""
    if rule["policy_id"].startswith("open-mpic"):
        return 2, 2 if rule["remotes"] >= 3 else 1
    in_force = [s for s in STEPS if s[0] <= at_ms]
    return in_force[-1][1:] if in_force else (99, 99)


def is_domain_of(adn, target):
    target = target[2:] if target.startswith("*.") else target
    adn, target = (adn or "").lower(), target.lower()
    return adn in ("", target) or (
        "." in adn and target.endswith("." + adn))


class Verdict:
    def __init__(self, plan, pins):
        self.plan = plan
        self.a = plan.body
        self.pins = pins
        self.rule = self.a["rule"]
        self.kinds = KINDS[self.a["check_type"]]
        self.heard = {}    # code -> (record, body, late)
        self.refused = set()

    # -- counting

    def counts_for(self, body):
        return (body.get("request_id") == self.a["request_id"] and
                body.get("attempt_id") == self.a["attempt_id"])

    def fold(self, result):
        """True if it is its perspective's word."""
        record, body, key = result
        if record.offset < self.a["results_from"] or not self.counts_for(body):
            return False
        code = body.get("perspective_code")
        seat = self.plan.seat(code)
        if seat is None:
            return False
        if (key is None or key.id not in seat["keys"] or
                key.role != "worker" or key.perspective != code):
            self.refused.add(code)
            return False
        if code in self.heard:
            return False
        late = body["finished_ms"] > self.a["deadline_ms"]
        self.heard[code] = record, body, late
        return True

    def vote(self, code, kind):
        """(class, reason), or None: not heard."""
        if code not in self.heard:
            return None
        _, body, late = self.heard[code]
        if late:
            return "late", "result-late"
        for said in body["kinds"]:
            if said["kind"] == kind and self.is_usable(said, body):
                return said["class"], said["reason"]
        return "refused", "result-incomplete"

    def is_usable(self, said, body):
        if said["class"] != "corroborated":
            return said["class"] in ("disagreed", "error", "timed-out")
        if said["reason"] not in GROUNDS[said["kind"]]:
            return False
        if said["kind"] == "dcv":
            return is_domain_of(said.get("authorization_domain_name"),
                                self.a["domain_or_ip_target"])
        return (self.a["planned_at_ms"] - HOUR_MS <=
                said.get("looked_up_ms", -1) <= body["finished_ms"])

    def primary(self):
        return self.a["perspectives"][0]["perspective_code"]

    def remotes(self):
        return [p for p in self.a["perspectives"] if p["role"] == "remote"]

    def primary_stand(self):
        votes = [self.vote(self.primary(), k) for k in self.kinds]
        if None in votes:
            return "open"
        return "passed" if all(v[0] == "corroborated" for v in votes) \
            else "stopped"

    def is_due(self, seat):
        if seat["perspective_code"] in self.heard:
            return False
        return (seat["role"] == "primary" or
                self.primary_stand() == "passed" or
                self.a["gate"] == "parallel")

    def figures(self, kind, hopeful=False):
        n, rirs = 0, set()
        for p in self.remotes():
            v = self.vote(p["perspective_code"], kind)
            if v[0] == "corroborated" if v else hopeful:
                n += 1
                rirs.add(p["rir"])
        return n, rirs

    # -- what follows

    def required(self):
        n = self.rule["remotes"]
        return max(1, self.rule["quorum"], n - allowed_failures(n))

    def why_not(self, at_ms, hopeful):
        """The reason why it fails; None if it passes. hopeful: who was not
        heard is taken to corroborate."""
        remotes, rirs = least(self.rule, at_ms)
        if len(self.remotes()) < remotes:
            return "insufficient-perspectives"
        votes = [self.vote(self.primary(), k) for k in self.kinds]
        said = {v[0] for v in votes if v}
        if said & {"disagreed", "error", "timed-out"}:
            return "primary-failed"
        if said & {"late", "refused"} or (None in votes and not hopeful):
            return "primary-missing"
        wanted = max(rirs, self.rule["min_rirs"])
        figures = [self.figures(k, hopeful) for k in self.kinds]
        if any(n < self.required() for n, _ in figures):
            return "quorum-not-met"
        if any(len(r) < wanted for _, r in figures):
            return "rir-diversity"
        return None

    def is_certain(self, at_ms):
        if not any(self.is_due(p) for p in self.a["perspectives"]):
            return True
        if self.rule["early"] != "never" and self.why_not(at_ms, True):
            return True
        return self.rule["early"] == "both" and not self.why_not(at_ms, False)

    def may_retry(self):
        """Only if nobody saw anything else than what was asked for, and the
        primary passed or was not heard at all."""
        if self.refused - set(self.heard) or self.why_not(
                self.a["planned_at_ms"], False) is None:
            return False
        if self.primary() in self.heard and self.primary_stand() != "passed":
            return False
        votes = [self.vote(code, k) for code in self.heard for k in self.kinds]
        return not any(v[0] in ("disagreed", "refused") for v in votes)

    # -- against what was decided

    def compare(self, t, a):
        """Faults of one decided attempt."""
        close = t["close"]
        if a["rule"]["primary_kind"] != "perspective":
            return
        certain_at = None
        for result in self.plan.results:
            if result[0].offset > close["cut"]:
                break
            if self.fold(result) and certain_at is None and self.is_certain(
                    close["closed_at_ms"]):
                certain_at = result[0].offset
        if close["closed_by"] == "result" and certain_at != close["cut"]:
            yield "closed by a result at %s, but it was certain at %s" % (
                close["cut"], certain_at)
        elif close["closed_by"] != "result" and certain_at is not None:
            yield "closed by its deadline, but was certain at %d" % certain_at
        for seat, told in zip(a["perspectives"], t["perspectives"]):
            yield from self.compare_votes(seat, told, close)

    def compare_votes(self, seat, told, close):
        code = seat["perspective_code"]
        votes = {v["kind"]: v for v in told["votes"]}
        if set(votes) != set(self.kinds):
            yield "%s has votes for other kinds" % code
            return
        for kind in self.kinds:
            want = self.vote(code, kind) or self.last_word(seat, close)
            told = votes[kind]
            if (told["class"], told["reason"]) != want:
                yield "%s %s is told as %s (%s), but is %s (%s)" % (
                    (code, kind, told["class"], told["reason"]) + want)
            ref = None
            if code in self.heard:
                r = self.heard[code][0]
                ref = {"partition": r.partition, "offset": r.offset,
                       "digest": r.digest}
            if told.get("result") != ref:
                yield "%s %s counts result %s, not %s" % (
                    code, kind, told.get("result"), ref)

    def last_word(self, seat, close):
        if seat["perspective_code"] in self.refused:
            return "refused", "result-refused"
        if not self.is_due(seat):
            return "outstanding", "not-asked"
        if close["closed_by"] == "result":
            return "outstanding", "not-heard-yet"
        return "missing", "no-result"

    def compare_decision(self, b, t):
        """Faults of a decision whose last attempt is t."""
        close = t["close"]
        for result in self.plan.results:
            if result[0].offset <= close["cut"]:
                self.fold(result)
        at = close["closed_at_ms"]
        why = self.why_not(at, False)
        if close["closed_by"] == "result" and any(
                self.is_due(p) for p in self.a["perspectives"]):
            why = self.why_not(at, True)
        success = b["outcome"] in ("issue", "corroborated")
        if b["outcome"] != close["outcome"]:
            yield "%s, but its last attempt ended as %s" % (
                b["outcome"], close["outcome"])
        if success and self.why_not(at, False):
            yield "%s, but its results say %s" % (
                b["outcome"], self.why_not(at, False))
        elif b["reason"] not in OTHER_REASONS and b["reason"] != (
                why or "quorum-met"):
            yield "%s for %s, but its results say %s" % (
                b["outcome"], b["reason"], why or "quorum-met")
        if success and (b["outcome"] == "issue") != self.covers(b):
            yield "%s for %s by %s" % (b["outcome"], self.a["check_type"],
                                       b.get("validation_method"))
        yield from self.compare_rest(b, close)

    def covers(self, b):
        try:
            ipaddress.ip_address(b["domain_or_ip_target"])
            address = True
        except ValueError:
            address = False
        return ("dcv" in self.kinds and
                b.get("validation_method") in PROVES_CONTROL and
                ("caa" in self.kinds or address))

    def compare_rest(self, b, close):
        told = {q["kind"]: (q["quorum"], q["required"], q["rirs"])
                for q in b.get("quorums") or []}
        for kind in self.kinds:
            n, rirs = self.figures(kind)
            want = ("%d/%d" % (n, self.rule["remotes"]), self.required(),
                    sorted(rirs))
            if told.get(kind) != want:
                yield "tells %s of %s, not %s" % (told.get(kind), kind, want)
        until = b.get("valid_until_ms")
        if (until is not None) != (b["outcome"] in ("issue", "corroborated")):
            yield "valid_until_ms and %s do not go together" % b["outcome"]
        elif until is not None:
            yield from self.compare_until(until, close)

    def compare_until(self, until, close):
        end = close["closed_at_ms"] + self.pins.valid_ms
        for said in self.heard[self.primary()][1]["kinds"]:
            if said["kind"] == "caa" and "caa" in self.kinds:
                end = min(end, said["looked_up_ms"] + 8 * HOUR_MS)
        if not close["closed_at_ms"] < until <= end:
            yield "valid until %d, which is not in (%d, %d]" % (
                until, close["closed_at_ms"], end)
