import gzip
import io
import zlib

import pytest

from jettison.errors import IntegrityError
from jettison.images.digest import Compression
from jettison.images.stream import Compressor, uncompressed, uncompressed_chunks

TEXT = b"".join(b"%d some text that packs well\n" % number for number in range(100_000))
PACKED = [Compression.GZIP, Compression.ZSTD]


def packed(content: bytes, compression: Compression, piece: int = 1 << 20) -> bytes:
    pieces = (content[at : at + piece] for at in range(0, len(content), piece))
    return b"".join(Compressor.default(compression).member(pieces))


@pytest.mark.parametrize("compression", list(Compression))
def test_what_was_packed_is_unpacked(compression: Compression) -> None:
    content = packed(TEXT, compression)
    assert b"".join(uncompressed_chunks(io.BytesIO(content))) == TEXT


@pytest.mark.parametrize("compression", PACKED)
def test_the_way_the_input_is_cut_does_not_matter(compression: Compression) -> None:
    assert packed(TEXT, compression, 999) == packed(TEXT, compression, 5_000_000)


@pytest.mark.parametrize("compression", PACKED)
def test_members_one_after_another_are_one_stream(compression: Compression) -> None:
    members = (
        packed(TEXT[:1000], compression) + packed(b"", compression) + packed(TEXT, compression)
    )
    assert b"".join(uncompressed_chunks(io.BytesIO(members))) == TEXT[:1000] + TEXT


def test_gzip_is_what_python_reads_and_says_neither_time_nor_system() -> None:
    content = packed(TEXT, Compression.GZIP)
    assert gzip.decompress(content) == TEXT
    assert content[:10] == bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])


def test_zeros_after_the_last_member_are_padding() -> None:
    content = packed(TEXT, Compression.GZIP) + b"\0" * 600_000
    assert b"".join(uncompressed_chunks(io.BytesIO(content))) == TEXT


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("kept", [5, 12, 1000, -1])
def test_a_stream_that_ends_early_is_refused(compression: Compression, kept: int) -> None:
    content = packed(TEXT, compression)[:kept]
    with pytest.raises(IntegrityError):
        b"".join(uncompressed_chunks(io.BytesIO(content)))


@pytest.mark.parametrize("compression", PACKED)
def test_a_damaged_stream_is_refused(compression: Compression) -> None:
    content = bytearray(packed(TEXT, compression))
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(IntegrityError):
        b"".join(uncompressed_chunks(io.BytesIO(bytes(content))))


def test_little_that_unpacks_to_much_comes_in_small_chunks() -> None:
    content = zlib.compress(b"\0" * 50_000_000, wbits=31)
    assert max(map(len, uncompressed_chunks(io.BytesIO(content)))) <= 1 << 20


def test_closing_the_unpacked_stream_closes_the_packed_one() -> None:
    source = io.BytesIO(packed(TEXT, Compression.GZIP))
    with uncompressed(source) as stream:
        assert stream.read(4) == TEXT[:4]
    assert source.closed


@pytest.mark.parametrize("compression", PACKED)
def test_the_identity_names_library_version_level_and_cut(compression: Compression) -> None:
    kind, library, level, cut = Compressor.default(compression).identity.split("/")
    assert kind == compression
    assert library.rpartition("-")[2][0].isdigit()
    assert level.isdigit()
    assert cut.removesuffix("k").isdigit()
