"""What reads an image's lists of software sees all that is in it: no file has lost its owner."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.verify.checks.check import Check, inside, skipped
from jettison.verify.observation import Inventory, Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "sbom"
# What Jettison itself puts in, to tell who imports a removed module what became of it.
_OWN = "jettison_removed.py"


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.inventory for one in both)
    if had is None:
        return skipped(_NAME, "the image before does not tell what it has installed")
    if has is None:
        message = "the image after does not tell any more what it has installed"
        return CheckResult(name=_NAME, outcome=Outcome.DIFFERENT, message=message)
    details = tuple(_differences(had, has))
    gone = sorted(had.packages.keys() - has.packages.keys())
    notes = (
        (f"packages of the system that are not there any more: {', '.join(gone)}",) if gone else ()
    )
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message="; ".join(details[:3])
        or f"every file has an owner among {len(has.packages)} packages and the distributions",
        before=f"{len(had.packages)} packages of the system",
        after=f"{len(has.packages)} packages of the system",
        details=(*details, *notes),
    )


def _differences(had: Inventory, has: Inventory) -> Iterator[str]:
    known = set(had.unclaimed)
    for path in has.unclaimed:
        if path not in known and not path.endswith(f"/{_OWN}"):
            yield f"{path}: no package and no distribution says that it is its own"
    for name, said in has.missing.items():
        if name not in had.missing:
            yield f"{name}: its RECORD names what is not there: {said}"


CHECK = Check(name=_NAME, compare=_compare)
