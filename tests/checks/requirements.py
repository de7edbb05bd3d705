#!/usr/bin/env python3
"""Which test names which requirement.

Reads requirements.table; a requirement needs a test that names its R-number,
or a reason. --write makes docs/requirements.md of it; without it the document
must be what --write would make. docs/conformance.md, which has these rows too,
is written with it.
"""
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
TABLE = TOP / "tests/checks/requirements.table"
DOCUMENT = TOP / "docs/requirements.md"
SUFFIXES = {".c", ".sh", ".table", ".cases", ".py"}

HEAD = """# Requirements and the tests that name them

Made by `tests/checks/requirements.py --write` from the tests themselves. R-numbers are those of the project's collection of
CA/Browser Forum rules and RFCs; the tests name them in comments or in their tables.

| | asks for | tests, or why there is none |
|---|---|---|
"""


def tests_by_number():
    found = {}
    for path in sorted((TOP / "tests").rglob("*")):
        if path.suffix not in SUFFIXES or path.is_relative_to(TABLE.parent):
            continue
        text = path.read_text(errors="replace")
        for number in set(re.findall(r"R-\d{3}", text)):
            found.setdefault(number, []).append(path.name)
    return found


def main():
    found = tests_by_number()
    rows, missing = [], []
    for line in TABLE.read_text().splitlines():
        if line.startswith("#") or not line:
            continue
        number, asks, reason = line.split("|", 2)
        names = sorted(set(found.get(number, [])))
        if not names and not reason:
            missing.append(number)
        where = ", ".join(f"`{n}`" for n in names)
        rows.append(f"| {number} | {asks} | {where or reason} |\n")
    document = HEAD + "".join(rows)
    if "--write" in sys.argv:
        DOCUMENT.write_text(document)
        subprocess.run([sys.executable, TABLE.parent / "conformance.py",
                        "--write"], check=True)
    elif not DOCUMENT.exists() or DOCUMENT.read_text() != document:
        print("docs/requirements.md is not what "
              "tests/checks/requirements.py --write makes")
        return 1
    if missing:
        print("requirements: no test names " + " ".join(missing))
        return 1
    print(f"requirements: {len(rows)} rows, each with a test or a reason")
    return 0


if __name__ == "__main__":
    sys.exit(main())
