"""Every store gives a layer that nobody makes by mistake as it is, or refuses it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from images import AMD64, small_image, stored_layer
from places import Place
from torture import LAYERS, seen

from jettison.errors import JettisonError
from jettison.images.image import Image
from jettison.images.stores.unpack import unpack


def tortured(what: str) -> Image:
    return small_image().append(stored_layer(LAYERS[what]))


# Daemons are given each of them where they run it: tests/engines/test_torture.py.
STORES = [
    "layout",
    "archive",
    "registry",
    pytest.param("debian registry", marks=pytest.mark.registry),
]


@pytest.mark.parametrize("place", STORES, indirect=True)
@pytest.mark.parametrize("what", LAYERS)
def test_every_store_gives_a_layer_as_it_is_or_refuses_it(place: Place, what: str) -> None:
    image = tortured(what)
    try:
        place.store.write(image, place.name)
        found = place.store.read(place.name, AMD64)
    except JettisonError:
        return
    assert seen(found) == seen(image)


@pytest.mark.parametrize("what", LAYERS)
def test_nothing_is_unpacked_outside(tmp_path: Path, what: str) -> None:
    root = tmp_path / "a" / "b"
    root.mkdir(parents=True)
    with suppress(JettisonError):
        unpack(tortured(what), root)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert [path.name for path in root.parent.iterdir()] == ["b"]
    assert not Path("/evil").exists()
    assert not Path("/tmp/evil").exists()
