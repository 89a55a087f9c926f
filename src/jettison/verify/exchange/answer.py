"""A request that was sent and what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace


class Answer(Struct, frozen=True, kw_only=True):
    """An HTTP answer. ``status`` is 0 when there was none, and ``failure`` says why.

    Header names are in lower case. ``body`` is decoded where its content encoding is known; of a
    long one only the first part is kept, and ``rest`` says how long the whole is and gives its
    digest. ``unended`` says that it was still being sent when its time, or what is read at most,
    was over. ``streamed`` says that it came in chunks, ``seconds`` how long it took, and ``at``
    when it came, since 1970. ``client`` says as which client it was asked for once more.
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
