"""A fleet for people: its projects, bases, layers, versions to align and findings that repeat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jettison.fleet import FleetPlan, Row, shared_layers
from jettison.fleet.bases import Group
from jettison.fleet.layers import Alignment, Cost
from jettison.report import fitted, table
from jettison.values import counted, human

_SHOWN = 10
_PACKAGES = 5


def fleet_text(plan: FleetPlan, *, verbose: bool = False) -> str:
    """Give the report; ``verbose`` shows all of each list."""
    most = None if verbose else _SHOWN
    parts = [
        summary(plan),
        table(HEADER, map(cells, plan.rows), right=(1, 2, 3)),
        *([_costs(plan)] if plan.groups else []),
        *(_listed(*one, most) for one in lists(plan) if one[2]),
        *_failures(plan.failed),
        *(
            f"no room on the disk of {node}: its projects went elsewhere"
            for node in plan.full_nodes
        ),
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


HEADER = ("project", "before", "after", "pulls", "verdict", "blocked by")


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
        return "equivalent" if row.verified.equivalent else "not equivalent"
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
    said = f"{counted(len(layers), 'layer')} of distributions, {plan.gap:.0%} above the lower bound"
    return f"Expected bytes, compressed, on {nodes} (predicted)\n{text}\n{said}"


Rows = list[tuple[str, ...]]


def lists(plan: FleetPlan) -> Iterator[tuple[str, tuple[str, ...], Rows, tuple[int, ...]]]:
    """Give what there are several of: title, header, rows, and the columns of numbers."""
    header: tuple[str, ...] = ("projects", "base", "system packages", "of")
    yield "Bases", header, [_base(one) for one in plan.groups], (0,)
    layers: Rows = [
        (str(len(names)), human(layer.bytes), some(layer.what.split(", ")))
        for layer, names in shared_layers(plan.rows)
        if len(names) > 1
    ]
    yield "Layers shared as built", ("projects", "size", "layer"), layers, (0, 1)
    header = ("stored", "pulled a month", "distribution", "versions", "projects to change")
    title = "Versions that could be aligned (nothing is changed)"
    yield title, header, [_alignment(one) for one in plan.alignments], (0, 1)
    repeated: Rows = [(str(count), text) for text, count in plan.repeated]
    yield "Findings that repeat", ("projects", "finding"), repeated, (0,)


def _base(group: Group) -> tuple[str, ...]:
    wanted = group.base.wanted
    base = f"minimal, Python {wanted.python}" if wanted.kind == "composed" else wanted.location
    names = [image.name for image in group.images]
    return (str(len(names)), base, some(wanted.packages) or "-", some(names))


def some(names: Sequence[str]) -> str:
    """Name a few, and how many more there are."""
    rest = len(names) - _PACKAGES
    more = f" and {rest} more" if rest > 0 else ""
    return ", ".join(names[:_PACKAGES]) + more


def _alignment(one: Alignment) -> tuple[str, ...]:
    versions = ", ".join(one.versions) + (" (another major version)" if one.major else "")
    saved = (human(round(one.saving.stored)), human(round(one.saving.pulled)))
    return (*saved, one.name, versions, some(one.projects))


def _listed(
    title: str, header: tuple[str, ...], rows: Rows, right: Sequence[int], most: int | None
) -> str:
    rest = len(rows[most:]) if most else 0
    more = f"\nand {rest} more (--verbose)" if rest else ""
    return f"{title}\n{table(header, rows[:most], right=right)}{more}"


def _failures(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        failure = row.failure
        if failure:
            lines = [f"{row.member.name}: {failure.what}"]
            lines += [f"  {line}" for line in failure.why.strip().splitlines()[:4]]
            lines += [f"  hint: {failure.hint}"] if failure.hint else []
            yield fitted("\n".join(lines))
