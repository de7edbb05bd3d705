#!/usr/bin/env python3
"""A relay that asks in lower case: pebble-challtestsrv compares names byte by
byte, and our resolver writes each in letters of random case (0x20), which a
name server must give back as it got them (RFC 4343).

lower.py ADDRESS PORT TO: UDP from ADDRESS:PORT to ADDRESS:TO.
"""
import asyncio
import signal
import sys

HEADER = 12
LIMIT_SECONDS = 5


def end_of_name(packet):
    """Of the first question's; it is never compressed."""
    at = HEADER
    while packet[at] != 0:
        at += 1 + packet[at]
    return at


class Asked(asyncio.DatagramProtocol):
    def __init__(self, answer):
        self.answer = answer

    def datagram_received(self, data, _):
        if not self.answer.done():
            self.answer.set_result(data)


class Relay(asyncio.DatagramProtocol):
    def __init__(self, to):
        self.to = to
        self.tasks = set()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        task = asyncio.ensure_future(self.pass_on(data, address))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def pass_on(self, data, address):
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        transport = None
        try:
            end = end_of_name(data)
            question = data[HEADER:end]
            transport, _ = await loop.create_datagram_endpoint(
                lambda: Asked(answer), remote_addr=self.to)
            transport.sendto(data[:HEADER] + question.lower() + data[end:])
            got = await asyncio.wait_for(answer, LIMIT_SECONDS)
            self.transport.sendto(
                restore(got, question.lower(), question), address)
        except (IndexError, OSError, asyncio.TimeoutError):
            pass
        finally:
            if transport is not None:
                transport.close()


def restore(packet, lower, question):
    """The question's name and owners that are written out like it."""
    return packet.replace(lower, question)


async def main(address, port, to):
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await loop.create_datagram_endpoint(
        lambda: Relay((address, int(to))), local_addr=(address, int(port)))
    await stop.wait()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    asyncio.run(main(*sys.argv[1:]))
