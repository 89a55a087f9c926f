"""What the application uses at run time, by its source, its scripts and its start commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from jettison.facts import Project
from jettison.lift.probe import probe_of_service
from jettison.lift.services import services_of
from jettison.lift.stage import lifted
from jettison.lift.usage import Usage, usage_of
from jettison.project.dockerfile.run import run_script
from jettison.project.operations.collect import called_scripts
from jettison.project.operations.model import Commands, Use
from jettison.project.reading import Sources
from jettison.project.shell import parse as parse_shell
from jettison.scopes.values import ScopeInputs
from jettison.values import Evidence, Origin


def used(
    project: Project,
    texts: Mapping[str, str],
    sources: Sources,
    commands: Commands,
    inputs: ScopeInputs,
) -> Usage:
    """Put together the uses that production has; texts are relative to the root of the project."""
    checks, others = _health_checks(project), _other_services(project)
    elsewhere = _other_stages(project)
    own = [
        each
        for each in commands.commands
        if each.source not in others
        and (each.origin.file, each.origin.line) not in elsewhere
        and not (each.use is Use.BUILD and each.origin.file != project.dockerfile_path)
    ]
    uses = called_scripts(texts, [c for c in own if c.source not in commands.scripts])
    scripts = [
        (parse_shell(texts[path], origin=Origin(file=path, line=1)), use is not Use.UNCALLED)
        for path, use in uses.items()
        if use is not Use.DEVELOPMENT
    ]
    started = [
        (command.words, command.origin)
        for command in own
        if command.use is Use.PRODUCTION
        and command.words not in checks
        and uses.get(command.source, Use.PRODUCTION) is Use.PRODUCTION
    ]
    imports = {
        name: tuple(found.origin for found in places)
        for name, places in inputs.reach.externals.items()
    }
    found = usage_of(sources.modules, scripts, started, imports, inputs.reach.modules)
    return replace(found, zones=(*found.zones, *_zones(project)))


def _zones(project: Project) -> Iterator[Evidence]:
    """The local time that the compose file sets, of which the C library asks the system's zones."""
    for service in services_of(project):
        for variable in service.environment:
            if variable.name == "TZ":
                message = f"the service {service.name} sets TZ"
                yield Evidence(kind="time-zone", message=message, origin=variable.origin)


def _other_services(project: Project) -> frozenset[str]:
    """Services on other images, or on other stages: what they run is not in this image."""
    services = project.compose.services if project.compose else ()
    own = {each.name for each in services_of(project)}
    return frozenset(
        f"{project.compose_path} service {each.name}"
        for each in services
        if each.name not in own and (each.build or each.image)
    )


def _other_stages(project: Project) -> frozenset[tuple[str, int | None]]:
    """The lines of stages that the image does not begin with: their steps leave no program."""
    chain = {stage.index for stage in lifted(project).chain}
    return frozenset(
        (project.dockerfile_path, line)
        for stage in project.dockerfile.stages
        if stage.index not in chain
        for item in stage.instructions
        for line in range(item.origin.line or 0, (item.origin.end_line or 0) + 1)
    )


def _health_checks(project: Project) -> frozenset[tuple[str, ...]]:
    """The words of health checks that ask with Python soon: the application does not call them.

    Those of the Dockerfile are looked at once more when packages leave.
    """
    found: set[tuple[str, ...]] = set()
    for item in project.dockerfile.instructions:
        if item.keyword == "HEALTHCHECK":
            found.update(command.words for command in run_script(item).programs)
    for service in project.compose.services if project.compose else ():
        rewritten = service.healthcheck if probe_of_service(service) else None
        test = rewritten.test if rewritten else ()
        if test[:1] == ("CMD",):
            found.add(test[1:])
        elif test:
            script = parse_shell(test[-1], origin=Origin(file=project.compose_path or ""))
            found.update(command.words for command in script.programs)
    return frozenset(found)
