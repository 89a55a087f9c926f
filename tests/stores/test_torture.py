"""Every store gives a layer that nobody makes by mistake as it is, or refuses it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from images import AMD64, small_image, stored_layer
from places import Place
from torture import LAYERS

from jettison.errors import JettisonError
from jettison.images.image import Image
from jettison.images.stores.unpack import unpack


def seen(image: Image) -> list[object]:
    """What reading the image's layers gives: their entries, and the error at their end."""
    found: list[object] = []
    try:
        for layer in image.layers:
            found += [(read.entry.path, read.entry.kind, sum(map(len, read.chunks())))
                      for read in layer.entries()]  # fmt: skip
    except JettisonError as error:
        found.append(type(error))
    return found


def tortured(what: str) -> Image:
    return small_image().append(stored_layer(LAYERS[what]))


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
