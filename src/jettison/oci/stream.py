"""Small pieces for streams of bytes: blocks, readers over iterators, checked reading."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from jettison.errors import IntegrityError
from jettison.oci.digest import Digest

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Small enough for a processor's second cache, and for blocks that malloc hands out again instead
# of asking the system for pages; larger ones are not read faster.
CHUNK = 1 << 18


def chunks_of(stream: BinaryIO, size: int = CHUNK) -> Iterator[bytes]:
    """Read a stream to its end."""
    while chunk := stream.read(size):
        yield chunk


def equal_blocks(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Cut the bytes anew into blocks of ``size``; the last may be shorter.

    A compressor's output may depend on how its input is cut, so the cut must not vary.
    """
    parts: list[memoryview] = []
    count = 0
    for chunk in chunks:
        left = memoryview(chunk)
        while count + len(left) >= size:
            parts.append(left[: size - count])
            left = left[size - count :]
            yield b"".join(parts)
            parts, count = [], 0
        if left:
            parts.append(left)
            count += len(left)
    if parts:
        yield b"".join(parts)


class ChunkReader(io.RawIOBase):
    """A binary stream over an iterator of bytes; ``then`` is closed with it."""

    def __init__(self, chunks: Iterator[bytes], then: BinaryIO | None = None) -> None:
        super().__init__()
        self._chunks = chunks
        self._left = memoryview(b"")
        self._then = then

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill ``buffer`` as far as the next chunk goes."""
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        target = memoryview(buffer)
        count = min(len(target), len(self._left))
        target[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def close(self) -> None:
        """Close this stream and the one under it."""
        if self._then is not None:
            self._then.close()
        super().close()


def reader(chunks: Iterator[bytes], then: BinaryIO | None = None) -> io.BufferedReader:
    """Return a buffered binary stream over an iterator of bytes."""
    return io.BufferedReader(ChunkReader(chunks, then), CHUNK)


def checked_chunks(
    chunks: Iterable[bytes], digest: Digest, size: int | None, what: str
) -> Iterator[bytes]:
    """Pass bytes through; IntegrityError when they are not those of ``digest``.

    Too many bytes are refused as soon as they come, a wrong digest at the end.
    """
    running = digest.new_hash()
    count = 0
    for chunk in chunks:
        count += len(chunk)
        if size is not None and count > size:
            raise _wrong(what, f"it is longer than the {size} bytes announced")
        running.update(chunk)
        yield chunk
    if size is not None and count != size:
        raise _wrong(what, f"it has {count} bytes and {size} were announced")
    if running.hexdigest() != digest.hex:
        raise _wrong(what, f"its digest is {digest.algorithm}:{running.hexdigest()}, not {digest}")


def checked(stream: BinaryIO, digest: Digest, size: int | None, what: str) -> BinaryIO:
    """Return a stream whose last read fails when the bytes are not those of ``digest``."""
    return reader(checked_chunks(chunks_of(stream), digest, size, what), stream)


def _wrong(what: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"{what} is not what its digest says",
        why=why,
        hint="Fetch it again; if it happens again, the source is damaged.",
    )
