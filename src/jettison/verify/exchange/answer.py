"""A request that was sent and what came back."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace


class Answer(Struct, frozen=True, kw_only=True):
    """An HTTP answer. ``status`` is 0 when there was none, and ``failure`` says why.

    Header names are in lower case. Of a long body only the first part is kept, and ``rest`` says
    how long the whole is and gives its digest. ``unended`` says that it was still being sent when
    its time, or what is read at most, was over.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    body: bytes = b""
    failure: str = ""
    rest: str = ""
    unended: bool = False

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def comparable(one: Answer, other: Answer) -> tuple[Answer, Answer]:
    """Cut both bodies to what both have where one of them has no end.

    Where one of them gave nothing at all, that is left to be seen.
    """
    if not (one.unended or other.unended) or not one.body or not other.body:
        return one, other
    length = min(len(one.body), len(other.body))
    bodies = [each.body[:length] for each in (one, other)]
    if one.content_type.startswith("text/"):
        # the last line may be half of one
        ends = min(body.rfind(b"\n") + 1 for body in bodies) or length
        bodies = [body[:ends] for body in bodies]
    return replace(one, body=bodies[0]), replace(other, body=bodies[1])


class Exchange(Struct, frozen=True, kw_only=True):
    """One step of the workload in one run."""

    name: str
    answer: Answer
