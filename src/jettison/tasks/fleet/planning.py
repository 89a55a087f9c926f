"""A fleet from its file or folder to its plan: what did not change is remembered."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct, field, msgpack

from jettison.assessment.fleet import BuiltImage, FleetPlan, Project, Row, Verified, fleet_plan
from jettison.assessment.fleet_bases import BaseNeeds
from jettison.assessment.fleet_file import Fleet, Member, fleet_of, name_of, parse_fleet
from jettison.builder.composed_base import request_of
from jettison.errors import JettisonError, ProjectError
from jettison.images.descriptor import Platform
from jettison.plan.minimal_base import predicted_size
from jettison.progress import Progress
from jettison.records import regular_bytes
from jettison.tasks.fleet import Done, Job, Limits, run_here, workers_for
from jettison.tasks.fleet.orders import Made, Order
from jettison.values import counted, replace

Value = TypeVar("Value")
_LONGEST = 16 << 20
_DEEPEST = 4
# Compressed against uncompressed bytes of a minimal base, measured with Python 3.11 and 3.13.
_PACKED = 0.36
# A base whose size is not catalogued counts as the layers of an official slim image.
_UNKNOWN_BASE = 45_000_000


class Options(Struct, frozen=True, kw_only=True):
    """How a fleet is worked on; without ``ray``, which is an address or ``local``, here."""

    workers: int | None = None
    ray: str | None = None
    limits: Limits = field(default_factory=Limits)
    platform: str = ""
    level: int | None = None
    offline: bool = False

    @property
    def architecture(self) -> str:
        """The platform, by default this machine's."""
        return self.platform or platform.machine()


class Found(Struct, frozen=True, kw_only=True):
    """A fleet and the folder that its paths are relative to."""

    fleet: Fleet
    root: Path

    def orders(self, options: Options) -> dict[str, Order]:
        """Return an order for each project by its name."""
        return {
            member.name: Order(
                member=member,
                root=str(self.root),
                platform=options.architecture,
                level=options.level,
                offline=options.offline,
            )
            for member in self.fleet.members
        }


def found_fleet(place: Path) -> Found:
    """Read a fleet file, or take every folder with a Dockerfile below a folder as a project.

    ProjectError when there is neither, InputSyntaxError for a file that is not valid.
    """
    if place.is_dir():
        return Found(fleet=fleet_of(tuple(_members_in(place))), root=place.resolve())
    try:
        text = regular_bytes(place, _LONGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(
            f"{place} cannot be read",
            why=str(error),
            hint="Give a fleet file (TOML), or a folder of projects.",
        ) from error
    return Found(fleet=parse_fleet(text, place.name), root=place.resolve().parent)


def _members_in(root: Path) -> Iterator[Member]:
    taken: dict[str, str] = {}
    for folder in sorted(_described(root, _DEEPEST)):
        path = folder.relative_to(root).as_posix()
        name = name_of(path) or name_of(root.resolve().name) or "application"
        while name in taken:
            name = f"{name}-{len(taken)}"
        taken[name] = path
        yield Member(name=name, path=path)
    if not taken:
        raise ProjectError(
            f"{root} has no projects",
            why=f"no folder in it, down to {_DEEPEST} below, has a Dockerfile",
            hint="Give a fleet file that names them.",
        )


def _described(folder: Path, depth: int) -> Iterator[Path]:
    entries = [one for one in folder.iterdir() if not one.name.startswith(".")]
    if any(one.name in {"Dockerfile", "Containerfile"} and one.is_file() for one in entries):
        yield folder
    for one in entries if depth else ():
        if one.is_dir() and not one.is_symlink():
            yield from _described(one, depth - 1)


def planned_fleet(found: Found, options: Options, progress: Progress) -> FleetPlan:
    """Plan every project, and choose what they share; a project that fails is a row."""
    orders = found.orders(options)
    rows, full = carried_out("plan", orders, Project, options, progress)
    return chosen(found.fleet, [rows[name] for name in orders], options, full)


def chosen(
    fleet: Fleet, rows: list[Row], options: Options, full: tuple[str, ...] = ()
) -> FleetPlan:
    """Choose bases and layers for rows with their projects."""
    architecture = Platform.parse(options.architecture).architecture

    def size(base: BaseNeeds) -> int:
        return size_of_base(base, architecture)

    return fleet_plan(fleet, rows, size, full)


def size_of_base(base: BaseNeeds, architecture: str) -> int:
    """Return the compressed bytes of a base, as far as the catalogue tells."""
    if base.wanted.kind != "composed":
        return _UNKNOWN_BASE
    try:
        request = replace(
            request_of(base.wanted, architecture), libraries=tuple(sorted(base.libraries))
        )
        known = predicted_size(request)
    except JettisonError:
        known = None
    return round(known.bytes * _PACKED) if known else _UNKNOWN_BASE


def carried_out(
    work: str,
    orders: dict[str, Order],
    kind: type[Value],
    options: Options,
    progress: Progress,
    *,
    still: Callable[[Order, Value], bool] = lambda _order, _value: True,
) -> tuple[dict[str, Row], tuple[str, ...]]:
    """Do one kind of work for every order; give rows by name, and the nodes without room.

    What was done before for the same inputs is remembered, and kept as soon as it is there: whoever
    is broken off goes on with the rest. ``still`` says whether what is remembered holds.
    """
    made = Made()
    rows: dict[str, Row] = {}
    jobs: list[Job] = []
    for name, order in orders.items():
        known = made.known(work, order, kind)
        if known is None or not still(order, known):
            jobs.append(
                Job(
                    name=order.member.name,
                    work=f"jettison.tasks.fleet.projects:{work}_project",
                    argument=msgpack.encode(order),
                    limits=options.limits,
                )
            )
        else:
            rows[name] = _with(Row(member=order.member, cached=True), known)
    full: dict[str, None] = {}
    ended = 0
    if jobs:
        progress.begin(f"{work} {counted(len(jobs), 'project')}")
    for done in _run(jobs, options):
        if done.full:
            full[done.node] = None
        if not done.name:  # it went to another node
            continue
        value = msgpack.decode(done.value, type=kind) if done.value else None
        row = Row(
            member=orders[done.name].member, failure=done.failure, cached=done.kept,
            seconds=done.seconds, node=done.node,
        )  # fmt: skip
        row = rows[done.name] = row if value is None else _with(row, value)
        if value is not None and not row.failure:
            made.keep(work, orders[done.name], value)
        ended += 1
        progress.note(f"{ended} of {len(jobs)}: {done.name}")
    if jobs:
        progress.finish(f"{sum(row.cached for row in rows.values())} unchanged")
    return rows, tuple(full)


def _with(row: Row, value: object) -> Row:
    names: dict[type, str] = {Project: "project", BuiltImage: "built", Verified: "verified"}
    changed: dict[str, Any] = {names[type(value)]: value}
    return replace(row, failure=value.failure if isinstance(value, Project) else None, **changed)


def _run(jobs: list[Job], options: Options) -> Iterable[Done]:
    if not jobs:
        return ()
    workers = workers_for(options.limits, options.workers)
    if options.ray is None:
        return run_here(jobs, workers)
    # Late: an extra that most do without.
    from jettison.tasks.fleet.cluster import run_on_ray  # noqa: PLC0415

    return run_on_ray(jobs, workers, options.ray)
