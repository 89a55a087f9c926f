from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from jettison.builder import Pin
from jettison.builder.distribution import Treatment
from jettison.builder.distribution_layers import Method, Packed, layers
from jettison.builder.wheel import Scheme
from jettison.images.stores.blobs import SegmentCache
from jettison.images.stream import Compressor
from jettison.images.tar_writer import Member

METHOD = Method(
    scheme=Scheme.virtual("/opt/venv", "3.13"),
    treatment=Treatment(),
    identity="",
    known=frozenset(),
)


@pytest.fixture
def cache(tmp_path: Path) -> SegmentCache:
    return SegmentCache.under(tmp_path, Compressor.default())


def distribution(name: str, size: int, cache: SegmentCache) -> Packed:
    pin = Pin(name=name, version="1.0", filename="", url="", sha256="", size=size)
    segment = cache.pack([Member.file(name, name.encode())])
    return Packed(pin=pin, folders=(), segment=replace(segment, size=size))


@pytest.mark.parametrize(("below", "alone"), [(1, 4), (4, 4), (5, 3), (7, 1), (8, 0), (12, 0)])
def test_an_image_has_at_most_ten_layers(cache: SegmentCache, below: int, alone: int) -> None:
    found = [distribution(name, 20_000_000, cache) for name in "abcdef"]
    made = list(layers(found, (), METHOD, cache, below=below))
    others = f"jettison: {len(found) - alone} distributions"
    assert [history.created_by for _, history in made][-1] == others
    assert len(made) == alone + 1
    application = 1
    assert below >= 9 or below + len(made) + application <= 10


def test_only_heavy_distributions_have_layers_of_their_own(cache: SegmentCache) -> None:
    found = [distribution("small", 1_000, cache), distribution("large", 20_000_000, cache)]
    made = layers(found, (), METHOD, cache, below=1)
    assert [history.created_by for _, history in made] == [
        "jettison: large 1.0", "jettison: 1 distributions"
    ]  # fmt: skip
