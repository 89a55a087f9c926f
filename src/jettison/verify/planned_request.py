"""From a plan to what has to be verified."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from jettison.catalogue import table
from jettison.catalogue.bases import SystemPackages
from jettison.ecosystems import TOOLS
from jettison.formats.compose import ComposeMount, MountKind, Service
from jettison.formats.dockerfile.views import HealthCheck
from jettison.lift.build_context import copied_from
from jettison.lift.declared import shipped_names
from jettison.lift.locked import brought_tools
from jettison.lift.scopes import Scope
from jettison.lift.search_path import beside_command
from jettison.lift.stage import FinalStage
from jettison.lift.stages import service_of, services_of
from jettison.lift.writes import data_mounts
from jettison.plan import Plan
from jettison.plan.candidate_libraries import libraries_needed
from jettison.plan.removal.listing import SYSTEM_LIST, paths_in
from jettison.plan.removing import not_installed, optional_lines, removed_lines, uninstalled
from jettison.plan.system_leaving import leaving_distributions
from jettison.rules.rule import applied_rules
from jettison.source import dotted
from jettison.verify.application import (
    DEFAULT_PORT,
    cron_jobs,
    listening_ports,
    started_sources,
    tells_of_server,
    wants_port,
)
from jettison.verify.compose_services import (
    as_run,
    environment,
    likely_start,
    needed_services,
    started_by,
    workers_of,
)
from jettison.verify.other_ways import other_ways
from jettison.verify.request import Suite, VerificationRequest
from jettison.verify.stores import required_names
from jettison.verify.variables import account_of

_SHELL = ("/bin/sh", "-c")
# Kinds of evidence that a program is called.
CALLING = frozenset({"subprocess", "script"})

OBJECT = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(\))?")
IMPORTABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def verification_request(
    plan: Plan,
    before: str,
    after: str,
    development: str | None,
    read: Callable[[str], str | None] = lambda _: None,
) -> VerificationRequest:
    """Ask for everything that the plan could have broken.

    ``read`` gives the text of a file of the project. ``before``, ``after`` and ``development`` are
    image identifiers; with the last one the project's own tests run on what the one after has.
    """
    stage = plan.stage
    service = service_of(plan.original)
    variables = _variables(plan)
    entrypoint, command, directory = started_by(service)
    ports, application = _ports(plan, read), _application(plan)
    told = tells_of_server(plan.original, plan.original_stage, service) or bool(application)
    serves = told or ports != (DEFAULT_PORT,)
    return VerificationRequest(
        image_before=before,
        image_after=after,
        ports=ports,
        environment=variables,
        entrypoint=entrypoint,
        command=command,
        directory=directory,
        credentials=account_of(
            {**plan.original_stage.environment, **variables, **plan.settings.environment}
        ),
        volumes=_volumes(plan, MountKind.VOLUME, MountKind.ANONYMOUS),
        bind_mounts=_volumes(plan, MountKind.BIND),
        files=plan.original.context or ".",
        services=needed_services(plan.original),
        otherwise=tuple(
            other_ways(plan, variables, _sources(plan, None, read), read, serves=serves)
        ),
        serves=serves,
        instead=likely_start(plan, read),
        workers=(
            *workers_of(plan.original),
            *cron_jobs(plan.original, plan.original_stage, service, read),
        ),
        read_only_volumes=_read_only_volumes(plan),
        read_only_after=not plan.writing.anywhere,
        expected_read_only=_read_only(plan),
        application=application,
        distributions=required_names(plan),
        modules=tuple(_modules(plan, (*entrypoint, *command), read)),
        programs=_programs(plan),
        libraries=tuple(sorted(libraries_needed(plan.distributions.keys(), plan.usage))),
        time_zones=(stage.environment["TZ"],) if "TZ" in stage.environment else (),
        removed_distributions=tuple(sorted(removed_distributions(plan))),
        installed_distributions=_installed(plan),
        planned_environment=_changed_variables(plan),
        planned_health_check=_other_health_check(plan),
        expected_command=_changed_command(plan),
        expected_user=stage.user if stage.user != plan.original_stage.user else "",
        labels=frozenset(plan.original_stage.labels),
        removed_files=(*removed_lines(plan), *_removed_of_system(plan)),
        optional_files=tuple(optional_lines(plan)),
        fewer_groups="container-client" in applied_rules(plan),
        kept_out=_kept_out(plan),
        edited=tuple(change.path for change in plan.files),
        suite=suite_of(plan, development) if development else None,
        trained=plan.observed.trace.trained if plan.observed else 0,
        withheld=plan.observed.trace.withheld if plan.observed else (),
    ).given(_as_installed(plan), ())


def _as_installed(plan: Plan) -> dict[str, str]:
    """What keeps start commands from asking an index, which neither image reaches, as planned."""
    found = dict(tool.unsynced for tool in TOOLS.values())
    return {name: value for name, value in plan.stage.environment.items() if name in found}


def _variables(plan: Plan) -> dict[str, str]:
    compose = as_run(plan.original)
    service = compose.service(plan.original.service) if compose and plan.original.service else None
    found = environment(service) if service else {}
    if wants_port(plan.original, plan.original_stage, service, found):
        found["PORT"] = str(DEFAULT_PORT)
    return found


def _changed_variables(plan: Plan) -> dict[str, str | None]:
    had, has = plan.original_stage.environment, plan.stage.environment
    return {name: has.get(name) for name in {**had, **has} if had.get(name) != has.get(name)}


def _changed_command(plan: Plan) -> tuple[str, ...] | None:
    """Give the words that the image is started with where the plan writes other ones."""
    had, has = (_started(stage) for stage in (plan.original_stage, plan.stage))
    return None if had == has else has


def _started(stage: FinalStage) -> tuple[str, ...]:
    written = (one for one in (stage.entrypoint, stage.command) if one)
    words = (one.words or (*_SHELL, one.text) for one in written)
    return tuple(word for one in words for word in one)


def _other_health_check(plan: Plan) -> tuple[str, ...]:
    checks = (stage.health_check for stage in (plan.original_stage, plan.stage))
    had, has = (_health_test(one) if one else () for one in checks)
    return has if had != has else ()


def _health_test(check: HealthCheck) -> tuple[str, ...]:
    if check.shell_form is not None:
        return ("CMD-SHELL", check.shell_form)
    return ("NONE",) if check.none else ("CMD", *(check.exec_form or ()))


def _ports(plan: Plan, read: Callable[[str], str | None]) -> tuple[int, ...]:
    project, service, stage = plan.original, service_of(plan.original), plan.original_stage
    return listening_ports(project, stage, service, _variables(plan), _sources(plan, service, read))


def _sources(
    plan: Plan, service: Service | None, read: Callable[[str], str | None]
) -> tuple[str, ...]:
    project = plan.original
    started = started_sources(project, plan.original_stage, service)
    return tuple(text for path in started if (text := read(project.in_context(path))))


def _read_only(plan: Plan) -> bool:
    """Whether the service runs with a read-only root in production."""
    service = service_of(plan.project)
    return service is not None and service.read_only and not plan.writing.anywhere


def _volumes(plan: Plan, *kinds: MountKind) -> tuple[str, ...]:
    """Targets of data mounts of some kinds; named volumes start with what the image has there."""
    found = [mount.target for mount in _mounts(plan) if mount.kind in kinds]
    found += plan.original_stage.volumes if MountKind.VOLUME in kinds else ()
    return tuple(dict.fromkeys(found))


def _read_only_volumes(plan: Plan) -> tuple[str, ...]:
    """Folders that stay writable below a read-only root, beside those that are mounted anyway."""
    mounted, folders = {mount.target for mount in _mounts(plan)}, plan.writing.folders
    outer = tuple(f"{path}/" for path in (*mounted, *folders))
    return tuple(path for path in folders if path not in mounted and not path.startswith(outer))


def _mounts(plan: Plan) -> tuple[ComposeMount, ...]:
    return tuple(
        mount
        for service in services_of(plan.original)
        for mount in data_mounts(service, plan.original)
    )


def _programs(plan: Plan) -> tuple[str, ...]:
    """Programs that the source or its scripts run; words of start commands may be anything.

    A start script that can also run the tests names programs that leave with development.
    """
    builtins = table(SystemPackages).builtins
    facts, gone = plan.closure.facts, removed_distributions(plan)
    left, kept = (
        {each for name in facts if (name in gone) is leaves for each in facts[name].console_scripts}
        for leaves in (True, False)
    )
    return tuple(
        sorted(
            name
            for name, uses in plan.usage.programs.items()
            if name not in left - kept
            if {use.kind for use in uses} & ({"subprocess"} if name in builtins else CALLING)
        )
    )


def _application(plan: Plan) -> str:
    command = plan.stage.command
    words = command.words or tuple(command.text.split()) if command else ()
    return next((word for word in words if OBJECT.fullmatch(word)), "")


_OF_SRC = re.compile(r"^[ \t]*(?:from|import)[ \t]+src\b", re.MULTILINE)


def _modules(
    plan: Plan, words: tuple[str, ...], read: Callable[[str], str | None]
) -> Iterable[str]:
    """The modules of the project that production loads, by the name that it imports them with.

    A folder ``src`` is a package where it is imported as one, or ``words`` start a module of it.
    The file that is started is not loaded by a name, and would start once more.
    """
    prefix, stage, loaded = plan.project.prefix, plan.original_stage, sorted(plan.loaded)
    inside = beside_command(plan.project, stage)
    started = [word for text in (*_started(stage), *words) for word in text.split()]
    package = (
        f"{prefix}src/__init__.py" in plan.original.files
        or any(word.startswith("src.") for word in started)
        or any(_OF_SRC.search(read(file) or "") for file in loaded)
    )
    for path in (file.removeprefix(prefix).removeprefix(f"{inside}/") for file in loaded):
        again = any(f"/{word}".endswith(f"/{path}") for word in started)
        name = dotted(path if package else path.removeprefix("src/"))
        if IMPORTABLE.fullmatch(name) and not (again or name.endswith("__main__")):
            yield name


def removed_distributions(plan: Plan) -> frozenset[str]:
    """The distributions that may be gone: of development, or without a use."""
    return not_installed(plan) | uninstalled(plan) | leaving_distributions(plan)


def _installed(plan: Plan) -> tuple[str, ...] | None:
    """What the project installs, where a tool leaves that brought distributions of its own."""
    if not brought_tools(plan.original_stage) - brought_tools(plan.stage):
        return None
    return tuple(sorted(plan.closure.graph.reached(shipped_names(plan.project))))


def _removed_of_system(plan: Plan) -> Iterator[str]:
    text = plan.project.own_text(SYSTEM_LIST)
    return (path for path in paths_in(text) if path.startswith("/"))


def _kept_out(plan: Plan) -> tuple[str, ...]:
    """What the context leaves out, and lists of requirements, which only installers read."""
    ignore = plan.project.ignore
    ignored = (path for path in plan.original.files if ignore and ignore.ignores(path))
    lists = {item.origin.file for item in plan.requirements if not item.origin.file.endswith(".py")}
    return (*ignored, *sorted(lists))


def suite_of(plan: Plan, image: str) -> Suite | None:
    """The project's tests in an image, when it has some and pytest is among its requirements."""
    tools = {item.name for item in plan.requirements if item.scope is Scope.DEVELOPMENT}
    folders = {
        path.split("/")[0] for path in plan.original.files if path.startswith(("tests/", "test/"))
    }
    if "pytest" not in tools or not folders:
        return None
    settings = ("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini", "conftest.py")
    files = [name for name in settings if name in plan.original.files]
    root = plan.stage.folder
    places = [_placed(plan, name) for name in sorted(folders)]
    inside = any(posixpath.dirname(place) == root for place in places)
    return Suite(
        image=image,
        paths=(*places, *(f"{root}/{name}" for name in files)),
        distributions=tuple(sorted(tools | plan.leaving.names)),
        working_directory=root if inside else posixpath.dirname(places[0]),
    )


def _placed(plan: Plan, folder: str) -> str:
    """Give the path of a folder of the context in the image."""
    stage = plan.stage
    for item, copied in reversed(stage.all_copies):
        into = stage.absolute(copied.destination, item)
        for place in (into, posixpath.join(into, folder)):
            if not copied.stage and folder in copied_from(plan.project, copied, into, place):
                return place
    return posixpath.join(stage.folder, folder)
