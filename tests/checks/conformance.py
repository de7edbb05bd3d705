#!/usr/bin/env python3
"""Every rule and every case that we know of: its test, or why we differ.

Rows are those of requirements.table and conformance.table; tests name their
ids in comments, names or tables, several at once as "boulder-A01 A02". --write
makes docs/conformance.md of it; without it the document must be true: all rows,
and no test in one that does not name it. It may be behind, since tests come
from many hands; --strict wants it exact. An id that a test names and no table
has is an error, and so is a row with neither test nor reason.
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
HERE = TOP / "tests/checks"
DOCUMENT = TOP / "docs/conformance.md"
SUFFIXES = {".c", ".sh", ".table", ".cases", ".py"}
IDS = re.compile(r"\bR-\d{3}\b|\bopenmpic-W?\d+\b"
                 r"|\bboulder-[A-Z]\d\d(?:,? [A-Z]\d\d\b)*")

HEAD = """# Conformance

Made by `tests/checks/conformance.py --write`: rules of the CA/Browser Forum and RFCs by R-number, cases from the tests of Boulder
and Open MPIC by an id of ours, and points that both got wrong. Each row names the tests that cover it, or says why we do otherwise.

Rows: {rows}. Covered by a test: {tested}. Different on purpose, or not ours to test: {reasoned}.
"""

COLUMNS = """
| | asks for | tests, or why there is none |
|---|---|---|
"""


def rows_of(path):
    title = ""
    for line in path.read_text().splitlines():
        if line.startswith("# -- "):
            title = line[5:]
        elif line and not line.startswith("#"):
            yield title, *line.split("|", 2)


def read_tables():
    """{title: [(id, asks, reason)]}; R-numbers of both tables in one."""
    rules, others, seen = [], {}, set()
    for name in ("requirements.table", "conformance.table"):
        for title, ident, asks, reason in rows_of(HERE / name):
            if ident in seen:
                sys.exit(f"{name}: {ident} stands twice")
            seen.add(ident)
            group = rules if ident.startswith("R-") \
                else others.setdefault(title, [])
            group.append((ident, asks, reason))
    return {"Rules": sorted(rules), **others}, seen


def ids_in(text):
    for found in IDS.findall(text):
        if found.startswith("boulder-"):
            for case in re.findall(r"[A-Z]\d\d", found):
                yield "boulder-" + case
        else:
            yield found


def tests_by_id():
    found = {}
    for path in sorted((TOP / "tests").rglob("*")):
        if path.suffix not in SUFFIXES or path.is_relative_to(HERE):
            continue
        for ident in set(ids_in(path.read_text(errors="replace"))):
            found.setdefault(ident, set()).add(path.name)
    return found


def make(groups, found):
    count = {"rows": 0, "tested": 0, "reasoned": 0, "empty": 0}
    empty, text = [], ""
    for title, rows in groups.items():
        text += f"\n## {title}\n{COLUMNS}"
        for ident, asks, reason in rows:
            names = ", ".join(f"`{n}`" for n in sorted(found.get(ident, ())))
            kind = "tested" if names else "reasoned" if reason else "empty"
            count["rows"] += 1
            count[kind] += 1
            if kind == "empty":
                empty.append(ident)
            cell = " ".join(filter(None, (names, reason)))
            text += f"| {ident} | {asks} | {cell or '**empty**'} |\n"
    return HEAD.format(**count) + text, empty, count


def cells(document):
    """{id: (asks, tests, what else stands there)}"""
    rows = {}
    for line in document.splitlines():
        found = re.fullmatch(r"\| ([\w-]+) \| (.*?) \| (.*) \|", line)
        if found:
            ident, asks, cell = found.groups()
            names = set(re.findall(r"`(test_[^`]*|[^`]*\.(?:c|sh|py))`", cell))
            rest = re.sub(r"`[^`]*`(?:, )?", "", cell).strip()
            rows[ident] = (asks, names, rest.replace("**empty**", ""))
    return rows


def untrue(written, document):
    """What is wrong in the document, other than that it is behind."""
    old, new = cells(written), cells(document)
    wrong = sorted(set(old) ^ set(new))
    for ident in sorted(set(old) & set(new)):
        if old[ident][0] != new[ident][0] or old[ident][2] != new[ident][2] \
                or old[ident][1] - new[ident][1]:
            wrong.append(ident)
    return wrong


def main():
    groups, known = read_tables()
    found = tests_by_id()
    document, empty, count = make(groups, found)
    strangers = sorted(set(found) - known)
    if strangers:
        print("conformance: no table has " + " ".join(strangers))
        return 1
    if "--write" in sys.argv:
        DOCUMENT.write_text(document)
    written = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    wrong = ["not what --write makes"] \
        if "--strict" in sys.argv and written != document \
        else untrue(written, document)
    if wrong:
        print("docs/conformance.md: " + "; ".join(wrong)
              + "; mend it with tests/checks/conformance.py --write")
        return 1
    if empty:
        print("conformance: neither test nor reason for " + " ".join(empty))
        return 1
    print(f"conformance: {count['rows']} rows, {count['tested']} with a test, "
          f"{count['reasoned']} with a reason")
    return 0


if __name__ == "__main__":
    sys.exit(main())
