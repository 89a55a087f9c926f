"""A fleet for people: projects, bases, layers, versions to align, and findings that repeat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jettison.assessment.fleet import FOREIGN, FleetPlan, Row, StoredLayer, shared_layers
from jettison.assessment.fleet_bases import Group
from jettison.assessment.fleet_layers import Alignment, Cost
from jettison.contents.stored_files import OwnerKind
from jettison.report import fitted, table
from jettison.report.page import Area, page, tabulated
from jettison.values import by_key, counted, human, some

_SHOWN = 10


def fleet_text(plan: FleetPlan, *, verbose: bool = False) -> str:
    """Give the report; ``verbose`` shows all of each list."""
    most = None if verbose else _SHOWN
    parts = [
        summary(plan),
        table(HEADER[:-1], (cells(row)[:-1] for row in plan.rows), right=(1, 2, 3)),
        *([_costs(plan)] if plan.groups else []),
        *(_listed(*one, None) for one in (_images(plan), _blocked(plan)) if one[2]),
        *(_listed(*one, most) for one in lists(plan) if one[2]),
        *_failures(plan.failed),
        *(_without_room(node, plan.failed) for node in plan.full_nodes),
    ]
    return "\n\n".join(parts) + "\n"


def summary(plan: FleetPlan) -> str:
    """Say in a line what became of the projects."""
    blocked = sum(bool(row.project and row.project.blocks) for row in plan.rows)
    kept = sum(row.cached for row in plan.rows)
    parts = [
        counted(len(plan.rows), "project"),
        f"{kept} unchanged since the last run",
        *([f"{blocked} cannot be built without an engine"] if blocked else []),
        *([f"{len(plan.failed)} failed"] if plan.failed else []),
    ]
    return f"Fleet: {', '.join(parts)}"


HEADER = ("project", "before", "after", "pulls a month", "verdict", "blocked by")


def cells(row: Row) -> tuple[str, ...]:
    """Give a row of the table of projects; sizes are measured where the project was verified."""
    project, verified = row.project, row.verified
    before = verified.before if verified else project.before if project else None
    after = verified.after if verified else project.after if project else None
    return (
        row.member.name,
        "-" if before is None else human(before),
        "-" if after is None else human(after),
        str(row.member.pulls),
        verdict(row),
        next(iter(row.blocks.splitlines()), ""),
    )


def verdict(row: Row) -> str:
    """Say in a word what is known of a project."""
    if row.failure:
        return "failed"
    if row.verified:
        same = "updated" if row.verified.updated else "equivalent"
        return same if row.verified.equivalent else "not equivalent"
    if row.built:
        return "built"
    if row.project and row.project.layers:
        return "an image"
    return "blocked" if row.blocks else "planned"


COST_HEADER = ("", "stored", "pulled a month", "requests", "in all")


def cost_rows(plan: FleetPlan) -> list[tuple[str, ...]]:
    """Give a row for each way of building the fleet."""
    return [
        _cost("each alone", plan.alone),
        _cost("shared", plan.cost),
        _cost("lower bound", plan.bound),
    ]


def _cost(name: str, cost: Cost) -> tuple[str, ...]:
    found = (cost.stored, cost.pulled, cost.requests, cost.total)
    return (name, *(human(round(one)) for one in found))


def _costs(plan: FleetPlan) -> str:
    nodes = counted(plan.fleet.nodes, "node")
    text = table(COST_HEADER, cost_rows(plan), right=(1, 2, 3, 4))
    layers = {layer for image in plan.layout.layers.values() for layer in image if layer}
    counts = f"shared: {counted(len(layers), 'layer')} of distributions"
    gap = f"in all {plan.gap:.0%} above the lower bound"
    return f"Expected bytes, compressed, on {nodes} (predicted)\n{text}\n{counts}, {gap}"


Rows = list[tuple[str, ...]]
# Title, header, rows, and the columns of numbers.
Listed = tuple[str, tuple[str, ...], Rows, tuple[int, ...]]


def lists(plan: FleetPlan) -> Iterator[Listed]:
    """Give what there are several of."""
    header: tuple[str, ...] = ("projects", "base", "system packages", "of")
    groups = sorted(plan.groups, key=lambda one: -len(one.images))
    yield "Bases", header, [_base(one) for one in groups], (0,)
    layers: Rows = [
        (str(len(names)), human(layer.bytes), some(layer.what.split(", ")))
        for layer, names in shared_layers(plan.rows)
        if len(names) > 1
    ]
    yield "Layers shared as built", ("projects", "size", "layer"), layers, (0, 1)
    header = (
        "stored",
        "pulled a month",
        "distribution",
        "Python",
        "versions",
        "projects to change",
    )
    title = "Versions that could be aligned (nothing is changed)"
    yield title, header, [_alignment(one) for one in plan.alignments], (0, 1)
    repeated: Rows = [(str(count), text) for text, count in plan.repeated]
    yield "Findings that repeat", ("projects", "finding"), repeated, (0,)


def _base(group: Group) -> tuple[str, ...]:
    wanted = group.base.wanted
    base = f"minimal, Python {wanted.python}" if wanted.kind == "composed" else wanted.location
    names = [image.name for image in group.images]
    return (str(len(names)), base, some(wanted.packages) or "-", some(names))


def _alignment(one: Alignment) -> tuple[str, ...]:
    versions = ", ".join(one.versions) + (" (another major version)" if one.major else "")
    saved = (human(round(one.saving.stored)), human(round(one.saving.pulled)))
    return (*saved, one.name, one.family, versions, some(one.projects))


def _listed(
    title: str, header: tuple[str, ...], rows: Rows, right: Sequence[int], most: int | None
) -> str:
    rest = len(rows[most:]) if most else 0
    more = f"\nand {rest} more (--verbose)" if rest else ""
    return f"{title}\n{table(header, rows[:most], right=right)}{more}"


def _images(plan: FleetPlan) -> Listed:
    shared = {layer.digest for layer, names in shared_layers(plan.rows) if len(names) > 1}
    rows: Rows = []
    for name, built in ((row.member.name, row.built) for row in plan.rows):
        if built:
            common = sum(layer.bytes for layer in built.layers if layer.digest in shared)
            written = "; ".join(built.places) or f"{built.digest}, not delivered"
            rows.append((name, human(built.bytes), human(common), written))
    header = ("project", "compressed", "shared", "written to")
    return "Images as built", header, rows, (1, 2)


def _blocked(plan: FleetPlan) -> Listed:
    rows: Rows = [
        (row.member.name, row.blocks) for row in plan.rows if row.blocks and not row.failure
    ]
    return "Cannot be built without an engine", ("project", "why"), rows, ()


def _failures(rows: Sequence[Row]) -> Iterator[str]:
    """Say what failed; what several projects have in common is said once."""
    for failure, names in by_key((row.failure, row.member.name) for row in rows).items():
        if failure:
            lines = [f"{some(names)}: {failure.what}"]
            lines += [f"  {line}" for line in failure.why.strip().splitlines()[:4]]
            lines += [f"  hint: {failure.hint}"] if failure.hint else []
            yield fitted("\n".join(lines))


def _without_room(node: str, failed: Sequence[Row]) -> str:
    stayed = any(row.node == node for row in failed)
    return f"no room on the disk of {node}" + ": its projects went elsewhere" * (not stayed)


_OFFENDERS = 10
_OF_BASE = {
    "Debian packages of every base": OwnerKind.DEBIAN_PACKAGE,
    "Debian packages": OwnerKind.DEBIAN_PACKAGE,
    "Python and its standard library": OwnerKind.INTERPRETER,
    "bytecode of the standard library": OwnerKind.STANDARD_LIBRARY,
    FOREIGN: OwnerKind.BASE,
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
    users = by_key(
        (layer, name)
        for name, layers in plan.layout.layers.items()
        for layer in filter(None, layers)
    )
    for layer, names in users.items():
        what = ", ".join(f"{items[key].name} {items[key].version}" for key in layer)
        size = sum(items[key].bytes for key in layer)
        yield StoredLayer(digest="".join(layer), bytes=size, what=what), tuple(names)


def _kind(what: str) -> OwnerKind:
    """Tell what a layer holds; distributions have a version or are counted, packages have none."""
    plain = OwnerKind.DISTRIBUTION if " " in what.partition(",")[0] else OwnerKind.DEBIAN_PACKAGE
    return _OF_BASE.get(what, plain)


def _by_users(layers: list[tuple[StoredLayer, tuple[str, ...]]], *, saved: bool) -> Area:
    """Nest the layers by how many projects have them; ``saved`` counts the copies there are not."""
    groups: dict[int, list[Area]] = {}
    for layer, names in layers:
        size = layer.bytes * (len(names) - 1) if saved else layer.bytes
        if size:
            name = f"{some(layer.what.split(', '))} ({some(names)})"
            groups.setdefault(len(names), []).append(
                Area(name=name, size=size, kind=_kind(layer.what))
            )
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
    for title, header, rows, right in (_images(plan), *lists(plan)):
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
