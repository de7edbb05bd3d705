#!/usr/bin/env python3
"""Which test covers what, and what is made of how it ended, tried on small
trees: a row that no test was seen to pass for must never look as if one had."""
import contextlib
import io
import pathlib
import sys
import tempfile

import conformance
import covers
import outcomes

C_TEST = r'''/* R-001: heads do not count. */
#define TABLE "faults/some.table"

/* -- R-002: nor do headings */

/* R-003: nor what tests share */
static void shared(void)
{
}

/* R-004: a part of the one test that uses it */
static void part(void)
{
	shared();
}

/* R-005 */
/* openmpic-1: two, one above the other */
START_TEST(r006_r007_named)
{
	shared(); /* R-008 */
}
END_TEST

static const struct {
	const char *what;
} rows[] = {
	{ "boulder-A01 A02 the row" },
	/* R-009: rows below */
	{ "plain" },
};

static const char *const others[] = { "R-003 not of whom it is hidden from" };
static const char *const asked[] = { "R-010 of all that use it" };

START_TEST(looped)
{
	shared();
	use(rows[_i].what, asked);
}
END_TEST

/* R-011: somebody else's, with a blank line below */

START_TEST(single)
{
	static const int others[] = { 1 };

	part();
	use(others, asked, TABLE, it.asked);
}
END_TEST

/* R-012 above a member of that name alone */
START_TEST(member)
{
	use(it.asked, it->asked, COUNT(rows));
}
END_TEST

int main(void)
{
	tcase_add_loop_test(tc, looped, 0, COUNT(rows));
}
'''

C_COVERS = {
    "R-004": ["test_a: single (part)"],
    "R-005": ["test_a: r006_r007_named"],
    "openmpic-1": ["test_a: r006_r007_named"],
    "R-006": ["test_a: r006_r007_named"],
    "R-007": ["test_a: r006_r007_named"],
    "R-008": ["test_a: r006_r007_named"],
    "boulder-A01": ["test_a: looped (the row)"],
    "boulder-A02": ["test_a: looped (the row)"],
    "R-009": ["test_a: looped (rows below)"],
    "R-010": ["test_a: looped (of all that use it)",
              "test_a: single (of all that use it)"],
    "R-012": ["test_a: member"],
}

TREE = {
    "tests/unit/test_a.c": C_TEST,
    "tests/fixtures/faults/some.table":
        "# R-001: heads do not count.\nrow0 z\n\n"
        "# -- a heading (R-013)\nrow1 a\n"
        "row2 b (R-014)\n\nrow3 c\n# R-015: nothing below\n\n",
    "tests/fixtures/help/help.py":
        'def a():\n    """R-016, R-017: looked at here, not R-001."""\n'
        '# --- R-001 ---\n# It is R-001 that wants it.\n',
    "tests/e2e/one.sh": "#!/bin/sh\npython3 tests/fixtures/help/help.py\n"
                        "# R-018\n",
    "tests/e2e/two.sh": "#!/bin/sh\n# Runs with the dev build only.\n"
                        "# R-018: here too\necho help.py\n",
    "tests/fuzz/fuzz_b.c": "/* Bytes (R-019). */\n\n/* not R-001 */\n",
}

TREE_COVERS = {
    **C_COVERS,
    "R-013": ["test_a: single (some.table: a heading)"],
    "R-014": ["test_a: single (some.table: row2)"],
    "R-016": ["one.sh"],
    "R-017": ["one.sh"],
    "R-018": ["one.sh", "two.sh"],
    "R-019": ["fuzz_b"],
}

# One row with a test of each kind, one with a reason.
SMALL = {
    "tests/checks/requirements.table":
        "# head\nR-005|asks|\nR-018|asks|\nR-019|asks|but for this\n"
        "R-020|a row|none | of ours\n",
    "tests/checks/conformance.table": "",
    "tests/unit/test_a.c": "/* R-005 */\nSTART_TEST(one)\n{\n}\nEND_TEST\n",
    "tests/e2e/one.sh": "# R-018\n",
    "tests/e2e/two.sh": "# Runs with the dev build only.\n# R-018\n",
    "tests/fuzz/fuzz_b.c": "/* R-019 */\n",
}
TAP = ("ok 1 - /tests/unit/test_a.c:core:one: Passed\n"
       "ok 2 - /tests/unit/test_a.c:core:one: Passed\n"
       "ok 3 - /tests/unit/test_a.c:core:two: Passed\n1..3\n")
JUNIT = ('<testsuite><testcase name="test_a" status="run"/>'
         '<testcase name="test_other" status="run"/></testsuite>')
SUITES = ("e2e one (dev)\t1\t0\ne2e one (san)\t1\t0\ne2e two (dev)\t1\t0\n"
          "unit (dev)\t3\t0\n")
RUN = {
    "build/dev/results/test_a.tap": TAP,
    "build/dev/results/unit.xml": JUNIT,
    "build/san/results/test_a.tap": TAP,
    "build/san/results/unit.xml": JUNIT,
    "build/log/outcomes": SUITES,
    "build/log/fuzz/fuzz_b.code": "0\n",
}
WRITTEN = {
    "R-005": "passed (dev, san)",
    "R-018": "passed (dev, san)<br>passed (dev)",
    "R-019": "passed (fuzz)",
    "R-020": "no test",
}

# What becomes of the run (None: a file is not there), and what is said of it.
DAMAGES = [
    ("a failed function", {"build/san/results/test_a.tap": TAP.replace(
        "ok 1", "not ok 1")}, "R-005: test_a: one: failed (san)"),
    ("one of its loop", {"build/dev/results/test_a.tap": TAP.replace(
        "ok 2", "not ok 2")}, "R-005: test_a: one: failed (dev)"),
    ("a function that did not run", {"build/dev/results/test_a.tap":
     TAP.replace(":one:", ":three:")}, "R-005: test_a: one: did not run (dev)"),
    ("no end", {"build/dev/results/test_a.tap": TAP.replace("1..3\n", "")},
     "failed (dev)"),
    ("another end", {"build/dev/results/test_a.tap": TAP.replace(
        "1..3", "1..4")}, "failed (dev)"),
    ("a line that is lost", {"build/dev/results/test_a.tap": TAP.replace(
        "ok 2 - /tests/unit/test_a.c:core:one: Passed\n", "")},
     "failed (dev)"),
    ("one number twice", {"build/dev/results/test_a.tap": TAP.replace(
        "ok 3", "ok 2")}, "failed (dev)"),
    ("no function at all", {"build/dev/results/test_a.tap": "1..0\n"},
     "failed (dev)"),
    ("no TAP", {"build/dev/results/test_a.tap": None}, "failed (dev)"),
    ("no run of the program", {"build/san/results/unit.xml": None},
     "R-005: test_a: one: did not run (san)"),
    ("another program's run", {"build/san/results/unit.xml": JUNIT.replace(
        "test_a", "test_b")}, "R-005: test_a: one: did not run (san)"),
    ("an earlier run of another build alone", {
        "build/dev/results/test_a.tap": None,
        "build/dev/results/unit.xml": None,
        "build/clang/results/test_a.tap": TAP,
        "build/clang/results/unit.xml": JUNIT},
     "R-005: test_a: one: did not run (dev)"),
    ("failed by a third compiler", {
        "build/clang/results/test_a.tap": TAP.replace("ok 2", "not ok 2"),
        "build/clang/results/unit.xml": JUNIT},
     "R-005: test_a: one: failed (clang)"),
    ("a leak at the end", {"build/san/results/unit.xml": JUNIT.replace(
        'test_a" status="run"', 'test_a" status="fail"')},
     "R-005: test_a: one: failed (san)"),
    ("skipped", {"build/san/results/unit.xml": JUNIT.replace(
        'test_a" status="run"', 'test_a" status="notrun"')},
     "R-005: test_a: one: failed (san)"),
    ("a script that failed", {"build/log/outcomes": SUITES.replace(
        "one (san)\t1\t0", "one (san)\t0\t1")}, "R-018: one.sh: failed (san)"),
    ("a script that passed and failed", {"build/log/outcomes": SUITES.replace(
        "one (san)\t1\t0", "one (san)\t1\t1")},
     "R-018: one.sh: failed (san)"),
    ("a script that did not run", {"build/log/outcomes": SUITES.replace(
        "e2e two (dev)\t1\t0\n", "")}, "R-018: two.sh: did not run (dev)"),
    ("no run at all", dict.fromkeys(RUN), "R-019: fuzz_b: did not run (fuzz)"),
    ("a fuzz target that failed", {"build/log/fuzz/fuzz_b.code": "77\n"},
     "R-019: fuzz_b: failed (fuzz)"),
    ("a fuzz target that did not run", {"build/log/fuzz/fuzz_b.code": None},
     "R-019: fuzz_b: did not run (fuzz)"),
    ("a row without a test", {"tests/unit/test_a.c": "/* R-005 */\n\nint a;\n"},
     "R-005: neither test nor reason"),
    ("an id of no row", {"tests/e2e/one.sh": "# R-018\n# R-021\n"},
     "no table has R-021"),
]

# What makes that a test was not run since: the row that has it, and what is added
# to which file.
CHANGES = [
    ("its file", "R-005", "tests/unit/test_a.c", "/* other words */\n"),
    ("a script", "R-018", "tests/e2e/one.sh", "echo\n"),
    ("a fuzz target", "R-019", "tests/fuzz/fuzz_b.c", "\nint more;\n"),
    ("a table that it reads", "R-021", "tests/fixtures/a.table", "row2 b\n"),
    ("what a script runs", "R-022", "tests/fixtures/help.py", "pass\n"),
]
WITH_FILES = {
    **SMALL,
    "tests/checks/requirements.table": SMALL["tests/checks/requirements.table"]
    + "R-021|of a table|\nR-022|of what it runs|\n",
    "tests/unit/test_b.c": '#define TABLE "a.table"\nSTART_TEST(two)\n{\n'
    "\tuse(TABLE);\n}\nEND_TEST\n",
    "tests/fixtures/a.table": "# head\n\nrow1 R-021\n",
    "tests/fixtures/help.py": "# R-022\n",
    "tests/e2e/three.sh": "python3 tests/fixtures/help.py\n",
}
RUN_WITH_FILES = {
    **RUN,
    "build/dev/results/test_b.tap": TAP,
    "build/san/results/test_b.tap": TAP,
    "build/dev/results/unit.xml": JUNIT.replace("test_other", "test_b"),
    "build/san/results/unit.xml": JUNIT.replace("test_other", "test_b"),
    "build/log/outcomes":
        SUITES + "e2e three (dev)\t1\t0\ne2e three (san)\t1\t0\n",
}

failed = []


def want(what, true, seen=""):
    if not true:
        failed.append(f"{what}: {seen}")


@contextlib.contextmanager
def tree(files):
    with tempfile.TemporaryDirectory() as directory:
        top = pathlib.Path(directory)
        for name, text in files.items():
            if text is not None:
                path = top / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        yield top


def asked(top, *arguments):
    """(exit status, what it prints)"""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = conformance.main(arguments, top)
    return status, out.getvalue()


def words_of(top):
    text = (top / "docs/conformance.md").read_text()
    return {ident: "<br>".join(dict.fromkeys(words.values())) or "no test"
            for ident, (_, words, _) in
            conformance.read_document(text).items()}


def try_covers():
    with tree(TREE) as top:
        found = {ident: sorted(map(str, tests))
                 for ident, tests in covers.read_top(top)[0].items()}
    for ident in sorted({*found, *TREE_COVERS}):
        want(ident, found.get(ident) == TREE_COVERS.get(ident),
             found.get(ident))


def try_good_run():
    with tree({**SMALL, **RUN}) as top:
        asked(top, "--begin")
        status, out = asked(top, "--run")
        want("a run without a failure", status == 0, out)
        want("what is written", words_of(top) == WRITTEN, words_of(top))
        for argument in ((), ("--strict",)):
            status, out = asked(top, *argument)
            want(f"afterwards {argument}", status == 0, out)
        before = (top / "docs/conformance.md").read_text()
        asked(top, "--write")
        want("nothing is lost by --write",
             (top / "docs/conformance.md").read_text() == before)


def try_damage(what, changes, said):
    with tree({**SMALL, **RUN, **changes}) as top:
        asked(top, "--begin")
        status, out = asked(top, "--run")
        want(what, status == 1 and said in out, f"{status}, {out}")


def try_change(what, ident, path, more):
    """No outcome outlives what it was of."""
    with tree({**WITH_FILES, **RUN_WITH_FILES}) as top:
        asked(top, "--begin")
        status, out = asked(top, "--run")
        want("a run with tables", status == 0, out)
        before = words_of(top)
        text = (top / path).read_text()
        (top / path).write_text(text + more)
        status, out = asked(top)
        want(f"{what}, not said", status == 1 and ident in out, out)
        asked(top, "--write")
        now = words_of(top)
        want(what, conformance.NOT_SINCE in now[ident], now)
        want(f"{what} alone", {**now, ident: before[ident]} == before, now)
        want(f"{what}, said", asked(top)[0] == 0, asked(top))
        (top / path).write_text(text)
        asked(top, "--write")
        want(f"{what}, not run", words_of(top) == now, words_of(top))
        asked(top, "--run")
        want(f"{what}, run", words_of(top) == before, words_of(top))


def try_change_meanwhile(path):
    """What was changed while it ran is nothing that was run."""
    with tree({**SMALL, **RUN}) as top:
        want("no note of the beginning", asked(top, "--run")[0] == 1)
        asked(top, "--begin")
        text = (top / path).read_text()
        (top / path).write_text(text + "\n")
        status, out = asked(top, "--run")
        want(f"{path} changed meanwhile",
             status == 1 and conformance.NOT_SINCE in out, out)
        (top / path).write_text(text)
        want(f"{path} as it began", asked(top, "--run")[0] == 0)


def try_document():
    """Without a run: what is not known is not said, and what is false found."""
    with tree(SMALL) as top:
        want("no document", asked(top)[0] == 1)
        asked(top, "--write")
        want("nothing ran", words_of(top)["R-005"] == conformance.NOT_SINCE,
             words_of(top))
        want("true all the same", asked(top)[0] == 0, asked(top))
        want("not strictly", asked(top, "--strict")[0] == 1)
        path = top / "docs/conformance.md"
        text = path.read_text()
        for old, new in (("test_a: one", "test_a: another"),
                         ("| R-018 | asks", "| R-018 | wants"),
                         ("| R-019 |", "| R-119 |"),
                         ("none \\| of ours", "a bother"),
                         ("but for this", "")):
            path.write_text(text.replace(old, new))
            want(f"{old} made {new}", text.count(old) == 1
                 and asked(top)[0] == 1, asked(top))


def main():
    try_covers()
    try_good_run()
    for damage in DAMAGES:
        try_damage(*damage)
    for change in CHANGES:
        try_change(*change)
    for path in ("tests/unit/test_a.c", "tests/e2e/one.sh"):
        try_change_meanwhile(path)
    try_document()
    want("no TAP in TAP", outcomes.read_tap("ok 1 - a:b:c: Passed\n1..1\n"
                                            "ok 2 - a:b:d: Passed\n") is None)
    for line in failed:
        print("test_conformance.py:", line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
