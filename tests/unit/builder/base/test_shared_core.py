"""What all bases of a Python have is one layer, and each base is the same with it as without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.debian_archive import LocalArchive
from tests.unit.builder.base.conftest import fill

from jettison.builder import BaseWanted
from jettison.builder.composed_base import ComposedBase
from jettison.images.config import Config
from jettison.images.descriptor import Platform
from jettison.images.image import Image
from jettison.images.stores.blobs import SegmentCache
from jettison.images.stream import Compressor
from jettison.index.debian import Archive

Composed = Callable[..., tuple[Image, tuple[str, ...]]]


@pytest.fixture
def composed(
    local_archive: LocalArchive, open_archive: Callable[..., Archive], tmp_path: Path
) -> Composed:
    fill(local_archive)
    archive = open_archive()
    cache = SegmentCache.under(tmp_path / "cache", Compressor.default())

    def made(*packages: str, core_apart: bool) -> tuple[Image, tuple[str, ...]]:
        source = ComposedBase(
            wanted=BaseWanted(kind="composed", python="3.13", packages=packages),
            platform=Platform.parse("amd64"), archive=archive, cache=cache,
            interpreters=tmp_path / "interpreters", bytecode=False, core_apart=core_apart,
        )  # fmt: skip
        base = source.base(()).whole()
        layers = [cache.layer(layer.segments) for layer in base.layers]
        image = Image.compose(Config(content=base.config.content), layers)
        return image, tuple(str(layer.blob.digest) for layer in base.layers)

    return made


def files(image: Image) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for layer in image.layers:
        for read in layer.entries():
            entry = read.entry
            found[entry.path] = (entry.kind, entry.mode, entry.link, b"".join(read.chunks()))
    return found


def test_bases_with_different_packages_share_a_layer(composed: Composed) -> None:
    plain, with_vector = composed(core_apart=True), composed("vector", core_apart=True)
    assert plain[1][0] == with_vector[1][0]
    assert plain[1][1] != with_vector[1][1]


@pytest.mark.parametrize("packages", [(), ("vector",), ("scripted", "busybox-static")])
def test_the_files_are_those_of_a_base_in_one_piece(
    composed: Composed, packages: tuple[str, ...]
) -> None:
    apart, whole = composed(*packages, core_apart=True), composed(*packages, core_apart=False)
    assert files(apart[0]) == files(whole[0])
    assert len(apart[1]) == len(whole[1]) + 1
