#!/usr/bin/env python3
"""Reason codes: their table made readable, and a test for each.

Reads common/wire/reason.def. --write makes docs/reasons.md and
schemas/reasons.json of it; without it both must be what --write would make,
every code must be named by a test that can see it come about (as REASON_X or
as "the-code"), and by one in which the programs themselves bring it about,
unless its row says why nothing can.
"""
import json
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
TABLE = TOP / "common/wire/reason.def"
DOCUMENT = TOP / "docs/reasons.md"
FOR_PROGRAMS = TOP / "schemas/reasons.json"
URN = "urn:ietf:params:acme:error:"
SUFFIXES = {".c", ".sh", ".py", ".table", ".cases"}
# Tests that carry reasons about without making one.
CARRIERS = re.compile(r"test_(reason|wire_\w+|ctl_show)\.c|samples\.c")
# Where real programs, or the whole of one over a played network, say them.
REAL = ("tests/fixtures/faults/*.table", "tests/fixtures/lab/*.table",
        "tests/integration/*.c", "tests/e2e/*.sh", "deploy/demo/*.cases")

HEAD = """# Reason codes

Made by `tests/checks/reasons.py --write` from `common/wire/reason.def`, as is [`schemas/reasons.json`](../schemas/reasons.json) for
programs. A code never changes its meaning; pipelines may branch on it.

*Class* is what a perspective's answer with that reason counts as; "–" where the coordinator says it of a request or a record.
*Meaning* and *what to do* are for operators and auditors.

## What a subscriber is told

An ACME client gets a problem document (RFC 8555, 6.7): its `type` is `urn:ietf:params:acme:error:` with the *ACME* column behind it, its
`detail` the *subscriber* column as it stands. These texts name nothing of what is inside, no address and no other party; the `detail` of a decision's
votes and issues, and what other perspectives saw, is for operators and may hold all of that.

Of a `rejected` or `do-not-issue` decision it is the reason in `reason`; only of `primary-failed` it is that of the first vote of the primary, in the last
attempt, whose class is not `corroborated`. `mpicctl submit` and `watch` do so: with `--json` in `subscriber`, with `--wide` in the lines below the row.

Where the column says *internal*, the text is: {internal}
Where it says *request*: {request}
"""

COLUMNS = """
| code | class | ACME | meaning | subscriber | what to do |
|---|---|---|---|---|---|
"""

GUARDS = """
## Seen by tests alone

What the programs do not bring about as they are: these codes stand where something that should not be would otherwise go unsaid.

| code | why |
|---|---|
"""

TEXT = r'"((?:[^"\\]|\\.)*)"'
ROW = re.compile(r'REASON\((\w+),\s*"([^"]+)",\s*(\w+),\s*"([^"]*)",'
                 rf'\s*{TEXT},\s*(?:{TEXT}|(\w+)),\s*{TEXT}\)\n', re.M)
SHARED = re.compile(r'#define (REASON_TOLD_\w+)(?:\s|\\\n)*' + TEXT)
GROUP = re.compile(r"/\* -- (.*?)(?: \(class \w+\))? \*/$")
GUARD = re.compile(r"/\* seen by tests alone: (.*?) \*/$", re.S)
SHORT = {"REASON_TOLD_INTERNAL": "*internal*",
         "REASON_TOLD_REQUEST": "*request*"}


class Row:
    def __init__(self, match, shared, guard):
        (self.name, self.code, kind, self.acme, self.meaning, told, macro,
         self.hint) = match.groups()
        self.kind = kind.lower().replace("_", "-")
        self.told = shared[macro] if macro else told
        self.shown = SHORT[macro] if macro else told
        self.guard = guard

    def line(self):
        kind = "–" if self.kind == "unknown" else self.kind
        return (f"| `{self.code}` | {kind} | {self.acme or '–'} "
                f"| {self.meaning} | {self.shown} | {self.hint or '–'} |\n")

    def member(self):
        out = {"class": self.kind} if self.kind != "unknown" else {}
        if self.acme:
            out["acme_problem"] = URN + self.acme
        return {**out, "meaning": self.meaning, "subscriber": self.told,
                "operator": self.hint}


def read_table():
    """What each group holds, by its title; what is neither row nor comment
    ends the check."""
    text = TABLE.read_text()
    shared = dict(SHARED.findall(text))
    groups, guard = [], None
    at = text.index("/* clang-format off */\n") + 23
    while at < len(text):
        end = text.find("*/", at) + 2 if text.startswith("/*", at) else at
        comment, row = text[at:end], ROW.match(text, at)
        if row and groups:
            groups[-1][1].append(Row(row, shared, guard))
            at, guard = row.end(), None
            continue
        if GROUP.match(comment):
            groups.append((GROUP.match(comment)[1], []))
        elif GUARD.match(comment):
            guard = " ".join(GUARD.match(comment)[1].split())
        elif text[at] != "\n" and comment != "/* clang-format on */":
            sys.exit(f"{TABLE.name}: not a row: {text[at:at + 60]}")
        at = max(end, at + 1)
    return shared, groups


def document(shared, groups):
    text = HEAD.replace("{internal}", shared["REASON_TOLD_INTERNAL"])
    text = text.replace("{request}", shared["REASON_TOLD_REQUEST"])
    for title, rows in groups:
        text += f"\n## {title[0].upper()}{title[1:]}\n{COLUMNS}"
        text += "".join(row.line() for row in rows)
    return text + GUARDS + "".join(
        f"| `{row.code}` | {row.guard} |\n"
        for _, rows in groups for row in rows if row.guard)


def for_programs(groups):
    codes = {row.code: row.member() for _, rows in groups for row in rows}
    return json.dumps(codes, indent=2) + "\n"


def words_of(path):
    """The codes that a test names outside of its comments."""
    text = path.read_text(errors="replace")
    if path.suffix == ".c":
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    elif path.suffix != ".py":
        text = re.sub(r"(?m)^\s*#.*$", "", text)
    return {*re.findall(r"\bREASON_(\w+)", text),
            *re.findall(r"(?<![\w-])[a-z]+(?:-[a-z]+)+(?![\w-])", text),
            *re.findall(r'"([a-z]+)"', text)}


def all_tests():
    for path in sorted((TOP / "tests").rglob("*")):
        if path.suffix in SUFFIXES and not CARRIERS.fullmatch(path.name) \
                and not path.is_relative_to(pathlib.Path(__file__).parent):
            yield path


def unnamed(rows, paths):
    words = set()
    for path in paths:
        words |= words_of(path)
    return [row.code for row in rows
            if row.name not in words and row.code not in words]


def findings(groups):
    rows = [row for _, group in groups for row in group]
    real = [path for pattern in REAL for path in sorted(TOP.glob(pattern))]
    guards = [row for row in rows if row.guard]
    missing = unnamed(rows, all_tests())
    if missing:
        yield "no test names " + " ".join(missing)
    missing = unnamed([row for row in rows if not row.guard], real)
    if missing:
        yield "no program is seen to say " + " ".join(missing)
    named = {row.code for row in guards} - set(unnamed(guards, real))
    if named:
        yield "not seen by tests alone: " + " ".join(sorted(named))


def main():
    shared, groups = read_table()
    wrong = []
    for path, made in ((DOCUMENT, document(shared, groups)),
                       (FOR_PROGRAMS, for_programs(groups))):
        if "--write" in sys.argv:
            path.write_text(made)
        elif not path.exists() or path.read_text() != made:
            wrong.append(f"{path.relative_to(TOP)} is not what "
                         "tests/checks/reasons.py --write makes")
    wrong += findings(groups)
    for each in wrong:
        print(f"reasons: {each}")
    if wrong:
        return 1
    count = sum(len(rows) for _, rows in groups)
    guards = sum(bool(row.guard) for _, rows in groups for row in rows)
    print(f"reasons: {count} codes, each in a test, {count - guards} of them "
          "as the programs say them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
