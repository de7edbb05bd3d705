"""How the tests ended in the last full run of tests/run.sh, which removes what
earlier runs left of this before it starts:

- build/PRESET/results/PROGRAM.tap: Check's word on each function of a program,
  or PROGRAM.tap.N of one that runs several processes side by side
- build/PRESET/results/LABEL.xml: ctest's on each program, as JUnit has it
- build/log/outcomes: tests/run.sh's on each suite: name, passed, failed
- build/log/fuzz/TARGET.code: a fuzz target's exit status
- build/log/begun: the tests' files as they were when it began (conformance.py)

A test passed if it ran in each build that it has to and in none it failed.
"""
import re
import xml.etree.ElementTree as ElementTree

BUILDS = ("dev", "san")
DEV_ONLY = "# Runs with the dev build only."
PASSED, FAILED, NOT_RUN = "passed", "failed", "did not run"
LINE = re.compile(r"(not )?ok (\d+) - [^:]*:[^:]*:(\w+): ")


def read_tap(text):
    """{function: passed}, or None: it did not come to its end, or is no TAP."""
    found, count, plan = {}, 0, None
    for line in text.splitlines():
        ended = LINE.match(line)
        if ended and plan is None and int(ended[2]) == count + 1:
            count += 1
            found[ended[3]] = found.get(ended[3], True) and not ended[1]
        elif re.fullmatch(r"1\.\.\d+", line) and plan is None:
            plan = int(line[3:])
        elif re.match(r"(not )?ok\b", line) or plan is not None:
            return None
    return found if plan == count > 0 else None


def read_taps(texts):
    """The same of all together: None if one of them is, or there is none."""
    found = {}
    for text in texts:
        one = read_tap(text)
        if one is None:
            return None
        for function, good in one.items():
            found[function] = found.get(function, True) and good
    return found or None


def read_junit(text):
    """{program: passed}"""
    found = {}
    for case in ElementTree.fromstring(text).iter("testcase"):
        good = case.get("status") == "run" and case.find("failure") is None
        found[case.get("name")] = found.get(case.get("name"), True) and good
    return found


def read_suites(text):
    """{suite: passed}"""
    found = {}
    for line in text.splitlines():
        name, good, bad = line.split("\t")
        passed = int(good) > 0 and int(bad) == 0
        found[name] = found.get(name, True) and passed
    return found


def text_of(path):
    return path.read_text(errors="replace") if path.exists() else ""


class Build:
    """What ctest ran of one preset."""

    def __init__(self, path):
        self.path = path
        self.programs, self.taps = {}, {}
        for file in sorted(path.glob("results/*.xml")):
            for program, good in read_junit(text_of(file)).items():
                good = good and self.programs.get(program, True)
                self.programs[program] = good

    def outcome(self, program, function):
        if program not in self.programs:
            return NOT_RUN
        if program not in self.taps:
            self.taps[program] = read_taps(
                text_of(path) for path in
                sorted(self.path.glob(f"results/{program}.tap*")))
        tap = self.taps[program]
        if not self.programs[program] or tap is None:
            return FAILED
        if function not in tap:
            return NOT_RUN
        return PASSED if tap[function] else FAILED


class Run:
    def __init__(self, top):
        self.e2e = top / "tests/e2e"
        self.log = top / "build/log"
        self.suites = read_suites(text_of(self.log / "outcomes"))
        self.builds = {path.parent.name: Build(path.parent)
                       for path in sorted(top.glob("build/*/results"))}
        for name in BUILDS:
            self.builds.setdefault(name, Build(top / "build" / name))

    def function(self, test):
        """{build: how it ended}: where it has to run, and wherever it did."""
        return {name: build.outcome(test.program, test.function)
                for name, build in self.builds.items()
                if name in BUILDS or test.program in build.programs}

    def script(self, test):
        text = text_of(self.e2e / test.program).splitlines()
        names = BUILDS[:1] if DEV_ONLY in text else BUILDS
        suite = "e2e " + test.program.removesuffix(".sh")
        return {name: {None: NOT_RUN, True: PASSED, False: FAILED}[
                    self.suites.get(f"{suite} ({name})")] for name in names}

    def target(self, test):
        code = text_of(self.log / f"fuzz/{test.program}.code").strip()
        return {"fuzz": PASSED if code == "0" else FAILED if code else NOT_RUN}

    def outcome(self, test):
        """(passed, words): the words name no build that may be left out."""
        ended = self.function(test) if test.function \
            else self.script(test) if test.program.endswith(".sh") \
            else self.target(test)
        words = [f"**{how}** ({', '.join(n for n in ended if ended[n] == how)})"
                 for how in (FAILED, NOT_RUN) if how in ended.values()]
        if words:
            return False, ", ".join(words)
        required = [n for n in ended if n in (*BUILDS, "fuzz")]
        return True, f"{PASSED} ({', '.join(sorted(required))})"
