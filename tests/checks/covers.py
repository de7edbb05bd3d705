"""Which test covers which id: read from the tests themselves, by where an id
stands (R-numbers, and the ids of conformance.table).

- C (tests/unit, tests/integration): what stands in a START_TEST, in a comment
  right above it (no blank line between) or in its name (r031_r033_...), is for
  that test. What stands in a table of the file, in a row or in a comment at or
  above its rows, is for every test that uses the table, by itself or through
  functions, macros and tables of the same file; if tests are looped over the
  table (tcase_add_loop_test with its COUNT), for these alone. A function that
  one test alone uses is part of that test. Nothing else counts: not the head
  of the file, not a heading with a blank line below it, not a function that
  tests share.
- tests/fixtures/*.table: a row's own text, or the comment right above rows, up
  to the next comment or blank line; for the tests that open the table or name
  it in the comment above them, or else the scripts of tests/e2e that do, by way
  of other scripts too. The comment that the file begins with does not count.
- Scripts and Python (tests/e2e, and what these run): a comment or docstring
  that begins with ids, "R-089, boulder-X10: why", where it is looked at; for
  the script of tests/e2e.
- Fuzz targets have one purpose: the comment that the file begins with.
"""
import collections
import hashlib
import re

IDS = re.compile(r"\bR-\d{3}\b|\bopenmpic-W?\d+\b"
                 r"|\bboulder-[A-Z]\d\d(?:,? [A-Z]\d\d\b)*")
TOKEN = re.compile(r"""(?P<comment>/\*.*?\*/|//[^\n]*)
	|(?P<directive>^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
	|(?P<string>"(?:\\.|[^"\\\n])*")
	|(?P<char>'(?:\\.|[^'\\\n])+')
	|(?P<word>[A-Za-z_]\w*)
	|(?P<mark>[^\s\w])""", re.X | re.S | re.M)
ONE_ID = r"(?:R-\d{3}|openmpic-W?\d+|boulder-[A-Z]\d\d)"
AT_FRONT = re.compile(rf'^\s*(?:#|""")\s*({ONE_ID}(?:,? {ONE_ID})*)(?::|$)',
                      re.M)
LOOP = re.compile(r"tcase_add_loop_test\(\s*\w+,\s*(\w+),\s*0,"
                  r"\s*COUNT\((\w+)\)\s*\)")
NO_TYPES = {"return", "sizeof", "else", "case", "goto"}
IN_NAME = re.compile(r"(?:r\d{3}_)+")

Token = collections.namedtuple("Token", "kind text line last")
# kind: test, function, table, macro or other; words: what it mentions.
Chunk = collections.namedtuple("Chunk", "kind name above tokens words strings")


class Test(collections.namedtuple("Test", "program function row")):
    """A test as a run tells of it: a Check program's function, or a script or
    fuzz target (no function). Row: which row of a table, if it has a name."""

    def __str__(self):
        name = f"{self.program}: {self.function}" if self.function \
            else self.program
        return f"{name} ({self.row})" if self.row else name


def ids_in(text):
    for found in IDS.findall(text):
        if found.startswith("boulder-"):
            for case in re.findall(r"[A-Z]\d\d", found):
                yield "boulder-" + case
        else:
            yield found


# -- C

def tokens_of(text):
    line, at = 1, 0
    for found in TOKEN.finditer(text):
        line += text.count("\n", at, found.start())
        at = found.start()
        last = line + found[0].count("\n")
        yield Token(found.lastgroup, found[0], line, last)


def ends_chunk(token, depth, head):
    """A function ends with its brace, everything else with its semicolon."""
    if depth != 0:
        return False
    return token.text == ";" or token.text == "}" and is_function(head)


def is_function(head):
    """What stands at depth 0 ends a parameter list before the first brace."""
    at = head.index("{")
    return at > 0 and head[at - 1] == ")"


def name_of(head):
    """(kind, name) by the texts that stand outside of all braces."""
    if head[0] == "START_TEST":
        return "test", head[2]
    if "{" not in head:
        return "other", ""
    if is_function(head):
        return "function", head[head.index("(") - 1]
    if "=" not in head:
        return "other", ""
    left, nested = [], 0
    for text in head[:head.index("=")]:
        nested += (text in "[(") - (text in "])")
        if nested == 0 and re.fullmatch(r"\w+", text):
            left.append(text)
    return "table", left[-1] if left else ""


def words_of(tokens):
    """Names of the file's that may be meant: no members, nothing that is
    declared on the spot."""
    code = [t for t in tokens if t.kind != "comment"]
    words, local = set(), set()
    for i, token in enumerate(code):
        if token.kind != "word":
            continue
        before = [t.text for t in code[max(i - 2, 0):i]]
        if before[-1:] == ["."] or before == ["-", ">"]:
            continue
        words.add(token.text)
        type_ = code[i - (2 if before[-1:] == ["*"] else 1)]
        after = code[i + 1].text if i + 1 < len(code) else ""
        if i > 1 and type_.kind == "word" and type_.text not in NO_TYPES \
                and after in ("[", "=", ";", ",", ")"):
            local.add(token.text)
    return words - local


def chunk_of(tokens, head, above):
    kind, name = name_of(head)
    words = words_of(tokens)
    strings = [t.text for t in tokens if t.kind == "string"]
    return Chunk(kind, name, above, tokens, words, strings)


def macro_of(token):
    text = re.sub(r"/\*.*?\*/", "", token.text, flags=re.S)
    found = re.match(r"\s*#\s*define\s+(\w+)(.*)", text, re.S)
    if not found:
        return None
    strings = re.findall(r'"(?:\\.|[^"\\])*"', found[2])
    words = set(re.findall(r"[A-Za-z_]\w*",
                           re.sub(r'"(?:\\.|[^"\\])*"', "", found[2])))
    return Chunk("macro", found[1], [], [token], words, strings)


def touching(comments, line):
    """Those that end right above the line, one right above the other."""
    taken = []
    for comment in reversed(comments):
        if comment.last != line - 1:
            break
        taken.insert(0, comment)
        line = comment.line
    return taken


def chunks_of(text):
    """The file's functions, tables, tests and macros."""
    found, tokens, head, comments, depth = [], [], [], [], 0
    for token in tokens_of(text):
        if token.kind == "directive":
            macro = macro_of(token)
            found += [macro] if macro else []
        elif token.kind == "comment":
            (tokens if tokens else comments).append(token)
        elif tokens or token.text != "END_TEST":
            if depth == 0 or token.text == "}" and depth == 1:
                head.append(token.text)
            tokens.append(token)
            depth += (token.text == "{") - (token.text == "}")
            if ends_chunk(token, depth, head):
                above = touching(comments, tokens[0].line)
                found.append(chunk_of(tokens, head, above))
                tokens, head, comments = [], [], []
    return found


def reach(chunk, by_name):
    """The chunk, and all that it uses of its file, whichever way."""
    seen, todo = [], [chunk]
    while todo:
        one = todo.pop()
        if any(one is other for other in seen):
            continue
        seen.append(one)
        for word in sorted(one.words):
            todo += by_name.get(word, [])
    return seen


def row_name(text):
    """What stands beside the ids."""
    text = re.sub(r"\([\s,]*\)", "", IDS.sub("", text))
    return re.sub(r"\s+", " ", text.replace('\\"', "'")).strip(" ,:;")


def table_ids(chunk):
    """(id, row): rows are named by the string that has the id, or by the words
    of a comment among them."""
    for token in chunk.above:
        yield from ((ident, "") for ident in ids_in(token.text))
    for token in chunk.tokens:
        if token.kind == "comment":
            name = row_name(token.text[2:-2])
            yield from ((ident, name) for ident in ids_in(token.text))
        elif token.kind == "string":
            name = row_name(token.text[1:-1])
            yield from ((ident, name) for ident in ids_in(token.text))


def own_ids(chunk):
    """What stands above, in, or in the name of a test or a part of one."""
    found = IN_NAME.match(chunk.name)
    for number in re.findall(r"\d{3}", found[0] if found else ""):
        yield "R-" + number
    for token in chunk.above + chunk.tokens:
        if token.kind in ("comment", "string"):
            yield from ids_in(token.text)


def files_named(chunk):
    """Tables of tests/fixtures: in a string, or in a comment above a test."""
    texts = chunk.strings + [t.text for t in chunk.above
                             if chunk.kind == "test"]
    return {name for text in texts
            for name in re.findall(r"\b[\w-]+\.(?:table|cases)\b", text)}


def read_c(program, text):
    """([(id, Test)], {name of a table that it opens: [Test]})"""
    chunks, by_name = chunks_of(text), {}
    for chunk in chunks:
        if chunk.kind != "test":
            by_name.setdefault(chunk.name, []).append(chunk)
    reached = [(chunk, reach(chunk, by_name)) for chunk in chunks
               if chunk.kind == "test"]
    loops = {}
    for function, table in LOOP.findall(text):
        loops.setdefault(table, set()).add(function)
    users = collections.Counter(id(one) for _, all_ in reached for one in all_)
    covers, opens = [], {}
    for chunk, all_ in reached:
        test = Test(program, chunk.name, "")
        for one in all_:
            part = test._replace(row="" if one is chunk else one.name)
            if one.kind == "table" and \
                    chunk.name in loops.get(one.name, {chunk.name}):
                covers += [(ident, test._replace(row=row))
                           for ident, row in table_ids(one)]
            elif users[id(one)] == 1 and one.kind in ("test", "function"):
                covers += [(ident, part) for ident in own_ids(one)]
            for name in files_named(one):
                opens.setdefault(name, []).append(test)
    return covers, opens


# -- tables of tests/fixtures

def read_table(name, text):
    """(id, row) of comments right above rows, and of rows by their name."""
    comment, head = [], True
    for line in text.splitlines():
        if line.startswith("#"):
            comment.append(line.lstrip("#- "))
            continue
        heading = " ".join(comment) if line and not head else ""
        title = row_name(heading.split(" (")[0])
        for ident in ids_in(heading):
            yield ident, f"{name}: {title}"
        for ident in ids_in(line):
            yield ident, f"{name}: {line.split()[0]}"
        comment, head = [], False


# -- scripts

def naming(texts):
    """{path: paths of those that name it}: as its folder and itself, or itself
    alone where they are in the same folder."""
    found = {}
    for path in texts:
        folder, name = re.escape(path.parent.name), re.escape(path.name)
        near = re.compile(rf"(?:(?<![\w./-])|\$\w+/){name}(?![\w.-])")
        far = re.compile(rf"\b{folder}/{name}(?![\w.-])")
        found[path] = {other for other, text in texts.items()
                       if other != path and
                       (near if other.parent == path.parent else far)
                       .search(text)}
    return found


def run_by(path, named):
    """{Test: script} of tests/e2e that use the file, by way of others too."""
    seen, todo = set(), [path]
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            todo += named.get(one, ())
    return {Test(one.name, "", ""): one for one in seen
            if one.parent.name == "e2e" and one.suffix == ".sh"}


def said_to_cover(text):
    for front in AT_FRONT.findall(text):
        yield from ids_in(front)


# -- all of them

def digest_of(top, paths):
    """Of their names and what is in them."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(top)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def read_top(top):
    """({id: {Test}}, {program: digest of its file and of those that say which
    ids it covers})"""
    found, files, opens, tests = {}, {}, {}, top / "tests"

    def add(ident, test, *paths):
        found.setdefault(ident, set()).add(test)
        files.setdefault(test.program, set()).update(paths)

    for path in sorted([*tests.glob("unit/test_*.c"),
                        *tests.glob("integration/test_*.c")]):
        covers, tables = read_c(path.stem, path.read_text())
        for ident, test in covers:
            add(ident, test, path)
        for name, users in tables.items():
            opens.setdefault(name, {}).update(dict.fromkeys(users, path))
    for path in sorted(tests.glob("fuzz/fuzz_*.c")):
        head = next(tokens_of(path.read_text()), None)
        if head and head.kind == "comment":
            for ident in ids_in(head.text):
                add(ident, Test(path.stem, "", ""), path)
    others = {path: path.read_text(errors="replace")
              for path in sorted(tests.rglob("*"))
              if path.suffix in (".sh", ".py", ".table", ".cases")
              and not path.is_relative_to(tests / "checks")}
    named = naming(others)
    for path, text in others.items():
        if path.suffix in (".table", ".cases"):
            users = opens.get(path.name) or run_by(path, named)
            for ident, row in read_table(path.name, text):
                for test, file in users.items():
                    add(ident, test._replace(row=row), file, path)
        else:
            for ident in said_to_cover(text):
                for test, file in run_by(path, named).items():
                    add(ident, test, file, path)
    return found, {program: digest_of(top, paths)
                   for program, paths in files.items()}
