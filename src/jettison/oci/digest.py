"""Digests: of stored bytes (``Digest``) and of a layer's uncompressed tar (``DiffID``)."""

from __future__ import annotations

import hashlib
import re
from typing import Protocol, Self

from msgspec import Struct

from jettison.errors import ImageError

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
