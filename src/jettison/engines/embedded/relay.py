"""The helper ``relay PROCESS HOSTS PORT…``: reach ports of a container.

For each port it listens on a free port of 127.0.0.1 in this machine's network, tells the numbers in
one line of JSON, then enters the container's network and carries what comes to the first of HOSTS
(with commas between them) that answers there.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress

from jettison.engines.embedded import syscalls
from jettison.engines.embedded.privileges import restrict

_CHUNK = 1 << 16
_NOBODY = 65534


def main(words: Sequence[str]) -> None:
    """Serve until the parent ends."""
    process, hosts, ports = int(words[0]), words[1].split(","), [int(word) for word in words[2:]]
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in ports]
    if syscalls.privileged():
        syscalls.join(process, "net")
        restrict(hardened=True)
        os.setgroups(())
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    else:
        syscalls.join(process, "user", "net")
        restrict(hardened=True)
    syscalls.die_with_parent(signal.SIGKILL)
    numbers = [listener.getsockname()[1] for listener in listeners]
    os.write(1, json.dumps(numbers).encode() + b"\n")
    asyncio.run(_serve(list(zip(listeners, ports, strict=True)), hosts))


async def _serve(pairs: list[tuple[socket.socket, int]], hosts: list[str]) -> None:
    for listener, port in pairs:

        async def carry(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int = port
        ) -> None:
            await _carry(reader, writer, hosts, port)

        await asyncio.start_server(carry, sock=listener)
    await asyncio.Event().wait()


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hosts: list[str], port: int
) -> None:
    for host in hosts:
        with suppress(OSError):
            inner_reader, inner_writer = await asyncio.open_connection(host, port)
            await asyncio.gather(
                _copy(reader, inner_writer), _copy(inner_reader, writer), return_exceptions=True
            )
            inner_writer.close()
            writer.close()
            return
    _refuse(writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()


def _refuse(writer: asyncio.StreamWriter) -> None:
    """End the connection as a port does that nobody listens on: by a reset."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
