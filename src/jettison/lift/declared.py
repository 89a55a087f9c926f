"""What the image is installed from: requirements files, and what projects declare themselves."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from msgspec import Struct
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from jettison.catalogue import table
from jettison.catalogue.packaging import RequirementFiles
from jettison.ecosystems.commands import WHEEL, PipInstall
from jettison.ecosystems.declaration import MAIN, Declaration, Kind, Remark, declared, standard
from jettison.ecosystems.finding import (
    declared_in,
    group_of,
    named_files,
    parse_lock,
    standard_specifier,
)
from jettison.ecosystems.pip import PYLOCK
from jettison.ecosystems.tool import Lock, SourceKind
from jettison.errors import ProjectError
from jettison.formats.dockerfile import Instruction, Stage
from jettison.formats.requirements import RequirementLine, RequirementsFile, only_bounds
from jettison.lift import Project
from jettison.lift.action import ActionKind, is_installer
from jettison.lift.build_context import context_path, feeding_stages, handed_on
from jettison.lift.projects import ProjectRequest, is_declaring, project_requests
from jettison.lift.stage import FinalStage, lifted, lifted_stage
from jettison.values import Origin

# Several times what the largest applications install, and planned within seconds.
_MOST_DECLARATIONS = 10_000
LINKS = ("--find-links", "-f")
LOCAL = (SourceKind.PATH, SourceKind.EDITABLE, SourceKind.VIRTUAL)


class Installed(Struct, frozen=True, kw_only=True):
    """A declaration that concerns the image.

    ``shipped`` says whether the image gets it; what is not shipped belongs to a group that the
    commands omit. ``lock`` is the lock file that would have to follow a change, if any.
    """

    declaration: Declaration
    shipped: bool
    lock: str | None = None


def production_files(project: Project) -> tuple[RequirementsFile, ...]:
    """The files that pip or uv installs from while the image is built, in any stage, includes too.

    Files that are not part of the project are omitted, and those that only bound versions.
    """
    found: dict[str, RequirementsFile] = {}
    found.update((file.file, file) for file, bounds in _read_files(project) if not bounds)
    return tuple(found.values())


def bounding_lines(project: Project) -> Iterator[RequirementLine]:
    """The lines that bound versions and ask for nothing (``-c``), of files that the project has."""
    for file, bounds in _read_files(project):
        yield from file.requirements if bounds else ()


def bounds(project: Project) -> dict[str, SpecifierSet]:
    """Join what bounding lines say about versions, by the normalized names of distributions."""
    found: dict[str, SpecifierSet] = {}
    for line in bounding_lines(project):
        if line.name and not line.url:
            found[line.name] = found.get(line.name, SpecifierSet()) & specifier_of(line.specifier)
    return found


def specifier_of(written: str) -> SpecifierSet:
    """Read versions as any packaging tool writes them."""
    try:
        return SpecifierSet(written)
    except InvalidSpecifier:
        return standard_specifier(written)


def _read_files(project: Project) -> Iterator[tuple[RequirementsFile, bool]]:
    """The files that are read in any stage, each with whether it only bounds versions there."""
    for stage in project.dockerfile.stages:
        for source in _read_in(project, stage):
            files = project.requirements_file(source)
            bounds = only_bounds(files) - {files[0].file}
            yield from ((file, file.file in bounds) for file in files)
        for source in _read_in(project, stage, bounds=True):
            yield from ((file, True) for file in project.requirements_file(source))


def is_for_development(path: str) -> bool:
    """Whether a requirements file is for development by its name."""
    return group_of(path).name in table(RequirementFiles).development


def movable_files(project: Project) -> tuple[RequirementsFile, ...]:
    """Those of the production files that are not for development by their names."""
    return tuple(f for f in production_files(project) if not is_for_development(f.file))


def listed_names(project: Project) -> frozenset[str]:
    """What lists require that take further lines: where one line has hashes, each needs them."""
    lists = [file.requirements for file in movable_files(project)]
    return frozenset(
        line.name for lines in lists if not any(each.hashes for each in lines) for line in lines
    )


def context_file(project: Project, stage: Stage, step: Instruction, path: str) -> str | None:
    """The requirements file of the context that a step means by a path; None when it is none."""
    source = context_path(project, lifted_stage(project, stage), step, path)
    return None if source is None or is_declaring(source) else source


def _read_in(project: Project, stage: Stage, *, bounds: bool = False) -> Iterator[str]:
    """The files of the context that the steps of a stage install from, or take ``bounds`` from."""
    for action in lifted_stage(project, stage).of_kind(ActionKind.PYTHON):
        if isinstance(action.fact, PipInstall):
            fact = action.fact
            for path in fact.constraint_files if bounds else fact.requirement_files:
                source = context_file(project, stage, action.instruction, path)
                if source is not None:
                    yield source


def installed_declarations(project: Project) -> tuple[Installed, ...]:
    """Everything that the image is installed from, and the groups that it omits.

    A name that is shipped is not listed again for a group. Projects of the same workspace, and
    other folders that a lock names, stand for what they declare. Raises InputSyntaxError for a
    declaring file or a lock that is not valid, and ProjectError for thousands of requirements.
    """
    found = [
        Installed(declaration=one, shipped=True)
        for file in production_files(project)
        for one in declared(file, MAIN)
    ]
    for request in project_requests(project):
        found += _of_request(project, request)
    if len(found) > _MOST_DECLARATIONS:
        raise ProjectError(
            f"the image is installed from more than {_MOST_DECLARATIONS:,} requirements",
            why="each is looked up in the source and held against the others",
            hint="Name those that the application uses itself: what they need comes along.",
            origin=found[_MOST_DECLARATIONS].declaration.origin,
        )
    shipped = {one.declaration.name for one in found if one.shipped}
    unique: dict[object, Installed] = {}
    for one in found:
        key = (one.declaration.name, one.declaration.origin, one.declaration.group)
        if one.shipped or one.declaration.name not in shipped:
            earlier = unique.get(key, one)
            # Of two installations the one from a lock says how a requirement can move.
            unique[key] = one if one.shipped and not (earlier.lock and not one.lock) else earlier
    return tuple(unique.values())


def named_in_steps(project: Project) -> tuple[Installed, ...]:
    """What the stages that feed the image install by name, but for installers.

    No list holds it, so that nothing can be moved; what it brings is known all the same.
    """
    found = (
        standard(word.text, MAIN, word.origin, Remark())
        for stage in feeding_stages(lifted(project))
        for action in lifted_stage(project, stage).of_kind(ActionKind.PYTHON)
        if isinstance(action.fact, PipInstall)
        for word in action.fact.requirements
        if word.literal and not is_installer(word)
    )
    return tuple(Installed(declaration=one, shipped=True) for one in found if one)


def shipped_names(project: Project) -> frozenset[str]:
    """The normalized names of what the image installs by name."""
    found = installed_declarations(project)
    return frozenset(one.declaration.name for one in found if one.shipped)


def locks_of(project: Project) -> tuple[Lock, ...]:
    """The lock files that decide what the image gets. Raises InputSyntaxError."""
    paths = dict.fromkeys(one.lock for one in project_requests(project) if one.lock)
    return tuple(_lock(project, path) for path in paths)


def _lock(project: Project, path: str) -> Lock:
    return _parsed_lock(path, project.texts[path])


@lru_cache(maxsize=4)
def _parsed_lock(path: str, text: str) -> Lock:
    """A lock is long, and each rule looks at the same one."""
    return parse_lock(text, file=path)


def _of_request(project: Project, request: ProjectRequest) -> Iterator[Installed]:
    if request.tool is PYLOCK:
        yield from _of_pylock(project, request)
        return
    local = local_folders(project, request)
    waiting, seen = [request.folder], {request.folder}
    while waiting:
        folder = waiting.pop()
        for one in _declared_in(project, folder, request):
            shipped = request.selection.takes(one)
            if one.name not in local:
                if shipped or (one.kind is Kind.GROUP and folder == request.folder):
                    yield Installed(declaration=one, shipped=shipped, lock=request.lock)
            elif shipped and local[one.name] not in seen:
                seen.add(local[one.name])
                waiting.append(local[one.name])


def _of_pylock(project: Project, request: ProjectRequest) -> Iterator[Installed]:
    """What the lock holds of the declared, or all that it holds where nothing is declared."""
    held = _lock(project, request.lock or "").distributions
    names = {each.name for each in held}
    if request.file == request.lock:
        for each in held:
            pin = Declaration(name=each.name, specifier=f"=={each.version}", origin=each.origin)
            yield Installed(declaration=pin, shipped=True, lock=request.lock)
        return
    for one in _declared_in(project, request.folder, request):
        if one.name in names or one.kind is Kind.GROUP:
            yield Installed(declaration=one, shipped=one.name in names, lock=request.lock)


def declared_by(project: Project, request: ProjectRequest) -> tuple[Declaration, ...]:
    """What the folder of a request declares, all groups and extras."""
    return tuple(_declared_in(project, request.folder, request))


def local_folders(project: Project, request: ProjectRequest) -> dict[str, str]:
    """The distributions that are folders of the project, by the lock."""
    if not request.lock:
        return {}
    base = posixpath.dirname(request.lock)
    return {
        one.name: posixpath.normpath(posixpath.join(base, one.location))
        for one in _lock(project, request.lock).distributions
        if one.source in LOCAL
    }


def _declared_in(project: Project, folder: str, request: ProjectRequest) -> Iterator[Declaration]:
    """What the files of a folder declare that the tool of a request looks into."""
    folder = "" if folder == "." else folder
    tool = request.tool
    names = tool.declares if tool.follows else (posixpath.basename(request.file),)
    files = [path for name in names if (path := posixpath.join(folder, name)) in project.texts]
    for path in tuple(files) if tool.follows else ():
        named = (posixpath.join(folder, name) for name in named_files(path, project.texts[path]))
        files += [found for name in named if (found := posixpath.normpath(name)) in project.texts]
    for path in dict.fromkeys(files):
        yield from declared_in(path, project.texts[path])


def wheels_from(
    project: Project, stage: FinalStage, step: Instruction, word: str
) -> Instruction | None:
    """The COPY that brings nothing but the wheels which a word names, made by another stage."""
    if not word.endswith((".whl", "/*")):
        return None
    for item, copied in stage.copies:
        maker = project.dockerfile.stage_named(copied.stage) if copied.stage else None
        if maker is None or item.origin.at > step.origin.at:
            continue
        giving = lifted_stage(project, maker)
        folders = {
            giving.absolute(action.fact.target or ".", action.instruction)
            for action in giving.of_kind(ActionKind.PYTHON)
            if isinstance(action.fact, PipInstall) and action.fact.tool == WHEEL
        }
        sources = [posixpath.join("/", giving.expanded(path)) for path in copied.sources]
        made = all(
            posixpath.normpath(path) in folders or posixpath.basename(path) == "*.whl"
            for path in sources
        )
        into = stage.absolute(copied.destination, item)
        alone = [stage.absolute(c.destination, i) for i, c in stage.copies].count(into) == 1
        if made and alone and posixpath.dirname(stage.absolute(word, step)) == into:
            return item
    return None


def wheels_elsewhere(
    project: Project, stage: FinalStage, commands: Iterable[tuple[Instruction, PipInstall]]
) -> tuple[dict[str, str], list[Instruction]]:
    """The words that name wheels of another stage, as absolute paths, and what brings them."""
    wheels: dict[str, str] = {}
    brought: list[Instruction] = []
    for step, fact in commands:
        for word in fact.requirements:
            if item := wheels_from(project, stage, step, word.text):
                wheels[word.text] = stage.absolute(word.text, step)
                brought.append(item)
        for option in fact.options.every(*LINKS):
            item = wheels_from(project, stage, step, f"{option.value}/*")
            brought += [item] if item else []
    return wheels, brought


def exported(
    project: Project, stage: FinalStage, step: Instruction, path: str, read: Collection[Origin]
) -> bool:
    """Whether a list of requirements is written by one of the steps ``read``, in any stage."""
    wanted = stage.absolute(path, step)
    places = [(stage, wanted), *handed_on(project, stage, step, wanted)]
    return any(
        posixpath.basename(name) in action.text and action.origin in read
        for giving, name in places
        for action in giving.of_kind(ActionKind.LOCKED)
    )
