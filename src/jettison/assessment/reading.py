"""Take the figures of an image from a plan, a manifest, its layers or a measurement."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import canonicalize_name

from jettison.assessment import Amount, Figures, Level, OwnedBytes, Problem
from jettison.contents.inspection import Inspection
from jettison.contents.measurement import ImageMeasurement
from jettison.contents.stored_files import OwnerKind, instructions
from jettison.formats.budgets import Budget
from jettison.images.image import Image
from jettison.index import Source
from jettison.index.graph import path_to
from jettison.plan import Plan
from jettison.plan.prediction_parts import Part
from jettison.values import Basis, replace

# Of the instruction that names a layer.
_LONGEST = 80


def figures_of_plan(plan: Plan, *, planned: bool) -> Figures:
    """Predict the image that the committed files build, or the one that the plan would make."""
    predictions = plan.prediction
    side = predictions.after if planned else predictions.before
    owners = tuple(_joined(_owned(plan, side.parts)))
    amounts = {}
    if side.size is not None:
        amounts[Budget.SIZE] = Amount.exactly(side.size.bytes)
    if planned and predictions.optimized is not None:
        expected = predictions.optimized
        amounts[Budget.SIZE] = Amount(low=expected.low, high=expected.high)
    count = sum(one.kind is OwnerKind.DISTRIBUTION for one in owners)
    if count:
        amounts[Budget.PACKAGES] = Amount.exactly(count)
    return Figures(
        image=image_name(plan),
        basis=Basis.ESTIMATED,
        amounts=amounts,
        owners=owners,
        unknown=side.unknown,
    )


def image_name(plan: Plan) -> str:
    """Name the image of a project as its budgets do: by its service, else by its Dockerfile."""
    project = plan.original
    return project.service or project.dockerfile_path


def _owned(plan: Plan, parts: Iterable[Part]) -> Iterator[OwnedBytes]:
    for part in parts:
        for name, count in part.shares.items():
            yield _distribution(plan, name, count, part)
        rest = part.size.bytes - sum(part.shares.values())
        if rest:
            kind, name, version = _place(part.what)
            yield OwnedBytes(kind=kind, name=name, version=version, bytes=rest, origin=part.origin)


def _distribution(plan: Plan, name: str, count: int, part: Part) -> OwnedBytes:
    facts = plan.closure.facts.get(name)
    root = next(iter(path_to(plan.closure.graph, name)), name)
    declared = {canonicalize_name(one.name): one.origin for one in plan.requirements}
    return OwnedBytes(
        kind=OwnerKind.DISTRIBUTION,
        name=name,
        bytes=count,
        version=facts.version if facts and facts.source is not Source.CATALOGUE else "",
        requirement=root,
        origin=declared.get(canonicalize_name(root), part.origin),
    )


_PLACES = (
    (re.compile(r"base (.+)"), OwnerKind.BASE, "base image"),
    (re.compile(r"packages: (.+)"), OwnerKind.DEBIAN_PACKAGE, "system packages"),
    (re.compile(r"files of the project"), OwnerKind.APPLICATION, "files of the project"),
)


def _place(what: str) -> tuple[OwnerKind, str, str]:
    """Give the owner that a part of a prediction stands for, and what else it says."""
    for pattern, kind, name in _PLACES:
        found = pattern.fullmatch(what)
        if found:
            return kind, name, found[1] if found.groups() else ""
    return OwnerKind.UNOWNED, what, ""


def _joined(owners: Iterable[OwnedBytes]) -> Iterator[OwnedBytes]:
    """Add up what several steps bring of one owner; the largest comes first."""
    found: dict[tuple[OwnerKind, str], OwnedBytes] = {}
    for one in owners:
        key = (one.kind, one.name)
        known = found.get(key)
        found[key] = _both(known, one) if known else one
    yield from sorted(found.values(), key=lambda one: (-one.bytes, one.kind, one.name))


def _both(first: OwnedBytes, second: OwnedBytes) -> OwnedBytes:
    versions = dict.fromkeys(filter(None, (first.version, second.version)))
    return replace(first, bytes=first.bytes + second.bytes, version=", ".join(versions))


def figures_of_manifest(name: str, image: Image) -> Figures:
    """Give what an image's manifest and configuration tell: the bytes that a pull moves.

    Its owners are the instructions that made its layers.
    """
    sizes = [layer.descriptor.size for layer in image.layers]
    made_by = instructions(image.config.history, len(sizes))
    owners = (
        OwnedBytes(kind=OwnerKind.UNOWNED, name=f"the layer of {_short(made)}", bytes=size)
        for made, size in zip(made_by, sizes, strict=True)
    )
    return Figures(
        image=name,
        basis=Basis.MEASURED,
        amounts=_packed(sizes),
        owners=tuple(_joined(owners)),
        digest=str(image.manifest.descriptor.digest),
    )


def _short(instruction: str) -> str:
    """Give an instruction as it was written, on one line that can be read."""
    words = " ".join(instruction.split()).removesuffix("# buildkit").strip()
    return textwrap.shorten(words or "no instruction", _LONGEST, placeholder="…")


def figures_of_inspection(found: Inspection, known: Iterable[OwnedBytes]) -> Figures:
    """Give what was read of an image; ``known`` tell which requirements bring distributions."""
    lines = {one.name: one for one in known if one.kind is OwnerKind.DISTRIBUTION}
    owners = tuple(
        _joined(
            OwnedBytes(
                kind=share.owner.kind,
                name=name,
                bytes=share.size,
                version=share.owner.version,
                requirement=lines[name].requirement if name in lines else "",
                origin=lines[name].origin if name in lines else None,
            )
            for share in found.owners
            for name in [_named(share.owner.kind, share.owner.name)]
        )
    )
    count = sum(one.kind is OwnerKind.DISTRIBUTION for one in owners)
    amounts = {
        Budget.SIZE: Amount.exactly(found.size),
        Budget.PACKAGES: Amount.exactly(count),
        **_packed([layer.compressed_size for layer in found.layers]),
    }
    return Figures(image=found.name, basis=Basis.MEASURED, amounts=amounts, owners=owners)


def amounts_of_built(
    image: ImageMeasurement, memory: int | None, start_up: float | None
) -> Mapping[Budget, Amount]:
    """Give what was measured of an image that was built and run."""
    amounts: dict[Budget, float | None] = {
        Budget.SIZE: image.size.bytes,
        Budget.COMPRESSED: image.compressed_size.bytes,
        Budget.LARGEST_LAYER: max(image.layers, default=0),
        Budget.PACKAGES: len({canonicalize_name(one.name) for one in image.distributions}),
        Budget.MEMORY: memory,
        Budget.START_UP: start_up,
    }
    return {key: Amount.exactly(one) for key, one in amounts.items() if one is not None}


def _packed(sizes: list[int]) -> dict[Budget, Amount]:
    return {
        Budget.COMPRESSED: Amount.exactly(sum(sizes)),
        Budget.LARGEST_LAYER: Amount.exactly(max(sizes, default=0)),
    }


def _named(kind: OwnerKind, name: str) -> str:
    return canonicalize_name(name) if kind is OwnerKind.DISTRIBUTION else name


def noted(plan: Plan) -> Iterator[Problem]:
    """Give what the plan finds as notes; what does not work as it is, as a warning.

    What it decided against is no finding to act on.
    """
    withdrawn = {one.rule for one in plan.withdrawn}
    for one in (each for each in plan.findings if each.changes or each.rule not in withdrawn):
        places = (each.origin for each in one.evidence if each.origin)
        yield Problem(
            rule=one.rule,
            level=Level.WARNING if one.error else Level.NOTE,
            message=one.message,
            subject=re.sub(r"\d+", "#", one.message),
            origin=next(places, None),
            bytes=one.saving.bytes if one.saving else 0,
        )
