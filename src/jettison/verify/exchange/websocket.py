"""A short conversation over a WebSocket, as an answer: what the server says, and how it ends.

Source: RFC 6455.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator, Mapping

from jettison.verify.exchange.answer import Answer

METHOD = "WEBSOCKET"
"""Stands where an HTTP request has its method."""

# What clients of chats, of JSON and of events may say first.
_SAID = ("hello", '{"type": "ping", "message": "hello", "id": 1}')
_SECONDS = 20.0
# For what the server says by itself, for an answer, and for silence after it.
_FIRST_SECONDS, _ANSWER_SECONDS, _SILENCE_SECONDS = 1.0, 3.0, 0.4
_MESSAGES = 5
_LONGEST = 2**16
# 16 bytes; always the same, so that the answer to it is
_KEY = "amV0dGlzb24tdmVyaWZ5IQ=="
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10
_NORMAL = 1000


class _Closed(Exception):  # noqa: N818 - an end, not an error
    """The server has closed the conversation."""


def converse(address: tuple[str, int], target: str, headers: Mapping[str, str]) -> Answer:
    """Open a WebSocket, listen, say two things, and close it.

    Each line of the body is a message of the server, after ``<``, one of ours, after ``>``, or the
    code with which it was closed. Where the server refuses, its HTTP answer is the answer.
    """
    try:
        with socket.create_connection(address, timeout=_SECONDS) as connection:
            wire = _Wire(connection)
            status, given = wire.opened(target, headers)
            lines = list(wire.conversation()) if status == 101 else []  # noqa: PLR2004 - RFC 6455
    except (OSError, ValueError, EOFError) as failure:
        return Answer(status=0, failure=f"{type(failure).__name__}: {failure}")
    body = "\n".join(lines).encode()
    kind = {"content-type": "text/plain"} if lines else {}
    return Answer(status=status, headers={**given, **kind}, body=body)


class _Wire:
    """A connection, and what of it was read but not yet used."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._read = b""
        self._ends = time.monotonic() + _SECONDS

    def opened(self, target: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        """Ask for the upgrade; give the status and the headers of the answer."""
        asked = {
            **headers,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": _KEY,
        }
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.items())]
        self._connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        while b"\r\n\r\n" not in self._read:
            self._fill(self._ends)
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in rest)
        return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}

    def conversation(self) -> Iterator[str]:
        """Give what both sides say, and how it ends."""
        try:
            yield from self._heard(_FIRST_SECONDS)
            for text in _SAID:
                yield f"> {text}"
                self._send(_TEXT, text.encode())
                yield from self._heard(_ANSWER_SECONDS)
            self._send(_CLOSE, struct.pack(">H", _NORMAL))
            yield from self._heard(_ANSWER_SECONDS, after_all=True)
            yield "not closed"
        except _Closed as ended:
            yield f"closed {ended}"
        except (EOFError, OSError):
            yield "broken off"

    def _heard(self, seconds: float, *, after_all: bool = False) -> Iterator[str]:
        """Give messages until there is silence, or as many as are read."""
        wait, count = seconds, 0
        while count < _MESSAGES:
            try:
                kind, content = self._frame(time.monotonic() + wait)
            except TimeoutError:
                return
            if kind == _CLOSE:
                code = struct.unpack(">H", content[:2])[0] if len(content) > 1 else "without a code"
                raise _Closed(f"{code} {content[2:].decode('utf-8', 'replace')}".strip())
            if kind == _PING:
                self._send(_PONG, content)
            elif kind in (_TEXT, _BINARY) and not after_all:
                count, wait = count + 1, _SILENCE_SECONDS
                yield f"< {content.decode('utf-8', 'replace')}"

    def _frame(self, ends: float) -> tuple[int, bytes]:
        """Read a frame; parts of a message count as messages. Raises TimeoutError, EOFError."""
        self._need(2, ends)
        kind, length = self._read[0] & 15, self._read[1] & 127
        size = {126: 2, 127: 8}.get(length, 0)
        self._need(2 + size, ends)
        if size:
            length = int.from_bytes(self._read[2 : 2 + size], "big")
        if length > _LONGEST:
            raise EOFError
        self._need(2 + size + length, ends)
        content = self._read[2 + size : 2 + size + length]
        self._read = self._read[2 + size + length :]
        return kind, content

    def _need(self, count: int, ends: float) -> None:
        while len(self._read) < count:
            self._fill(min(ends, self._ends))

    def _fill(self, ends: float) -> None:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        piece = self._connection.recv(_LONGEST)
        if not piece:
            raise EOFError
        self._read += piece

    def _send(self, kind: int, content: bytes) -> None:
        """Send a short frame, masked as a client has to."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(content))
        self._connection.sendall(bytes((128 | kind, 128 | len(content))) + mask + masked)
