"""Send requests and compare responses: a request and its response, also of a WebSocket."""

from __future__ import annotations

import os
import re
import socket
import struct
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from jettison.errors import ProgramError
from jettison.processes import run
from jettison.values import replace
from jettison.verify.request import CustomCommand

_EXCERPT = 160


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

    @property
    def kind(self) -> str:
        """Its status and media type, or why there is none."""
        if not self.status:
            return f"no response ({self.failure})"
        return self.failure or f"{self.status} {self.content_type}".strip()

    @property
    def excerpt(self) -> str:
        """How its body begins, on one line."""
        text = " ".join(self.body.decode("utf-8", "replace").split())
        return text[:_EXCERPT] or self.failure or "no body"


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


_COMPRESSIBLE = frozenset({"", "gzip", "deflate", "br", "zstd"})
# What formats of compression add to a body, and what servers add so that nobody learns of secrets
# by the length (Django pads with up to a hundred bytes).
_ADDED = 128


def as_well_plain(answer: Answer, others: Sequence[Answer]) -> bool:
    """Tell whether another answer is the same but for compression, which gains too little here.

    Where what a server adds is random, it sends some as they are.
    """
    if len(zlib.compress(answer.body)) + _ADDED < len(answer.body):
        return False
    own, known = _encoding(answer), {_encoding(one) for one in others if one.body == answer.body}
    return bool(known - {own}) and {own, *known} <= _COMPRESSIBLE


def _encoding(answer: Answer) -> str:
    return answer.headers.get("content-encoding", "").lower()


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
