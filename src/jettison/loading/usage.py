"""What the application uses at run time, by its source, its scripts and its start commands."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.facts import Project
from jettison.lift.usage import Usage, usage_of
from jettison.project.dockerfile.run import run_script
from jettison.project.operations.model import Commands, Use
from jettison.project.reading import Sources
from jettison.project.shell import parse as parse_shell
from jettison.scopes.values import ScopeInputs
from jettison.values import Origin


def used(
    project: Project,
    texts: Mapping[str, str],
    sources: Sources,
    commands: Commands,
    inputs: ScopeInputs,
) -> Usage:
    """Put together the uses that production has; texts are relative to the root of the project."""
    scripts = [
        (parse_shell(texts[path], origin=Origin(file=path, line=1)), use is not Use.UNCALLED)
        for path, use in commands.scripts.items()
        if use is not Use.DEVELOPMENT
    ]
    checks, others = _health_checks(project), _other_services(project)
    started = [
        (command.words, command.origin)
        for command in commands.commands
        if command.use is Use.PRODUCTION
        and command.words not in checks
        and command.source not in others
    ]
    imports = {
        name: tuple(found.origin for found in places)
        for name, places in inputs.reach.externals.items()
    }
    return usage_of(sources.modules, scripts, started, imports, inputs.reach.modules)


def _other_services(project: Project) -> frozenset[str]:
    """Services on images of their own: what they run is not in this image."""
    services = project.compose.services if project.compose else ()
    return frozenset(
        f"{project.compose_path} service {each.name}"
        for each in services
        if each.image and each.build is None and each.name != project.service
    )


def _health_checks(project: Project) -> frozenset[tuple[str, ...]]:
    """The words of every health check: what only they call is not called by the application."""
    found: set[tuple[str, ...]] = set()
    for item in project.dockerfile.instructions:
        if item.keyword == "HEALTHCHECK":
            found.update(command.words for command in run_script(item).programs)
    for service in project.compose.services if project.compose else ():
        test = service.healthcheck.test if service.healthcheck else ()
        if test[:1] == ("CMD",):
            found.add(test[1:])
        elif test:
            script = parse_shell(test[-1], origin=Origin(file=project.compose_path or ""))
            found.update(command.words for command in script.programs)
    return frozenset(found)
