#!/usr/bin/env python3
"""Reason codes: their table made readable, and a test for each.

Reads common/wire/reason.def. --write makes docs/reasons.md of it; without it
the document must be what --write would make, and every code must be named by
a test that can see it come about: as REASON_X or as "the-code".
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
TABLE = TOP / "common/wire/reason.def"
DOCUMENT = TOP / "docs/reasons.md"
SUFFIXES = {".c", ".sh", ".py", ".table", ".cases"}
# Tests that carry reasons about without making one.
CARRIERS = re.compile(r"test_(reason|wire_\w+|ctl_show)\.c|samples\.c")
INTERNAL = "serverInternal"

HEAD = """# Reason codes

Made by `tests/checks/reasons.py --write` from `common/wire/reason.def`. A code never changes its meaning; pipelines may branch on it.

*Class* is what a perspective's answer with that reason counts as; "–" where the coordinator says it of a request or a record.
*ACME* is the problem type of RFC 8555, 6.7 to be given to an ACME client. A subscriber may be told the *meaning*, except where the
type is `serverInternal`: what goes on inside is told to nobody but operators, and a subscriber reads `{told}`
"""

COLUMNS = """
| code | class | ACME | meaning | what to do |
|---|---|---|---|---|
"""

ROW = re.compile(r'REASON\((\w+),\s*"([^"]+)",\s*(\w+),\s*"([^"]*)",'
                 r'\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\)$')
GROUP = re.compile(r"/\* -- (.*?)(?: \(class \w+\))? \*/$")


def read_table():
    """(title, rows) of each group; a line that is neither ends the check."""
    groups = []
    for line in TABLE.read_text().splitlines():
        group, row = GROUP.match(line), ROW.match(line)
        if group:
            groups.append((group[1], []))
        elif row and groups:
            groups[-1][1].append(row.groups())
        elif line.startswith("REASON"):
            sys.exit(f"{TABLE.name}: not a row: {line}")
    return groups


def told():
    text = (TOP / "common/wire/reason.c").read_text()
    found = re.search(r'INTERNAL_TOLD\[\] =((?:\s*"[^"]*")+);', text)
    return "".join(re.findall(r'"([^"]*)"', found[1]))


def document(groups):
    text = HEAD.replace("{told}", told())
    for title, rows in groups:
        text += f"\n## {title[0].upper()}{title[1:]}\n{COLUMNS}"
        for _, code, kind, acme, meaning, hint in rows:
            kind = kind.lower().replace("_", "-")
            text += (f"| `{code}` | {'–' if kind == 'unknown' else kind} "
                     f"| {acme or '–'} | {meaning} | {hint or '–'} |\n")
    return text


def tests():
    for path in sorted((TOP / "tests").rglob("*")):
        if path.suffix in SUFFIXES and not CARRIERS.fullmatch(path.name) \
                and not path.is_relative_to(pathlib.Path(__file__).parent):
            yield path.read_text(errors="replace")


def unnamed(groups):
    words = set()
    for text in tests():
        words.update(re.findall(r"\bREASON_(\w+)", text))
        words.update(re.findall(r"(?<![\w-])[a-z]+(?:-[a-z]+)+(?![\w-])"
                                r'|"[a-z]+"', text))
    return [code for _, rows in groups for name, code, *_ in rows
            if name not in words and code not in words
            and f'"{code}"' not in words]


def main():
    groups = read_table()
    made = document(groups)
    if "--write" in sys.argv:
        DOCUMENT.write_text(made)
    elif not DOCUMENT.exists() or DOCUMENT.read_text() != made:
        print("docs/reasons.md is not what tests/checks/reasons.py --write "
              "makes")
        return 1
    missing = unnamed(groups)
    if missing:
        print("reasons: no test names " + " ".join(missing))
        return 1
    print(f"reasons: {sum(len(r) for _, r in groups)} codes, each in a test")
    return 0


if __name__ == "__main__":
    sys.exit(main())
