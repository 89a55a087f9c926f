"""Texts that are kept compressed: all modules of an image together take most of the memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from msgspec import Struct

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Level 1 packs sources to a quarter, at more than 250 MB a second in either direction.
_LEVEL = 1


class Packed(Struct, frozen=True, array_like=True):
    """Some bytes, compressed: ``size`` is how many there are."""

    size: int
    stored: bytes

    @classmethod
    def of(cls, content: bytes) -> Packed:
        """Compress some bytes, where that makes less of them."""
        stored = zstd.compress(content, _LEVEL)
        return cls(len(content), stored if len(stored) < len(content) else content)

    def content(self) -> bytes:
        """Give the bytes as they were."""
        is_packed = len(self.stored) < self.size
        return zstd.decompress(self.stored) if is_packed else self.stored

    def starts_with(self, beginning: bytes) -> bool:
        """Tell how the bytes begin, without unpacking all of them."""
        if len(self.stored) == self.size:
            return self.stored.startswith(beginning)
        first = zstd.ZstdDecompressor().decompress(self.stored, len(beginning))
        return first == beginning


class PackedTexts(Mapping[str, bytes]):
    """Texts by their paths, each unpacked whenever it is asked for."""

    def __init__(self, packed: Mapping[str, Packed]) -> None:
        self._packed = packed

    def __getitem__(self, path: str) -> bytes:
        return self._packed[path].content()

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, path: object) -> bool:
        return path in self._packed
