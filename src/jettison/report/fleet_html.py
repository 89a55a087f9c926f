"""A fleet as one HTML file: the table of projects, a treemap of what is shared, what repeats."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.contents.stored_files import OwnerKind
from jettison.fleet import FleetPlan, Row, StoredLayer, shared_layers
from jettison.report.fleet_text import COST_HEADER, HEADER, cells, cost_rows, lists, some, summary
from jettison.report.page import Area, page, tabulated
from jettison.values import counted, human

_OFFENDERS = 10
_OF_BASE = {
    "Debian packages of every base": OwnerKind.DEBIAN_PACKAGE,
    "Debian packages": OwnerKind.DEBIAN_PACKAGE,
    "Python and its standard library": OwnerKind.INTERPRETER,
    "application": OwnerKind.APPLICATION,
}
_KINDS = tuple(dict.fromkeys((*_OF_BASE.values(), OwnerKind.DISTRIBUTION)))


def fleet_html(plan: FleetPlan) -> str:
    """Give the page; it loads nothing and runs from disk."""
    layers = list(shared_layers(plan.rows)) or list(_planned_layers(plan))
    built = any(row.built for row in plan.rows)
    return page(
        title=f"Fleet of {counted(len(plan.rows), 'project')}",
        heading=f"{summary(plan)[7:]}; layers {'as built' if built else 'as predicted'}",
        views={
            "Stored": _by_users(layers, saved=False),
            "Saved by sharing": _by_users(layers, saved=True),
        },
        legend=((kind.value, f"{kind.value}s".replace("ys", "ies")) for kind in _KINDS),
        sections=_sections(plan),
    )


def _planned_layers(plan: FleetPlan) -> Iterator[tuple[StoredLayer, tuple[str, ...]]]:
    """Yield the layers of distributions that are chosen and not built yet."""
    items = {item.key: item for row in plan.rows if row.project for item in row.project.items}
    users: dict[tuple[str, ...], list[str]] = {}
    for name, layers in plan.layout.layers.items():
        for layer in filter(None, layers):
            users.setdefault(layer, []).append(name)
    for layer, names in users.items():
        what = ", ".join(f"{items[key].name} {items[key].version}" for key in layer)
        size = sum(items[key].bytes for key in layer)
        yield StoredLayer(digest="".join(layer), bytes=size, what=what), tuple(names)


def _by_users(layers: list[tuple[StoredLayer, tuple[str, ...]]], *, saved: bool) -> Area:
    """Nest the layers by how many projects have them; ``saved`` counts the copies there are not."""
    groups: dict[int, list[Area]] = {}
    for layer, names in layers:
        size = layer.bytes * (len(names) - 1) if saved else layer.bytes
        if size:
            kind = _OF_BASE.get(layer.what, OwnerKind.DISTRIBUTION)
            name = f"{some(layer.what.split(', '))} ({some(names)})"
            groups.setdefault(len(names), []).append(Area(name=name, size=size, kind=kind))
    areas = (
        Area.of(
            f"of {counted(count, 'project')}",
            sorted(parts, key=lambda part: (-part.size, part.name)),
        )
        for count, parts in groups.items()
    )
    name = "copies that are not stored" if saved else "stored"
    return Area.of(name, sorted(areas, key=lambda area: -area.size))


def _sections(plan: FleetPlan) -> Iterator[str]:
    yield tabulated("Projects", HEADER, map(cells, plan.rows), right=(1, 2, 3))
    if plan.groups:
        title = f"Expected bytes, {plan.gap:.0%} above the lower bound"
        yield tabulated(title, COST_HEADER, cost_rows(plan), right=(1, 2, 3, 4))
    yield tabulated("Largest downloads", *_offenders(plan), right=(1, 2, 3))
    for title, header, rows, right in lists(plan):
        if rows:
            yield tabulated(title, header, rows, right=right)
    if plan.failed:
        failures = [
            (row.member.name, row.failure.what, row.failure.why, row.failure.hint)
            for row in plan.failed
            if row.failure
        ]
        yield tabulated("Failures", ("project", "what", "why", "hint"), failures, right=())


def _offenders(plan: FleetPlan) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Give the projects by what their image is times how often it is pulled."""

    def size(row: Row) -> int:
        known = row.verified.before if row.verified else row.project.before if row.project else 0
        return known or 0

    def pulled(row: Row) -> int:
        return size(row) * row.member.pulls

    found = sorted(plan.rows, key=lambda row: -pulled(row))[:_OFFENDERS]
    header: tuple[str, ...] = ("project", "before", "pulls a month", "bytes a month, uncompressed")
    rows: list[tuple[str, ...]] = [
        (row.member.name, human(size(row)), str(row.member.pulls), human(pulled(row)))
        for row in found
        if size(row)
    ]
    return header, rows
