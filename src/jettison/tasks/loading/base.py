"""Gathers what the choice of a base image rests on."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from jettison.builder.minimal_base import choose, composed_base
from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase
from jettison.catalogue.packaging import translated
from jettison.ecosystems.commands import PipInstall
from jettison.errors import UnsupportedError
from jettison.formats.own_settings import BaseOverride
from jettison.formats.requirements.statement import name_of
from jettison.images.entry import Kind
from jettison.index import DistributionFacts
from jettison.index.debian import Archive
from jettison.index.debian.mirror import MIRROR, archive_settings
from jettison.index.debian.package import Package
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, actions_in, is_installer
from jettison.lift.build_context import feeding_stages
from jettison.lift.declared import context_file, exported, wheels_from
from jettison.lift.installation import NotMovable
from jettison.lift.locked import LockedInstallation, movable, new_place
from jettison.lift.locked_obstacles import fixed_path, programs_of
from jettison.lift.other_packages import zone_groups
from jettison.lift.packages import requested
from jettison.lift.projects import project_requests
from jettison.lift.scopes import PlannedPackage
from jettison.lift.search_path import elsewhere
from jettison.lift.stage import FinalStage, lifted, lifted_stage
from jettison.lower.composed_base import refused
from jettison.plan import Plan
from jettison.plan.base import COMPOSED, DEBIAN_NAMES
from jettison.plan.candidate_needs import BaseNeeds
from jettison.plan.minimal_base import ArchiveFile, BaseRequest, BaseTree, Composition
from jettison.plan.prediction_environment import application_size
from jettison.tasks.loading.knowledge import Knowledge
from jettison.values import Basis, Evidence, Origin, Size, replace


def base_needs(
    project: Project,
    knowledge: Knowledge,
    packages: Iterable[PlannedPackage],
    override: BaseOverride,
) -> BaseNeeds:
    """Bring together what the project, its distributions and its packages ask of a base."""
    stage = lifted(project)
    return BaseNeeds(
        stage=stage,
        usage=knowledge.usage,
        closure=knowledge.closure,
        production=knowledge.production,
        declared={item.name: item.origin for item in knowledge.requirements},
        packages=tuple(packages),
        application=application_size(project),
        stays=_stays(project, stage, knowledge),
        not_listed=not_listed(project, knowledge),
        provided=frozenset(path.rpartition("/")[2] for path in project.files),
        allow_source_builds=override.allow_source_builds,
    )


def _stays(project: Project, stage: FinalStage, knowledge: Knowledge) -> Evidence | None:
    """Why the environment is made in the final stage and will not leave it."""
    found = movable(project, stage)
    if isinstance(found, NotMovable):
        return found.evidence
    other = elsewhere(project, stage, knowledge.usage, new_place(found))
    if isinstance(found, LockedInstallation):
        return other
    programs = programs_of(knowledge.closure.facts.values())
    return fixed_path(project, stage, programs) or other


def not_listed(project: Project, knowledge: Knowledge) -> Evidence | None:
    """An installation whose distributions were not read, or of which nothing is known."""
    read = {request.action.origin for request in project_requests(project)}
    known = knowledge.closure.graph.edges
    stages = feeding_stages(lifted(project))
    for stage, action in ((each, one) for each in stages for one in actions_in(each.instructions)):
        fact = action.fact
        words = fact.requirements if isinstance(fact, PipInstall) else ()
        made = lifted_stage(project, stage)
        named = [w.text for w in words if not is_installer(w)]
        unread = any(
            name_of(word) not in known and not wheels_from(project, made, action.instruction, word)
            for word in named
        )
        unread = unread or _has_unknown_list(project, made, action, read)
        if action.origin not in read and (unread or action.kind is ActionKind.LOCKED):
            text = action.short
            message = f"what `{text}` installs was not read"
            return Evidence.of("installation", message, action.origin)
    return None


def _has_unknown_list(
    project: Project, stage: FinalStage, action: Action, read: Collection[Origin]
) -> bool:
    """Whether a list of requirements is not there, or made by a step that was not read."""
    files = action.fact.requirement_files if isinstance(action.fact, PipInstall) else ()
    return any(
        context_file(project, stage.stage, action.instruction, path) is None
        and not exported(project, stage, action.instruction, path, read)
        for path in files
    )


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
        raise UnsupportedError(
            f"the final stage does not work on the minimal base: {why.message}",
            why="the minimal base has Python and the required packages, but no shell",
            hint="Move the step to an earlier stage, write the command as a list of words, or take"
            " another base.",
            origin=why.origin,
        )
    settings = replace(archive_settings(os.environ), offline=offline)
    found = _composition(plan, Archive(settings, cache=cache))
    return replace(start, composition=found)


def _composition(plan: Plan, archive: Archive) -> Composition:
    taken = plan.base.taken
    facts = taken.facts if taken else None
    if facts is None or facts.target is None or facts.release is None or facts.python is None:
        raise UnsupportedError("no minimal base is known for this Python")
    names = {*requested(plan.stage), *(taken.adds if taken else ())}
    asked = {translated(name, facts.release) or name for name in names}
    compiled = any(_may_be_compiled(each) for each in plan.distributions.values())
    request = BaseRequest(
        python=facts.python,
        architecture=DEBIAN_NAMES[facts.target.architecture],
        packages=tuple(sorted(asked - {"python3", "tzdata"})),
        libraries=COMPILED if compiled or not plan.distributions else (),
        timezones="tzdata" in asked,
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
    for path, target in table(ComposedBase).links.items():
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
