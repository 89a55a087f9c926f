"""A conversation over a WebSocket, as a client of no known kind has it, or one of a framework."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import struct
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from jettison.verify.exchange import Answer
from jettison.verify.inside.parts import AS_BYTES

METHOD = "WEBSOCKET"
"""Stands where an HTTP request has its method."""

# What clients of chats, of JSON and of events may say first.
_SAID = ("hello", '{"type": "ping", "message": "hello", "id": 1}')
# How often the last of them is said again where the server answers: it may count, or remember; how
# many more conversations there are with one that ends each before all is said.
_AGAIN, _CONVERSATIONS = 4, 4
_OURS, _CLOSED = "> ", "closed "
_BROKEN = (OSError, ValueError, EOFError)
# For all of it, for what the server says by itself, for an answer, and for silence after it.
_SECONDS, _FIRST_SECONDS, _ANSWER_SECONDS, _SILENCE_SECONDS = 20.0, 1.0, 3.0, 0.4
_MESSAGES = 5
# Of a page that is sent in pieces, and for each of them.
_PIECES, _PIECE_SECONDS = 200, 8.0
_LONGEST, _PART = 2**20, 2**16
_LONGEST_OF_CONTROL = 125  # RFC 6455, section 5.5
# 16 bytes; always the same, so that the answer to it is
_KEY = "amV0dGlzb24tdmVyaWZ5IQ=="
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10
_NORMAL, _UPGRADED = 1000, 101


def _texts(lines: Sequence[str]) -> list[str]:
    return [one for one in lines if not one.startswith(AS_BYTES)]


class _Client(Struct, frozen=True, kw_only=True):
    """What the client of a framework says first, where the address ends with ``path``.

    ``last`` is the field of the message that ends a page, ``measured`` that of one that tells how
    long the page took.
    """

    path: str
    says: bytes
    last: int
    measured: int


# Streamlit runs the script of a page when it is asked to (rerun_script of its proto/BackMsg.proto),
# and tells when that has ended (script_finished and page_profile of proto/ForwardMsg.proto).
_CLIENTS = (_Client(path="/_stcore/stream", says=b"Z\x00", last=6, measured=18),)


class _Closed(Exception):  # noqa: N818 - an end, not an error
    """The server has closed the conversation."""


def converse(
    address: tuple[str, int], target: str, headers: Mapping[str, str], body: bytes = b""
) -> Answer:
    """Open a WebSocket, listen, say the lines of ``body``, or two things, and close it.

    Each line of the body is a message of the server, after ``<``, one of ours, after ``>``, or the
    code with which it was closed. What was not said until then is said in further conversations.
    Where the server refuses, its HTTP answer is the answer.
    """
    known = tuple(body.decode().splitlines())
    says = known if _texts(known) else (*known, *_SAID)
    ends = time.monotonic() + _SECONDS
    try:
        status, given, lines = _conversation(address, says, ends, target, headers)
        found = lines
        with suppress(*_BROKEN):
            for _ in range(_CONVERSATIONS):
                said = sum(line.startswith(_OURS) for line in found)
                if not 0 < said < len(says) or not found[-1].startswith(_CLOSED):
                    break
                says = says[said:]
                _, _, found = _conversation(address, says, ends, target, headers)
                lines += found
    except _BROKEN as failure:
        return Answer(status=0, failure=f"{type(failure).__name__}: {failure}")
    kind = {"content-type": "text/plain"} if lines else {}
    return Answer(status=status, headers={**given, **kind}, body="\n".join(lines).encode())


def _conversation(
    address: tuple[str, int], says: Sequence[str], ends: float, target: str, head: Mapping[str, str]
) -> tuple[int, dict[str, str], list[str]]:
    """Give the status and headers of the response, and what both sides say."""
    path = target.partition("?")[0]
    client = next((one for one in _CLIENTS if path.endswith(one.path)), None)
    with socket.create_connection(address, timeout=_SECONDS) as connection:
        wire = _Wire(connection, ends)
        status, given = wire.opened(target, head)
        return status, given, list(wire.conversation(client, says)) if status == _UPGRADED else []


class _Wire:
    """A connection, and what of it was read but not yet used."""

    def __init__(self, connection: socket.socket, ends: float) -> None:
        self._connection = connection
        self._read = b""
        self._ends = ends

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
            if len(self._read) > _PART:
                raise ValueError("the head of the response has no end")
            self._fill(self._ends)
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in rest)
        status = "".join(first.split()[1:2])
        return int(status), {name.lower(): value.strip() for name, _, value in pairs}

    def conversation(self, client: _Client | None, says: Sequence[str]) -> Iterator[str]:
        """Give what both sides say, and how it ends."""
        try:
            yield from self._heard(_FIRST_SECONDS)
            if client:
                self._send(_BINARY, client.says)
                yield from self._page(client)
            said = 0
            for text in () if client else says:
                yield self._say(text)
                said = yield from self._heard(_ANSWER_SECONDS)
            # one that goes on by itself is met already
            if 0 < said < _MESSAGES and len(_texts(says)) <= len(_SAID):
                yield from self._repeated(says[-1], said)
            self._send(_CLOSE, struct.pack(">H", _NORMAL))
            yield from self._heard(_ANSWER_SECONDS, after_all=True)
            yield "not closed"
        except _Closed as ended:
            yield f"{_CLOSED}{ended}"
        except (EOFError, OSError):
            yield "broken off"

    def _repeated(self, text: str, count: int) -> Iterator[str]:
        """Say the same again, and wait for as many messages each time, and after all for more."""
        for left in reversed(range(_AGAIN)):
            yield self._say(text)
            said = yield from self._heard(_ANSWER_SECONDS, count)
            if said < count:
                return
            if not left:
                yield from self._heard(_SILENCE_SECONDS)

    def _say(self, text: str) -> str:
        """Send a line, one that begins with a zero byte as bytes; give how it is told."""
        plain = text.removeprefix(AS_BYTES)
        self._send(_TEXT if plain == text else _BINARY, plain.encode())
        return f"{_OURS}{plain}" if plain == text else f"{_OURS}{plain} in bytes"

    def _page(self, client: _Client) -> Iterator[str]:
        """Give what is sent of a page, up to its end."""
        for _ in range(_PIECES):
            try:
                _, content = self._message(_PIECE_SECONDS)
            except TimeoutError:
                return
            told = members(content) or ()
            if client.last in dict(told):
                return
            if client.measured not in dict(told):
                yield f"< {_written(told)}"

    def _heard(
        self, seconds: float, expected: int = 0, *, after_all: bool = False
    ) -> Generator[str, None, int]:
        """Give messages until there is silence, or as many as are read or ``expected``."""
        wait, count = seconds, 0
        # one that never stops to speak does not hear that it is to close
        ends = time.monotonic() + (seconds if after_all else _SECONDS)
        while count < (expected or _MESSAGES):
            try:
                kind, content = self._message(min(wait, ends - time.monotonic()))
            except TimeoutError:
                break
            if not after_all:
                count, wait = count + 1, seconds if expected else _SILENCE_SECONDS
                told = _written(members(content) or ()) if kind == _BINARY else ""
                yield f"< {_cut(told or content.decode('utf-8', 'replace'))}"
        return count

    def _message(self, seconds: float) -> tuple[int, bytes]:
        """Read the next message within some seconds. Raises TimeoutError, EOFError and _Closed."""
        ends = time.monotonic() + seconds
        while True:
            kind, content = self._frame(ends)
            if kind == _CLOSE:
                code = struct.unpack(">H", content[:2])[0] if len(content) > 1 else "without a code"
                raise _Closed(f"{code} {content[2:].decode('utf-8', 'replace')}".strip())
            if kind == _PING:
                self._send(_PONG, content)
            elif kind in (_TEXT, _BINARY):
                return kind, content

    def _frame(self, ends: float) -> tuple[int, bytes]:
        """Read a frame; parts of a message count as messages. Raises TimeoutError, EOFError."""
        self._need(2, ends)
        kind, length = self._read[0] & 15, self._read[1] & 127
        size = {126: 2, 127: 8}.get(length, 0)
        self._need(2 + size, ends)
        if size:
            length = int.from_bytes(self._read[2 : 2 + size], "big")
        if length > (_LONGEST_OF_CONTROL if kind >= _CLOSE else _LONGEST):
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
        piece = self._connection.recv(_PART)
        if not piece:
            raise EOFError
        self._read += piece

    def _send(self, kind: int, content: bytes) -> None:
        """Send a frame of at most 65,535 bytes, masked as a client has to."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(content))
        count = len(content)
        short = count <= _LONGEST_OF_CONTROL
        length = bytes((128 | count,)) if short else struct.pack(">BH", 128 | 126, count)
        self._connection.sendall(bytes((128 | kind,)) + length + mask + masked)


_VARINT, _EIGHT, _COUNTED, _FOUR = 0, 1, 2, 5
_DEEPEST = 20


def members(content: bytes, depth: int = 0) -> list[tuple[int, str]] | None:
    """Read a message of Protocol Buffers: numbers of fields, with what they hold; None of others.

    Without its schema, what can be read as text is text (protobuf.dev, "Encoding").
    """
    told, place = [], 0
    try:
        while place < len(content):
            key, place = _varint(content, place)
            number, kind = key >> 3, key & 7
            if kind == _VARINT:
                value, place = _varint(content, place)
                said = str(value)
            elif kind in (_EIGHT, _FOUR):
                size = 8 if kind == _EIGHT else 4
                said, place = content[place : place + size].hex(), place + size
            elif kind == _COUNTED:
                size, place = _varint(content, place)
                said, place = _inner(content[place : place + size], depth), place + size
            else:
                return None
            if not number or place > len(content):
                return None
            told.append((number, said))
    except IndexError:
        return None
    return told


def _cut(text: str) -> str:
    """Give a text, of a long one its beginning and its digest."""
    if len(text) <= _PART:
        return text
    return f"{text[:_PART]}… {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _written(told: Iterable[tuple[int, str]]) -> str:
    return " ".join(f"{number}:{said}" for number, said in told)


def _inner(content: bytes, depth: int) -> str:
    text = content.decode("utf-8", "replace")
    if all(letter.isprintable() or letter in "\n\t" for letter in text) and "\ufffd" not in text:
        return json.dumps(text, ensure_ascii=False)
    told = members(content, depth + 1) if depth < _DEEPEST else None
    return f"({_written(told)})" if told else hashlib.sha256(content).hexdigest()[:16]


def _varint(content: bytes, place: int) -> tuple[int, int]:
    """Read a number at a place, and give the place after it. Raises IndexError at the end."""
    value = shift = 0
    while True:
        byte = content[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128 or shift > 63:  # noqa: PLR2004 - seven bits of each, 64 in all
            return value, place
