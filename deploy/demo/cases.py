#!/usr/bin/env python3
"""The demo's requests, and whether their decisions are the expected ones.

cases.py requests CASES ENV      the requests, one JSON object a line
cases.py compare CASES ANSWERS   what differs, one line each; exit 0 if nothing

CASES is lab.cases or internet.cases, which say how they are written; ENV holds
KEY=VALUE lines; ANSWERS is what mpicctl prints for programs.
"""
import json
import pathlib
import re
import shlex
import sys

NAME = re.compile(r"@([A-Z][A-Z0-9_]*)@")
GOOD = "corroborated"


class Refused(Exception):
    """A mistake in the cases; the text says where."""


class Case:
    """One request and what must become of it."""

    def __init__(self, where, words):
        if len(words) < 3 or len(words) % 2 == 0:
            raise Refused(f"{where}: case ID OUTCOME REASON [KIND n/k]...")
        self.where = where
        self.name, self.outcome, self.reason = words[:3]
        self.quorums = dict(zip(words[3::2], words[4::2]))
        self.sees = {}
        self.issues = set()
        self.text = ""


def read_cases(path):
    cases = []
    text = pathlib.Path(path).read_text(encoding="ascii")
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{pathlib.Path(path).name}:{number}"
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "case":
            cases.append(Case(where, words[1:]))
        elif not cases:
            raise Refused(f"{where}: before the first case")
        elif words[0] == "sees" and len(words) == 4:
            cases[-1].sees[words[1], words[2]] = words[3]
        elif words[0] == "issue" and len(words) == 3:
            cases[-1].issues.add((words[1], words[2]))
        elif words[0][0] == "{" or cases[-1].text:
            cases[-1].text += line
        else:
            raise Refused(f"{where}: not understood: {words[0]}")
    if len({case.name for case in cases}) != len(cases):
        raise Refused(f"{path}: an id is there twice")
    return cases


def read_env(path):
    pairs = {}
    for line in pathlib.Path(path).read_text(encoding="ascii").splitlines():
        key, sep, value = line.partition("=")
        if sep and not line.startswith("#"):
            pairs[key] = "".join(shlex.split(value))
    return pairs


def print_requests(cases, env):
    def fill(found):
        if found[1] not in env:
            raise Refused(f"@{found[1]}@ has no value")
        return env[found[1]]

    for case in cases:
        request = json.loads(NAME.sub(fill, case.text))
        print(json.dumps({"request_id": case.name, **request}))


def read_answers(path):
    answers = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            answer = json.loads(line)
            answers.setdefault(answer["request_id"], []).append(answer)
    return answers


def wanted_vote(case, perspective, kind):
    """A reason, or None: any with which a perspective corroborates."""
    if (perspective["perspective_code"], kind) in case.sees:
        return case.sees[perspective["perspective_code"], kind]
    if perspective["role"] == "remote":
        return case.sees.get(("remotes", kind))
    return None


def differences(case, answer):
    decision = answer.get("decision", {})

    def differs(what, wanted, got):
        if wanted != got:
            yield f"{what}: wanted {wanted}, got {got}"

    yield from differs("outcome", case.outcome, answer["outcome"])
    yield from differs("reason", case.reason, answer["reason"])
    yield from differs("signature verified", True, answer.get("verified"))
    yield from differs("quorums", case.quorums,
                       {quorum["kind"]: quorum["quorum"]
                        for quorum in decision.get("quorums", [])})
    yield from differs("issues", sorted(case.issues),
                       sorted((issue["field"], issue["reason"])
                              for issue in decision.get("issues", [])))
    attempts = decision.get("attempts", [])
    if case.outcome != "rejected":
        yield from differs("attempts", 1, len(attempts))
    for perspective in attempts[-1]["perspectives"] if attempts else []:
        code = perspective["perspective_code"]
        for vote in perspective["votes"]:
            wanted = wanted_vote(case, perspective, vote["kind"])
            what = f"{code} {vote['kind']}"
            if wanted is None:
                yield from differs(what, GOOD, f"{vote['class']}"
                                   if vote["class"] == GOOD else
                                   f"{vote['class']} ({vote['reason']})")
            else:
                yield from differs(what, wanted, vote["reason"])


def compare(cases, answers):
    wrong = 0
    for case in cases:
        got = answers.pop(case.name, [])
        lines = []
        if len(got) != 1:
            lines.append(f"wanted one decision, got {len(got)}")
        for answer in got[:1]:
            lines += differences(case, answer)
        wrong += bool(lines)
        for line in lines:
            print(f"{case.name} ({case.where}): {line}")
    for name in answers:
        wrong += 1
        print(f"{name}: nobody asked for that")
    print(f"{len(cases) - wrong} of {len(cases)} as expected")
    return wrong == 0


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("requests", "compare"):
        sys.exit(__doc__)
    try:
        cases = read_cases(sys.argv[2])
        if sys.argv[1] == "requests":
            print_requests(cases, read_env(sys.argv[3]))
        elif not compare(cases, read_answers(sys.argv[3])):
            sys.exit(1)
    except (Refused, OSError, ValueError, KeyError) as why:
        sys.exit(f"cases: {why!r}")


if __name__ == "__main__":
    main()
