"""A request that was sent and what came back, also from a command."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from jettison.errors import ProgramError
from jettison.processes.programs import run
from jettison.verify.request import ProbeCommand


class Answer(Struct, frozen=True, kw_only=True):
    """An HTTP answer. ``status`` is 0 when there was none, and ``failure`` says why.

    Header names are in lower case. ``body`` is decoded where its content encoding is known; of a
    long one only the first part is kept, and ``rest`` says how long the whole is and gives its
    digest. ``unended`` says that it was still being sent when its time, or what is read at most,
    was over. ``streamed`` says that it came in chunks, ``seconds`` how long it took, ``waited`` how
    long until the first of its body came, and ``at`` when it came, since 1970. ``client`` says as
    which client it was asked for once more.
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


def carry_out(command: ProbeCommand, address: tuple[str, int]) -> Exchange:
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
