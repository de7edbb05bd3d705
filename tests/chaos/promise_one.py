"""Promise 1: every request record has its one answer, and none has two."""
import collections

from asked import Asked

# An open transaction of a predecessor may last so long; a repeat that came
# later than that after the decision is not one "of an undecided request".
UNDECIDED_MS = 45000
NONE, ONE = (0, 0), (1, 1)
# One, too; but nothing that is read again says so, only the mark.
BURIED = (1, 1, "forgotten with the mark")


def number(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        return None


class Answers:
    """All answers there are, by the request record that they answer."""

    def __init__(self, log):
        self.decided = collections.defaultdict(list)
        self.conflicts = collections.defaultdict(list)
        self.forwards = collections.defaultdict(list)
        self.dead = collections.defaultdict(list)
        self.echoes = collections.Counter()
        for d in log.decisions:
            if d.body is None:
                continue
            ref = d.body["request"]["partition"], d.body["request"]["offset"]
            if not d.has("mpic-echo"):
                self.decided[ref].append(d)
            elif d.body["reason"] == "request-id-conflict":
                self.conflicts[ref].append(d)
            else:
                self.echoes[d.partition, d.body["request_id"]] += 1
        for letter in log.dead_letters:
            last = dict(letter.headers)
            topic = last.get("mpic-dead-letter-topic") or b""
            at = (number(last.get("mpic-dead-letter-partition")),
                  number(last.get("mpic-dead-letter-offset")))
            if topic.endswith(b"requests") and None not in at:
                self.dead[at].append(letter)

    def add_forwards(self, asked):
        """Those that are what they claim to be a copy of."""
        for a in asked.values():
            if a.forwarded_from is None:
                continue
            first = asked.get(a.forwarded_from[:2])
            if first is not None and first.record.value == a.record.value:
                self.forwards[first.record.at].append(a.record)


class PromiseOne:
    def __init__(self, log, pins, findings):
        self.log = log
        self.pins = pins
        self.found = findings
        self.asked = {r.at: Asked(r, pins.partitions) for r in log.requests}
        self.answers = Answers(log)
        self.answers.add_forwards(self.asked)

    def check(self):
        self.check_sent()
        homes = collections.defaultdict(list)
        for a in self.asked.values():
            if a.fate == "work":
                homes[a.record.partition, a.id].append(a)
            else:
                self.check_aside(a)
        for (partition, name), same in homes.items():
            same.sort(key=lambda a: a.record.offset)
            self.check_id(partition, name, same)
        self.check_nothing_else()
        self.found.counts["requests"] = len(self.asked)
        self.found.counts["forwards"] = sum(map(len,
                                            self.answers.forwards.values()))
        self.found.counts["dead letters"] = sum(map(len,
                                                self.answers.dead.values()))

    def check_sent(self):
        for line in self.log.sent:
            if line.get("partition") is None or line.get("offset") is None:
                continue  # never acknowledged
            at = line["partition"], line["offset"]
            where = ("requests",) + at
            if line.get("topic", "requests") != "requests":
                continue
            self.found.counts["acknowledged"] += 1
            if at not in self.asked:
                self.found.add(where, "was acknowledged and is gone")
            elif self.asked[at].record.digest != line["digest"]:
                self.found.add(where, "is not what was sent there")

    # -- records that are not worked on where they are

    def expect(self, a, what, answers, wanted):
        """As many answers of one kind as there must be."""
        least, most = wanted[:2]
        if wanted == BURIED and self.was_reset(a, answers):
            most = len(answers)
        if not least <= len(answers) <= most:
            self.found.add(a.record, "(%s) has %d %s, not %d",
                           a.id or a.why, len(answers), what, least)

    def was_reset(self, a, answers):
        """A mark set back by hand forgets what was buried."""
        return any(r["partition"] == a.record.partition and
                   any(x.at_ms >= r["at"] for x in answers)
                   for r in self.log.resets)

    def check_aside(self, a):
        dead = self.answers.dead[a.record.at]
        forwards = self.answers.forwards[a.record.at]
        is_dead = a.fate == "dead-letter"
        self.expect(a, "dead letters", dead, BURIED if is_dead else NONE)
        self.expect(a, "forwards", forwards, NONE if is_dead else ONE)
        self.expect(a, "decisions", self.answers.decided[a.record.at], NONE)
        self.expect(a, "conflicts", self.answers.conflicts[a.record.at],
                    NONE)
        for letter in dead:
            self.check_copy(a.record, letter, letter.key == a.record.key)
        for f in forwards:
            mark = b"%d/%d/%d" % (a.record.at + (a.record.at_ms,))
            self.check_copy(a.record, f, is_dead or (
                f.partition == a.home and f.key == a.id and
                f.header("mpic-forwarded") == mark))

    def check_copy(self, first, copy, good):
        if not (good and copy.value == first.value and copy.headers[
                :len(first.headers)] == [(n, v or b"")
                                         for n, v in first.headers]):
            self.found.add(copy, "is no true copy of requests/%d@%d",
                           *first.at)

    # -- records at home, all of one id

    def check_id(self, partition, name, same):
        first = decided = None
        repeats = owed = 0
        for a in same:
            own = self.answers.decided[a.record.at]
            self.expect(a, "dead letters", self.answers.dead[a.record.at],
                        NONE)
            self.expect(a, "forwards", self.answers.forwards[a.record.at],
                        NONE)
            if first is None or (own and self.is_past_window(decided, own[0])):
                first = a
                self.expect(a, "decisions", own, ONE)
                decided = own[0] if own else None
                continue
            self.expect(a, "decisions", own, NONE)
            is_repeat = a.record.digest == first.record.digest
            self.expect(a, "conflicts", self.answers.conflicts[a.record.at],
                        NONE if is_repeat else ONE)
            repeats += is_repeat
            owed += is_repeat and self.is_echo_owed(a, decided)
        self.found.counts["repeats"] += repeats
        self.check_echoes(same, name, repeats, owed)

    def is_past_window(self, decided, own):
        return decided is not None and own.at_ms >= (
            decided.body["decided_at_ms"] + self.pins.window_ms)

    def is_echo_owed(self, a, decided):
        if decided is None:
            return False
        end = decided.body["decided_at_ms"] + self.pins.window_ms
        return decided.at_ms + UNDECIDED_MS < a.record.at_ms < (
            end - UNDECIDED_MS)

    def check_echoes(self, same, name, repeats, owed):
        partition = same[0].record.partition
        n = self.answers.echoes.pop((partition, name.decode(
            "utf-8", "replace")), 0)
        self.found.counts["echoes"] += n
        reset = any(r["partition"] == partition for r in self.log.resets)
        if n < owed or (n > repeats and not reset):
            self.found.add(same[0].record, "(%s) has %d echoes: %d repeats, "
                           "%d of them after the decision", name, n, repeats,
                           owed)

    def check_nothing_else(self):
        """No answer to what nobody asked."""
        for kind in (self.answers.decided, self.answers.conflicts,
                     self.answers.dead):
            for at, answers in kind.items():
                if answers and at not in self.asked:
                    self.found.add(answers[0], "answers requests/%s@%s, "
                                   "which is not there", *at)
        for (partition, name), n in self.answers.echoes.items():
            if n:
                self.found.add(("decisions", partition, "?"),
                               "echo of %s, which was not asked there", name)
