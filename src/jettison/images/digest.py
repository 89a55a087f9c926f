"""Digests of stored bytes and of layers, media types, and JSON documents whose digest matters."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol, Self, TypeAlias, TypeVar

from msgspec import Struct, ValidationError

from jettison.errors import ImageError
from jettison.values import converted

# The registered algorithms of the OCI image specification, with the length of their hex part.
_HEX_LENGTHS = {"sha256": 64, "sha512": 128}
_SHAPE = re.compile(r"([a-z0-9]+):([0-9a-f]+)")


class Hash(Protocol):
    """The part of a ``hashlib`` object that is used here."""

    def update(self, content: bytes, /) -> None:
        """Add bytes."""

    def hexdigest(self) -> str:
        """Return what the bytes so far amount to."""


class _Hashed(Struct, frozen=True, order=True, array_like=True):
    """An algorithm's name and the lower-case hexadecimal result of it."""

    algorithm: str
    hex: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``sha256:…`` or ``sha512:…``; ImageError for anything else."""
        match = _SHAPE.fullmatch(text)
        if not match or _HEX_LENGTHS.get(match[1]) != len(match[2]):
            raise ImageError(
                f"{text!r} is not a digest",
                why="a digest is sha256: and 64, or sha512: and 128, lower-case hexadecimal digits",
            )
        return cls(match[1], match[2])

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Return the SHA-256 of ``content``."""
        return cls("sha256", hashlib.sha256(content).hexdigest())

    @classmethod
    def from_hash(cls, running: Hash) -> Self:
        """Return what a running SHA-256 amounts to."""
        return cls("sha256", running.hexdigest())

    def new_hash(self) -> Hash:
        """Start a hash of this digest's algorithm."""
        return hashlib.new(self.algorithm)


class Digest(_Hashed, frozen=True, order=True):
    """The digest of bytes as they are stored and sent: for a layer, compressed."""


class DiffID(_Hashed, frozen=True, order=True):
    """The digest of a layer's uncompressed tar; the same whatever compressed it."""


OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"

INDEXES = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})


class Compression(StrEnum):
    """How a layer's tar is packed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


_SUFFIXES = {
    Compression.NONE: {OCI_MANIFEST: "", DOCKER_MANIFEST: ""},
    Compression.GZIP: {OCI_MANIFEST: "+gzip", DOCKER_MANIFEST: ".gzip"},
    Compression.ZSTD: {OCI_MANIFEST: "+zstd", DOCKER_MANIFEST: ".zstd"},
}


def layer_type(compression: Compression, manifest_type: str = OCI_MANIFEST) -> str:
    """Return the media type of a layer in a manifest of ``manifest_type``."""
    base = DOCKER_LAYER if manifest_type == DOCKER_MANIFEST else OCI_LAYER
    return base + _SUFFIXES[compression][manifest_type]


def config_type(manifest_type: str) -> str:
    """Return the media type of a config in a manifest of ``manifest_type``."""
    return DOCKER_CONFIG if manifest_type == DOCKER_MANIFEST else OCI_CONFIG


# Any: the shape of foreign JSON is checked where each field is read.
Json: TypeAlias = Any
Fields: TypeAlias = Mapping[str, Json]
Part = TypeVar("Part")


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
        """Make a document of ``fields``, omitting those that are None."""
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


def named_texts_field(fields: Fields, name: str) -> dict[str, str]:
    """Read a field that is an object of texts; absent and null are empty."""
    found = mapping_field(fields, name)
    if not all(isinstance(one, str) for one in found.values()):
        raise ImageError(f"the field {name!r} of an image holds something that is no text")
    return found


def list_field(fields: Fields, name: str) -> list[Json]:
    """Read an array-valued field; absent and null are empty."""
    value = fields.get(name) or []
    if not isinstance(value, list):
        raise ImageError(f"the field {name!r} of an image is not a list")
    return value


def texts_field(fields: Fields, name: str) -> tuple[str, ...]:
    """Read a field that is an array of texts; absent and null are empty."""
    found = list_field(fields, name)
    if not all(isinstance(one, str) for one in found):
        raise ImageError(f"the field {name!r} of an image holds something that is no text")
    return tuple(found)


def part_of(fields: Json, kind: type[Part]) -> Part:
    """Read an object within a document; absent and null fields are as the type has them."""
    try:
        given = fields.items() if isinstance(fields, dict) else fields
        return converted({name: one for name, one in given if one is not None}, kind)
    except (ValidationError, TypeError, ValueError) as error:
        what = kind.__name__.lower()
        raise ImageError(f"a {what} of an image is not as specified", why=str(error)) from error


def text_field(fields: Fields, name: str) -> str:
    """Read a text field; absent and null are the empty text."""
    value = fields.get(name) or ""
    if not isinstance(value, str):
        raise ImageError(f"the field {name!r} of an image is not text")
    return value
