"""A small log made by hand, for test_check.py: whole and right, until a test
damages it. Two partitions, three perspectives of five, every kind of answer."""
import base64
import hashlib
import json
import os

import msgpack
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey)
from cryptography.hazmat.primitives.serialization import (
    Encoding, PublicFormat)

NOW = 1795000000000  # cabf-tls/2026-06-15: four remotes, two RIRs
PARTITIONS = 2
# Codes with RIRs, the primary first.
PLACES = (("fra", "ripe"), ("nyc", "arin"), ("sao", "lacnic"), ("sin", "apnic"),
          ("syd", "apnic"), ("jnb", "afrinic"))
REASONS = {"corroborated": "value-found", "disagreed": "value-not-found",
           "error": "dns-servfail"}


def sha(data):
    return hashlib.sha256(data).digest()


def unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class Signer:
    def __init__(self, name, role, perspective=None):
        self.private = Ed25519PrivateKey.generate()
        self.der = self.private.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.id = sha(self.der)
        self.pin = 'key "%s" {\n\trole = %s\n%s\tpublic_key = "%s"\n}\n' % (
            name, role,
            '\tperspective = "%s"\n' % perspective if perspective else "",
            base64.b64encode(self.der).decode())

    def record(self, kind, value):
        data = b"\0".join([b"mpic-record-v1", b"lab", b"test", kind.encode(),
                           b"1", value])
        return ["mpic-signature", unpadded(self.id) + b"." + unpadded(
            self.private.sign(data))]

    def jws(self, value):
        head = unpadded(json.dumps({
            "alg": "EdDSA", "kid": self.id.hex(), "typ": "mpic-decision+jws",
            "mpic": {"deployment": "test", "lab": True, "version": 1}},
            separators=(",", ":")).encode())
        return ["mpic-jws", head + b".." + unpadded(
            self.private.sign(head + b"." + unpadded(value)))]


class SmallLog:
    def __init__(self):
        self.topics = {}
        self.coordinator = Signer("c", "coordinator")
        self.workers = {code: Signer(code, "worker", code)
                        for code, _ in PLACES}
        self.heads = {}
        self.sent = []
        self.resets = []

    def add(self, topic, partition, key, value, headers=(), at_ms=None):
        """Offsets leave gaps, as those of a transactional topic do."""
        records = self.topics.setdefault(topic, [])
        offset = 3 * sum(r["partition"] == partition for r in records)
        records.append({
            "partition": partition, "offset": offset,
            "timestamp": at_ms or NOW + 10 * offset,
            "key": key, "value": value,
            "headers": [list(h) for h in headers]})
        return records[-1]

    def ref(self, record):
        return {"partition": record["partition"], "offset": record["offset"],
                "digest": sha(record["value"])}

    # -- what people and coordinators write

    def ask(self, partition, name, target="good.example", key=None):
        body = {"domain_or_ip_target": target, "check_type": "dcv+caa"}
        if name:
            body = {"request_id": name, **body}
        value = json.dumps(body).encode()
        key = key if key is not None else (name or "").encode() or None
        r = self.add("requests", partition, key, value)
        self.sent.append({"id": name, "partition": partition,
                          "offset": r["offset"], "kind": "request",
                          "digest": sha(value).hex()})
        return r

    def attempt(self, request, name, **more):
        body = {
            "schema_version": 1, "attempt_id": "%032x" % len(
                self.topics.get("attempts", ())), "request_id": name,
            "request": self.ref(request), "number": 1, "gate": "sequential",
            "check_type": "dcv+caa", "domain_or_ip_target": "good.example",
            "rule": {"policy_id": "cabf-tls/2026-06-15", "min_remotes": 4,
                     "remotes": 5, "quorum": 4, "min_rirs": 2,
                     "max_attempts": 2, "early": "deny",
                     "primary_kind": "perspective"},
            "perspectives": [
                {"perspective_code": code, "rir": rir,
                 "role": "remote" if i else "primary",
                 "keys": [self.workers[code].id]}
                for i, (code, rir) in enumerate(PLACES)],
            "planned_at_ms": NOW, "deadline_ms": NOW + 20000,
            "results_from": 0, **more}
        value = msgpack.packb(body)
        record = self.add("attempts", request["partition"], name.encode(),
                          value, [self.coordinator.record("attempt", value)])
        return {"body": body, "record": record, "plan": sha(value)}

    def check(self, a, code, at_ms):
        body = {"request_id": a["body"]["request_id"],
                "attempt_id": a["body"]["attempt_id"],
                "perspective_code": code,
                "role": "primary" if code == "fra" else "remote",
                "plan": a["plan"],
                "results_partition": a["record"]["partition"]}
        value = msgpack.packb(body)
        return self.add("checks." + code, 0, b"k", value,
                        [self.coordinator.record("check", value)], at_ms)

    def result(self, a, code, dcv="corroborated", at_ms=NOW + 200, **more):
        kinds = [
            {"kind": "dcv", "class": dcv, "reason": REASONS[dcv]},
            {"kind": "caa", "class": "corroborated", "reason": "caa-permits",
             "looked_up_ms": NOW + 100}]
        body = {"request_id": a["body"]["request_id"],
                "attempt_id": a["body"]["attempt_id"],
                "perspective_code": code, "plan": a["plan"],
                "finished_ms": NOW + 150, "kinds": kinds, **more}
        value = msgpack.packb(body)
        return self.add("results", a["record"]["partition"], b"k", value,
                        [self.workers[code].record("result", value)], at_ms)

    def decide(self, request, name, chained=True, **more):
        partition = request["partition"]
        number, previous = self.heads.get(partition, (0, None))
        body = {"schema_version": 1, "request_id": name,
                "outcome": "rejected", "is_valid": False,
                "reason": "name-invalid",
                "request": {"partition": partition,
                            "offset": request["offset"],
                            "digest": sha(request["value"]).hex()},
                "partitions": PARTITIONS, "decided_at_ms": NOW, **more}
        if chained:
            body["sequence"] = number + 1
            if previous:
                body["previous"] = previous
        value = json.dumps(body).encode()
        if chained:
            self.heads[partition] = number + 1, sha(value).hex()
        return self.add("decisions", partition, name.encode(), value,
                        [self.coordinator.jws(value)],
                        self.next_decision_ms(partition))

    def next_decision_ms(self, partition):
        n = sum(r["partition"] == partition
                for r in self.topics.get("decisions", ()))
        return NOW + 1000 + n

    # -- the dump

    def write(self, directory):
        for topic, records in self.topics.items():
            with open(os.path.join(directory, topic + ".jsonl"), "w",
                      encoding="utf-8") as f:
                for r in records:
                    f.write(json.dumps({
                        **r, "key": text(r["key"]), "value": text(r["value"]),
                        "headers": [[n, text(v)] for n, v in r["headers"]]}))
                    f.write("\n")
        for name, lines in (("sent", self.sent), ("resets", self.resets)):
            with open(os.path.join(directory, name + ".jsonl"), "w",
                      encoding="utf-8") as f:
                f.writelines(json.dumps(line) + "\n" for line in lines)
        with open(os.path.join(directory, "pins"), "w",
                  encoding="utf-8") as f:
            f.write('lab = yes\ndeployment = "test"\nkafka {\n'
                    "\tpartitions = %d\n}\n" % PARTITIONS)
            f.write(self.coordinator.pin)
            f.writelines(w.pin for w in self.workers.values())


def text(data):
    return None if data is None else base64.b64encode(data).decode()
