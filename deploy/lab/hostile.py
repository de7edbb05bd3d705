#!/usr/bin/env python3
"""Servers that misbehave, each name in its own way.

hostile.py WEB-ADDRESS DNS-ADDRESS MUTE-ADDRESS VALUES: HTTP on port 80 of the
first address, DNS on port 53 of the second.  A label of the name asked for picks
the behaviour (of DNS the last but one); the tables at the end are the list of
them.  On port 443 of the first, where TLS is spoken to, and on port 53 of the
third nobody ever says anything.
"""
import asyncio
import gzip
import resource
import signal
import socket
import struct
import sys


def values_of(path):
    with open(path, encoding="ascii") as lines:
        pairs = (line.rstrip("\n").split("=", 1) for line in lines
                 if "=" in line and not line.startswith("#"))
        return dict(pairs)


# --- HTTP ------------------------------------------------------------------


def ok(body, *headers):
    lines = ["HTTP/1.1 200 OK", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(*locations):
    lines = ["HTTP/1.1 302 Found", "Content-Length: 0"]
    lines += [f"Location: {location}" for location in locations]
    return "\r\n".join(lines + ["Connection: close", "", ""]).encode()


async def web_mute(ask, out):
    await ask.reader.read()


async def web_slow(ask, out):
    for byte in ok(ask.body, f"Content-Length: {len(ask.body)}"):
        out.write(bytes([byte]))
        await out.drain()
        await asyncio.sleep(0.5)


async def web_endless_body(ask, out):
    out.write(ok(ask.body))
    while True:
        out.write(b"x" * 16384)
        await out.drain()


async def web_endless_headers(ask, out):
    out.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        out.write(b"X-Again: " + b"x" * 1000 + b"\r\n")
        await out.drain()


async def web_big(ask, out):
    out.write(ok(ask.body + b" " * 1048576))


async def web_reset(ask, out):
    out.write(ok(ask.body[:10], f"Content-Length: {len(ask.body)}"))
    await out.drain()
    out.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    out.transport.abort()


async def web_short(ask, out):
    out.write(ok(ask.body, f"Content-Length: {len(ask.body) + 20}"))


async def web_garbage(ask, out):
    out.write(b"\x00\xff\x16\x03\x01 this is not HTTP\n" + ask.body)


async def web_gzip(ask, out):
    body = gzip.compress(ask.body)
    out.write(ok(body, "Content-Encoding: gzip",
                 f"Content-Length: {len(body)}"))


async def web_two_locations(ask, out):
    out.write(redirect("http://http-good.lab" + ask.path,
                       "http://http-wrong.lab" + ask.path))


async def web_redirect_long(ask, out):
    hop = int(ask.path.rpartition("hop=")[2]) if "hop=" in ask.path else 0
    if hop == 20:
        out.write(ok(ask.body))
        return
    path = ask.path.partition("?")[0]
    out.write(redirect(f"http://{ask.host}{path}?hop={hop + 1}"))


async def web_escape(ask, out):
    out.write(ok(b"\x1b]0;owned\x07\x1b[2J<script>alert(1)</script>\",=cmd()",
                 "X-Evil: \x1b[31m<b>red</b>", "Server: \x1b[5m"))


class Ask:
    def __init__(self, reader, head, values):
        self.reader = reader
        lines = head.decode("latin-1").split("\r\n")
        self.path = lines[0].split(" ")[1] if " " in lines[0] else "/"
        self.host = next((line[5:].strip().lower() for line in lines
                          if line.lower().startswith("host:")), "")
        kind = "RANDOM_VALUE" if "pki-validation" in self.path \
            else "KEY_AUTHORIZATION"
        self.body = values[kind].encode()


def web_server(values):
    async def serve(reader, out):
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
            ask = Ask(reader, head, values)
            act = next((WEB[label] for label in ask.host.split(".")
                        if label in WEB), None)
            if act:
                await asyncio.wait_for(act(ask, out), 120)
        except (OSError, EOFError, ValueError, asyncio.TimeoutError,
                asyncio.LimitOverrunError):
            pass
        finally:
            out.close()
    return serve


async def tls_mute(reader, out):
    try:
        while await reader.read(4096):
            pass
    except OSError:
        pass
    finally:
        out.close()


# --- DNS -------------------------------------------------------------------


def question_end(query):
    at = 12
    while at < len(query) and query[at]:
        at += query[at] + 1
    return at + 5


def labels_of(query):
    labels, at = [], 12
    while at < len(query) and query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += query[at] + 1
    return [label.lower() for label in labels]


def answer(query, flags=0x8400, cut=None, query_id=None):
    """No record, the flags given: the question comes back."""
    question = query[12:question_end(query)]
    head = struct.pack("!6H", 0, flags, 1, 0, 0, 0)[2:]
    packet = (query_id or query[:2]) + head + question
    return packet if cut is None else packet[:cut]


def dns_wrong_id(query):
    return answer(query, query_id=bytes(byte ^ 0xff for byte in query[:2]))


def dns_garbage(query):
    # The counts promise what is not there, the name points at itself.
    return query[:2] + struct.pack("!5H", 0x8400, 1, 65535, 9, 9) + \
        b"\xc0\x0c" * 20


TYPE_DS = struct.pack("!H", 43)


def refer(query, address):
    """To two name servers of the name below the zone, both at that address."""
    labels = labels_of(query)
    end = question_end(query)
    apex = len(labels) < 3
    if apex or len(labels) == 3 and query[end - 4:end - 2] == TYPE_DS:
        return answer(query)
    child = 12 + sum(len(label) + 1 for label in labels[:-3])
    owner = struct.pack("!H", 0xc000 | child)
    servers = [b"\3ns1" + owner, b"\3ns2" + owner]
    records = [owner + struct.pack("!HHIH", 2, 1, 60, len(server)) + server
               for server in servers]
    records += [server + struct.pack("!HHIH", 1, 1, 60, 4) +
                socket.inet_aton(address) for server in servers]
    return query[:2] + struct.pack("!5H", 0x8000, 1, 0, 2, 2) + \
        query[12:end] + b"".join(records)


async def dns_act(query, over_tcp):
    labels = labels_of(query)
    act = DNS.get(labels[-2] if len(labels) > 1 else "")
    if act is None:
        return answer(query, 0x8405)
    delay, make = act
    if delay:
        await asyncio.sleep(delay)
    return make(query, over_tcp) if make else None


class DnsUdp(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport
        self.tasks = set()

    def datagram_received(self, data, addr):
        if len(data) < 17:
            return
        task = asyncio.ensure_future(self.reply(data, addr))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def reply(self, query, addr):
        packet = await dns_act(query, False)
        if packet is not None:
            self.transport.sendto(packet, addr)


async def dns_tcp(reader, out):
    try:
        size = struct.unpack("!H", await reader.readexactly(2))[0]
        query = await reader.readexactly(size)
        packet = await dns_act(query, True)
        if packet is not None:
            out.write(struct.pack("!H", len(packet) + 100) + packet)
        await asyncio.wait_for(reader.read(), 30)
    except (OSError, EOFError, asyncio.TimeoutError):
        pass
    finally:
        out.close()


WEB = {
    "http-mute": web_mute,
    "mute-web": web_mute,
    "http-slow": web_slow,
    "http-endless-body": web_endless_body,
    "http-endless-headers": web_endless_headers,
    "http-big": web_big,
    "http-reset": web_reset,
    "http-short": web_short,
    "http-garbage": web_garbage,
    "http-gzip": web_gzip,
    "http-two-locations": web_two_locations,
    "http-redirect-long": web_redirect_long,
    "http-escape": web_escape,
}

BACKLOG = 4096

# Seconds to wait, and what to answer; None is nothing.  Over TCP every length
# promises more than comes.
DNS = {
    "dns-mute": (0, None),
    "dns-slow": (3, lambda query, tcp: answer(query)),
    "dns-garbage": (0, lambda query, tcp: dns_garbage(query)),
    "dns-short": (0, lambda query, tcp: answer(query, cut=9)),
    "dns-truncated": (0, lambda query, tcp: answer(query, 0x8600)),
    "dns-servfail": (0, lambda query, tcp: answer(query, 0x8402)),
    "dns-refused": (0, lambda query, tcp: answer(query, 0x8405)),
    "dns-wrong-id": (0, lambda query, tcp: dns_wrong_id(query)),
}


def mute_socket(address):
    """What comes is never read, and nobody is told that nobody is there."""
    mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    mute.bind((address, 53))
    return mute


async def main(web, dns, mute, path):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    DNS["mute-dns"] = 0, lambda query, tcp: refer(query, mute)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await asyncio.start_server(web_server(values_of(path)), web, 80,
                               backlog=BACKLOG)
    await asyncio.start_server(tls_mute, web, 443, backlog=BACKLOG)
    await asyncio.start_server(dns_tcp, dns, 53)
    with mute_socket(mute):
        await loop.create_datagram_endpoint(DnsUdp, local_addr=(dns, 53))
        await stop.wait()


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    asyncio.run(main(*sys.argv[1:]))
