"""Files that stay and take less room: equal ones stored once, libraries without symbols."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight
from jettison.ecosystems.commands import Permission
from jettison.formats.dockerfile import copy
from jettison.lift.stage import ROOT_NAMES
from jettison.lift.stages import BuiltEnvironment, environment_of, services_of
from jettison.lift.writes import FOR_EVERYONE
from jettison.plan import Finding, Plan
from jettison.plan.removal import Group, OwnedFile, names_itself
from jettison.plan.removal.listing import ARROW, LIST, links_in, sections_in
from jettison.plan.removing import WORTHWHILE, present, removal
from jettison.rules.rule import Rule
from jettison.values import Evidence

_LIBRARIES = "**/*.so*"


def duplicate_files(plan: Plan) -> Iterator[Finding]:
    """Store duplicate files of a distribution once.

    Some wheels hold the same file under several names: a model of which two versions are equal,
    data of an interface that did not change from one version to the next. In the image all names
    are hard links to one file.

    Source: the directory of each wheel states the size and the checksum of every file. That COPY
    keeps hard links was tried with BuildKit of Docker 26.1 and with Podman 5.4, 2026-11-27.

    Safe: only a program that writes to a file in place notices that it has two names. So the
    environment must belong to root and the process must not be root; otherwise all files are kept,
    and the report says so. The build compares content, mode and owner again. Files below 4 KiB are
    kept: there are hundreds, and together they weigh little. Files that are loaded as code are
    kept: the loader takes shared libraries with one file for one library, with one state (glibc,
    elf/dl-load.c), and the byte code of a module states the time of its source. Also kept: SQLite
    databases, which must have one name (sqlite.org, "How To Corrupt An SQLite Database File"),
    metadata, what `keep` names, and equal files of two distributions, which can lie in two layers.
    """
    groups = sorted(_groups(plan), key=lambda one: (-one.bytes, one.distribution))
    what = "second copies of equal files"
    return removal(plan, "duplicate-files", what, groups, obstacle=next(_writers(plan), None))


def _groups(plan: Plan) -> Iterator[Group]:
    """The files of each distribution that can be links, where they weigh enough."""
    equal: dict[tuple[str, int, str], str] = {}
    of: dict[str, list[tuple[int, str, str]]] = {}
    here, done = present(plan), links_in(plan.project.own_text(LIST))
    shared = (path for path, file in here.items() if path not in done and _can_be_shared(file))
    for path in sorted(shared):
        file = here[path]
        first = equal.setdefault((file.distribution, file.size, file.checksum), path)
        if first != path:
            of.setdefault(file.distribution, []).append((file.size, path, first))
    for name, found in of.items():
        count = sum(size for size, _, _ in found)
        if count >= WORTHWHILE:
            yield Group(
                distribution=name,
                reason=f"files of {plan.contents.label(name)} that it has twice or more",
                links=tuple((path, first) for _, path, first in found),
                bytes=count,
            )


def _can_be_shared(file: OwnedFile) -> bool:
    if not file.checksum or ".dist-info/" in file.path:
        return False
    plain = not file.path.startswith("/") and names_itself(file.path) and ARROW not in file.path
    return plain and table(DeadWeight).duplicates.can_share(file.path, file.size)


def _writers(plan: Plan) -> Iterator[Evidence]:
    """What lets the application write to files of the environment, as far as is known."""
    yield from run_by_root(plan)
    found = environment_of(plan.project, plan.stage)
    if isinstance(found, BuiltEnvironment):
        yield from _given_away(plan, found)


def run_by_root(plan: Plan) -> Iterator[Evidence]:
    """What makes the process root, who may write to every file."""
    stage = plan.stage
    if stage.runs_as_root:
        message = "the process is root, which may write to them"
        yield Evidence.of("user", message, stage.stage.origin)
    for service in services_of(plan.project):
        user = (service.user or "").partition(":")[0]
        if service.user and (user in ROOT_NAMES or "$" in user):
            message = f"the compose file runs {service.name} as {service.user}"
            yield Evidence.of("compose", message, service.origin_of("user"))


def _given_away(plan: Plan, found: BuiltEnvironment) -> Iterator[Evidence]:
    """Steps and folders that make the environment somebody's who is not root."""
    stage, given = plan.stage, copy(found.copied)
    place = stage.absolute(given.destination, found.copied)
    owned = given.chown and given.chown.partition(":")[0] not in ROOT_NAMES
    if owned or FOR_EVERYONE.fullmatch(given.chmod or ""):
        message = f"COPY gives the environment to {given.chown or 'everybody'}"
        yield Evidence.of("copy", message, found.copied.origin)
    for action in stage.actions:
        fact = action.fact
        paths = fact.paths if isinstance(fact, Permission) else ()
        if any(_meet(stage.absolute(path, action.instruction), place) for path in paths):
            message = f"`{action.text[:60]}` may let somebody write there"
            yield Evidence.of("permission", message, action.origin)
    for folder, evidence in plan.writing.folders.items():
        if f"{folder}/".startswith(f"{place}/"):
            yield evidence


def _meet(path: str, place: str) -> bool:
    """Whether one of two folders is the other, or lies in it."""
    path, place = f"{path.rstrip('/*')}/", f"{place.rstrip('/')}/"
    return path.startswith(place) or place.startswith(path)


DUPLICATE_FILES = Rule.of("duplicate-files", duplicate_files, level=2)


def unloaded_sections(plan: Plan) -> Iterator[Finding]:
    """Strip symbols and debug information from shared libraries.

    The loader of a shared library reads its segments. What lies behind the last of them (the symbol
    table, debug information, the table of sections) is for linkers and debuggers; compiled modules
    of wheels often have more of it than of code.

    Source: the ELF specification (System V ABI, "Program Loading"): a process image is made from
    the segments alone. GNU ``strip`` is not used: it moves segments, and damages libraries that
    auditwheel has patched (pypa/auditwheel#716).

    Safe: not a byte of any segment changes or moves. A library with anything behind its table of
    sections is not changed, and neither is a plugin of Qt, which looks a section up by its name.
    Native stack traces of debuggers lose the names of internal functions; those of Python do not.
    RECORD states the new hashes.
    """
    libraries = [file for path, file in present(plan).items() if ".so" in path.rpartition("/")[2]]
    if not libraries or sections_in(plan.project.own_text(LIST)):
        return
    kept = [path for path in plan.overrides.kept if ".so" in path.rpartition("/")[2]]
    paths = tuple(sorted(file.path for file in libraries)) if kept else (_LIBRARIES,)
    reason = f"symbols and debug information of {len(libraries)} shared libraries"
    only = Group(distribution="", reason=reason, sections=paths, bytes=_cut_off(plan))
    yield from removal(
        plan, "unloaded-sections", "symbols and debug information of shared libraries", (only,)
    )


def _cut_off(plan: Plan) -> int:
    """The bytes that are cut off, as far as the wheels were looked into."""
    here = present(plan)
    found = (file for facts in plan.closure.facts.values() for file in facts.unloaded or ())
    return sum(file.size for file in found if file.path in here)


UNLOADED_SECTIONS = Rule.of("unloaded-sections", unloaded_sections, level=2)
