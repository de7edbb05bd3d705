#!/usr/bin/env python3
"""The other end of tls-alpn-01: a certificate for each name, acme-tls/1.

alpn.py ADDRESS FOLDER: TLS on port 443; FOLDER/NAME.pem is shown to who asks
for NAME (SNI). Names in SILENT know of no protocol, as servers do that were
never told. Nothing is said after a handshake.
"""
import asyncio
import pathlib
import signal
import ssl
import sys

PROTOCOL = "acme-tls/1"
SILENT = {"alpn-none.lab"}
IDLE_SECONDS = 30


def context_of(pem, protocols):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pem)
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


def contexts_of(folder):
    return {pem.stem: context_of(pem, [] if pem.stem in SILENT
                                 else [PROTOCOL])
            for pem in pathlib.Path(folder).glob("*.pem")}


async def serve(reader, out):
    try:
        await asyncio.wait_for(reader.read(), IDLE_SECONDS)
    except (OSError, asyncio.TimeoutError):
        pass
    finally:
        out.close()


async def main(address, folder):
    contexts = contexts_of(folder)

    def choose(conversation, name, _):
        if name not in contexts:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        conversation.context = contexts[name]
        return None

    first = next(iter(contexts.values()))
    first.sni_callback = choose
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await asyncio.start_server(serve, address, 443, ssl=first)
    await stop.wait()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    asyncio.run(main(*sys.argv[1:]))
