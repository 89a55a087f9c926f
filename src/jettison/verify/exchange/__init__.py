"""Responses, what two of them have alike, and the requests that they belong to."""

from __future__ import annotations

import json
import re
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from msgspec import Struct, field

from jettison.errors import ProgramError
from jettison.processes import run
from jettison.values import replace
from jettison.verify.request import CustomCommand
from jettison.verify.workload import Json, inner

SERVER_ERROR = 500
"""From here on a status says that the server failed (RFC 9110, 15.6)."""

_EXCERPT = 160


class Answer(Struct, frozen=True, kw_only=True, weakref=True):
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


class Exchange(Struct, frozen=True, kw_only=True):
    """One step of the workload in one run; ``more`` are answers when it was sent repeatedly."""

    name: str
    answer: Answer
    more: tuple[Answer, ...] = ()

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All answers, in the order in which they came."""
        return (self.answer, *self.more)


class Request(Struct, frozen=True, kw_only=True):
    """One request, and its answers: those of each run, of both images."""

    name: str
    before: tuple[tuple[Answer, ...], ...]
    after: tuple[tuple[Answer, ...], ...]

    @property
    def had(self) -> tuple[Answer, ...]:
        """All answers of the baseline."""
        return tuple(answer for run in self.before for answer in run)

    @property
    def has(self) -> tuple[Answer, ...]:
        """All answers of the candidate."""
        return tuple(answer for run in self.after for answer in run)

    def comparable(self) -> Request:
        """Cut what never ends to what all runs of both images have of it."""
        if not any(answer.unended for answer in (*self.had, *self.has)):
            return self
        left = iter(alike_long((*self.had, *self.has)))
        before, after = (
            tuple(tuple(next(left) for _ in run) for run in runs)
            for runs in (self.before, self.after)
        )
        return Request(name=self.name, before=before, after=after)


# What formats of compression add to a body, and what servers add so that nobody learns of secrets
# by the length (Django pads with up to a hundred bytes).
_ADDED = 128
_LENGTH = "content-length"


def evenly_compressed(asked: Sequence[Request]) -> list[Request]:
    """Leave out how bodies are compressed that gain too little, where the baseline pads at random.

    Whether a server that does so compresses one of these is a matter of chance.
    """
    if not any(map(_is_padded, asked)):
        return [*asked]
    return [
        Request(name=one.name, before=_evenly(one.before), after=_evenly(one.after))
        for one in asked
    ]


def _is_padded(one: Request) -> bool:
    """Tell whether the baseline sent the same body compressed to several lengths."""
    lengths: dict[bytes, str] = {}
    packed = (each for each in one.had if each.headers.get("content-encoding") == "gzip")
    return any(
        lengths.setdefault(each.body, each.headers[_LENGTH]) != each.headers[_LENGTH]
        for each in packed
        if _LENGTH in each.headers
    )


def _evenly(runs: Sequence[Sequence[Answer]]) -> tuple[tuple[Answer, ...], ...]:
    return tuple(tuple(map(_plain, run)) for run in runs)


def _plain(answer: Answer) -> Answer:
    """Give an answer as it is without compression, where that gains too little."""
    if len(zlib.compress(answer.body)) + _ADDED < len(answer.body):
        return answer
    headers = {name: one for name, one in answer.headers.items() if name != "content-encoding"}
    if "etag" in headers:
        # of what is compressed it is a weak one (RFC 9110, 8.8.1)
        headers["etag"] = headers["etag"].removeprefix("W/")
    return replace(answer, headers=headers)


def unvarying(runs: Sequence[Sequence[Answer]]) -> frozenset[bytes]:
    """Give the bodies that all runs have wherever one of them has them: nothing varies in these."""
    rows = [
        {run[place].body for run in runs if place < len(run)}
        for place in range(max(map(len, runs)))
    ]
    varying = frozenset().union(*(row for row in rows if len(row) > 1))
    return frozenset().union(*rows) - varying


# So many bytes that vary in the baseline are compared by place: it takes half a minute.
_VARYING, _BEGINNING = 32 * 2**20, 2**20


def shortened(asked: Sequence[Request]) -> tuple[list[Request], int]:
    """Cut what varies to so long a beginning that all of it is compared within bounded time.

    Gives the requests, and how long the beginnings are; 0 where as much is compared as was kept.
    """
    varying = {one.name for one in asked if unvarying(one.before) != {a.body for a in one.had}}
    sizes = [
        len(answer.body) for one in asked if one.name in varying for answer in (*one.had, *one.has)
    ]
    length = _BEGINNING
    while sum(min(size, length) for size in sizes) > _VARYING:
        length //= 2
    found = [_cut(one, length) if one.name in varying else one for one in asked]
    return found, length if length < max(sizes, default=0) else 0


# What divides texts. Cut behind as many of them, they have as many parts where they are alike.
_MARKS, _PARTS = (b"\n", b"<", b",", b" "), 8


def _cut(one: Request, length: int) -> Request:
    """Cut bodies that are longer, or of which one is not whole, where all of them may end alike."""
    every = (*one.had, *one.has)
    length = min((length, *(len(each.body) for each in every if each.rest)))
    long = [each.body[:length] for each in every if each.rest or len(each.body) > length]
    counts = {mark: min(body.count(mark) for body in long) for mark in _MARKS if long}
    mark = next((mark for mark, count in counts.items() if count >= _PARTS), b"")

    def beginning(answer: Answer) -> Answer:
        size, body = len(answer.body), answer.body[:length]
        if size <= length and not answer.rest:
            return answer
        body = mark.join(body.split(mark, counts[mark])[: counts[mark]]) if mark else body
        rest = (answer.rest or f"{size} bytes").partition(",")[0]
        return replace(answer, body=body, rest=rest)

    before, after = (
        tuple(tuple(map(beginning, run)) for run in runs) for runs in (one.before, one.after)
    )
    return Request(name=one.name, before=before, after=after)


# When the process was started that a page of metrics is of (prometheus.io, "Writing client
# libraries", process metrics).
_STARTED = re.compile(rb"^process_start_time_seconds (\S+)", re.MULTILINE)


def came_to_several(run: Sequence[Answer]) -> bool:
    """Tell whether several processes answered in one run, by when each says it was started."""
    return len({started for answer in run for started in _STARTED.findall(answer.body)}) > 1


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
