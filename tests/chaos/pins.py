"""Who may sign what: read from a program's settings file, where the pins are.

Any settings file of the deployment that has `deployment`, `lab`, the `key`
sections and, for the coordinator's, `kafka { partitions }` will do.
"""
import base64
import hashlib
import json
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PublicKey)

SPKI_HEAD = bytes.fromhex("302a300506032b6570032100")  # RFC 8410
UNITS = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000}


def unbase64url(text):
    raw = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != text:
        raise ValueError("not the one spelling of base64url")
    return raw


class Key:
    def __init__(self, name, role, perspective, text):
        der = base64.b64decode("".join(
            line for line in text.splitlines() if not line.startswith("-")))
        if len(der) != 44 or not der.startswith(SPKI_HEAD):
            raise ValueError("key %s is not Ed25519" % name)
        self.id = hashlib.sha256(der).hexdigest()
        self.role = role
        self.perspective = perspective
        self.public = Ed25519PublicKey.from_public_bytes(der[12:])

    def verifies(self, signature, data):
        try:
            self.public.verify(signature, data)
            return True
        except InvalidSignature:
            return False


class Pins:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            text = "\n".join(line for line in f.read().splitlines()
                             if not line.lstrip().startswith("#"))
        self.keys = {}
        for name, body in re.findall(r'^key\s+"([^"]+)"\s*\{([^}]*)\}', text,
                                     re.M):
            key = self.read_key(name, body)
            self.keys[key.id] = key
        if not self.keys:
            raise ValueError("%s pins no key" % path)
        self.deployment = word(text, "deployment", None)
        if self.deployment is None:
            raise ValueError("%s names no deployment" % path)
        self.lab = word(text, "lab", "no") in ("yes", "true", "on")
        self.partitions = int(word(section(text, "kafka"), "partitions", "12"))
        requests = section(text, "requests")
        self.window_ms = duration(word(requests, "duplicate_window", "15m"))
        self.valid_ms = duration(word(section(text, "decisions"), "valid",
                                      "1h"))

    @staticmethod
    def read_key(name, body):
        public = word(body, "public_key", None)
        if public is None:
            with open(word(body, "public_key_file", ""),
                      encoding="ascii") as f:
                public = f.read()
        return Key(name, word(body, "role", None),
                   word(body, "perspective", None), public)

    def signer(self, record, kind):
        """Of an mpic-signature: the pinned key that made it, or None."""
        header = record.header("mpic-signature")
        try:
            key_id, signature = map(unbase64url, header.split(b"."))
        except (AttributeError, ValueError):
            return None
        key = self.keys.get(key_id.hex())
        head = ("mpic-record-v1", "lab" if self.lab else "prod",
                self.deployment, kind, "1", "")
        data = "\0".join(head).encode() + record.value
        return key if key is not None and key.verifies(signature,
                                                       data) else None

    def is_by_coordinator(self, record, kind):
        key = self.signer(record, kind)
        return key is not None and key.role == "coordinator"

    def jws_fault(self, record):
        """Of a decision: why its JWS does not hold, or None."""
        header = record.header("mpic-jws")
        try:
            head, nothing, signature = header.split(b".")
            given = unbase64url(head)
            key = self.keys[json.loads(given)["kid"]]
            signature = unbase64url(signature)
        except (AttributeError, KeyError, TypeError, ValueError):
            return "carries no JWS by a key that is pinned"
        if key.role != "coordinator" or nothing:
            return "is signed by a key that is no coordinator's"
        want = json.dumps({
            "alg": "EdDSA", "kid": key.id, "typ": "mpic-decision+jws",
            "mpic": {"deployment": self.deployment, "lab": self.lab,
                     "version": 1}}, separators=(",", ":")).encode()
        if given != want:
            return "has another protected header: %r" % given[:200]
        payload = base64.urlsafe_b64encode(record.value).rstrip(b"=")
        if not key.verifies(signature, head + b"." + payload):
            return "has a signature that does not hold"
        return None


def section(text, name):
    found = re.search(r"^%s\s*\{([^{}]*)\}" % name, text, re.M)
    return found.group(1) if found else ""


def word(text, name, otherwise):
    found = re.search(r'^\s*"?%s"?\s*=\s*(?:"([^"]*)"|([^\s{}"]+))' % name,
                      text, re.M)
    return otherwise if found is None else found.group(1) or found.group(2)


def duration(text):
    number, unit = re.fullmatch(r"(\d+)\s*(ms|s|m|h|d)", text).groups()
    return int(number) * UNITS[unit]
