"""The images of a fleet: built with what they share, delivered, verified, and remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from jettison.assessment.fleet import BuiltImage, FleetPlan, Project, Row, Verified
from jettison.errors import JettisonError
from jettison.images import locate
from jettison.images.stores.cache import blob_cache, cache_directory
from jettison.progress import Progress
from jettison.records import Records
from jettison.tasks.fleet.orders import Order, key_of_order
from jettison.tasks.fleet.planning import (
    Found,
    Options,
    carried_out,
    chosen,
    planned_fleet,
)
from jettison.values import replace

_LAST = "last"


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
    rows, full = carried_out("plan", orders, Project, options, progress)
    plan = chosen(found.fleet, [rows[name] for name in orders], options, full)
    wanted = {
        name: replace(
            orders[name].at(rows[name].project),
            fetch=False,
            shared=shared,
            places=delivery.places(name),
        )
        for name, shared in plan.shared().items()
    }
    made, fuller = carried_out("build", wanted, BuiltImage, options, progress, still=_is_there)
    whole = [_joined(rows[name], made.get(name)) for name in orders]
    _remember(found.orders(options), whole)
    return chosen(found.fleet, whole, options, tuple(dict.fromkeys((*full, *fuller))))


def verified_fleet(
    found: Found, options: Options, engine: str | None, progress: Progress, *, write: bool
) -> FleetPlan:
    """Compare the image of every project before and after; one of a whole image is left out."""
    orders = found.orders(options)
    rows, full = carried_out("plan", orders, Project, options, progress)
    wanted = {
        name: replace(order.at(rows[name].project), engine=engine, write=write)
        for name, order in orders.items()
        if rows[name].project and not order.member.image
    }
    done, fuller = carried_out("verify", wanted, Verified, options, progress)
    whole = [_joined(rows[name], done.get(name)) for name in orders]
    _remember(orders, whole)
    return chosen(found.fleet, whole, options, tuple(dict.fromkeys((*full, *fuller))))


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
    return chosen(found.fleet, rows, options, plan.full_nodes)


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
