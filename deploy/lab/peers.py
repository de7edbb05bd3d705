"""Servers of other makes for the laboratory, as peers.table says: Knot DNS,
pebble-challtestsrv, and openssl s_server for acme-tls/1. Read by build.py.
"""
import pathlib
import shlex
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
TABLE = HERE / "peers.table"
KNOT = {"knot": "nsec", "knot3": "nsec3", "knot-wrong-ds": "nsec"}
WITHOUT_DS = {"challtestsrv"}
WAYS = set(KNOT) | WITHOUT_DS


def addresses(block):
    return {"KNOT": f"127.{block}.7.8", "PEBBLE": f"127.{block}.8.11",
            "CHALLTESTSRV": f"http://127.{block}.8.11:8055",
            "OPENSSL": f"127.{block}.8.7",
            "OPENSSL_WRONG": f"127.{block}.8.9"}


def server_of(row):
    """Below the zone itself, so that no other zone has to know it."""
    return f"ns.{row.zone}"


def glue(row, values):
    address = values["KNOT" if row.how in KNOT else "PEBBLE"]
    return f"{server_of(row)} A {address}\n"


class Knot:
    """Signs by itself; its keys are made before it starts, by its own tool,
    since the zone above wants their DS."""

    def __init__(self, directory, values):
        self.dir = directory / "knot"
        self.conf = self.dir / "knot.conf"
        self.address = values["KNOT"]
        self.zones = ""
        (self.dir / "db").mkdir(parents=True, exist_ok=True)

    def add(self, row, source):
        file = self.dir / f"{row.label}.zone"
        file.write_text(source)
        self.zones += (f"  - domain: {row.zone}\n    file: {file}\n"
                       f"    dnssec-policy: {KNOT[row.how]}\n")

    def write(self, log):
        self.conf.write_text(CONF.format(dir=self.dir, address=self.address,
                                         log=log) + self.zones)

    def keymgr(self, *command):
        done = subprocess.run(("keymgr", "-c", str(self.conf), *command),
                              text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise OSError(f"keymgr {' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def record(self, row):
        """The DS of a key that is made here."""
        self.keymgr(row.zone, "generate", "algorithm=ECDSAP256SHA256",
                    "ksk=yes", "zsk=yes")
        return next(line for line in self.keymgr(row.zone, "ds").splitlines()
                    if " 13 2 " in line) + "\n"

    def command(self):
        return (f"peer-knot {self.address}:53 knotd -c "
                f"{shlex.quote(str(self.conf))}\n")


def challtestsrv(values):
    """All at one address, which it gives for every name it was told nothing
    of; for its own as a name server, too."""
    at = values["PEBBLE"]
    relay = shlex.quote(str(HERE / "lower.py"))
    return (f"peer-challtestsrv {at}:443 pebble-challtestsrv "
            f"-http01 {at}:80 -https01 \"\" -tlsalpn01 {at}:443 "
            f"-dns01 {at}:8053 -management {at}:8055 "
            f"-defaultIPv4 {at} -defaultIPv6 \"\"\n"
            f"peer-lower {at}:53 python3 {relay} {at} 53 8053\n")


def openssl(values, folder):
    """One for each certificate: by SNI it would choose without ALPN."""
    lines = ""
    for name, key in (("openssl.lab", "OPENSSL"),
                      ("openssl-wrong.lab", "OPENSSL_WRONG")):
        pem = shlex.quote(str(folder / f"{name}.pem"))
        lines += (f"peer-{key.lower()} {values[key]}:443 openssl s_server "
                  f"-quiet -accept {values[key]}:443 -alpn acme-tls/1 "
                  f"-cert {pem} -key {pem}\n")
    return lines


CONF = """server:
    listen: {address}@53
    rundir: {dir}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {dir}/db
log:
  - target: {log}/knot.log
    any: info
policy:
  - id: nsec
    algorithm: ECDSAP256SHA256
    single-type-signing: on
  - id: nsec3
    algorithm: ECDSAP256SHA256
    single-type-signing: on
    nsec3: on
    nsec3-iterations: 0
    nsec3-salt-length: 8
template:
  - id: default
    dnssec-signing: on
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
zone:
"""
