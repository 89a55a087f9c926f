"""JSON documents whose digest matters: what was read is kept byte for byte until it is changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Self, TypeAlias

from msgspec import Struct

from jettison.errors import ImageError
from jettison.oci.digest import Digest

# Any: the shape of foreign JSON is checked where each field is read.
Json: TypeAlias = Any
Fields: TypeAlias = Mapping[str, Json]


def encode(fields: Json) -> bytes:
    """Return ``fields`` as JSON with sorted keys and no white space; the same bytes each time."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def decode(content: bytes, what: str) -> dict[str, Json]:
    """Read a JSON object; ImageError naming ``what`` for anything else."""
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ImageError(f"{what} is not valid JSON", why=str(error)) from error
    if not isinstance(fields, dict):
        raise ImageError(f"{what} is not a JSON object")
    return fields


class Document(Struct, frozen=True, kw_only=True, dict=True):
    """JSON bytes and the fields they hold; two documents are equal when their bytes are.

    Fields that Jettison does not know are kept by every change.
    """

    content: bytes

    def __post_init__(self) -> None:
        # what is no JSON object is refused at once
        _ = self.fields

    @cached_property
    def fields(self) -> Fields:
        """The JSON object."""
        return MappingProxyType(decode(self.content, type(self).__name__.lower()))

    @classmethod
    def of(cls, fields: Fields) -> Self:
        """Make a document of ``fields``, leaving out those that are None."""
        present = {name: value for name, value in fields.items() if value is not None}
        return cls(content=encode(present))

    @property
    def digest(self) -> Digest:
        """The digest of the bytes."""
        return Digest.of(self.content)

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.content)

    def evolve(self, **changes: Json) -> Self:
        """Return a document with top-level fields changed; None removes a field."""
        return type(self).of({**self.fields, **changes})


def mapping_field(fields: Fields, name: str) -> dict[str, Json]:
    """Read an object-valued field; absent and null are empty."""
    value = fields.get(name) or {}
    if not isinstance(value, dict):
        raise ImageError(f"the field {name!r} of an image is not an object")
    return value


def list_field(fields: Fields, name: str) -> list[Json]:
    """Read an array-valued field; absent and null are empty."""
    value = fields.get(name) or []
    if not isinstance(value, list):
        raise ImageError(f"the field {name!r} of an image is not a list")
    return value


def text_field(fields: Fields, name: str) -> str:
    """Read a text field; absent and null are the empty text."""
    value = fields.get(name) or ""
    if not isinstance(value, str):
        raise ImageError(f"the field {name!r} of an image is not text")
    return value
