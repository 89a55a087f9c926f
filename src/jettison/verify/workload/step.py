"""Requests as values, with holes that the answers of the same run fill."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from jettison.verify.workload.operation import Json


class Remembered(Struct, frozen=True, kw_only=True):
    """A value to be taken from an earlier answer, such as the id of what was created.

    Looked for under ``name`` in the answers of paths that begin with ``prefix``, then in all of
    them; ``otherwise`` is sent when there is none. ``back`` asks for an older one than the newest.
    """

    name: str
    prefix: str
    otherwise: Json
    back: int = 0


class Client(StrEnum):
    """As what a request is sent once more: each leads to other code, or to other headers."""

    PAGE = "page of another language"
    SCRIPT = "script of another origin"
    COMPRESSED = "client of brotli"
    CONDITIONAL = "conditional request"
    RANGE = "range request"
    HEAD = "HEAD"
    PREFLIGHT = "preflight"
    AGAIN = "again"


class HtmlForm(Struct, frozen=True, kw_only=True):
    """Hidden fields to be taken from the form number ``index`` on the page last got at ``page``."""

    page: str
    index: int


class Payload(Struct, frozen=True, kw_only=True):
    """A body before it is written: ``value`` is made of JSON values, Remembered and Uploads."""

    media_type: str
    value: Json


class Step(Struct, frozen=True, kw_only=True):
    """One request. ``path`` is a template; ``variation`` says which of several for one route it is.

    ``signs_in`` marks steps whose answer may hold the token that later steps send, ``last`` those
    that take away what others need, such as the session: they come after all that pages lead to.
    ``repeats`` are clients as which it is sent once more, at once.
    """

    method: str
    path: str
    variation: str = ""
    path_values: Mapping[str, Json] = field(default_factory=dict)
    query: tuple[tuple[str, Json], ...] = ()
    headers: tuple[tuple[str, Json], ...] = ()
    payload: Payload | None = None
    raw_body: bytes | None = None
    anonymous: bool = False
    signs_in: bool = False
    last: bool = False
    form: HtmlForm | None = None
    repeats: tuple[Client, ...] = ()

    @property
    def name(self) -> str:
        """The route, and which of its requests this is."""
        said = f" ({self.variation})" if self.variation else ""
        return f"{self.method} {self.path}{said}"
