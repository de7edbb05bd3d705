#!/usr/bin/env python3
"""Every rule and every case that we know of: its tests and how they ended, or
why we differ.

Rows are those of requirements.table and conformance.table; covers.py says which
test an id belongs to, outcomes.py how it ended. --run makes docs/conformance.md
of the full run of tests/run.sh that just ended, and fails if a test of a row
failed, did not run, or is not what it was when the run began, of which --begin
has taken note. --write makes it without a run, and no outcome but a
run's stands in it: the last one's, where the test's files are what they were
then. Of every other it says that it was not run since it changed.

Without either the document must be true to the tree: all rows, no test in one
that does not cover it, no outcome of a test that changed. It may be behind,
since tests come from many hands; --strict wants it as a run without a failure
writes it. An id that a test names and no table has is an error, and so is a row
with neither test nor reason.
"""
import pathlib
import re
import sys

import covers
import outcomes

TOP = pathlib.Path(__file__).resolve().parents[2]
SUFFIXES = {".c", ".sh", ".table", ".cases", ".py"}
BEGUN = "build/log/begun"
ROWS_SHOWN = 3
NOT_SINCE = "not run since it changed"
NO_TEST = "no test"

HEAD = """# Conformance

Made by a full run of `tests/run.sh`: rules of the CA/Browser Forum and RFCs by R-number, cases from the tests of Boulder
and Open MPIC by an id of ours, and points that both got wrong. Each row names the tests that cover it and how they ended, or says why
we do otherwise. Which test an id belongs to: `tests/checks/covers.py`.

A test is `program: function`, with the rows of its table, or the part of it, that is meant; a script of `tests/e2e`; or a fuzz target.
It passed if it did in each of these builds, with all of its cases, in the last full run. Where its files are not what they were
in that run (their digests are at the end), it was not run since it changed.

Rows: {rows}. Covered by tests: {tested}, of which passed: {passed}. Different on purpose, or not ours to test: {reasoned}.
"""

COLUMNS = """
| | asks for | tests, or why there is none | outcome |
|---|---|---|---|
"""

FILES = """
## Files of the tests, as the last full run had them

"""


# -- the tables

def rows_of(path):
    title = ""
    for line in path.read_text().splitlines():
        if line.startswith("# -- "):
            title = line[5:]
        elif line and not line.startswith("#"):
            yield title, *line.split("|", 2)


def read_tables(top):
    """{title: [(id, asks, reason)]}; R-numbers of both tables in one."""
    rules, others, seen = [], {}, set()
    for name in ("requirements.table", "conformance.table"):
        for title, ident, asks, reason in rows_of(top / "tests/checks" / name):
            if ident in seen:
                sys.exit(f"{name}: {ident} stands twice")
            seen.add(ident)
            group = rules if ident.startswith("R-") \
                else others.setdefault(title, [])
            group.append((ident, asks, reason))
    return {"Rules": sorted(rules), **others}, seen


def named_anywhere(top):
    """All ids in tests, whether they count or not."""
    return {ident for path in (top / "tests").rglob("*")
            if path.suffix in SUFFIXES
            and not path.is_relative_to(top / "tests/checks")
            for ident in covers.ids_in(path.read_text(errors="replace"))}


# -- the document

def cell_text(text):
    return text.replace("|", r"\|").replace("<", "&lt;")


def shown(name, rows):
    """A test and which of its rows."""
    few = "; ".join(cell_text(row).replace("`", "'")
                    for row in rows[:ROWS_SHOWN])
    more = len(rows) - ROWS_SHOWN
    few += f" and {more} more" if more > 0 else ""
    return f"`{name}` ({few})" if few else f"`{name}`"


def by_test(tests):
    """{name: rows} in order."""
    found = {}
    for test in sorted(tests):
        rows = found.setdefault(str(test._replace(row="")), [])
        if test.row:
            rows.append(test.row)
    return found


def row_text(ident, asks, reason, tests, ended):
    """ended: {name of a test: words}"""
    lines = [shown(name, rows) for name, rows in tests.items()]
    words = [ended[name] for name in tests]
    if len(set(words)) == 1:
        words = words[:1]
    cell = "<br>".join(lines + [cell_text(reason)] * bool(reason))
    outcome = "<br>".join(words) or (NO_TEST if reason else "**empty**")
    return f"| {ident} | {cell_text(asks)} | {cell or '**empty**'} | " \
           f"{outcome} |\n"


def make(groups, found, outcome):
    """outcome(Test): (passed, words). (rows, what is wrong, counts)"""
    count = {"rows": 0, "tested": 0, "passed": 0, "reasoned": 0}
    wrong, text = [], ""
    for title, rows in groups.items():
        text += f"\n## {title}\n{COLUMNS}"
        for ident, asks, reason in rows:
            covering, ended = found.get(ident, ()), {}
            bad = []
            for test in sorted({t._replace(row="") for t in covering}):
                passed, ended[str(test)] = outcome(test)
                bad += [] if passed else [f"{ident}: {test}: "
                                          + ended[str(test)].replace("*", "")]
            count["rows"] += 1
            count["tested"] += bool(covering)
            count["passed"] += bool(covering) and not bad
            count["reasoned"] += bool(reason) and not covering
            wrong += bad or ([] if covering or reason else
                             [f"{ident}: neither test nor reason"])
            text += row_text(ident, asks, reason, by_test(covering), ended)
    return HEAD.format(**count) + text, wrong, count


def files_text(digests):
    return FILES + "".join(f"- `{name}` {digest}\n"
                           for name, digest in sorted(digests.items()))


def read_files(text):
    """{program: digest}"""
    return dict(re.findall(r"^- `([\w.]+)` ([0-9a-f]+)$", text, re.M))


def read_document(text):
    """{id: (asks, {name of a test: words}, reason)}"""
    found = {}
    for line in text.splitlines():
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)]
        if len(cells) != 6 or not re.fullmatch(r"[\w-]+-\w+", cells[1]):
            continue
        names, rest = [], []
        for part in cells[3].split("<br>"):
            name = re.match(r"`(\w[\w.]*(?:: \w+)?)`(?: \(|$)", part)
            (names if name else rest).append(name[1] if name else part)
        words = cells[4].split("<br>")
        words = words * len(names) if len(words) == 1 else words
        found[cells[1]] = (cells[2], dict(zip(names, words)),
                           "<br>".join(rest).replace("**empty**", ""))
    return found


def untrue(written, document, changed):
    """Ids of what is wrong in the document, other than that it is behind."""
    old, new = read_document(written), read_document(document)
    wrong = set(old) ^ set(new)
    for ident in set(old) & set(new):
        if old[ident][0] != new[ident][0] or old[ident][2] != new[ident][2] \
                or set(old[ident][1]) - set(new[ident][1]) \
                or any(words != NOT_SINCE and changed(name)
                       for name, words in old[ident][1].items()):
            wrong.add(ident)
    return sorted(wrong)


def changes(written, digests):
    """Whether a test, by its name, is another than the last run's."""
    then = read_files(written)

    def changed(name):
        program = name.split(":")[0]
        return then.get(program) != digests.get(program, "")
    return changed


def run_now(top, digests):
    """outcome() by the run that just ended: of what was there all the time."""
    changed = changes(outcomes.text_of(top / BEGUN), digests)
    run = outcomes.Run(top)

    def outcome(test):
        return (False, NOT_SINCE) if changed(str(test)) else run.outcome(test)
    return outcome


def kept(written, changed):
    """outcome() by what the document has of the last run."""
    known = {}
    for _, words, _ in read_document(written).values():
        known.update(words)

    def outcome(test):
        words = NOT_SINCE if changed(str(test)) \
            else known.get(str(test), NOT_SINCE)
        return words.startswith(outcomes.PASSED), words
    return outcome


# -- what is asked for

def complain(lines, hint=""):
    print("\n".join(f"conformance: {line}" for line in lines) + hint)
    return 1


def main(arguments, top=TOP):
    path = top / "docs/conformance.md"
    written = path.read_text() if path.exists() else ""
    groups, known = read_tables(top)
    found, digests = covers.read_top(top)
    strangers = sorted(named_anywhere(top) - known)
    if strangers:
        return complain(["no table has " + " ".join(strangers)])
    if "--begin" in arguments:
        (top / BEGUN).parent.mkdir(parents=True, exist_ok=True)
        (top / BEGUN).write_text(files_text(digests))
        return 0
    run = "--run" in arguments
    changed = changes(written, digests)
    document, wrong, count = make(
        groups, found,
        run_now(top, digests) if run else kept(written, changed))
    document += files_text(digests if run else read_files(written))
    if run or "--write" in arguments:
        path.parent.mkdir(exist_ok=True)
        path.write_text(document)
        written, changed = document, changes(document, digests)
    if run and wrong:
        return complain(wrong)
    if "--strict" in arguments and (wrong or written != document):
        return complain(wrong or ["docs/conformance.md is behind"])
    false = untrue(written, document, changed)
    if false:
        return complain(["docs/conformance.md: " + " ".join(false)],
                        "\nmend it with tests/checks/conformance.py --write")
    empty = [line for line in wrong if line.endswith("reason")]
    if empty:
        return complain(empty)
    print(f"conformance: {count['rows']} rows, {count['tested']} with tests, "
          f"{count['passed']} passed, {count['reasoned']} with a reason")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
