"""What an application declares about its routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

Json = Any
"""A value that JSON can hold."""

Schema = Mapping[str, Json]
"""A JSON schema without references."""

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class Place(StrEnum):
    """Where a parameter travels."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"


class Parameter(Struct, frozen=True, kw_only=True):
    """One parameter of an operation."""

    name: str
    place: Place
    required: bool
    schema: Schema


class Body(Struct, frozen=True, kw_only=True):
    """The body that an operation takes."""

    media_type: str
    schema: Schema
    required: bool

    @property
    def properties(self) -> Mapping[str, Schema]:
        """The fields of an object body."""
        found: Mapping[str, Schema] = self.schema.get("properties") or {}
        return found


class Operation(Struct, frozen=True, kw_only=True):
    """A method on a path. ``path`` has ``{name}`` in place of each path parameter.

    ``described`` says that parameters and body are known, and not only the path.
    """

    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    secured: bool = False
    described: bool = False

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return tuple(_PLACEHOLDER.findall(self.path))

    @property
    def key(self) -> tuple[str, str]:
        """What tells two operations apart: names of path parameters do not."""
        return self.method, _PLACEHOLDER.sub("{}", self.path).rstrip("/") or "/"


class TokenScheme(Struct, frozen=True, kw_only=True):
    """How a token is sent: ``Authorization: Bearer …`` by default."""

    header: str = "Authorization"
    prefix: str = "Bearer "


class Interface(Struct, frozen=True, kw_only=True):
    """All that an application declares.

    ``token_paths`` are where its security schemes log in, ``files`` addresses of files that it
    serves as they are.
    """

    operations: tuple[Operation, ...] = ()
    token_scheme: TokenScheme = TokenScheme()
    token_paths: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
