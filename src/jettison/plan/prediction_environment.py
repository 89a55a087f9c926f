"""What steps write in a stage: installers of Python distributions, and COPY."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.bases import BaseImages
from jettison.catalogue.packaging import Tools
from jettison.ecosystems import OF_PROJECTS
from jettison.ecosystems.commands import (
    PipInstall,
    ProjectInstall,
    VirtualEnvironment,
    compile_bytecode,
)
from jettison.ecosystems.tool import SYSTEM
from jettison.ecosystems.uv import COMPILE
from jettison.formats.dockerfile import Copy, mounts
from jettison.formats.dockerignore import Pattern, pattern, verdicts
from jettison.formats.requirements.statement import name_of
from jettison.index import distribution_size
from jettison.index.graph import Closure
from jettison.index.metadata import catalogued
from jettison.lift import Project
from jettison.lift.action import Action, LiftedRun, actions_in, runs_in
from jettison.lift.build_context import context_path
from jettison.lift.declared import installed_declarations
from jettison.lift.own_environment import copies_from_cache, locked_place
from jettison.lift.stage import FinalStage, lifted
from jettison.plan.prediction_parts import Part, applies_list, taken_out
from jettison.plan.removal.listing import LIST
from jettison.values import FALSE, Basis, Origin, Skipped, is_within, once_each, outwards, replace


def locked_roots(project: Project) -> frozenset[str]:
    """The requirements that a project ships, by the commands of its Dockerfile."""
    return frozenset(one.declaration.name for one in installed_declarations(project) if one.shipped)


def byte_code_made(fact: PipInstall | ProjectInstall, stage: FinalStage) -> bool:
    """Whether an installation makes byte code: by some tools always, by the others on request."""
    if isinstance(fact, PipInstall):
        on_request = not fact.by_uv or _asked_to_compile(fact, stage, COMPILE)
        return on_request and not fact.options.has("--no-compile")
    tool = OF_PROJECTS[fact.tool]
    compiled = any(compile_bytecode(action.command) for action in stage.actions)
    return tool.compiles or compiled or _asked_to_compile(fact, stage, tool.compile_variable)


def _asked_to_compile(fact: ProjectInstall | PipInstall, stage: FinalStage, variable: str) -> bool:
    options = ("--compile-bytecode", "--compile")
    return fact.options.has(*options) or bool(stage.environment.get(variable))


FORMULA = "files of the wheels, byte code by the size of the sources"
NO_FACTS = "no facts about these distributions"
CACHES = ("/root/.cache", "/root/.cache/pip")


class Written(Struct, frozen=True, kw_only=True):
    """Bytes that a step writes below ``path``."""

    path: str
    part: Part


def environments(
    project: Project, stage: FinalStage, closure: Closure, *, keeps_cache: bool
) -> Iterator[Written | Skipped]:
    """Follow the RUN instructions of a stage and of those below it: what each of them installs."""
    place, left, compiled = SYSTEM, False, False
    there = _There()
    for run in runs_in(stage.inherited):
        for action in run.actions:
            fact = action.fact
            if isinstance(fact, VirtualEnvironment):
                place = _absolute(fact.path, stage)
                yield Written(path=place, part=_virtual_environment(fact))
            elif isinstance(fact, PipInstall):
                where = fact.target or ("/root/.local" if fact.user else place)
                new = there.added(where, installed_names(project, stage, fact, closure))
                byte_code = byte_code_made(fact, stage)
                compiled |= byte_code
                yield from _written(closure, new, where, fact.origin, byte_code=byte_code)
                if fact.by_uv:
                    continue
                if keeps_cache and _caches(stage, run, fact):
                    yield Written(path="/root", part=_cache(project, stage, closure, fact))
                if not left and not stage.environment.get("PYTHONDONTWRITEBYTECODE"):
                    left = True
                    yield Written(path="/usr/local/lib", part=_left(fact))
            elif applies_list(action):
                part = taken_out(project, closure, there.names, action, byte_code=compiled)
                yield Written(path=_listed_environment(action) or place, part=part)
            elif isinstance(fact, ProjectInstall) and fact.output is None:
                compiled |= byte_code_made(fact, stage)
                new = there.locked(closure.graph.reached(locked_roots(project)))
                own = locked_place(fact, stage, action)
                yield from _synced(stage, closure, new, own, fact.origin, byte_code=compiled)
                yield from _cached_by_uv(stage, closure, new, run, fact)


def _listed_environment(action: Action) -> str:
    """The environment that such a command names behind the list; empty where it names none."""
    words = iter(action.command.words)
    return next((next(words, "") for word in words if word.endswith(LIST)), "")


def _synced(
    stage: FinalStage,
    closure: Closure,
    names: Collection[str],
    where: str,
    origin: Origin,
    *,
    byte_code: bool,
) -> Iterator[Written | Skipped]:
    """What a lock brings, unless another stage's environment was copied there."""
    if not _is_copied(stage, where, origin):
        yield from _written(closure, names, where, origin, byte_code=byte_code)


class _There:
    """What the commands so far installed: later ones do not install it again."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._at: dict[str, set[str]] = {}
        self._locked: set[str] = set()

    def added(self, where: str, names: Collection[str]) -> set[str]:
        """Note what a command installs to a place, and give what of it is new."""
        own = self._at.setdefault(where, set(self._locked))
        new = set(names) - own
        own |= new
        self.names |= new
        return new

    def locked(self, names: Collection[str]) -> set[str]:
        """The same for what a lock says, to which later commands add as well."""
        new = set(names) - self.names
        self.names |= new
        self._locked |= new
        return new


def _is_copied(stage: FinalStage, place: str, before: Origin) -> bool:
    """Whether another stage's environment was copied to a place by then."""
    return any(
        copied.stage is not None and _absolute(copied.destination, stage).rstrip("/") == place
        for item, copied in stage.all_copies
        if item.origin.at < before.at
    )


def installed_names(
    project: Project, stage: FinalStage, fact: PipInstall, closure: Closure
) -> set[str]:
    """The distributions that a command installs, with all that they need unless it says not to."""
    roots = set(_declared(project, stage, fact))
    roots |= {name for word in fact.requirements if (name := name_of(word.text))}
    if fact.options.has("--no-deps"):
        return roots
    editable = (option.value or "" for option in fact.options.every("-e", "--editable"))
    if any(map(_is_local, (*(word.text for word in fact.requirements), *editable))):
        roots |= locked_roots(project)
    return set(closure.graph.reached(roots))


def _is_local(word: str) -> bool:
    return word.startswith((".", "/"))


def _declared(project: Project, stage: FinalStage, fact: PipInstall) -> Iterator[str]:
    if not fact.requirement_files:
        return
    found = actions_in(stage.inherited)
    # equal: a command that was lifted again, as there are so many, is another value
    step = next(action.instruction for action in found if action.fact == fact)
    for path in fact.requirement_files:
        source = context_path(project, stage, step, path)
        if source is None:  # what a tool exports while building is what the project ships
            yield from locked_roots(project)
        for file in project.requirements_file(source) if source else ():
            yield from (line.name for line in file.requirements if line.name)


def _written(
    closure: Closure, names: Collection[str], where: str, origin: Origin, *, byte_code: bool
) -> Iterator[Written | Skipped]:
    if not names:
        return
    sizes = {name: _size(closure, name, byte_code=byte_code) for name in names}
    known = {name: count for name, count in sizes.items() if count}
    unknown = sorted(set(names) - set(known))
    if unknown:
        yield Skipped(what=f"the size of {', '.join(unknown)}", reason=NO_FACTS, origin=origin)
    part = Part.of(f"{len(known)} distributions", sum(known.values()), FORMULA, origin)
    yield Written(path=where, part=replace(part, shares=known))


def _size(closure: Closure, name: str, *, byte_code: bool) -> int:
    tools = table(Tools).with_pip
    if name in tools and name not in closure.facts:
        return tools[name]
    facts = closure.facts.get(name) or catalogued().get(name)
    return distribution_size(facts, byte_code=byte_code) if facts else 0


def _caches(stage: FinalStage, run: LiftedRun, fact: PipInstall) -> bool:
    """Whether pip leaves the wheels that it fetched in the layer."""
    off = stage.environment.get("PIP_NO_CACHE_DIR", "").lower() not in ("", *FALSE)
    mounted = any((mount.target or "").startswith(CACHES) for mount in mounts(run.instruction))
    return fact.cached and not off and not mounted


def _cached_by_uv(
    stage: FinalStage,
    closure: Closure,
    names: Collection[str],
    run: LiftedRun,
    fact: ProjectInstall,
) -> Iterator[Written]:
    count = sum(_size(closure, name, byte_code=False) for name in names)
    if count and copies_from_cache(stage, run, fact):
        part = Part.of("uv's cache", count, "files of the wheels, unpacked", fact.origin)
        yield Written(path="/root", part=part)


def _cache(project: Project, stage: FinalStage, closure: Closure, fact: PipInstall) -> Part:
    names = installed_names(project, stage, fact, closure)
    count = sum(_wheel_bytes(closure, names))
    return Part.of("pip's cache", count, "the wheels as they were fetched", fact.origin)


def _wheel_bytes(closure: Closure, names: Collection[str]) -> Iterable[int]:
    for name in names:
        facts = closure.facts.get(name)
        sizes = [wheel.size for wheel in facts.wheels if wheel.size] if facts else []
        if sizes:
            yield min(sizes)


def _virtual_environment(fact: VirtualEnvironment) -> Part:
    known = table(BaseImages).python
    count = int(known.virtual_environment) if fact.seeded else 5_000
    what = "a virtual environment"
    return Part.of(what, count, known.source, fact.origin, Basis.CATALOGUED)


def _left(fact: PipInstall) -> Part:
    """Byte code of what pip itself imports; pip's own goes when it is replaced."""
    known = table(BaseImages).python
    own = 0 if any(name_of(word.text) == "pip" for word in fact.requirements) else known.left_of_pip
    count = known.left_by_pip + own
    return Part.of("bytecode that pip writes", count, known.source, fact.origin, Basis.CATALOGUED)


def _absolute(path: str, stage: FinalStage) -> str:
    expanded = stage.expanded(path)
    return expanded if expanded.startswith("/") else f"{stage.folder.rstrip('/')}/{expanded}"


@once_each
def application_size(project: Project) -> int:
    """Add up the files that each COPY of the final stage takes, after .dockerignore.

    A file that two instructions copy counts twice, as it does in the layers of the image.
    """
    sent = sent_files(project)
    copies = (found for _, found in lifted(project).copies if found.stage is None)
    return sum(size for found in copies for _, size in copied_files(found, sent))


@once_each
def sent_files(project: Project) -> Mapping[str, int]:
    """The files of the context that reach the builder, with their bytes."""
    patterns = project.ignore.patterns if project.ignore else ()
    judged = verdicts(project.files, patterns)
    return {path: project.files[path] for path, verdict in judged if not verdict.ignored}


def copied_files(found: Copy, sent: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The files that one COPY takes, by their paths below its destination, with their bytes.

    The name of a file that is copied alone is empty when the destination names it.
    """
    alone = len(found.sources) == 1 and not found.destination.endswith(("/", "."))
    for source in found.sources:
        wanted = posixpath.normpath(source).lstrip("/")
        if wanted in {"", "."}:
            yield from sent.items()
            continue
        form = _form(wanted)
        for path, size in sent.items():
            matched = _matched(path, wanted, form)
            if matched == path:
                yield ("" if alone else posixpath.basename(path)), size
            elif matched is not None:
                yield path[len(matched) + 1 :], size


def _form(wanted: str) -> Pattern | None:
    """The pattern that a source is; None for a path, or for what no build takes as a pattern."""
    try:
        return pattern(wanted) if any(c in wanted for c in "*?[") else None
    except ValueError:
        return None


def _matched(path: str, wanted: str, form: Pattern | None) -> str | None:
    """The path or the folder above it that a source names."""
    if form is None:
        return wanted if is_within(path, wanted) else None
    return next((each for each in outwards(path) if each == wanted or form.matches(each)), None)
