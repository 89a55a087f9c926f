"""Composes the base that a Dockerfile shall compose, so that the plan knows what it needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from jettison.base.choice import choose
from jettison.base.compose import composed_base
from jettison.base.request import BaseRequest, BaseTree
from jettison.candidates.image import COMPOSED, DEBIAN_NAMES
from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import translated
from jettison.debian.archive import Archive
from jettison.debian.package import Package
from jettison.debian.settings import MIRROR, archive_settings
from jettison.distributions.facts import DistributionFacts
from jettison.errors import UnsupportedError
from jettison.lift.other_packages import zone_groups
from jettison.lift.packages import requested
from jettison.lower.composed_base import refused
from jettison.oci.entry import Kind
from jettison.plan.composition import ArchiveFile, Composition
from jettison.plan.plan import Plan
from jettison.values import Basis, Evidence, Size

SNAPSHOTS = "https://snapshot.debian.org/archive"
SHELL = "busybox-static"
# The library that compiled wheels may need and that the bare base does not have. Which wheels do
# is only known when they are there.
COMPILED = ("libstdc++.so.6",)


def with_composition(start: Plan, plan: Plan, *, cache: Path, offline: bool) -> Plan:
    """Give the start with the base that the finished plan needs, when a composed one is taken.

    The packages are fetched, verified and laid over one another, which shows the libraries that
    files of them need. Raises UnsupportedError for steps that the base cannot do, and as
    ``composed_base`` does.
    """
    taken = plan.base.taken
    if taken is None or taken.reference != COMPOSED:
        return start
    why = refused(plan.stage)
    if why is not None:
        raise _not_composed(why)
    settings = replace(archive_settings(os.environ), offline=offline)
    found = _composition(plan, Archive(settings, cache=cache))
    return replace(start, composition=found)


def _not_composed(why: Evidence) -> UnsupportedError:
    return UnsupportedError(
        f"the final stage cannot stand on a composed base: {why.message}",
        why="a composed base has Python and the packages that are asked for, and no shell",
        hint="Move the step to an earlier stage, write the command as a list of words, or take"
        " another base.",
        origin=why.origin,
    )


def _composition(plan: Plan, archive: Archive) -> Composition:
    taken = plan.base.taken
    facts = taken.facts if taken else None
    if facts is None or facts.target is None or facts.release is None or facts.python is None:
        raise UnsupportedError("nothing is known of the composed base of this Python")
    names = {*requested(plan.stage), *(taken.adds if taken else ())}
    asked = {translated(name, facts.release) or name for name in names}
    compiled = any(_may_be_compiled(each) for each in plan.distributions.values())
    request = BaseRequest(
        python=facts.python,
        architecture=DEBIAN_NAMES[facts.target.architecture],
        packages=tuple(sorted(asked - {"python3", "tzdata"})),
        libraries=COMPILED if compiled or not plan.distributions else (),
        timezones="tzdata" in asked,
        user=None,
        keep=zone_groups(plan.stage, plan.usage),
    )
    return composition_of(request, archive, image=plan.stage.base)


def composition_of(request: BaseRequest, archive: Archive, *, image: str) -> Composition:
    """Compose a base and say what a Dockerfile needs to do the same on ``image``.

    Raises as ``composed_base`` does.
    """
    tree = composed_base(request, archive)
    index = archive.index(request.release, request.architecture)
    # The request with busybox, of which only the package is taken.
    shell = choose(replace(request, packages=(SHELL,)), index).packages
    return Composition(
        image=image,
        python=request.python,
        architecture=request.architecture,
        packages=tuple(map(_file, tree.packages)),
        shell=next(_file(each) for each in shell if each.name == SHELL),
        asked=request.packages,
        kept=tree.brought_back,
        links=tuple(_links(request, tree)),
        time_zones=request.timezones,
        groups_kept=tuple(sorted(request.keep)),
        archive=_address("debian", archive.date(request.release)),
        security_archive=_address("debian-security", archive.date(request.release)),
        size=Size(bytes=tree.size, basis=Basis.MEASURED, source="the packages, unpacked"),
        notes=tree.notes,
    )


def _may_be_compiled(facts: DistributionFacts) -> bool:
    return not any(wheel.filename.endswith("-any.whl") for wheel in facts.wheels)


def _file(package: Package) -> ArchiveFile:
    return ArchiveFile(
        name=package.name,
        path=package.filename,
        sha256=package.sha256,
        security=package.suite.endswith("-security"),
    )


def _links(request: BaseRequest, tree: BaseTree) -> Iterator[tuple[str, str]]:
    entries = {member.entry.path: member.entry for member in tree.members}
    for path, target in table("composed_base")["links"].items():
        place = path.replace("{triplet}", request.triplet)
        found = entries.get(place)
        if found is not None and found.kind is Kind.SYMLINK and found.link == target:
            yield place, target


def _address(archive: str, date: datetime) -> str:
    """The mirror that the user names, or a snapshot that has what an index of ``date`` lists."""
    if os.environ.get(MIRROR):
        named = archive_settings(os.environ)
        return named.mirror if archive == "debian" else named.security_mirror
    return f"{SNAPSHOTS}/{archive}/{date + timedelta(days=1):%Y%m%d}T000000Z"
