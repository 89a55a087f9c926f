"""From a folder to a plan: which image is meant, its files, its source, its distributions."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from jettison.engines import Engine
from jettison.errors import ProjectError
from jettison.formats.own_settings import BaseOverride, Override, Settings, find_settings
from jettison.images.stores.cache import cache_directory
from jettison.lift import Project
from jettison.lift.packages import Needs, scoped_packages
from jettison.lift.scopes import PlannedPackage
from jettison.lift.stage import lifted
from jettison.lower.apply import led_back
from jettison.plan import Finding, Learned, Plan
from jettison.plan.candidate_choice import base_choice
from jettison.plan.removal import contents_of, overrides_of
from jettison.processes import installed
from jettison.processes.git import present
from jettison.records import regular_bytes
from jettison.rules import RULES
from jettison.rules.rule import WATCHED, not_larger, optimized
from jettison.source.reading import read_text
from jettison.tasks.loading.base import base_needs, not_listed, with_composition
from jettison.tasks.loading.knowledge import Knowledge, knowledge_of
from jettison.tasks.loading.project import Loaded, load_project
from jettison.values import counted, replace
from jettison.verify import Reachable
from jettison.verify.http_file import parse_http_file
from jettison.verify.planned_request import verification_request
from jettison.verify.request import (
    CustomCommand,
    CustomRequest,
    VerificationRequest,
    request_of,
)
from jettison.verify.stand_ins import with_files

_LONGEST_PROBES = 2 << 20

DEFAULT_LEVEL = 2


class Planned(Struct, frozen=True, kw_only=True):
    """A folder, the plan before any rule, and the plan after all of them."""

    loaded: Loaded
    start: Plan
    plan: Plan
    reachable: Reachable

    def for_builder(self) -> Planned:
        """The same for the embedded builder, which composes a base itself and runs no steps."""
        if self.start.composition is None and not self.start.debug:
            return self
        start = replace(self.start, composition=None, debug=False)
        plan = optimized(start, RULES, without=start.settings.without)
        return replace(self, start=start, plan=plan)


def planned(
    directory: Path,
    *,
    dockerfile: str | None = None,
    service: str | None = None,
    target: str | None = None,
    build_arguments: Mapping[str, str] = MappingProxyType({}),
    level: int | None = None,
    offline: bool = False,
    base: BaseOverride | None = None,
    remove_unused: bool = False,
    environment: Mapping[str, str] = MappingProxyType({}),
    volumes: tuple[str, ...] = (),
    cache: Path | None = None,
    overrides: tuple[Override, ...] = (),
) -> Planned:
    """Read a folder and plan.

    ``target`` and ``build_arguments`` are those of a build and come before a compose file's,
    ``level``, ``base`` and ``remove_unused`` before those of the project's settings.
    ``environment`` and ``volumes`` are what images are run with.
    ``cache`` is the folder of Jettison's caches, by default the user's; with ``offline`` no package
    index is asked. ``overrides`` come after those of the settings. Raises the errors of
    :func:`load_project`, and UnsupportedError for a base that does not work.
    """
    loaded = load_project(
        directory, dockerfile=dockerfile, service=service, target=target, arguments=build_arguments
    )
    if target:
        _require_stage(loaded.project, target)
    settings = settings_of(loaded.project)
    settings = replace(
        settings,
        remove_unused=settings.remove_unused or remove_unused,
        environment=environment,
        volumes=volumes,
        overrides=(*settings.overrides, *overrides),
        missing=frozenset(one for one in settings.probes if not (loaded.root / one).is_file()),
    )
    folder = cache or cache_directory()
    knowledge = knowledge_of(loaded, cache=folder, offline=offline, settings=settings)
    chosen = level if level is not None else settings.level
    override = _override(base, settings.base)
    start = _start(loaded, knowledge, DEFAULT_LEVEL if chosen is None else chosen, override)
    meant = overrides_of(settings.overrides, start.contents)
    start = replace(start, settings=settings, overrides=meant)
    start = replace(start, today=present().date())
    plan = optimized(start, RULES, without=settings.without)
    settled = _settled(start, plan, knowledge, override)
    if settled.base.chosen != start.base.chosen:
        plan = optimized(settled, RULES, without=settings.without)
    plan = replace(plan, base=settled.base)
    composed = with_composition(settled, plan, cache=folder, offline=offline)
    if composed.composition is not None or override.debug:
        settled = replace(composed, debug=override.debug)
        plan = optimized(settled, RULES, without=settings.without)
    # else a trace takes out more than is known yet
    if start.level < WATCHED:
        plan = not_larger(settled, plan, RULES)
    return Planned(loaded=loaded, start=settled, plan=plan, reachable=knowledge.reachable)


def _require_stage(project: Project, target: str) -> None:
    if project.dockerfile.stage_named(target) is None:
        stages = ", ".join(one.name for one in project.dockerfile.stages if one.name)
        raise ProjectError(
            f"no stage {target} in {project.dockerfile_path}",
            why=f"stages with names: {stages or 'none'}",
            hint="Name one of them with --target.",
        )


def _override(given: BaseOverride | None, set_in_file: BaseOverride | None) -> BaseOverride:
    """What is asked of the base; a bare ``--debug`` leaves the rest to the project's settings."""
    if given == BaseOverride(debug=True) and set_in_file is not None:
        return replace(set_in_file, debug=True)
    return given or set_in_file or BaseOverride()


def _settled(start: Plan, plan: Plan, knowledge: Knowledge, override: BaseOverride) -> Plan:
    """The start with the base that the finished plan would choose.

    Whether another distribution is worth it is judged by what the rules leave: steps and packages
    that go are no obstacle. So the same is chosen when the result is planned again.
    """
    packages = _packages(plan.project, knowledge)
    asked = base_needs(plan.project, knowledge, packages, override)
    last = base_choice(asked, override, level=start.level).taken
    if override.reference or last is None or last.facts.release in (None, plan.stage.release):
        return start
    found = Finding(message=last.verdict, evidence=last.evidence)
    last = replace(last, evidence=led_back(found, plan).evidence)
    candidates = tuple(
        last
        if item.reference == last.reference
        else replace(item, accepted=False, verdict="works, but larger than the chosen base")
        if item.accepted
        else item
        for item in start.base.candidates
    )
    base = replace(start.base, chosen=last.reference, candidates=candidates)
    return replace(start, base=base)


def _packages(project: Project, knowledge: Knowledge) -> tuple[PlannedPackage, ...]:
    unread = not_listed(project, knowledge)
    needs = Needs(
        usage=knowledge.usage,
        linked=knowledge.linked,
        from_source=knowledge.from_source,
        unknown=(*knowledge.unknown, *(["what a step installs"] if unread else [])),
    )
    return scoped_packages(lifted(project), needs)


def _start(loaded: Loaded, knowledge: Knowledge, level: int, override: BaseOverride) -> Plan:
    project = loaded.project
    packages = _packages(project, knowledge)
    installed = {
        name: facts
        for name, facts in knowledge.closure.facts.items()
        if name in knowledge.production
    }
    asked = base_needs(project, knowledge, packages, override)
    return Plan(
        original=project,
        project=project,
        level=level,
        packages=packages,
        base=base_choice(asked, override, level=level, across=False),
        **{name: getattr(knowledge, name) for name in Learned.__struct_fields__},
        unread=asked.not_listed,
        distributions=installed,
        contents=contents_of(installed.values()),
        learned=knowledge.skipped,
    )


def settings_of(project: Project) -> Settings:
    """What the project asks in files of its own, beside the Dockerfile or at its root."""
    return find_settings(project.texts, ("", project.context), {rule.name for rule in RULES})


def project_request(
    root: Path, plan: Plan, before: str, after: str, development: str | None
) -> VerificationRequest:
    """Ask for all that a plan may have broken, with the probes and commands of its settings.

    ``root`` is the folder that the settings are relative to; the rest are names of images. Raises
    the errors of :func:`read_custom_requests`.
    """
    read = partial(read_text, root)
    request = with_files(root, verification_request(plan, before, after, development, read))
    probes = (probe for name in plan.settings.probes for probe in read_custom_requests(root / name))
    commands = (custom_command(root, words) for words in plan.settings.probe_commands)
    request = request.given(plan.settings.environment, plan.settings.volumes)
    return replace(request, probes=tuple(probes), commands=tuple(commands))


def commands_decided(found: Planned, *, allowed: bool | None) -> Planned:
    """Give the plan with the commands of its settings, or without them as the user decided.

    Whoever wrote the project wrote them, and they run on this machine with all rights of the user.
    Raises ProjectError when there are some and nothing was decided.
    """
    commands = found.plan.settings.probe_commands
    if allowed or not commands:
        return found
    if allowed is None:
        raise ProjectError(
            f"{found.plan.settings.file} runs {counted(len(commands), 'command')} on this machine",
            why="\n".join(shlex.join(words) for words in commands),
            hint="--allow-commands runs them on this machine, with your rights; --no-commands "
            "compares without them.",
        )
    start, plan = (
        replace(one, settings=replace(one.settings, probe_commands=()))
        for one in (found.start, found.plan)
    )
    return replace(found, start=start, plan=plan)


def custom_command(root: Path, words: tuple[str, ...]) -> CustomCommand:
    """Give a command that is run in a folder. Raises ProjectError when there is no such program."""
    program = words[0] if words else ""
    if "/" in program:
        program = str(root.absolute() / program)
    if not installed(program):
        raise ProjectError(
            f"the custom command cannot be run: {words[0] if words else 'an empty command'}",
            why="there is no such program on the search path, nor in the folder that it names",
            hint="Name a program of this machine, or one below the project as ./program.",
        )
    return CustomCommand(words=(program, *words[1:]), directory=str(root))


def read_custom_requests(path: Path) -> tuple[CustomRequest, ...]:
    """Read an ``.http`` file. Raises ProjectError without one, InputSyntaxError for a wrong one."""
    try:
        text = regular_bytes(path, _LONGEST_PROBES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(
            f"the custom requests cannot be read: {path}",
            why=str(error),
            hint="Give the path of a text file with requests, as editors call .http files.",
        ) from error
    return parse_http_file(text, str(path))


def request_of_images(engine: Engine, before: str, after: str) -> VerificationRequest:
    """Ask for what the images themselves say."""
    asked = request_of(engine.inspect(before), engine.inspect(after))
    return replace(asked, image_before=before, image_after=after)


def request_of_project(
    engine: Engine, found: Planned, before: str, after: str, development: str | None
) -> VerificationRequest:
    """Do not ask for what a plan would change: it need not be done in these images."""
    asked = project_request(found.loaded.root, found.plan, before, after, development)
    images = (asked.image_before, asked.image_after)
    users = {_user(engine.inspect(image).user) for image in images}
    kept = "" if len(users) == 1 else asked.expected_user
    return replace(asked, expected_read_only=False, expected_user=kept)


def _user(declared: str) -> str:
    name = declared.partition(":")[0]
    return "root" if name in {"", "0"} else name
