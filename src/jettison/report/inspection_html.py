"""An inspection as one HTML file that needs nothing else: a treemap, and the tables below it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct, field

from jettison.contents.inspection import InspectedLayer, Inspection, OwnedFile
from jettison.contents.stored_files import OwnerKind
from jettison.report.inspection_text import LARGEST_OWNERS, heading, share
from jettison.report.page import Area, page, tabulated
from jettison.values import by_key, human, replace

# An area below this share of the whole is not worth a node of its own.
_SMALLEST_SHARE = 1 / 5000
_INSTRUCTION_WIDTH = 80


class _Folder(Struct):
    folders: dict[str, _Folder] = field(default_factory=dict)
    files: list[Area] = field(default_factory=list)


def by_owner(image: Inspection) -> Area:
    """Nest kinds, owners and the paths of their files."""
    whole = image.size

    def kind(name: str, files: list[OwnedFile]) -> Area:
        owners = _groups(files, lambda one: str(one.owner))
        return _joined(name, (_paths(owner, own, whole) for owner, own in owners), whole)

    kinds = _groups(image.files, lambda one: one.owner.kind.value)
    return _joined(image.name, (kind(name, files) for name, files in kinds), whole)


def by_layer(image: Inspection) -> Area:
    """Nest layers and the paths of their files."""
    names = [_layer_name(index, layer) for index, layer in enumerate(image.layers)]

    layers = _groups(image.files, lambda one: names[one.file.layer])
    return _joined(image.name, (_paths(*layer, image.size) for layer in layers), image.size)


def _layer_name(index: int, layer: InspectedLayer) -> str:
    made_by = " ".join(layer.created_by.split())[:_INSTRUCTION_WIDTH]
    return f"layer {index}{' (base)' if layer.base else ''} {made_by}".rstrip()


def _groups(
    files: Iterable[OwnedFile], key: Callable[[OwnedFile], str]
) -> Iterable[tuple[str, list[OwnedFile]]]:
    groups = by_key((key(one), one) for one in files)
    return groups.items()


def _paths(name: str, files: Iterable[OwnedFile], whole: int) -> Area:
    root = _Folder()
    for one in files:
        folder = root
        head, _, last = one.file.path.rpartition("/")
        for part in filter(None, head.split("/")):
            folder = folder.folders.setdefault(part, _Folder())
        folder.files.append(_leaf(one, last))
    return _joined(name, _within(root, "", whole), whole)


def _leaf(one: OwnedFile, name: str) -> Area:
    wasted = one.file.size if one.file.hidden else 0
    return Area(name=name, size=one.file.size, wasted=wasted, kind=one.owner.kind)


def _within(folder: _Folder, prefix: str, whole: int) -> Iterator[Area]:
    yield from folder.files
    for name, inner in folder.folders.items():
        path = posixpath.join(prefix, name)
        if len(inner.folders) == 1 and not inner.files:
            # a folder with nothing but one folder is shown as one with it
            yield from _within(inner, path, whole)
        else:
            yield _joined(f"{path}/", _within(inner, "", whole), whole)


def _joined(name: str, parts: Iterable[Area], whole: int) -> Area:
    """Make an area of its parts; those too small to be seen become one."""
    ordered = sorted(parts, key=lambda part: (-part.size, part.name))
    shown = [part for part in ordered if part.size >= whole * _SMALLEST_SHARE]
    small = [part for part in ordered[len(shown) :] if part.size]
    rest = [_sum(f"{len(small)} smaller", small)] if small else []
    total = _sum(name, ordered)
    return replace(total, parts=(*shown, *rest)) if shown else total


def _sum(name: str, parts: Sequence[Area]) -> Area:
    kinds = {part.kind for part in parts}
    total = Area.of(name, parts, kinds.pop() if len(kinds) == 1 else None)
    return replace(total, parts=())


def inspection_html(image: Inspection) -> str:
    """Give the page; it loads nothing and runs from disk."""
    return page(
        title=image.name,
        heading=heading(image),
        views={"By owner": by_owner(image), "By layer": by_layer(image)},
        legend=_legend(image),
        sections=(_owners(image), _layers(image)),
    )


def _legend(image: Inspection) -> Iterator[tuple[str, str]]:
    for kind in OwnerKind:
        if image.kinds[kind]:
            yield kind.value, f"{kind.value} {human(image.kinds[kind])}"
    if image.wasted:
        yield "wasted", f"wasted {human(image.wasted_size)}"


def _owners(image: Inspection) -> str:
    rows = (
        (
            str(one.owner),
            one.owner.kind.value,
            human(one.size),
            share(one.size, image.size),
            human(one.wasted) if one.wasted else "",
            ", ".join(map(str, one.layers)),
        )
        for one in image.owners[:LARGEST_OWNERS]
    )
    header = ("The largest owners", "kind", "size", "share", "wasted", "in layers")
    return tabulated("Owners", header, rows, right=(2, 3, 4))


def _layers(image: Inspection) -> str:
    rows = (
        (
            str(index),
            "base" if one.base else "",
            human(one.size),
            human(one.compressed_size),
            human(one.wasted) if one.wasted else "",
            one.created_by,
        )
        for index, one in enumerate(image.layers)
    )
    header = ("layer", "", "size", "compressed", "wasted", "made by")
    return tabulated("Layers", header, rows, right=(0, 2, 3, 4))
