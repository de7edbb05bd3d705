#!/usr/bin/python3
"""Dump topics for check.py, as a read_committed consumer sees them.

  dump.py DIR KCAT-CONFIG PREFIX TOPIC...

Writes DIR/TOPIC.jsonl (records.py says how) through kcat, which frames by
length, so that any bytes come through; of header values those without a
newline or ",NAME=", as all of the product's are.
"""
import base64
import json
import os
import re
import subprocess
import sys

FORMAT = "%p %o %T %K %S\\n%k%s\\n%h\\n"
READ = ("isolation.level=read_committed", "fetch.wait.max.ms=20",
        "fetch.message.max.bytes=10000000")


def text(data):
    return None if data is None else base64.b64encode(data).decode()


def take(f, length):
    return None if length < 0 else f.read(length)


def read_headers(line):
    """kcat writes them n=v,n=v."""
    names = re.split(rb"(?:^|,)([A-Za-z0-9._-]+)=", line)
    return [[name.decode(), text(value)]
            for name, value in zip(names[1::2], names[2::2])]


def read_records(f):
    for line in iter(f.readline, b""):
        partition, offset, at, key, value = map(int, line.split())
        record = {"partition": partition, "offset": offset, "timestamp": at,
                  "key": text(take(f, key)), "value": text(take(f, value))}
        f.readline()
        record["headers"] = read_headers(f.readline().rstrip(b"\n"))
        yield record


def dump(directory, config, topic, name):
    command = ["kcat", "-F", config, "-C", "-t", topic, "-o", "beginning",
               "-e", "-q", "-f", FORMAT]
    for setting in READ:
        command += ["-X", setting]
    path = os.path.join(directory, name + ".jsonl")
    with subprocess.Popen(command, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as kcat, \
            open(path, "w", encoding="utf-8") as out:
        n = 0
        for n, record in enumerate(read_records(kcat.stdout), 1):
            out.write(json.dumps(record) + "\n")
        said = kcat.stderr.read().decode(errors="replace")
    if kcat.returncode != 0:
        sys.exit("dump.py: %s: %s" % (topic, said.strip()[-300:]))
    return n


def main():
    directory, config, prefix = sys.argv[1:4]
    for name in sys.argv[4:]:
        print("%s %d" % (name, dump(directory, config, prefix + name, name)))


if __name__ == "__main__":
    main()
