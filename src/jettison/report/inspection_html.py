"""An inspection as one HTML file that needs nothing else: a treemap, and the tables below it."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import Any

from msgspec import Struct, field

from jettison.catalogue import resource
from jettison.contents.inspection import InspectedLayer, Inspection, OwnedFile
from jettison.contents.stored_files import OwnerKind
from jettison.report.inspection_text import LARGEST_OWNERS, heading, share
from jettison.values import human

# An area below this share of the whole is not worth a node of its own.
_SMALLEST_SHARE = 1 / 5000
_INSTRUCTION_WIDTH = 80


class Area(Struct, frozen=True, kw_only=True):
    """A part of a treemap; ``kind`` is None where the parts within are of several kinds.

    ``wasted`` of its bytes are hidden by a later layer.
    """

    name: str
    size: int
    wasted: int
    kind: OwnerKind | None
    parts: tuple[Area, ...] = ()


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
    groups: dict[str, list[OwnedFile]] = {}
    for one in files:
        groups.setdefault(key(one), []).append(one)
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
    if not shown:
        return total
    return Area(
        name=name,
        size=total.size,
        wasted=total.wasted,
        kind=total.kind,
        parts=(*shown, *rest),
    )


def _sum(name: str, parts: Iterable[Area]) -> Area:
    parts = tuple(parts)
    kinds = {part.kind for part in parts}
    return Area(
        name=name,
        size=sum(part.size for part in parts),
        wasted=sum(part.wasted for part in parts),
        kind=kinds.pop() if len(kinds) == 1 else None,
    )


def inspection_html(image: Inspection) -> str:
    """Give the page; it loads nothing and runs from disk."""
    areas = {"owner": _area(by_owner(image)), "layer": _area(by_layer(image))}
    return _filled(
        _text("page.html"),
        title=escape(image.name),
        heading=escape(heading(image)),
        style=_text("style.css"),
        legend="\n".join(_legend(image)),
        tables="\n".join((_owners(image), _layers(image))),
        # so that no name of a file ends the element
        areas=json.dumps(areas, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"),
        script=_text("script.js"),
    )


def _text(name: str) -> str:
    return resource(f"treemap/{name}").decode("utf-8")


def _filled(page: str, **texts: str) -> str:
    pieces = page.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        filled += [texts[name], rest]
    return "".join(filled)


def _area(area: Area) -> list[Any]:
    kind = area.kind.value if area.kind else ""
    return [area.name, area.size, area.wasted, kind, [_area(part) for part in area.parts]]


def _legend(image: Inspection) -> Iterator[str]:
    for kind in OwnerKind:
        if image.kinds[kind]:
            colour = f"background:var(--{kind.value.replace(' ', '-')})"
            yield f'<li><i style="{colour}"></i>{kind.value} {human(image.kinds[kind])}</li>'
    if image.wasted:
        yield f'<li><i class="wasted"></i>wasted {human(image.wasted_size)}</li>'


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
    return _table("Owners", header, rows, right=(2, 3, 4))


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
    return _table("Layers", header, rows, right=(0, 2, 3, 4))


def _table(
    title: str, header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int]
) -> str:
    def row(tag: str, cells: Sequence[str]) -> str:
        marks = [' class="number"' if index in right else "" for index in range(len(cells))]
        pairs = zip(marks, cells, strict=True)
        return f"<tr>{''.join(f'<{tag}{mark}>{escape(cell)}</{tag}>' for mark, cell in pairs)}</tr>"

    body = "\n".join(row("td", cells) for cells in rows)
    return (
        f'<h2>{escape(title)}</h2>\n<div class="scroll"><table>\n'
        f"<thead>{row('th', header)}</thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
    )
