#!/usr/bin/env python3
"""Every figure of /metrics: registered, moved by something, and documented.

metrics.py [--write]          docs/metrics.md says what the source registers
                              (--write makes it so), and nothing there is dead
metrics.py PROGRAM FILE       FILE, what that program's /metrics said, holds
                              those figures and no others
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = TOP / "docs/metrics.md"
PROGRAMS = {"mpic-coordinator": "coordinator",
            "mpic-perspective-worker": "perspective-worker"}
COMMON = "common/serve/process.c"
STRING = r'"((?:[^"\\]|\\.)*)"'
CALL = re.compile(
    r'(?:(?:->)?(?P<owner>\w+)\s*=\s*)?(?:metric_only\(\s*)?'
    r'(?:series_set\(metric_series\()?'
    r'metrics_(?P<kind>counter|gauge|histogram)\(\s*m,\s*"(?P<name>\w+)",'
    r'(?P<help>(?:\s*"(?:[^"\\]|\\.)*")+)'
    + r',\s*(?P<labels>NULL|LABELS\([^)]*\)|\w+)')

HEAD = """# Figures

Made by `tests/checks/metrics.py --write` from what the programs register. They stand at `/metrics` of each program's admin port, in
Prometheus' text format. Labels hold codes from small fixed sets, never a name, an address or an id (`common/serve/metrics.h`).
"""


class Figure:
    def __init__(self, found):
        self.name = found["name"]
        self.kind = found["kind"]
        self.owner = found["owner"]
        self.help = "".join(re.findall(STRING, found["help"])).replace(
            '\\"', '"')
        self.labels = re.findall(r'"(\w+)"', found["labels"])
        # Names that only the running program knows.
        self.others = "" if "LABELS" in found["labels"] or \
            found["labels"] == "NULL" else "version, program, libraries"


def figures_of(path):
    text = (TOP / path).read_text()
    found = [Figure(call) for call in CALL.finditer(text)]
    if len(found) != len(re.findall(r"metrics_(?:counter|gauge|histogram)\(",
                                    text)):
        sys.exit(f"{path}: a registration that this script cannot read")
    return found


def of_program(program):
    sources = sorted((TOP / PROGRAMS[program]).glob("*.c"))
    return [figure for path in sources
            for figure in figures_of(path.relative_to(TOP))]


def row(figure):
    labels = ", ".join(figure.labels) or figure.others or "-"
    return f"| `{figure.name}` | {figure.kind} | {labels} | {figure.help} |\n"


def document():
    text = HEAD
    for title, figures in (
            *((f"`{program}`", of_program(program)) for program in PROGRAMS),
            ("Both", figures_of(COMMON))):
        text += f"\n## {title}\n\n| | kind | labels | |\n|---|---|---|---|\n"
        text += "".join(row(figure) for figure in figures)
    return text


def dead():
    """What is registered and never moved, or would be by what nobody calls."""
    for path in sorted({COMMON, *(str(p.relative_to(TOP)) for folder in
                                  PROGRAMS.values()
                                  for p in (TOP / folder).glob("*.c"))}):
        text = (TOP / path).read_text()
        for figure in figures_of(path):
            if figure.owner and len(re.findall(
                    rf"\b{figure.owner}\b(?!\s*=\s*\w*metric)(?=[,)])",
                    text)) == 0:
                yield f"{path}: {figure.name} is never moved"
    for folder in PROGRAMS.values():
        others = "".join(p.read_text() for p in (TOP / folder).glob("*.c")
                         if p.name != "stats.c")
        header = (TOP / folder / "stats.h").read_text()
        for name in re.findall(r"\b(stats_\w+)\(", header):
            if f"{name}(" not in others:
                yield f"{folder}/stats.h: nobody calls {name}()"


def check_document():
    wrong = list(dead())
    text = document()
    if "--write" in sys.argv:
        DOCUMENT.write_text(text)
    if not DOCUMENT.exists() or DOCUMENT.read_text() != text:
        wrong.append("docs/metrics.md is not what tests/checks/metrics.py "
                     "--write makes")
    for line in wrong:
        print(line)
    if not wrong:
        count = sum(map(len, map(of_program, PROGRAMS)))
        print(f"metrics: {count + len(figures_of(COMMON))} figures, each "
              "moved and documented")
    return 1 if wrong else 0


def check_said(program, path):
    """Names, kinds, helps, and of each series the labels."""
    said = pathlib.Path(path).read_text()
    wrong = []
    figures = of_program(program) + figures_of(COMMON)
    helps = dict(re.findall(r"(?m)^# HELP (\w+) (.*)$", said))
    kinds = dict(re.findall(r"(?m)^# TYPE (\w+) (\w+)$", said))
    if set(helps) != {figure.name for figure in figures}:
        wrong.append("not the figures of the source: " + " ".join(sorted(
            set(helps) ^ {figure.name for figure in figures})))
    for figure in figures:
        if (helps.get(figure.name), kinds.get(figure.name)) != \
                (figure.help, figure.kind):
            wrong.append(f"{figure.name} is told otherwise")
        for labels in re.findall(
                rf"(?m)^{figure.name}(?:_bucket)?{{(.*)}} ", said):
            names = [name for name in re.findall(r'(\w+)="', labels)
                     if name != "le"]
            if figure.labels and names != figure.labels:
                wrong.append(f"{figure.name} has labels {names}")
    for line in wrong:
        print(f"{program}: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) == 3:
        sys.exit(check_said(*sys.argv[1:]))
    sys.exit(check_document())
