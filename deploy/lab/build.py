#!/usr/bin/env python3
"""Write the files of a laboratory Internet; lab.sh runs the servers.

build.py DIR BLOCK VIEWS V6 [--peers]: signed zones, nsd and nginx
configurations, root hints and trust anchors for every view, DIR/env (KEY=VALUE)
and DIR/servers ("name address command..." a line), all from zones.table, zones/,
values and web/nginx.conf beside this file; V6 is yes where this host has the
IPv6 addresses; with --peers also servers of other makes.
"""
import concurrent.futures
import hashlib
import ipaddress
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import time

import peers

HERE = pathlib.Path(__file__).resolve().parent
PSL = pathlib.Path("/usr/share/publicsuffix/public_suffix_list.dat")
DAY = 86400
NAME = re.compile(r"@([A-Z][A-Z0-9_]*)@")
REVERSE6 = ".8.b.d.0.1.0.0.2.ip6.arpa"
REPEAT = re.compile(r"@REPEAT (\d+)@ (.*)")

# Ways that name the key's algorithm; all others use ECDSA P-256.
ALGORITHMS = {"rsa-sha256": "RSASHA256", "rsa-sha512": "RSASHA512",
              "ed25519": "ED25519"}
SIGNED = set(ALGORITHMS) | {
    "nsec", "nsec3", "nsec3-optout", "bad-signature", "bad-signature3",
    "expired", "future", "wrong-ds", "missing-ds"}
WITHOUT_DS = {"unsigned", "missing-ds", "lame", "hostile"} | peers.WITHOUT_DS
ELSEWHERE = {"lame", "hostile", "guest"} | peers.WAYS
WAYS = SIGNED | ELSEWHERE | {"unsigned", "unsigned-with-ds"}

# For tls-alpn-01, by name: what the certificate is for, whose digest it has,
# and whether that extension is critical.
ACME_IDENTIFIER = "1.3.6.1.5.5.7.1.31"
ALPN = {
    "alpn-good.lab": ("DNS:alpn-good.lab", "ALPN_HASH", True),
    "alpn-wrong.lab": ("DNS:alpn-wrong.lab", "WRONG_ALPN_HASH", True),
    "alpn-two-names.lab": ("DNS:alpn-two-names.lab,DNS:alpn-good.lab",
                           "ALPN_HASH", True),
    "alpn-not-critical.lab": ("DNS:alpn-not-critical.lab", "ALPN_HASH",
                              False),
    "alpn-split.lab": ("DNS:alpn-split.lab", "ALPN_HASH", True),
    "alpn-none.lab": ("DNS:alpn-none.lab", "ALPN_HASH", True),
}
ALPN_PEERS = {
    "openssl.lab": ("DNS:openssl.lab", "ALPN_HASH", True),
    "openssl-wrong.lab": ("DNS:openssl-wrong.lab", "WRONG_ALPN_HASH", True),
}


class Refused(Exception):
    """A mistake in what others wrote; the text says where."""


class Row:
    """One line of a table of zones."""

    def __init__(self, path, number, fields):
        self.where = f"{path.name}:{number}"
        if len(fields) != 4:
            raise Refused(f"{self.where}: four columns wanted")
        self.zone, self.how, views, self.source = fields
        if not self.zone.endswith("."):
            raise Refused(f"{self.where}: {self.zone} is not absolute")
        if self.how not in WAYS:
            raise Refused(f"{self.where}: no such way: {self.how}")
        self.views = None if views == "*" else \
            {int(view) for view in views.split(",")}
        self.depth = 0 if self.zone == "." else self.zone.count(".")
        self.label = self.zone.rstrip(".") or "root"
        self.file = f"{number}-{self.label}"


def read_rows(path):
    rows = []
    for number, line in enumerate(path.read_text("ascii").splitlines(), 1):
        fields = line.split()
        if fields and not fields[0].startswith("#"):
            rows.append(Row(path, number, fields))
    return rows


def read_values():
    values = {}
    text = (HERE / "values").read_text(encoding="ascii")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            key, value = line.split("=", 1)
            values[key] = value
    half = len(values["DNS01_HASH"]) // 2
    values["DNS01_HASH_1"] = values["DNS01_HASH"][:half]
    values["DNS01_HASH_2"] = values["DNS01_HASH"][half:]
    for prefix in ("", "WRONG_"):
        values[prefix + "ALPN_HASH"] = hashlib.sha256(
            values[prefix + "KEY_AUTHORIZATION"].encode()).hexdigest()
    return values


def expand(path, values):
    """@NAME@ by its value; "@REPEAT n@ line" n times with @N@ and @N+1@."""
    def fill(found):
        if found[1] not in values:
            raise Refused(f"{path.name}: @{found[1]}@ has no value")
        return values[found[1]]

    lines = []
    for line in path.read_text(encoding="ascii").splitlines():
        repeat = REPEAT.fullmatch(line)
        if repeat is None:
            lines.append(line)
            continue
        for n in range(1, int(repeat[1]) + 1):
            lines.append(repeat[2].replace("@N@", str(n))
                         .replace("@N+1@", str(n + 1)))
    return NAME.sub(fill, "\n".join(lines)) + "\n"


def addresses(block):
    dns, web = f"127.{block}.7", f"127.{block}.8"
    # as 127.in-addr.arpa has it
    return {"WEB_REVERSE": f"1.8.{block}", "DNS_NET": f"{dns}.0/24", "WEB_NET": f"{web}.0/24",
            "WEB": f"{web}.1", "ATTACKER": f"{web}.2",
            "WEB_NEAR": f"{web}.10", "HOSTILE_WEB": f"{web}.3",
            "CLOSED": f"{web}.4", "ALPN": f"{web}.5", "BULK_ALPN": f"{web}.6",
            "HOSTILE_DNS": f"{dns}.9", "FORBID_DNS": f"{dns}.7",
            "MUTE_DNS": f"{dns}.6"}


def addresses6(block, v6):
    """Of the documentation prefix: lab.sh puts them on lo if it may."""
    net = ipaddress.ip_network(f"2001:db8:8:{block:x}::/64")
    web = str(net[1])
    return {"V6": v6, "WEB6_NET": str(net), "WEB6": web, "ALPN6": str(net[5]),
            "WEB6_REVERSE": net[1].reverse_pointer.removesuffix(REVERSE6)}


def servers_of(block, view):
    return {level: f"127.{block}.7.{view * 10 + 1 + depth}"
            for depth, level in enumerate(("ROOT", "TLD", "LEAF"))}


def guest_of(block, view):
    """The address that is left free for another's server (zones.table)."""
    return f"127.{block}.7.{view * 10 + 4}"


def ldns(directory, *command):
    done = subprocess.run(command, cwd=directory, text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise Refused(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()


class Lab:
    def __init__(self, directory, block, views, v6, with_peers):
        self.dir = directory
        self.block = block
        self.views = range(1, views + 1)
        self.now = int(time.time())
        self.values = {**read_values(), **addresses(block),
                       **addresses6(block, v6)}
        self.rows = read_rows(HERE / "zones.table")
        self.knot = None
        if with_peers:
            self.values.update(peers.addresses(block))
            self.rows += read_rows(peers.TABLE)
            self.knot = peers.Knot(directory, self.values)
        self.names = {row.zone for row in self.rows}
        self.guest_keys = {}
        for sub in ("keys", "zones", "nsd", "web"):
            (directory / sub).mkdir(exist_ok=True)

    # --- zones ---

    def make_key(self, label, zone):
        """A key of its own for each zone; the root's and TLDs', each view."""
        how = {row.how for row in self.rows if row.zone == zone}
        algorithm = next((ALGORITHMS[h] for h in how if h in ALGORITHMS),
                         "ECDSAP256SHA256")
        base = ldns(self.dir / "keys", "ldns-keygen", "-a", algorithm,
                    "-k", zone)
        record = (self.dir / "keys" / f"{base}.ds").read_text()
        return label, (self.dir / "keys" / base, record)

    def parent(self, zone):
        up = zone
        while up.count(".") > 1:
            up = up.partition(".")[2]
            if up in self.names:
                return up
        return "."

    def delegation(self, row, keys):
        server = {"hostile": "hostile.nic.lab.",
                  "guest": "guest.nic.lab."}.get(
            row.how, "tld.nic.lab." if row.depth == 1 else "ns.nic.lab.")
        text = f"{row.zone} NS {server}\n"
        if row.how in peers.WAYS:
            text = (f"{row.zone} NS {peers.server_of(row)}\n"
                    + peers.glue(row, self.values))
        if row.how in WITHOUT_DS:
            return text
        record = keys[row.zone][1]
        if row.how == "wrong-ds":
            head, digest = record.rstrip().rsplit(None, 1)
            wrong = "1111" if digest.startswith("0000") else "0000"
            record = f"{head} {wrong}{digest[4:]}\n"
        return text + record

    def source(self, row, server, rows, keys, values):
        path = HERE / "zones" / f"{row.source}.zone"
        if not path.is_file():
            raise Refused(f"{row.where}: zones/{path.name} is missing")
        text = (f"$ORIGIN {row.zone}\n$TTL 60\n"
                f"@ SOA {server} hostmaster.nic.lab. 1 3600 600 86400 60\n"
                f"@ NS {server}\n") + expand(path, values)
        for child in rows:
            if child.zone != "." and self.parent(child.zone) == row.zone:
                text += self.delegation(child, keys)
        return text

    def sign(self, row, key, source, out):
        if row.how not in SIGNED:
            out.write_text(source)
            return
        first, last = self.now - 3600, self.now + 30 * DAY
        if row.how == "expired":
            first, last = self.now - 60 * DAY, self.now - 30 * DAY
        elif row.how == "future":
            first, last = self.now + 30 * DAY, self.now + 60 * DAY
        options = []
        if "3" in row.how:
            options = ["-n", "-t", "0"]
        if row.how.endswith("optout"):
            options.append("-p")
        plain = out.with_name(out.name + ".plain")
        plain.write_text(source)
        ldns(self.dir, "ldns-signzone", *options, "-o", row.zone,
             "-i", str(first), "-e", str(last), "-f", str(out),
             str(plain), str(key))
        if row.how.startswith("bad-signature"):
            self.spoil(out)

    @staticmethod
    def spoil(path):
        """Alter every signature but that of the keys."""
        lines = []
        for line in path.read_text().splitlines():
            field = line.split("\t")
            if len(field) > 4 and field[3] == "RRSIG" and \
                    not field[4].startswith("DNSKEY"):
                head, sep, signature = field[4].rpartition(" ")
                wrong = "BBBB" if signature.startswith("AAAA") else "AAAA"
                field[4] = head + sep + wrong + signature[4:]
            lines.append("\t".join(field))
        path.write_text("\n".join(lines) + "\n")

    def rows_of(self, view):
        """The line that counts for each zone: the last that names the view."""
        chosen = {}
        for row in self.rows:
            if row.views is None or view in row.views:
                chosen[row.zone] = row
        return list(chosen.values())

    def build_zones(self, pool):
        jobs = [(zone, zone) for zone in self.names if zone.count(".") > 1]
        jobs += [((view, row.zone), row.zone) for view in self.views
                 for row in self.rows_of(view) if row.depth < 2]
        keys = dict(pool.map(lambda job: self.make_key(*job), jobs))
        if self.knot is not None:
            self.build_knot(keys)
        done = []
        # Leaf zones name no address of a server: all views share one copy.
        everywhere = self.rows_of(None) or self.rows
        for row in self.rows:
            if row.depth < 2 or row.how in ELSEWHERE:
                continue
            text = self.source(row, "ns.nic.lab.", everywhere, keys,
                               self.values)
            done.append(pool.submit(self.sign, row, keys[row.zone][0], text,
                                    self.dir / "zones" / row.file))
        for view in self.views:
            rows = self.rows_of(view)
            own = {**keys, **{row.zone: keys[view, row.zone]
                              for row in rows if row.depth < 2}}
            values = {**self.values, **servers_of(self.block, view),
                      "GUEST": guest_of(self.block, view)}
            for row in rows:
                if row.how == "guest":
                    self.guest_keys[view] = own[row.zone][0]
                if row.depth > 1 or row.how in ELSEWHERE:
                    continue
                server = ("root" if row.depth == 0 else "tld") + ".nic.lab."
                text = self.source(row, server, rows, own, values)
                out = self.dir / "zones" / f"view{view}-{row.label}"
                done.append(pool.submit(self.sign, row, own[row.zone][0],
                                        text, out))
            self.write_view(view, own["."], values)
        for job in done:
            job.result()

    def build_knot(self, keys):
        """Its zones, unsigned; and its keys' DS for the zone above them."""
        rows = [row for row in self.rows if row.how in peers.KNOT]
        for row in rows:
            server = peers.server_of(row)
            self.knot.add(row, self.source(row, server, [], keys, self.values)
                          + peers.glue(row, self.values))
        self.knot.write(self.dir / "log")
        for row in rows:
            if row.how != "knot-wrong-ds":
                keys[row.zone] = None, self.knot.record(row)

    def write_view(self, view, root_key, values):
        folder = self.dir / f"view{view}"
        folder.mkdir(exist_ok=True)
        (folder / "root.hints").write_text(
            f". 3600 IN NS root.nic.lab.\n"
            f"root.nic.lab. 3600 IN A {values['ROOT']}\n")
        key = root_key[0].with_name(root_key[0].name + ".key")
        (folder / "root.key").write_text(key.read_text())

    # --- servers ---

    def write_nsd(self, view, level, address):
        name = f"view{view}-{level.lower()}"
        folder = self.dir / "nsd" / name
        folder.mkdir(exist_ok=True)
        depth = {"ROOT": {0}, "TLD": {1}}.get(level, set(range(2, 20)))
        conf = NSD.format(dir=folder, address=address, name=name,
                          log=self.dir / "log")
        for row in self.rows_of(view):
            if row.depth in depth and row.how not in ELSEWHERE:
                file = row.file if row.depth > 1 else f"view{view}-{row.label}"
                conf += (f"zone:\n\tname: \"{row.zone}\"\n"
                         f"\tzonefile: \"{self.dir}/zones/{file}\"\n")
        path = folder / "nsd.conf"
        path.write_text(conf)
        return f"{name} {address} nsd -d -c {shlex.quote(str(path))}\n"

    def write_web(self):
        listen6 = ("listen [{0}]:80 default_server;\n"
                   "\t\tlisten [{0}]:443 ssl default_server;")
        values = {**self.values, "DIR": str(self.dir),
                  "LISTEN6": listen6.format(self.values["WEB6"])
                  if self.values["V6"] == "yes" else "",
                  "USER_LINE": "user root root;" if os.getuid() == 0 else ""}
        conf = self.dir / "web" / "nginx.conf"
        conf.write_text(expand(HERE / "web" / "nginx.conf", values))
        ldns(self.dir / "web", "openssl", "req", "-x509", "-nodes", "-days",
             "30", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=lab",
             "-addext", "subjectAltName=DNS:*.lab,DNS:*.bulk.lab")
        log = self.dir / "log" / "web-error.log"
        return (f"web {self.values['WEB']} nginx -c {shlex.quote(str(conf))} "
                f"-e {shlex.quote(str(log))}\n")

    def write_alpn(self):
        """Validation certificates (RFC 8737), each by the name of its SNI."""
        folder = self.dir / "alpn"
        folder.mkdir(exist_ok=True)
        where = [self.values[key] for key in ("ALPN", "ALPN6")]
        ours = {ipaddress.ip_address(address).reverse_pointer:
                (f"IP:{address}", "ALPN_HASH", True) for address in where}
        for name, (names, value, critical) in {
                **ALPN, **ALPN_PEERS, **ours}.items():
            pem = folder / f"{name}.pem"
            ldns(folder, "openssl", "req", "-x509", "-nodes", "-days", "30",
                 "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-keyout", f"{name}.key", "-out", f"{name}.crt",
                 "-subj", "/CN=challenge",
                 "-addext", f"subjectAltName={names}", "-addext",
                 f"{ACME_IDENTIFIER}={'critical,' if critical else ''}"
                 f"DER:0420{self.values[value]}")
            pem.write_text("".join((folder / f"{name}.{part}").read_text()
                                   for part in ("key", "crt")))
        run = (f"python3 {shlex.quote(str(HERE / 'alpn.py'))} %s "
               f"{shlex.quote(str(folder))}\n")
        lines = f"alpn {where[0]} " + run % where[0]
        if self.values["V6"] == "yes":
            lines += f"alpn6 [{where[1]}] " + run % where[1]
        return lines

    def write_suffixes(self):
        """The public suffix list, with the lab's suffixes among ICANN's."""
        ours = [row.zone.rstrip(".") for row in self.rows if row.depth == 1]
        ours += ["bulk.lab", "bulk0.lab", "bulk-alpn.lab", "bulk0-alpn.lab",
                 "mute-dns.lab", "mute-web.lab"]
        begin = "// ===BEGIN ICANN DOMAINS===\n"
        text = PSL.read_text(encoding="utf-8") if PSL.is_file() else \
            begin + "// ===END ICANN DOMAINS===\n"
        path = self.dir / "public_suffix_list.dat"
        path.write_text(text.replace(begin, begin + "\n".join(ours) + "\n", 1),
                        encoding="utf-8")
        return path

    def write_env(self):
        env = {"LAB_DIR": self.dir, "BLOCK": self.block,
               "VIEWS": len(self.views), **self.values,
               "SUFFIXES": self.write_suffixes(),
               "WEB_LOG": self.dir / "log" / "web.log",
               "WEB_CERTIFICATE": self.dir / "web" / "cert.pem"}
        for view in self.views:
            for level, address in servers_of(self.block, view).items():
                env[f"VIEW_{view}_{level}"] = address
            env[f"VIEW_{view}_GUEST"] = guest_of(self.block, view)
            env[f"VIEW_{view}_GUEST_KEY"] = f"{self.guest_keys[view]}.private"
            env[f"VIEW_{view}_HINTS"] = self.dir / f"view{view}/root.hints"
            env[f"VIEW_{view}_ANCHOR"] = self.dir / f"view{view}/root.key"
        (self.dir / "env").write_text("".join(
            f"{key}={shlex.quote(str(value))}\n"
            for key, value in env.items()))

    def build(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.build_zones(pool)
        servers = [self.write_nsd(view, level, address)
                   for view in self.views for level, address
                   in servers_of(self.block, view).items()]
        servers.append(self.write_web())
        servers.append(self.write_alpn())
        servers.append(
            f"hostile {self.values['HOSTILE_DNS']} python3 "
            f"{shlex.quote(str(HERE / 'hostile.py'))} "
            f"{self.values['HOSTILE_WEB']} {self.values['HOSTILE_DNS']} "
            f"{self.values['MUTE_DNS']} "
            f"{shlex.quote(str(HERE / 'values'))}\n")
        if self.knot is not None:
            servers += [self.knot.command(), peers.challtestsrv(self.values),
                        peers.openssl(self.values, self.dir / "alpn")]
        (self.dir / "servers").write_text("".join(servers))
        self.write_env()


# No rate limit: to a name server, a benchmark looks like an attack.
NSD = """server:
	ip-address: {address}@53
	do-ip6: no
	username: ""
	chroot: ""
	zonesdir: ""
	database: ""
	pidfile: "{dir}/nsd.pid"
	xfrdfile: "{dir}/xfrd.state"
	xfrdir: "{dir}"
	zonelistfile: "{dir}/zone.list"
	logfile: "{log}/{name}.log"
	server-count: 1
	tcp-count: 1000
	rrl-ratelimit: 0
	rrl-whitelist-ratelimit: 0
	hide-version: yes
	hide-identity: yes
remote-control:
	control-enable: no
"""


def main():
    if len(sys.argv) < 5 or sys.argv[5:] not in ([], ["--peers"]):
        sys.exit(__doc__)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        Lab(pathlib.Path(sys.argv[1]), int(sys.argv[2]),
            int(sys.argv[3]), sys.argv[4], len(sys.argv) > 5).build()
    except (Refused, OSError) as why:
        sys.exit(f"lab: {why}")


if __name__ == "__main__":
    main()
