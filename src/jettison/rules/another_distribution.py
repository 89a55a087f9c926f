"""Move the image to the chosen distribution.

On Alpine, apt becomes apk, packages have other names, and busybox makes the users; between Debian
releases some libraries change theirs. Every stage that feeds the image moves along: an environment
that was made for one C library does not start on another.

Source: docker-library/python (variants of the image); Alpine's package index; busybox, adduser.

Safe: it happens only when every wheel, program, library and step is known to have a counterpart,
or when the user names the base.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.packaging import runtime_libraries_of, translated
from jettison.lift.build_context import installed_names
from jettison.plan import Finding, Plan
from jettison.plan.base import BaseCandidate
from jettison.plan.candidate_needs import build_packages
from jettison.plan.changes import AddPackages, Change, ChangeDistribution
from jettison.plan.system_removal import leaves_late
from jettison.rules.rule import Rule
from jettison.values import Basis, Saving

# On Debian a compiler brings the headers of the C library along, on Alpine it does not.
COMPILERS = ("gcc", "g++", "clang")


def detect(plan: Plan) -> Iterator[Finding]:
    """Find a final stage on another distribution than the chosen one."""
    stage, taken = plan.stage, plan.base.taken
    if taken is None or taken.facts.release in (None, stage.release) or stage.tag is None:
        return
    if stage.finish or leaves_late(plan):
        return
    names = _names(plan, taken)
    alpine = taken.facts.release == ALPINE
    build = tuple(sorted(set(_build(taken)) - set(names.values())))
    change = ChangeDistribution(
        reference=taken.image, packages=tuple(names.items()), alpine=alpine, build=build
    )
    changes: list[Change] = [change]
    missing = sorted({*taken.adds, *_libraries(taken)} - set(names.values()))
    if missing:
        reason = f"needed by the application, and no part of {taken.image}"
        changes.append(AddPackages(names=tuple(missing), reason=reason))
    message = f"replace {stage.base} with {taken.image} in every stage that feeds the image"
    yield Finding.of(message, taken.evidence, *changes, saving=_saving(plan, taken))


def _names(plan: Plan, taken: BaseCandidate) -> dict[str, str]:
    """The new name of each package that any stage installs; unknown ones keep theirs."""
    release = taken.facts.release or ""
    found = {}
    for name in installed_names(plan.stage):
        other = translated(name, release)
        found[name] = name if other is None else other
        if release == ALPINE and other in COMPILERS and "musl-dev" not in found.values():
            found[name] = f"{other} musl-dev"
    return found


def _build(taken: BaseCandidate) -> Iterator[str]:
    for name in taken.source_builds:
        if taken.facts.target:
            yield from build_packages(name, taken.facts.target)


def _libraries(taken: BaseCandidate) -> Iterator[str]:
    """The libraries behind the headers that source builds are compiled with."""
    for header in set(_build(taken)):
        yield from runtime_libraries_of(header, taken.facts.release or "") or ()


def _saving(plan: Plan, taken: BaseCandidate) -> Saving | None:
    before = plan.base.in_use
    if before is None or before.predicted is None or taken.predicted is None:
        return None
    count = before.predicted.bytes - taken.predicted.bytes
    return Saving(bytes=count, basis=Basis.ESTIMATED, source=taken.predicted.source)


RULE = Rule(name="another-distribution", level=2, documentation=__doc__, detect=detect)
