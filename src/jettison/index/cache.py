"""What a server says to a request, and what it is when no answer comes."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

OK, PARTIAL, NOT_MODIFIED = 200, 206, 304


class Answer(Struct, frozen=True, kw_only=True):
    """A response whose body was read: ``headers`` have lower-case names.

    ``reason`` is the server's word for the status, ``requests`` how many it took with retries and
    redirects. A body that is longer than allowed is not kept, and ``whole`` is False then.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True
    requests: int = 1

    @property
    def partial(self) -> bool:
        """Whether the server sent the asked range and not the whole."""
        return self.status == PARTIAL

    @property
    def not_modified(self) -> bool:
        """Whether the cached copy is still good."""
        return self.status == NOT_MODIFIED


class NoAnswerError(Exception):
    """No answer came; ``lasting`` when the host cannot be reached at all, whatever is asked."""

    def __init__(self, why: str, *, lasting: bool) -> None:
        super().__init__(why)
        self.why = why
        self.lasting = lasting
