"""Small images, in memory, whose every byte is known."""

from __future__ import annotations

from jettison.images.config import History
from jettison.images.descriptor import Platform
from jettison.images.digest import Compression
from jettison.images.image import Image, Layer
from jettison.images.stream import Compressor
from jettison.images.tar_writer import Member, layer_tar

AMD64 = Platform(architecture="amd64")
ARM64 = Platform(architecture="arm64")


def packed_layer(*members: Member, compression: Compression = Compression.GZIP) -> Layer:
    """Pack members as one layer."""
    compressor = Compressor.default(compression)
    return Layer.of(b"".join(compressor.member(layer_tar(members))))


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
        image.config.with_user("1000:1000").with_env({"PATH": "/bin", "A": "b=c"})
    )
