"""System packages of the final stage, each with its scope and the evidence for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.packaging import (
    HEADERS,
    Tools,
    brought_by,
    cost_of,
    is_build_package,
    programs_in,
    recommended_with,
    runtime_libraries_of,
    slim_packages,
    translated,
)
from jettison.ecosystems.commands import PackageInstall, PackageRequest, system_remove
from jettison.formats.shell import assignments, value
from jettison.lift.action import FETCHING, Action, ActionKind, LiftedRun, runs_fetched
from jettison.lift.other_packages import judged_other
from jettison.lift.scopes import PackageScope, PlannedPackage
from jettison.lift.stage import FinalStage
from jettison.lift.usage import Usage
from jettison.values import Basis, Evidence, Origin, Size, replace

DEFAULT_RELEASE = "trixie"
LISTS = "/var/lib/apt/lists"
SHOWN = 3
MOVED = (ActionKind.PYTHON, ActionKind.ENVIRONMENT)
# What the commands that add a package source need beside the programs they name.
SOURCES = frozenset(
    {
        *("gnupg", "gnupg2", "gpg", "apt-transport-https", "lsb-release"),
        *("software-properties-common", "apt-utils"),
    }
)


class Needs(Struct, frozen=True, kw_only=True):
    """What decides about packages beside the Dockerfile.

    ``linked`` maps packages that must be there at run time to the reason; ``from_source`` names
    requirements that are built on the spot, so that they link to whatever is installed;
    ``unknown`` those of which nothing is known.
    """

    usage: Usage
    linked: Mapping[str, Evidence]
    from_source: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def scoped_packages(stage: FinalStage, needs: Needs) -> tuple[PlannedPackage, ...]:
    """Give every package that the final stage installs, once, in the order of the file."""
    found: dict[str, PlannedPackage] = {}
    for name, origin in requested(stage).items():
        found[name] = _scoped(stage, name, origin, needs)
    release = stage.release or DEFAULT_RELEASE
    return tuple(_recommended(each, found.values(), release) for each in found.values())


def _recommended(
    package: PlannedPackage, others: Iterable[PlannedPackage], release: str
) -> PlannedPackage:
    """Keep what another package that stays recommends: its programs may use it."""
    name = translated(package.name, release) or package.name
    for other in others if package.scope is PackageScope.UNNEEDED else ():
        stays = other.scope is PackageScope.RUNTIME
        if stays and name in recommended_with(other.name, release):
            message = f"kept: {other.name} recommends it, and may use it"
            why = Evidence.of("recommended", message, other.origin)
            return replace(
                package, scope=PackageScope.RUNTIME, evidence=(why, *package.evidence[-1:])
            )
    return package


def requested(stage: FinalStage) -> dict[str, Origin]:
    """The packages that the final stage asks for, with the line of each; variables are followed."""
    return _requested(stage, stage.runs)


def removable(stage: FinalStage) -> dict[str, Origin]:
    """Those of the requested packages whose install commands can be changed."""
    fixed = _requested(stage, (run for run in stage.runs if not run.editable))
    literal = {
        request.name
        for action in stage.actions
        if isinstance(action.fact, PackageInstall)
        for request in action.fact.packages
        if request.literal
    }
    found = requested(stage).items()
    return {name: origin for name, origin in found if name in literal and name not in fixed}


def named_by(action: Action, run: LiftedRun, stage: FinalStage) -> Iterator[tuple[str, Origin]]:
    """The packages that a command installs, those in variables of its script or stage too."""
    if isinstance(action.fact, PackageInstall):
        yield from _named(action.fact.packages, run, stage)


def _named(
    requests: Iterable[PackageRequest], run: LiftedRun, stage: FinalStage
) -> Iterator[tuple[str, Origin]]:
    known: dict[str, str] | None = None
    for request in requests:
        if request.literal:
            yield request.name, request.origin
            continue
        if known is None:
            known = assignments(run.script, stage.variables)
        for word in (value(request.word, known) or "").split():
            yield word.partition("=")[0], request.origin


def _requested(stage: FinalStage, runs: Iterable[LiftedRun]) -> dict[str, Origin]:
    names: dict[str, Origin] = {}
    for run in runs:
        for action in run.actions:
            for name, origin in named_by(action, run, stage):
                names.setdefault(name, origin)
    return names


def _scoped(stage: FinalStage, name: str, origin: Origin, needs: Needs) -> PlannedPackage:
    release = stage.release or DEFAULT_RELEASE
    scope, evidence, runtime = _judged(stage, name, release, needs)
    place = Evidence.of("dockerfile", f"the Dockerfile installs {name}", origin)
    return PlannedPackage(
        name=name,
        scope=scope,
        evidence=(*evidence, place),
        origin=origin,
        runtime=runtime,
        brings=brought_by(name, release),
        size=cost_of([name], release),
    )


Judgement = tuple[PackageScope, tuple[Evidence, ...], tuple[str, ...]]


def _judged(stage: FinalStage, name: str, release: str, needs: Needs) -> Judgement:
    linked = needs.linked.get(translated(name, release) or name)
    if linked is not None:
        return PackageScope.RUNTIME, (linked,), ()
    if name in table(Tools).container_clients.packages:
        return _program(stage, name, table(Tools).container_clients.programs, needs)
    if name in table(Tools).programs_only.packages:
        return _program(stage, name, _brought_programs(name, release), needs)
    debugging = table(Tools).debugging
    if name.endswith(tuple(debugging.endings)):
        return _program(stage, name, (name, *debugging.programs), needs)
    reason = is_build_package(name)
    if reason is not None:
        return _build(name, reason, release, needs)
    return (*judged_other(stage, name, release, needs.usage), ())


def _brought_programs(name: str, release: str) -> tuple[str, ...]:
    """Programs of a package, and those that leave with it because it brought them: gpg of gnupg."""
    others = table(Tools).alternatives.get(name, ())
    brought = [p for each in brought_by(name, release) for p in programs_in(each, release)]
    return (*(programs_in(name, release) or (name,)), *others, *brought)


def _build(name: str, reason: str, release: str, needs: Needs) -> Judgement:
    evidence = [Evidence.of("catalogue", f"{name}: {reason}")]
    libraries = runtime_libraries_of(name, release)
    if libraries is None and reason == HEADERS:
        return _unproven(f"which library {name} brings is not known here, and it may be loaded")
    libraries = libraries or ()
    missing = [library for library in libraries if library not in slim_packages(release)]
    linked = [library for library in missing if library in needs.linked]
    unsure = needs.from_source or needs.unknown
    if missing and unsure:
        linked = missing
        what = "is built from source" if needs.from_source else "may be built from source"
        evidence.append(Evidence.of("linked", f"{', '.join(missing)} stays: {unsure[0]} {what}"))
    elif libraries and not missing:
        message = f"its library {', '.join(libraries)} is part of the base image"
        evidence.append(Evidence.of("base", message))
    elif missing and not linked:
        message = f"nothing is linked to {', '.join(missing)}: every requirement has a wheel"
        evidence.append(Evidence.of("wheels", message))
    return PackageScope.BUILD, tuple(evidence), tuple(linked)


def _unproven(message: str, origin: Origin | None = None) -> Judgement:
    evidence = Evidence.of("unknown", f"kept: {message}", origin)
    return PackageScope.RUNTIME, (evidence,), ()


def _program(stage: FinalStage, name: str, programs: Collection[str], needs: Needs) -> Judgement:
    if stage.triggers:
        message = "kept: images that are built on this one may call it"
        origin = stage.triggers[0].origin
        return PackageScope.RUNTIME, (Evidence.of("trigger", message, origin),), ()
    names = dict.fromkeys([*programs, name])
    used = [use for program in names for use in needs.usage.programs.get(program, ())]
    used += (*_steps(stage, names), *_fetched(stage, name))
    if used:
        return PackageScope.RUNTIME, tuple(used), ()
    if needs.usage.computed:
        first = needs.usage.computed[0]
        return _unproven(f"{first.message}, it could be one of {name}", first.origin)
    if needs.usage.sourceless:
        return _unproven(f"the project holds no Python source that could show who calls {name}")
    for part in needs.usage.absent[:1]:
        message = f"kept: {part.message} and may call {name}"
        return PackageScope.RUNTIME, (replace(part, kind="unknown", message=message),), ()
    evidence = [needs.usage.search(_some(tuple(names)))]
    check = stage.health_check
    if check and any(
        word in names for word in (check.exec_form or (check.shell_form or "").split())
    ):
        message = f"only the health check calls {name}, and Python can send the same request"
        evidence.insert(0, Evidence.of("health-check", message, check.origin))
    return PackageScope.UNNEEDED, tuple(evidence), ()


def _some(names: tuple[str, ...]) -> str:
    """A few names, and how many more were looked for."""
    if len(names) <= SHOWN:
        return " or ".join(names)
    return f"{', '.join(names[:SHOWN])} or {len(names) - SHOWN} more programs"


def _steps(stage: FinalStage, programs: Iterable[str]) -> list[Evidence]:
    """Uses by steps of the final stage that stay there.

    A step that adds the package source of a container client leaves with the client.
    """
    names = set(programs)
    client, callers = table(Tools).container_clients.word, table(Tools).callers
    found = []
    for action in stage.actions:
        source = action.kind is ActionKind.REPOSITORY
        if action.kind in (*MOVED, ActionKind.PACKAGES) or (source and client in action.text):
            continue
        called = {
            command.name.rpartition("/")[2]
            for command in (action.command, *action.command.substitutions)
        }
        # what runs another program is called like its module
        called.update(program for name in called.copy() for program in callers.get(name, ()))
        if names & called or (source and names & SOURCES):
            name = next(iter(sorted(names & called)), action.command.name)
            message = f"a step calls {name}" if names & called else "a step adds a package source"
            found.append(Evidence.of("step", message, action.origin))
    return found


def _fetched(stage: FinalStage, name: str) -> Iterator[Evidence]:
    """The first step behind a package that runs a script from elsewhere, which nobody has read."""
    origin = requested(stage).get(name)
    added = (item.arguments for item, _ in stage.copies if "://" in item.arguments)
    loads = (*added, *(each.text for each in stage.actions if each.command.name in FETCHING))
    for action in stage.actions:
        if origin and action.origin.at > origin.at and runs_fetched(action, loads):
            message = f"a step runs a script that it fetches, which may call {name}"
            yield Evidence.of("step", message, action.origin)
            return


def saved_without(stage: FinalStage, gone: Collection[str]) -> Size | None:
    """What the final stage is smaller by without some of its packages, by catalogue.

    The closure of all packages less that of those that stay; recommended packages count where apt
    takes them along. None when the catalogue knows none of them.
    """
    release = stage.release or DEFAULT_RELEASE
    names = requested(stage)
    stay = [name for name in names if name not in gone]
    recommends = any(
        isinstance(action.fact, PackageInstall) and action.fact.recommends
        for action in stage.of_kind(ActionKind.PACKAGES)
    )
    whole = cost_of(names, release, recommends=recommends)
    if whole is None or not set(names) & set(gone):
        return None
    rest = cost_of(stay, release, recommends=recommends)
    count = whole.bytes - (rest.bytes if rest else 0)
    return Size(bytes=count, basis=Basis.ESTIMATED, source=f"removed packages; {whole.source}")


def passing_packages(stage: FinalStage) -> frozenset[str]:
    """Packages that the step which installs them removes again, so that the image has none."""
    return frozenset(name for run in stage.runs for name in removed_again(run, stage))


def removed_again(run: LiftedRun, stage: FinalStage) -> frozenset[str]:
    """The packages that a RUN installs and removes again, those in variables too."""
    found: set[str] = set()
    gone: set[str] = set()
    for action in reversed(run.actions):
        removed = system_remove(action.command)
        if removed is not None:
            gone.update(name for name, _ in _named(removed.packages, run, stage))
        elif isinstance(action.fact, PackageInstall):
            names = {name for name, _ in named_by(action, run, stage)}
            found |= names if action.fact.virtual in gone else names & gone
    return frozenset(found)


def empties_lists(action: Action) -> bool:
    """Whether a clean-up takes apt's package lists away."""
    return LISTS in action.text or "distclean" in action.command.words
