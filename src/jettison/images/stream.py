"""Streams of bytes: blocks, readers, checked reading, and compression of layers."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import zlib_ng as gzip_library
from msgspec import Struct
from zlib_ng import zlib_ng

from jettison.errors import ImageError, IntegrityError
from jettison.images.digest import Compression, Digest

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Small enough for a processor's second cache, and for blocks that malloc hands out again instead
# of asking the system for pages; larger ones are not read faster.
CHUNK = 1 << 18

# Nothing that is made to be used packs better than this; what is smaller does no harm.
_HARMLESS = 1 << 30
_MOST_TIMES = 200


def is_swollen(size: int, taken: int) -> bool:
    """Whether something has far more bytes than it takes up: a bomb, or a file of holes."""
    return size > _HARMLESS and size > _MOST_TIMES * taken


def chunks_of(stream: BinaryIO, size: int = CHUNK) -> Iterator[bytes]:
    """Read a stream to its end."""
    while chunk := stream.read(size):
        yield chunk


def next_bytes(stream: BinaryIO, count: int) -> Iterator[bytes]:
    """Read the next ``count`` bytes, fewer at the end of the stream."""
    while count and (chunk := stream.read(min(count, CHUNK))):
        count -= len(chunk)
        yield chunk


def equal_blocks(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Cut the bytes again into blocks of ``size``; the last may be shorter.

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


if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# RFC 1952: deflate, no flags, no time, no extra flags, unknown operating system. Our own, because
# the header that libraries write differs by their version.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
RAW_DEFLATE = -15
_GZIP_WRAPPED = 31
_READ = 1 << 18
# How input is cut, which may decide the bytes that come of it.
_BLOCK = 1 << 18
# zlib-ng chooses its functions when one is first called, and threads that call several at once may
# see half of the choice (github.com/zlib-ng/zlib-ng/pull/2249): so it chooses here.
zlib_ng.decompress(zlib_ng.compress(b"first"))
# The library's own annotation calls its exception class an exception.
_DAMAGED = (cast("type[Exception]", zlib_ng.error), zstd.ZstdError)
# zlib-ng's level 5 takes a fifth less time than 6 and packs 0.2 % less, measured on the shared
# libraries and modules of 60 wheels.
_DEFAULT_LEVELS = {Compression.NONE: 0, Compression.GZIP: 5, Compression.ZSTD: 3}


class Compressor(Struct, frozen=True, kw_only=True):
    """How to pack; ``identity`` is part of every cache key, as versions pack differently."""

    compression: Compression
    level: int

    @classmethod
    def default(cls, compression: Compression = Compression.GZIP) -> Compressor:
        """Return the compressor with the level that Jettison uses."""
        return cls(compression=compression, level=_DEFAULT_LEVELS[compression])

    @property
    def identity(self) -> str:
        """Name, version, level and cut, for example ``gzip/zlib-ng-1.1.0/5/256k``."""
        library = {
            Compression.NONE: "stored",
            Compression.GZIP: f"zlib-ng-{gzip_library.__version__}",
            Compression.ZSTD: "libzstd-" + ".".join(map(str, zstd.zstd_version_info)),
        }[self.compression]
        return f"{self.compression}/{library}/{self.level}/{_BLOCK >> 10}k"

    def member(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pack ``chunks`` as one gzip member or zstd frame; members may follow one another."""
        if self.compression is Compression.GZIP:
            return _gzip(equal_blocks(chunks, _BLOCK), self.level)
        if self.compression is Compression.ZSTD:
            return _zstd(equal_blocks(chunks, _BLOCK), self.level)
        return iter(chunks)


def _gzip(blocks: Iterable[bytes], level: int) -> Iterator[bytes]:
    deflate = zlib_ng.compressobj(level, zlib_ng.DEFLATED, RAW_DEFLATE)
    checksum = count = 0
    yield _GZIP_HEADER
    for block in blocks:
        checksum = zlib_ng.crc32(block, checksum)
        count += len(block)
        yield deflate.compress(block)
    yield deflate.flush() + struct.pack("<II", checksum, count & 0xFFFFFFFF)


def _zstd(blocks: Iterable[bytes], level: int) -> Iterator[bytes]:
    compressor = zstd.ZstdCompressor(
        options={
            zstd.CompressionParameter.compression_level: level,
            zstd.CompressionParameter.checksum_flag: 1,
        }
    )
    for block in blocks:
        yield compressor.compress(block)
    yield compressor.flush()


def compression_of(head: bytes) -> Compression:
    """Tell the compression by a stream's first bytes; media types are not always true."""
    if head.startswith(_GZIP_MAGIC):
        return Compression.GZIP
    return Compression.ZSTD if head.startswith(_ZSTD_MAGIC) else Compression.NONE


def uncompressed_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Unpack a stream of gzip members, zstd frames or plain bytes, in chunks of at most 1 MiB.

    IntegrityError when the stream is damaged or ends early, ImageError when it never seems to end.
    """
    head = stream.read(_READ)
    compression = compression_of(head)
    taken = given = 0

    def packed() -> Iterator[bytes]:
        nonlocal taken
        for chunk in _prepend(head, stream):
            taken += len(chunk)
            yield chunk

    chunks = packed()
    if compression is Compression.NONE:
        yield from chunks
        return
    gzip = compression is Compression.GZIP
    try:
        for piece in (
            _inflate(chunks) if gzip else unpacked(chunks, zstd.ZstdDecompressor, "a zstd")
        ):
            given += len(piece)
            require_bounded(given, taken)
            yield piece
    except _DAMAGED as error:
        # A checked stream under this one tells first whose fault it is.
        for _ in chunks:
            """Read to the end."""
        raise IntegrityError(f"a {compression} stream is damaged", why=str(error)) from error


def require_bounded(given: int, taken: int) -> None:
    """Raise ImageError when ``taken`` bytes of an image unpack to far more than programs do."""
    if is_swollen(given, taken):
        raise ImageError(
            f"a layer unpacks to more than {given >> 20:,} MB",
            why=f"so far it took {max(1, taken >> 10):,} kB: it would fill disks and take days",
            hint="Do not use this image; report it to its publisher.",
        )


def uncompressed(stream: BinaryIO) -> BinaryIO:
    """Return the unpacked bytes of ``stream`` as a stream that closes it too."""
    return reader(uncompressed_chunks(stream), stream)


def _prepend(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield head
    yield from chunks_of(stream, _READ)


def _inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member = zlib_ng.decompressobj(_GZIP_WRAPPED)
    for chunk in chunks:
        waiting = chunk
        while waiting:
            if member.eof:
                # Zeros after the last member are padding, as gzip itself has it.
                waiting = waiting.lstrip(b"\0")
                if not waiting:
                    break
                member = zlib_ng.decompressobj(_GZIP_WRAPPED)
            if piece := member.decompress(waiting, CHUNK):
                yield piece
            waiting = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        if piece := member.flush():
            yield piece
        if not member.eof:
            raise IntegrityError("a gzip stream ends early")


def unpacked(chunks: Iterable[bytes], new: Callable[[], Any], what: str) -> Iterator[bytes]:
    """Unpack one part after another, each by a new decompressor of zstd or xz.

    IntegrityError when the last one ends early.
    """
    part = new()
    for chunk in chunks:
        waiting = chunk
        while waiting or not (part.eof or part.needs_input):
            if part.eof:
                part = new()
            if piece := part.decompress(waiting, CHUNK):
                yield piece
            waiting = part.unused_data if part.eof else b""
    if not part.eof:
        raise IntegrityError(f"{what} stream ends early")
