"""An inspection as one HTML file that needs nothing else: a treemap, and the tables below it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from jettison.catalogue.reader import resource
from jettison.inspect.inspection import Inspection
from jettison.inspect.owner import OwnerKind
from jettison.inspect.treemap import Area, by_layer, by_owner
from jettison.report.inspection_text import LARGEST_OWNERS, heading, share
from jettison.sizes import human


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
