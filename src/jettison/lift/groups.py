"""The groups, extras and requirements files beside production's own that the image gets."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.ecosystems.commands import PipInstall
from jettison.ecosystems.declaration import Kind
from jettison.ecosystems.finding import group_of
from jettison.formats.dockerfile import Stage
from jettison.formats.requirements import RequirementLine
from jettison.lift import Project
from jettison.lift.action import Action, actions_in
from jettison.lift.build_context import feeding_stages
from jettison.lift.declared import context_file, declared_by
from jettison.lift.projects import ProjectRequest, project_requests
from jettison.lift.stage import lifted
from jettison.values import Origin


class ShippedGroup(Struct, frozen=True, kw_only=True):
    """A group or an extra that a command installs; ``names`` are its requirements.

    ``unasked`` says that the command does not name it.
    """

    name: str
    kind: Kind
    names: frozenset[str]
    unasked: bool
    request: ProjectRequest

    @property
    def origin(self) -> Origin:
        """The command."""
        return self.request.action.origin

    @property
    def stage(self) -> Stage:
        """The stage with the command."""
        return self.request.stage


class ShippedFile(Struct, frozen=True, kw_only=True):
    """A requirements file for development that a command reads, and production's own.

    ``path`` and ``production`` are as the command would name them; ``production`` is empty when
    the command reads production's file as well. ``names`` are its requirements that
    production's file does not have.
    """

    path: str
    production: str
    names: frozenset[str]
    action: Action
    stage: Stage


def is_named_for_development(group: str) -> bool:
    """Whether the name of a group or an extra says that it is for development."""
    return bool(group) and group_of(f"requirements-{group}.txt").kind is Kind.GROUP


def shipped_groups(project: Project) -> tuple[ShippedGroup, ...]:
    """Every group and extra that the image gets, by the command that brings it."""
    return tuple(g for request in project_requests(project) for g in _groups(project, request))


def production_groups(project: Project) -> frozenset[str]:
    """Groups and extras that a command chooses, where no name says that it is for development.

    Who makes an image and asks for a group wants it in production, and so who excludes others.
    """
    return frozenset(
        group.name
        for group in shipped_groups(project)
        if (not group.unasked or group.request.selection.excluded)
        and not is_named_for_development(group.name)
    )


def _groups(project: Project, request: ProjectRequest) -> Iterator[ShippedGroup]:
    found: dict[tuple[Kind, str], set[str]] = {}
    if request.tool.whole:
        return
    for one in declared_by(project, request):
        if one.kind is not Kind.MAIN and request.selection.takes(one):
            found.setdefault((one.kind, canonicalize_name(one.group)), set()).add(one.name)
    selection = request.selection
    for (kind, name), names in found.items():
        asked = selection.extras if kind is Kind.OPTIONAL else selection.included | selection.only
        yield ShippedGroup(
            name=name,
            kind=kind,
            names=frozenset(names),
            unasked=name not in asked and not request.tool.on_request,
            request=request,
        )


def shipped_files(project: Project) -> tuple[ShippedFile, ...]:
    """Every requirements file that is named for development and has one for production beside it.

    One that neither includes production's file nor is read together with it is omitted: nothing
    says that the two agree on versions.
    """
    actions = [
        (stage, action)
        for stage in feeding_stages(lifted(project))
        for action in actions_in(stage.instructions)
        if not action.command.nested  # a condition chooses for itself
    ]
    read = {
        path: source
        for stage, action in actions
        if isinstance(action.fact, PipInstall)
        for path in action.fact.requirement_files
        if (source := context_file(project, stage, action.instruction, path)) is not None
    }
    together = [source for source in read.values() if group_of(source).kind is Kind.MAIN]
    return tuple(
        found
        for stage, action in actions
        # What a condition chooses stays: it may be there for the build argument that asks for it.
        if isinstance(action.fact, PipInstall) and not action.command.nested
        for path in action.fact.requirement_files
        if path in read and (found := _file(project, (stage, action), path, read[path], together))
    )


def _file(
    project: Project, place: tuple[Stage, Action], path: str, source: str, together: Sequence[str]
) -> ShippedFile | None:
    if group_of(source).kind is not Kind.GROUP:
        return None
    whole = project.requirements_file(source)
    main = [file for file in whole if group_of(file.file).kind is Kind.MAIN]
    if not together and not main:
        return None
    kept = {line.name for other in together for line in _lines(project, other)}
    kept |= {line.name for file in main for line in file.requirements}
    names = {line.name for file in whole for line in file.requirements if line.name}
    production = ""
    if not together:
        inside = posixpath.relpath(main[0].file, posixpath.dirname(whole[0].file) or ".")
        production = posixpath.normpath(posixpath.join(posixpath.dirname(path), inside))
    return ShippedFile(
        path=path,
        production=production,
        names=frozenset(names - kept),
        action=place[1],
        stage=place[0],
    )


def _lines(project: Project, path: str) -> Iterator[RequirementLine]:
    for file in project.requirements_file(path):
        yield from file.requirements
