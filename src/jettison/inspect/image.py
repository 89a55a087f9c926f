"""Puts an inspection together from what the layers hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from jettison.inspect.attribution import Attribution, LayerPlace, merged_claims
from jettison.inspect.base_layers import BaseLayers, instructions, is_copy
from jettison.inspect.claims import claims_of, debian_versions
from jettison.inspect.duplicates import duplicates_of
from jettison.inspect.inspection import InspectedLayer, Inspection, OwnedFile, kinds_of
from jettison.inspect.owner import Owner, OwnerKind
from jettison.inspect.stored import StoredFile, stored_files
from jettison.measure.contents import MeasuredLayer
from jettison.oci.history import History


class ImageContents(Struct, frozen=True, kw_only=True):
    """What is read of an image: its layers lowest first, and what its configuration tells."""

    name: str
    platform: str
    diff_ids: tuple[str, ...]
    history: tuple[History, ...]
    folder: str
    layers: tuple[MeasuredLayer, ...]


def inspection(image: ImageContents, base: BaseLayers) -> Inspection:
    """Attribute every byte of an image."""
    places = _places(image, base)
    files = tuple(sorted(_owned(image, places), key=lambda one: (one.file.path, one.file.layer)))
    return Inspection(
        name=image.name,
        platform=image.platform,
        layers=tuple(_layers(image, places, files)),
        base_known_by=base.known_by,
        files=files,
        duplicates=duplicates_of(files),
    )


def _places(image: ImageContents, base: BaseLayers) -> tuple[LayerPlace, ...]:
    made_by = instructions(image.history, len(image.layers))
    return tuple(
        LayerPlace(base=index < base.count, copied=is_copy(made), folder=image.folder)
        for index, made in enumerate(made_by)
    )


def _owned(image: ImageContents, places: Sequence[LayerPlace]) -> Iterator[OwnedFile]:
    contents = [layer.contents for layer in image.layers]
    by_layer: list[list[StoredFile]] = [[] for _ in contents]
    for stored in stored_files(contents):
        by_layer[stored.layer].append(stored)
    versions: dict[str, str] = {}
    claims: list[dict[str, Owner]] = []
    for layer in contents:
        versions.update(debian_versions(layer))
        claims.append(claims_of(layer, versions))
    attribution = Attribution(later=merged_claims(claims), versions=versions)
    for index, layer in enumerate(contents):
        attribution.begin_layer(claims[index])
        for stored in by_layer[index]:
            owner = attribution.owner(stored.path, places[index])
            yield OwnedFile(file=stored, owner=owner)
        yield from _written_twice(index, layer.size, by_layer[index])


def _written_twice(index: int, size: int, files: Sequence[StoredFile]) -> Iterator[OwnedFile]:
    """Account for the bytes of a layer that names a path more than once."""
    left = size - sum(file.size for file in files)
    if left:
        owner = Owner(kind=OwnerKind.UNOWNED, name="paths that one layer writes twice")
        yield OwnedFile(file=StoredFile(path="", layer=index, size=left, digest=None), owner=owner)


def _layers(
    image: ImageContents, places: Sequence[LayerPlace], files: Sequence[OwnedFile]
) -> Iterator[InspectedLayer]:
    made_by = instructions(image.history, len(image.layers))
    grouped: list[list[OwnedFile]] = [[] for _ in image.layers]
    for one in files:
        grouped[one.file.layer].append(one)
    for index, layer in enumerate(image.layers):
        own = tuple(grouped[index])
        yield InspectedLayer(
            diff_id=image.diff_ids[index],
            created_by=made_by[index],
            base=places[index].base,
            size=layer.contents.size,
            compressed_size=layer.compressed_size,
            files=len(own),
            wasted=sum(one.file.size for one in own if one.file.hidden),
            kinds=kinds_of(own),
        )
