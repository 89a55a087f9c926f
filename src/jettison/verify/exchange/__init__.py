"""Send requests and compare responses: a request and its response, also of a WebSocket."""

from __future__ import annotations

import os
import re
import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from jettison.errors import ProgramError
from jettison.processes import run
from jettison.values import replace
from jettison.verify.request import CustomCommand


class Answer(Struct, frozen=True, kw_only=True):
    """An HTTP answer. ``status`` is 0 when there was none, and ``failure`` says why.

    Header names are in lower case. ``body`` is decoded where its content encoding is known; of a
    long one only the first part is kept, and ``rest`` says how long the whole is and gives its
    digest. ``unended`` says that it was still being sent when its time, or what is read at most,
    was over. ``streamed`` says that it came in chunks, ``wire`` by which version of HTTP and
    whether the connection stays for more, ``seconds`` how long it took, ``waited`` how long until
    the first of its body came, and ``at`` when it came, since 1970. ``client`` says as which client
    it was asked for once more.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    body: bytes = b""
    failure: str = ""
    rest: str = ""
    unended: bool = False
    client: str = ""
    streamed: bool = False
    wire: str = ""
    seconds: float = 0.0
    waited: float = 0.0
    at: float = 0.0

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def alike_long(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Cut all bodies to what all have where one of them has no end.

    Where one of them gave nothing at all, that is left to be seen.
    """
    if not any(one.unended for one in answers) or not all(one.body for one in answers):
        return tuple(answers)
    length = min(len(one.body) for one in answers)
    bodies = [one.body[:length] for one in answers]
    if answers[0].content_type.startswith("text/"):
        # the last line may be half of one
        ends = min(body.rfind(b"\n") + 1 for body in bodies) or length
        bodies = [body[:ends] for body in bodies]
    return tuple(replace(one, body=body) for one, body in zip(answers, bodies, strict=True))


# How late is late where all of so many responses of a run, one after the other, are; and how many
# times what is usual may take, as a machine is busy.
_ALWAYS_LATE, _REPEATED, _BUSY = 0.5, 4, 10


def late(answers: Sequence[Answer], known: Sequence[Sequence[Answer]], most: float) -> bool:
    """Tell whether an answer of a run comes later by ``most`` seconds than any that is known.

    Less is enough where all do that were asked for repeatedly, as nobody else; then the quickest of
    each of the known runs is what is usual.
    """
    slowest = max(one.waited for run in known for one in run)
    if any(one.waited > most + _BUSY * slowest for one in answers):
        return True
    alike = [one.waited for one in answers if one.client in ("", "again")]
    usual = max(min((one.waited for one in run), default=0.0) for run in known)
    return len(alike) >= _REPEATED and min(alike) > _ALWAYS_LATE + _BUSY * usual


class Exchange(Struct, frozen=True, kw_only=True):
    """One step of the workload in one run; ``more`` are answers when it was sent repeatedly."""

    name: str
    answer: Answer
    more: tuple[Answer, ...] = ()

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All answers, in the order in which they came."""
        return (self.answer, *self.more)


ADDRESS = "JETTISON_URL"
"""The variable that tells a command where the application is, as ``http://127.0.0.1:32768``."""

_COMMAND_TIMEOUT = 300.0
_OK, _FAILED = 200, 500


def carry_out(command: CustomCommand, address: tuple[str, int]) -> Exchange:
    """Run a command to its end; what it writes and how it ends are compared as an answer is.

    A status other than zero stands for an error of the server. What it says of the address is put
    in one form, because the port differs from run to run.
    """
    host, port = address
    url = f"http://{host}:{port}"
    place = Path(command.directory)
    try:
        done = run(
            command.words, timeout=_COMMAND_TIMEOUT, environment={ADDRESS: url}, directory=place
        )
    except ProgramError as failure:
        answer = Answer(status=_FAILED, failure=str(failure))
    else:
        said = re.sub(rf"(?<![\d.]){re.escape(host)}:{port}\b", "application", done.text)
        answer = Answer(
            status=_FAILED if done.status else _OK,
            headers={"content-type": "text/plain"},
            body=said.encode(),
            failure=f"ended with status {done.status}" if done.status else "",
            at=time.time(),
        )
    return Exchange(name=f"$ {command.text}", answer=answer)


METHOD = "WEBSOCKET"
"""Stands where an HTTP request has its method."""

# What clients of chats, of JSON and of events may say first.
_SAID = ("hello", '{"type": "ping", "message": "hello", "id": 1}')
_SECONDS = 20.0
# For what the server says by itself, for an answer, and for silence after it.
_FIRST_SECONDS, _ANSWER_SECONDS, _SILENCE_SECONDS = 1.0, 3.0, 0.4
_MESSAGES = 5
_LONGEST = 2**16
_LONGEST_OF_CONTROL = 125  # RFC 6455, section 5.5
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
            if len(self._read) > _LONGEST:
                raise ValueError("the head of the response has no end")
            self._fill(self._ends)
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in rest)
        status = "".join(first.split()[1:2])
        return int(status), {name.lower(): value.strip() for name, _, value in pairs}

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
        piece = self._connection.recv(_LONGEST)
        if not piece:
            raise EOFError
        self._read += piece

    def _send(self, kind: int, content: bytes) -> None:
        """Send a short frame, masked as a client has to."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(content))
        self._connection.sendall(bytes((128 | kind, 128 | len(content))) + mask + masked)
