"""What each record of `requests` is: whose, whether it is at home, and what
answer it must get (promise 1). Written from schemas/README.md and the promise,
not from the product."""
import math
import re

from records import Refused, decode_json, decode_msgpack

REQUEST_MAX = 65536
ELEMENTS_MAX = 4096
DEPTH_MAX = 10
ID_MAX = 128
JSON_TYPES = ("application/json",)
MSGPACK_TYPES = ("application/msgpack", "application/x-msgpack",
                 "application/vnd.msgpack")


def murmur2(data):
    """As org.apache.kafka.common.utils.Utils.murmur2, as 32 bits."""
    m, mask = 0x5bd1e995, 0xffffffff
    h = 0x9747b28c ^ len(data)
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def home_of(name, partitions):
    return (murmur2(name) & 0x7fffffff) % partitions


def is_good_id(name):
    return (name is not None and 0 < len(name) <= ID_MAX and
            all(0x20 < c < 0x7f for c in name))


def walk(value, level, floats):
    """Elements in it, keys counted; refuses what no request may hold."""
    if isinstance(value, (dict, list)):
        if level == DEPTH_MAX:
            raise Refused("nested too deep")
        inner = list(value.values()) if isinstance(value, dict) else value
        keys = list(value) if isinstance(value, dict) else []
        return 1 + sum(walk(k, level + 1, floats) for k in keys) + sum(
            walk(v, level + 1, floats) for v in inner)
    if isinstance(value, str):
        value.encode("utf-8")  # a lone surrogate is a ValueError
        if "\0" in value:
            raise Refused("a text holds a NUL")
    elif isinstance(value, float):
        if not floats or math.isinf(value):
            raise Refused("a number that is not one of ours")
    elif isinstance(value, int):
        if not -2 ** 63 <= value < (2 ** 63 if floats else 2 ** 64):
            raise Refused("a number does not fit")
    elif not isinstance(value, (bytes, type(None))):
        raise Refused("an extension type")
    return 1


def body_of(record):
    """The map that the record is, or Refused: then it is a dead letter's."""
    value = record.value
    if len(value) > REQUEST_MAX:
        raise Refused("larger than allowed")
    given = [v for n, v in record.headers if n == "content-type"]
    media = (given[0] or b"").split(b";")[0].rstrip(b" ").lower() \
        if given else b""
    media = media.decode("latin-1")
    if not media:
        is_json = value.lstrip(b" \t\r\n")[:1] == b"{"
    elif media in JSON_TYPES + MSGPACK_TYPES:
        is_json = media in JSON_TYPES
    else:
        raise Refused("another content type")
    body = decode_json(value) if is_json else decode_msgpack(value)
    if not isinstance(body, dict):
        raise Refused("not a map")
    try:
        if walk(body, 0, is_json) > ELEMENTS_MAX:
            raise Refused("too many elements")
    except ValueError:
        raise Refused("a text is not UTF-8") from None
    return body


class Asked:
    """One record of `requests`."""

    def __init__(self, record, partitions):
        self.record = record
        self.forwarded_from = None  # (partition, offset, timestamp)
        self.id = None
        self.fate = None      # dead-letter | forward | work
        self.why = None
        try:
            self.body = body_of(record)
        except Refused as e:
            self.body = None
            self.fate, self.why = "dead-letter", str(e)
            return
        if record.has("mpic-forwarded") and not self.read_mark():
            self.fate, self.why = "dead-letter", "no mark of ours"
            return
        self.resolve_id()
        home = home_of(self.id, partitions)
        if not is_good_id(self.id) or home == record.partition:
            self.fate = "work"
        elif self.forwarded_from is None:
            self.fate, self.home = "forward", home
        else:
            self.fate, self.why = "dead-letter", "misrouted"

    def read_mark(self):
        mark = self.record.header("mpic-forwarded")
        number = rb"(0|[1-9][0-9]{0,18})"
        found = mark is not None and re.fullmatch(
            b"/".join([number] * 3), mark)
        if found:
            self.forwarded_from = tuple(map(int, found.groups()))
        return bool(found)

    def resolve_id(self):
        """What is no text that could be an id is as if it were not there."""
        given = self.body.get("request_id")
        if isinstance(given, str) and len(given.encode()) <= ID_MAX:
            self.id = given.encode()
        elif is_good_id(self.record.key):
            self.id = self.record.key
        else:
            self.id = b"r-%d-%d" % self.record.at
