"""A fleet that is planned, built with what it shares, delivered, verified, and remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct, msgpack

from jettison.assessment.fleet import BuiltImage, FleetPlan, Project, Row, Verified, fleet_plan
from jettison.assessment.fleet_bases import BaseNeeds
from jettison.assessment.fleet_file import Fleet
from jettison.builder.composed_base import request_of
from jettison.errors import JettisonError
from jettison.images import locate
from jettison.images.descriptor import Platform
from jettison.images.stores.cache import blob_cache, cache_directory
from jettison.plan.minimal_base import predicted_size
from jettison.progress import Progress
from jettison.records import Records
from jettison.tasks.fleet import Done, Job, run_here, workers_for
from jettison.tasks.fleet.orders import Found, Made, Options, Order, key_of_order
from jettison.values import counted, replace

Value = TypeVar("Value")
# Compressed against uncompressed bytes of a minimal base, measured with Python 3.11 and 3.13.
_PACKED = 0.36
# A base whose size is not catalogued counts as the layers of an official slim image.
_UNKNOWN_BASE = 45_000_000
_LAST = "last"


def planned_fleet(found: Found, options: Options, progress: Progress) -> FleetPlan:
    """Plan every project, and choose what they share; a project that fails is a row."""
    orders = found.orders(options)
    rows, full = _carried_out("plan", orders, Project, options, progress)
    return _chosen(found.fleet, [rows[name] for name in orders], options, full)


def _chosen(fleet: Fleet, rows: list[Row], options: Options, full: tuple[str, ...]) -> FleetPlan:
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


def _carried_out(
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


class Delivery(Struct, frozen=True, kw_only=True):
    """Where images go: below a name in a registry, or as layouts into a folder."""

    push: str = ""
    tag: str = "latest"
    output: str = ""

    def places(self, name: str) -> tuple[str, ...]:
        """Return the places of one image, as ``locate`` reads them."""
        pushed = f"{self.push.rstrip('/')}/{name}:{self.tag}"
        return (
            *([pushed] if self.push else []),
            *([f"oci:{Path(self.output, name)}"] if self.output else []),
        )


def built_fleet(
    found: Found, options: Options, delivery: Delivery, progress: Progress
) -> FleetPlan:
    """Plan with what the wheels say, build every image with what is shared, and deliver it."""
    orders = {n: replace(one, fetch=True) for n, one in found.orders(options).items()}
    rows, full = _carried_out("plan", orders, Project, options, progress)
    plan = _chosen(found.fleet, [rows[name] for name in orders], options, full)
    wanted = {
        name: replace(
            orders[name].at(rows[name].project),
            fetch=False,
            shared=shared,
            places=delivery.places(name),
        )
        for name, shared in plan.shared().items()
    }
    made, fuller = _carried_out("build", wanted, BuiltImage, options, progress, still=_is_there)
    whole = [_joined(rows[name], made.get(name)) for name in orders]
    _remember(found.orders(options), whole)
    return _chosen(found.fleet, whole, options, tuple(dict.fromkeys((*full, *fuller))))


def verified_fleet(
    found: Found, options: Options, engine: str | None, progress: Progress, *, write: bool
) -> FleetPlan:
    """Compare the image of every project before and after; one of a whole image is left out."""
    orders = found.orders(options)
    rows, full = _carried_out("plan", orders, Project, options, progress)
    wanted = {
        name: replace(order.at(rows[name].project), engine=engine, write=write)
        for name, order in orders.items()
        if rows[name].project and not order.member.image
    }
    done, fuller = _carried_out("verify", wanted, Verified, options, progress)
    whole = [_joined(rows[name], done.get(name)) for name in orders]
    _remember(orders, whole)
    return _chosen(found.fleet, whole, options, tuple(dict.fromkeys((*full, *fuller))))


def remembered_fleet(found: Found, options: Options, progress: Progress) -> FleetPlan:
    """Plan, and add what was built and verified of projects that are as they were then."""
    orders, records = found.orders(options), Records(cache_directory() / "records")
    plan = planned_fleet(found, options, progress)
    rows = []
    for row in plan.rows:
        order = orders[row.member.name].at(row.project)
        words = ("fleet", _LAST, key_of_order("plan", order, records))
        known = records.get(Row, *words) if words[-1] and not row.failure else None
        rows.append(replace(_joined(row, known), cached=row.cached) if known else row)
    return _chosen(found.fleet, rows, options, plan.full_nodes)


def _remember(orders: Mapping[str, Order], rows: Iterable[Row]) -> None:
    """Keep what was built and verified under what each project is planned from."""
    records = Records(cache_directory() / "records")
    for row in rows:
        key = key_of_order("plan", orders[row.member.name].at(row.project), records)
        if key and not row.failure and (row.built or row.verified):
            before = records.get(Row, "fleet", _LAST, key)
            records.put(_joined(before, row) if before else row, "fleet", _LAST, key)


def _joined(row: Row, later: Row | None) -> Row:
    if later is None:
        return row
    return replace(
        row,
        built=later.built or row.built,
        verified=later.verified or row.verified,
        failure=later.failure,
        cached=row.cached and later.cached,
        seconds=row.seconds + later.seconds,
        node=later.node,
    )


def _is_there(order: Order, image: BuiltImage) -> bool:
    """Whether every place still has what was written there."""
    cache = blob_cache()
    try:
        tops = [
            place.store.find(place.reference)
            for place in (locate(text, cache) for text in order.places)
        ]
    except (JettisonError, OSError):
        return False
    return all(top is not None and str(top.digest) == image.digest for top in tops)
