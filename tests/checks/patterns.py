#!/usr/bin/env python3
"""Python's re finds what tests/fixtures/patterns.table says that we find.

So that an expression means here what it means to Open MPIC, whose worker asks
re; on bytes, which is where we differ from it (docs/match_regex.md)."""
import pathlib
import re
import sys

TABLE = pathlib.Path(__file__).resolve().parents[1] / "fixtures/patterns.table"
ESCAPE = re.compile(rb"\\(?:x(..)|(.))")


def unescaped(text):
    def one(found):
        if found[1]:
            return bytes([int(found[1], 16)])
        return {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"\\": b"\\"}[found[2]]
    return ESCAPE.sub(one, text)


def main():
    wrong = asked = 0
    for line in TABLE.read_bytes().split(b"\n"):
        verdict, _, rest = line.partition(b"\t")
        if verdict not in (b"found", b"not-found"):
            continue
        pattern, _, text = rest.partition(b"\t")
        asked += 1
        if (re.search(pattern, unescaped(text)) is None) != \
                (verdict == b"not-found"):
            print("patterns.py: re says otherwise:", line.decode())
            wrong += 1
    if wrong or asked < 50:
        sys.exit(f"patterns.py: {asked} asked, {wrong} wrong")


main()
