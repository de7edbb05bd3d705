#!/usr/bin/env python3
"""Topics and access rules, from topics.manifest.json to what Kafka takes.

  manifest.py topics    command lines of kafka-topics.sh
  manifest.py acls      command lines of kafka-acls.sh
  manifest.py strimzi   KafkaTopic and KafkaUser resources (JSON is YAML)
  manifest.py apply     runs both kinds of command with java; --classpath

What a deployment has its own of (prefix, partitions, perspectives, ...) stands
in the manifest; options replace it, for tests.
"""
import argparse
import itertools
import json
import os
import re
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = {
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
}
CODE = re.compile(r"[a-z0-9-]{1,32}")


def fail(text):
    sys.exit("manifest: " + text)


def options():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("what", choices=["topics", "acls", "strimzi", "apply"])
    p.add_argument("--manifest", default=HERE + "/topics.manifest.json")
    p.add_argument("--bootstrap", default="localhost:9093")
    p.add_argument("--command-config", help="the tools' client properties")
    p.add_argument("--prefix")
    p.add_argument("--partitions", type=int)
    p.add_argument("--replication", type=int)
    p.add_argument("--perspectives", help="codes, comma between")
    p.add_argument("--cluster", default="mpic", help="for Strimzi's label")
    p.add_argument("--classpath", help="for apply: a file that holds it")
    p.add_argument("--java", default="java")
    return p.parse_args()


def load(o):
    with open(o.manifest, encoding="utf-8") as f:
        m = json.load(f)
    if m.get("version") != 1:
        fail("%s: version is not 1" % o.manifest)
    d = m["deployment"]
    d["prefix"] = o.prefix or d["prefix"]
    d["partitions"] = o.partitions or d["partitions"]
    if o.replication:
        d["replication"] = o.replication
        d["min_insync_replicas"] = min(d["min_insync_replicas"],
                                       max(1, o.replication - 1))
    if o.perspectives:
        d["perspectives"] = [{"code": code, "partitions": d["partitions"]}
                             for code in o.perspectives.split(",")]
    for p in d["perspectives"]:
        if not CODE.fullmatch(p["code"]):
            fail("perspective %r: only a-z 0-9 -" % p["code"])
    return m


def fill(text, d, perspective):
    text = text.replace("{prefix}", d["prefix"])
    if perspective:
        text = text.replace("{perspective}", perspective["code"])
    if "{" in text:
        fail("%r: what is that to be replaced by?" % text)
    return text


def each(m):
    """The entry with every perspective, or once with None."""
    return lambda entry: m["deployment"]["perspectives"] \
        if entry.get("each") == "perspective" else [None]


def topics(m):
    d = m["deployment"]
    for t in m["topics"]:
        for p in each(m)(t):
            count = t["partitions"]
            if count == "P":
                count = d["partitions"]
            elif count == "perspective":
                count = p["partitions"]
            config = dict(t["config"])
            config["min.insync.replicas"] = str(d["min_insync_replicas"])
            yield fill(t["name"], d, p), count, d["replication"], config


def names_of(m, role, perspective):
    d = m["deployment"]
    return [fill(name, d, perspective) for name in m["principals"][role]]


def rules(m):
    """(names, resource, pattern, resource names, operations) of each rule."""
    for a in m["acls"]:
        for p in each(m)(a):
            yield (names_of(m, a["role"], p), a["resource"],
                   a.get("pattern", "literal"),
                   [fill(n, m["deployment"], p) for n in a["names"]],
                   a["operations"])


def client(o):
    line = ["--bootstrap-server", o.bootstrap]
    if o.command_config:
        line += ["--command-config", o.command_config]
    return line


def topic_commands(m, o):
    for name, partitions, replication, config in topics(m):
        line = ["kafka-topics.sh"] + client(o)
        line += ["--create", "--if-not-exists", "--topic", name,
                 "--partitions", str(partitions),
                 "--replication-factor", str(replication)]
        for key, value in sorted(config.items()):
            line += ["--config", "%s=%s" % (key, value)]
        yield line


def merged(m):
    """Rules as few: a tool takes a second to start.  Those that differ only
    in who, then those that differ only in what, become one."""
    by_what, by_who = {}, {}
    for who, resource, pattern, names, operations in rules(m):
        key = resource, pattern, tuple(names), tuple(operations)
        by_what.setdefault(key, []).extend(who)
    for (resource, pattern, names, operations), who in by_what.items():
        key = tuple(who), pattern, operations
        by_who.setdefault(key, []).extend((resource, n) for n in names)
    return by_who.items()


def acl_commands(m, o):
    principal = m["deployment"]["principal"]
    for (who, pattern, operations), what in merged(m):
        line = ["kafka-acls.sh"] + client(o) + ["--add", "--force"]
        for name in who:
            line += ["--allow-principal", principal.replace("{name}", name)]
        for resource, name in what:
            line += ["--" + resource, name]
        line += ["--resource-pattern-type", pattern]
        for operation in operations:
            line += ["--operation", operation]
        yield line


def strimzi(m, o):
    label = {"strimzi.io/cluster": o.cluster}
    for name, partitions, replication, config in topics(m):
        yield {"apiVersion": "kafka.strimzi.io/v1",
               "kind": "KafkaTopic",
               "metadata": {"name": name, "labels": label},
               "spec": {"partitions": partitions, "replicas": replication,
                        "config": config}}
    users = {}
    for who, resource, pattern, names, operations in rules(m):
        kind = {"type": resource.replace("transactional-id",
                                         "transactionalId"),
                "patternType": {"prefixed": "prefix"}.get(pattern, pattern)}
        for user, name in itertools.product(who, names):
            users.setdefault(user, []).append(
                {"resource": dict(kind, name=name),
                 "operations": operations})
    for user, acls in users.items():
        yield {"apiVersion": "kafka.strimzi.io/v1",
               "kind": "KafkaUser",
               "metadata": {"name": user, "labels": label},
               "spec": {"authentication": {"type": "tls"},
                        "authorization": {"type": "simple", "acls": acls}}}


def apply(m, o):
    with open(o.classpath, encoding="utf-8") as f:
        classpath = f.read().strip()
    jvm = [o.java, "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
           "-XX:-UsePerfData", "-Dlog4j2.configurationFile=" + HERE +
           "/log4j2-tools.properties", "-cp", classpath]
    done = 0
    for line in itertools.chain(topic_commands(m, o), acl_commands(m, o)):
        run = subprocess.run(jvm + [PROGRAMS[line[0]]] + line[1:],
                             stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, timeout=120, check=False)
        if run.returncode != 0:
            fail("%s\n%s%s" % (shlex.join(line), run.stdout, run.stderr))
        done += 1
    print("manifest: %d commands applied" % done)


def main():
    o = options()
    m = load(o)
    if o.what == "apply":
        if not o.classpath:
            fail("apply wants --classpath")
        apply(m, o)
    elif o.what == "strimzi":
        for resource in strimzi(m, o):
            print("---\n" + json.dumps(resource, indent=2))
    else:
        commands = topic_commands if o.what == "topics" else acl_commands
        for line in commands(m, o):
            print(shlex.join(line))


main()
