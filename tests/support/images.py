"""Small images, in memory, whose every byte is known."""

from __future__ import annotations

import io

from jettison.images.config import History
from jettison.images.descriptor import Descriptor, Platform
from jettison.images.digest import Compression, DiffID, layer_type
from jettison.images.entry import OPAQUE, WHITEOUT
from jettison.images.image import Image, Layer
from jettison.images.stream import Compressor, compression_of, uncompressed
from jettison.images.tar_writer import Member, layer_tar

AMD64 = Platform(architecture="amd64")
ARM64 = Platform(architecture="arm64")


def stored_layer(content: bytes) -> Layer:
    """Make a layer of stored bytes."""
    descriptor = Descriptor.of(content, layer_type(compression_of(content)))
    with uncompressed(io.BytesIO(content)) as plain:
        diff_id = DiffID.of(plain.read())
    return Layer(descriptor=descriptor, diff_id=diff_id, open=lambda: io.BytesIO(content))


def whiteout(path: str) -> Member:
    """Give the mark that removes ``path`` of lower layers."""
    head, slash, name = path.rpartition("/")
    return Member.file(f"{head}{slash}{WHITEOUT}{name}", b"")


def opaque(path: str) -> Member:
    """Give the mark that hides what lower layers have in the directory ``path``."""
    return Member.file(f"{path}/{OPAQUE}", b"")


def packed_layer(*members: Member, compression: Compression = Compression.GZIP) -> Layer:
    """Pack members as one layer."""
    compressor = Compressor.default(compression)
    return stored_layer(b"".join(compressor.member(layer_tar(members))))


def small_image(platform: Platform = AMD64, *, text: bytes = b"hello\n") -> Image:
    """Give an image of two layers that says who it is."""
    base = packed_layer(Member.directory("etc"), Member.file("etc/motd", text))
    app = packed_layer(
        Member.directory("app"),
        Member.file("app/main.py", b"print('hello')\n"),
        compression=Compression.ZSTD,
    )
    image = Image.empty(platform, "2026-01-02T03:04:05Z")
    image = image.append(base, History(created_by="base")).append(app, History(created_by="app"))
    return image.with_config(
        image.config.with_execution(User="1000:1000", Env=["PATH=/bin", "A=b=c"])
    )
