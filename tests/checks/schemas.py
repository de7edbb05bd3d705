#!/usr/bin/env python3
"""Hold schemas/ to the codec and to itself.

schemas.py MAKE_SCHEMAS: that program's output must be the committed files; the
good JSON vectors must pass their JSON Schema and the bad ones fail it; the
AsyncAPI document must name all topics and point at files that exist.
One line per finding; the exit status says whether there was any.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
TOPICS = {"requests", "attempts", "checks.{perspective}", "results", "decisions",
          "perspectives", "dead-letters"}
# Refused by the decoder for what JSON Schema can't say.
BEYOND_SCHEMA = {
    "request-critical-unknown.json",        # which fields a reader knows
    "request-number-real.json",             # 5.0 is an integer there
    "decision-is-valid-contradicts.json",   # two fields together
    "request-too-many-elements.json",       # the size of the whole
    "request-number-2-to-64.json",          # Python's integers have no end
    "request-text-lone-surrogate.json",     # Python's texts may hold one,
    "request-text-with-nul.json",           # and NUL
}
findings = []


def same_as_made(make_schemas):
    with tempfile.TemporaryDirectory() as made:
        subprocess.run([make_schemas, SCHEMAS / "fields.txt", made], check=True)
        files = sorted(pathlib.Path(made).iterdir())
        if len(files) < 9:
            findings.append(f"make_schemas wrote {len(files)} files only")
        for file in files:
            committed = SCHEMAS / file.name
            if not committed.exists() or committed.read_bytes() != file.read_bytes():
                findings.append(f"{file.name}: not what make_schemas writes")


def strictly(text):
    """The value, or ValueError for what is no JSON or has a key twice."""
    def once(pairs):
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("duplicate key")
        return dict(pairs)

    def no_number(name):
        raise ValueError(name)

    return json.loads(text.decode("utf-8"), object_pairs_hook=once,
                      parse_constant=no_number)


def validators():
    made = {}
    for record in ("request", "decision"):
        schema = json.loads((SCHEMAS / f"{record}.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        made[record] = jsonschema.Draft202012Validator(schema)
    return made


def vectors(kind, validator_of):
    for file in sorted((SCHEMAS / "vectors" / kind).glob("*.json")):
        record = file.name.split("-")[0]
        if record in validator_of:
            yield file, validator_of[record]


def check_vectors():
    validator_of = validators()
    seen = 0
    for file, validator in vectors("good", validator_of):
        seen += 1
        for error in validator.iter_errors(strictly(file.read_bytes())):
            findings.append(f"good/{file.name}: {error.message}")
    for file, validator in vectors("bad", validator_of):
        seen += 1
        try:
            value = strictly(file.read_bytes())
        except (ValueError, RecursionError):
            continue
        if validator.is_valid(value) and file.name not in BEYOND_SCHEMA:
            findings.append(f"bad/{file.name}: passes the schema")
    if seen < 40:
        findings.append(f"{seen} JSON vectors only")


def resolve(document, reference, where):
    """The node a local reference names; a finding when there is none."""
    if not reference.startswith("#/"):
        if not (SCHEMAS / reference.split("#")[0]).exists():
            findings.append(f"asyncapi.yaml: {where}: {reference}: no such file")
        return None
    node = document
    for step in reference[2:].split("/"):
        node = node.get(step) if isinstance(node, dict) else None
    if node is None:
        findings.append(f"asyncapi.yaml: {where}: {reference}: no such node")
    return node


def check_references(document, node, where):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                resolve(document, value, where)
            else:
                check_references(document, value, f"{where}/{key}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            check_references(document, value, f"{where}/{i}")


def check_asyncapi():
    document = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text())
    if not str(document.get("asyncapi")).startswith("3."):
        findings.append("asyncapi.yaml: not version 3")
    check_references(document, document, "")
    addresses = {c["address"] for c in document["channels"].values()}
    if addresses != {"{prefix}" + topic for topic in TOPICS}:
        findings.append(f"asyncapi.yaml: topics are {sorted(addresses)}")
    for name, message in document["components"]["messages"].items():
        cddl = message.get("x-cddl")
        if cddl is not None and not (SCHEMAS / cddl).exists():
            findings.append(f"asyncapi.yaml: {name}: {cddl}: no such file")


def main():
    if len(sys.argv) != 2:
        sys.exit("schemas.py MAKE_SCHEMAS")
    same_as_made(sys.argv[1])
    check_vectors()
    check_asyncapi()
    for finding in findings:
        print(finding)
    print(f"schemas: {len(findings)} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
