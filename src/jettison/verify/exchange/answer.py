"""A request that was sent and what came back."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class Answer(Struct, frozen=True, kw_only=True):
    """An HTTP answer. ``status`` is 0 when there was none, and ``failure`` says why.

    Header names are in lower case.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    body: bytes = b""
    failure: str = ""

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Exchange(Struct, frozen=True, kw_only=True):
    """One step of the workload in one run."""

    name: str
    answer: Answer
