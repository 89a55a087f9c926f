"""One HTML file that needs nothing else: treemaps, and what else there is to say, below them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from msgspec import Struct

from jettison.catalogue import resource
from jettison.contents.stored_files import OwnerKind


class Area(Struct, frozen=True, kw_only=True):
    """A part of a treemap; ``kind`` is None where the parts within are of several kinds.

    ``wasted`` of its bytes are hidden by a later layer.
    """

    name: str
    size: int
    wasted: int = 0
    kind: OwnerKind | None = None
    parts: tuple[Area, ...] = ()

    @classmethod
    def of(cls, name: str, parts: Iterable[Area], kind: OwnerKind | None = None) -> Area:
        """Return the area that parts make together."""
        parts = tuple(parts)
        size, wasted = sum(part.size for part in parts), sum(part.wasted for part in parts)
        return cls(name=name, size=size, wasted=wasted, kind=kind, parts=parts)


def page(
    *,
    title: str,
    heading: str,
    views: Mapping[str, Area],
    legend: Iterable[tuple[str, str]],
    sections: Iterable[str],
    summary: str = "",
) -> str:
    """Give the page; it loads nothing and runs from disk.

    ``views`` are treemaps by what their buttons say, ``legend`` pairs of a kind and a text;
    ``summary`` and ``sections`` are HTML above and below.
    """
    ids = {name: name.lower().replace(" ", "-") for name in views}
    areas = {ids[name]: _area(area) for name, area in views.items()}
    return _filled(
        _text("page.html"),
        title=escape(title),
        heading=escape(heading),
        style=_text("style.css"),
        summary=summary,
        views="\n".join(
            f'<button type="button" data-view="{escape(ids[name])}"'
            f' aria-pressed="{str(not number).lower()}">{escape(name)}</button>'
            for number, name in enumerate(views)
        ),
        legend="\n".join(_legend(kind, text) for kind, text in legend),
        tables="\n".join(sections),
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


def _legend(kind: str, text: str) -> str:
    mark = (
        'class="wasted"'
        if kind == "wasted"
        else f'style="background:var(--{kind.replace(" ", "-")})"'
    )
    return f"<li><i {mark}></i>{escape(text)}</li>"


def tabulated(
    title: str, header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int]
) -> str:
    """Give a section with a table; ``right`` lists columns of numbers."""

    def row(tag: str, cells: Sequence[str]) -> str:
        marks = [' class="number"' if index in right else "" for index in range(len(cells))]
        pairs = zip(marks, cells, strict=True)
        return f"<tr>{''.join(f'<{tag}{mark}>{escape(cell)}</{tag}>' for mark, cell in pairs)}</tr>"

    body = "\n".join(row("td", cells) for cells in rows)
    return (
        f'<h2>{escape(title)}</h2>\n<div class="scroll"><table>\n'
        f"<thead>{row('th', header)}</thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
    )
