#!/usr/bin/env python3
"""Which tests stand for which requirement.

Reads requirements.table; a requirement needs a test to which its R-number
belongs (covers.py says when it does), or a reason. --write makes
docs/requirements.md of it; without it the document must be what --write would
make. docs/conformance.md, which has these rows too, is written with it.
"""
import pathlib
import subprocess
import sys

import covers

TOP = pathlib.Path(__file__).resolve().parents[2]
TABLE = TOP / "tests/checks/requirements.table"
DOCUMENT = TOP / "docs/requirements.md"

HEAD = """# Requirements and the tests that cover them

Made by `tests/checks/requirements.py --write` from the tests themselves. R-numbers are those of the project's collection of
CA/Browser Forum rules and RFCs; the tests name them in comments or in their tables. Which function or row it is, and how it ended:
[conformance.md](conformance.md).

| | asks for | tests, or why there is none |
|---|---|---|
"""


def main():
    found, _ = covers.read_top(TOP)
    rows, missing = [], []
    for line in TABLE.read_text().splitlines():
        if line.startswith("#") or not line:
            continue
        number, asks, reason = line.split("|", 2)
        names = sorted({test.program for test in found.get(number, ())})
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
        print("requirements: no test covers " + " ".join(missing))
        return 1
    print(f"requirements: {len(rows)} rows, each with a test or a reason")
    return 0


if __name__ == "__main__":
    sys.exit(main())
