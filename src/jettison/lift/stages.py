"""Stages built on another, services that run them, and the stage that makes the environment."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import WHEEL, PipInstall
from jettison.formats.compose import Service
from jettison.formats.dockerfile import (
    Instruction,
    Stage,
    base_reference,
    expand,
    final_environment,
    pairs,
    raw_pairs,
)
from jettison.formats.dockerfile import user as user_of
from jettison.formats.dockerfile.lines import UNSAYABLE, in_exec_form, literal
from jettison.images.config import Config
from jettison.lift import Project
from jettison.lift.action import ActionKind, actions_in
from jettison.lift.own_environment import environments_made
from jettison.lift.stage import ROOT_NAMES, FinalStage, lifted, lifted_stage
from jettison.values import Evidence, Origin, is_within, once_each


def stages_on(stage: FinalStage) -> tuple[Stage, ...]:
    """The stages that begin with what the final stage leaves, in the order of the file."""
    return tuple(each for each in _later(stage) if _begins_with(each, stage))


def steps_on(stage: FinalStage) -> Iterator[Stage]:
    """Those of them that run steps of their own."""
    for each in stages_on(stage):
        if any(item.keyword == "RUN" for item in each.instructions):
            yield each


def stages_beside(project: Project) -> tuple[Stage, ...]:
    """The stages that only start differently on what the image begins with: they need it too."""
    final = lifted(project)
    own = {stage.index for stage in final.own}
    others = (each for each in project.dockerfile.stages if each.index not in own)
    return tuple(
        each for each in others if own & {one.index for one in lifted_stage(project, each).chain}
    )


def _later(stage: FinalStage) -> Iterator[Stage]:
    yield from (each for each in stage.dockerfile.stages if each.index > stage.stage.index)


def _begins_with(each: Stage, stage: FinalStage) -> bool:
    found = stage.dockerfile.stage_named(base_reference(each, stage.dockerfile))
    return found is not None and found.index == stage.stage.index


def origin_of_variable(stage: FinalStage, name: str) -> Origin | None:
    """The last ENV that sets a variable; None for those of the base image."""
    return _origins_of_variables(stage).get(name)


@once_each
def _origins_of_variables(stage: FinalStage) -> Mapping[str, Origin]:
    found = [item for item in stage.inherited if item.keyword == "ENV"]
    return {name: item.origin for item in found for name, _ in pairs(item)}


def steering_pip(stage: FinalStage) -> Iterator[tuple[str, Origin]]:
    """The variables of a stage that decide what pip installs, with where they are set."""
    names = frozenset(table(Tools).pip.steering)
    for item in stage.inherited:
        if item.keyword in ("ARG", "ENV"):
            yield from ((name, item.origin) for name, _ in raw_pairs(item) if name in names)


DEVELOPMENT = re.compile(
    r"(^|[-_.])(dev|devel|development|tests?|testing|lint|ci|docs|notebook)($|[-_.])"
)


def service_of(project: Project) -> Service | None:
    """The compose service that the image is built for."""
    return project.compose.service(project.service) if project.compose and project.service else None


def services_of(project: Project) -> tuple[Service, ...]:
    """Every service that runs the image, in the order of the file: workers run it too."""
    chosen = service_of(project)
    if chosen is None or project.compose is None:
        return ()
    return tuple(
        one
        for one in project.compose.services
        if one.name == chosen.name or (_is_alike(one, chosen) and not _is_for_development(one))
    )


def _is_for_development(service: Service) -> bool:
    """Whether a service's name or profile says that developers run it."""
    return any(DEVELOPMENT.search(word) for word in (service.name, *service.profiles))


def _is_alike(one: Service, chosen: Service) -> bool:
    if one.build is None or chosen.build is None:
        return one.name == chosen.name or (one.image is not None and one.image == chosen.image)
    return _built(one) == _built(chosen)


def _built(service: Service) -> tuple[str, str, str | None]:
    build = service.build
    if build is None:
        return "", "", None
    return posixpath.normpath(build.context), build.dockerfile or "Dockerfile", build.target


# What builds of this program alone are labelled with.
OWN_LABEL = "dev.jettison."


class Said(Struct, frozen=True, kw_only=True):
    """What a Dockerfile says already, by keyword, and by name where each line adds to others."""

    keywords: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    ports: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()


def variables_said(variables: Iterable[tuple[str, str]]) -> str:
    """Write variables as one ENV. Raises UnsupportedError as ``configured`` does."""
    said = " \\\n    ".join(f"{literal(key)}={literal(value)}" for key, value in variables if key)
    return f"ENV {said}\n" if said else ""


def configured(config: Config, said: Said) -> Iterator[str]:
    """Give the instructions for everything but variables that is not said yet.

    What the image says stays on its line and stands for itself: an image must not write steps.
    Raises UnsupportedError for what no line can say.
    """
    yield from _collected(config, said)
    started_anew = "ENTRYPOINT" in said.keywords
    single = {
        "WORKDIR": _word(config.working_directory.rstrip("/")),
        "USER": _word(config.user),
        "STOPSIGNAL": _word(config.stop_signal),
        "HEALTHCHECK": _health_check(config),
        "ENTRYPOINT": in_exec_form(config.entrypoint) if config.entrypoint else "",
        "CMD": in_exec_form(config.command) if config.command and not started_anew else "",
    }
    for keyword, text in single.items():
        if text and keyword not in said.keywords:
            yield f"{keyword} {text}\n"


def _word(text: str) -> str:
    """Write the same of an instruction that is left out where there is nothing to say."""
    return literal(text) if text else ""


def _collected(config: Config, said: Said) -> Iterator[str]:
    """The instructions of which each adds to the others."""
    labels = [
        f"{literal(key)}={literal(str(value))}"
        for key, value in config.labels.items()
        if key and key not in said.labels and not key.startswith(OWN_LABEL)
    ]
    if labels:
        yield f"LABEL {' '.join(labels)}\n"
    exposed = {port.removesuffix("/tcp") for port in said.ports}
    ports = [port.removesuffix("/tcp") for port in config.ports]
    if new := [_word(port) for port in ports if port not in exposed]:
        yield f"EXPOSE {' '.join(new)}\n"
    if volumes := [path for path in config.volumes if path not in said.volumes]:
        escaped = in_exec_form(path.replace("$", "\\$") for path in volumes)
        yield f"VOLUME {escaped}\n"


def _health_check(config: Config) -> str:
    check = config.health_check
    kind, *words = (check.test if check else ()) or ("",)
    if check is None or not words or kind not in ("CMD", "CMD-SHELL"):
        return "NONE" if kind == "NONE" else ""
    if kind == "CMD-SHELL" and (UNSAYABLE.search(words[0]) or words[0].endswith("\\")):
        kind, words = "CMD", ["/bin/sh", "-c", words[0]]
    times = {
        "interval": check.interval,
        "timeout": check.timeout,
        "start-period": check.start_period,
        "start-interval": check.start_interval,
    }
    options = [f"--{name}={value}ns" for name, value in times.items() if value]
    options += [f"--retries={check.retries}"] if check.retries else []
    return " ".join([*options, "CMD", in_exec_form(words) if kind == "CMD" else words[0]])


SITE_PACKAGES = re.compile(r"(/.+)/lib/python3(?:\.\d+)?(?:/(?:site|dist)-packages)?")
USER_SITE = "/root/.local"
INSTALLING = (ActionKind.PYTHON, ActionKind.LOCKED, ActionKind.ENVIRONMENT)


class BuiltEnvironment(Struct, frozen=True, kw_only=True):
    """A Python environment that one stage makes and the final stage copies.

    ``path`` is the environment in the building stage; ``virtual`` says that it is a virtual
    environment, with an interpreter of its own; ``seeded`` that its maker puts pip into it.
    ``last`` is the last instruction of the stage, ``copied`` the one that copies the environment.
    """

    stage: Stage
    path: str
    virtual: bool
    seeded: bool
    last: Instruction
    copied: Instruction


class NotApart(Struct, frozen=True, kw_only=True):
    """Why files cannot be taken out of the environment."""

    evidence: Evidence


def environment_of(project: Project, stage: FinalStage) -> BuiltEnvironment | NotApart:
    """Find the environment that the final stage copies from another stage of the same file.

    A file that one layer brings cannot leave in a later one: taking out works only where the
    environment is copied afterwards.
    """
    found = next(_copied(project, stage), None)
    if found is None:
        message = "the environment is not copied from a build stage, so its layer keeps every file"
        return _not_apart(message, _installation(stage) or stage.stage.origin)
    users = [item for item in found.stage.instructions if item.keyword == "USER"]
    if users and user_of(users[-1]).partition(":")[0] not in ROOT_NAMES:
        return _not_apart("the build stage does not end as root", users[-1].origin)
    others = [
        item for item in project.dockerfile.stages if item.base.lower() == (found.stage.name or "")
    ]
    if others:
        return _not_apart("another stage starts from the build stage", others[0].origin)
    return found


def copies_environment(project: Project, stage: FinalStage) -> bool:
    """Whether a stage copies an environment that another stage makes."""
    return next(_copied(project, stage), None) is not None


def _copied(project: Project, stage: FinalStage) -> Iterator[BuiltEnvironment]:
    for item, copied in stage.copies:
        source = project.dockerfile.stage_named(copied.stage) if copied.stage else None
        if source is None or source.index >= stage.stage.index:
            continue
        for path in copied.sources:
            found = _environment(project, source, stage, stage.expanded(path), item)
            if found is not None:
                yield found


def _environment(
    project: Project, stage: Stage, final: FinalStage, copied: str, item: Instruction
) -> BuiltEnvironment | None:
    """The environment that a path of a stage is, or holds."""
    made: dict[str, bool] = {}
    for made_path, seeded in environments_made(lifted_stage(project, stage), final):
        made.setdefault(made_path, seeded)
    path = posixpath.normpath(copied)
    virtual = next((one for one in made if is_within(one, path)), None)
    if virtual is None:
        site = SITE_PACKAGES.fullmatch(path)
        known = path in _targets(project, stage) or path == USER_SITE
        if not site and not known:
            return None
        path = site[1] if site else path
    return BuiltEnvironment(
        stage=stage,
        path=virtual or path,
        virtual=virtual is not None,
        seeded=virtual is not None and made[virtual],
        last=stage.instructions[-1],
        copied=item,
    )


def _targets(project: Project, stage: Stage) -> frozenset[str]:
    """Folders that ``--prefix`` or ``--target`` names."""
    facts = [action.fact for action in actions_in(stage.instructions)]
    return frozenset(
        posixpath.normpath(_expanded(project, stage, fact.target))
        for fact in facts
        if isinstance(fact, PipInstall) and fact.target and fact.tool != WHEEL
    )


def _expanded(project: Project, stage: Stage, text: str) -> str:
    variables = final_environment(project.dockerfile, stage, project.build_arguments).variables
    return expand(text, variables, escape=project.dockerfile.escape, keep_unset=True)


def _installation(stage: FinalStage) -> Origin | None:
    return next((action.origin for action in stage.of_kind(*INSTALLING)), None)


def _not_apart(message: str, origin: Origin) -> NotApart:
    return NotApart(evidence=Evidence.of("environment", message, origin))
