"""The log as it was dumped, under read_committed: records and their values.

DIR/<topic>.jsonl: {"partition", "offset", "timestamp", "key", "value",
"headers": [[name, value]...]}, bytes in base64, times in milliseconds.
DIR/sent.jsonl: {"id", "partition", "offset", "digest" (SHA-256 of the value, in
hex), "kind"} per acknowledged record, and "topic" unless it is requests.
DIR/resets.jsonl, if there: {"partition", "at"} per group offset of requests
that was set back by hand.
"""
import base64
import hashlib
import json
import os

import msgpack


class Refused(Exception):
    """Bytes that are no record."""


class Record:
    __slots__ = ("topic", "partition", "offset", "at_ms", "key", "value",
                 "headers", "digest", "body")

    def __init__(self, topic, line):
        raw = json.loads(line)
        self.topic = topic
        self.partition = raw["partition"]
        self.offset = raw["offset"]
        self.at_ms = raw["timestamp"]
        self.key = bytes_of(raw["key"])
        self.value = bytes_of(raw["value"]) or b""
        self.headers = [(name, bytes_of(value))
                        for name, value in raw.get("headers") or []]
        self.digest = hashlib.sha256(self.value).hexdigest()
        self.body = None

    @property
    def at(self):
        return self.partition, self.offset

    def header(self, name):
        """Its only value; None if there is none, or more than one."""
        found = [v for n, v in self.headers if n == name]
        return found[0] if len(found) == 1 else None

    def has(self, name):
        return any(n == name for n, _ in self.headers)


def bytes_of(text):
    return None if text is None else base64.b64decode(text)


def read_topic(directory, topic):
    path = os.path.join(directory, topic + ".jsonl")
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as f:
        for line in f:
            yield Record(topic, line)


def read_sorted(directory, topic):
    return sorted(read_topic(directory, topic), key=lambda r: r.at)


def read_lines(directory, name):
    path = os.path.join(directory, name)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def perspectives(directory):
    """Codes of the perspectives whose checks were dumped."""
    return sorted(name[len("checks."):-len(".jsonl")]
                  for name in os.listdir(directory)
                  if name.startswith("checks.") and name.endswith(".jsonl"))


def only_once(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Refused("a map key is there twice")
    if any(not isinstance(key, str) for key in made):
        raise Refused("a map key is not text")
    return made


def refuse_constant(text):
    raise Refused("%s is no JSON" % text)


def decode_json(value):
    try:
        return json.loads(value.decode("utf-8"), object_pairs_hook=only_once,
                          parse_constant=refuse_constant)
    except (ValueError, RecursionError) as e:
        raise Refused("not JSON: %s" % e) from None


def decode_msgpack(value):
    try:
        return msgpack.unpackb(value, raw=False, strict_map_key=False,
                               object_pairs_hook=only_once)
    except Refused:
        raise
    except Exception as e:  # the library has a dozen of its own
        raise Refused("not MessagePack: %s" % type(e).__name__) from None


def decode(record):
    """A record of the system's own: MessagePack, a Decision also JSON. Digests
    come as hex."""
    json_first = record.value[:1] == b"{"
    body = (decode_json if json_first else decode_msgpack)(record.value)
    if not isinstance(body, dict):
        raise Refused("not a map")
    return hexed(body)


def hexed(value):
    if isinstance(value, bytes) and len(value) == 32:
        return value.hex()
    if isinstance(value, dict):
        return {k: hexed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hexed(v) for v in value]
    return value
