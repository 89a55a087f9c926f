"""Which files of the system leave an image, and where removal happens."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from msgspec import Struct

from jettison.catalogue import removal_hook, removal_script, table
from jettison.catalogue.dead_weight import DeadWeight
from jettison.catalogue.systems import SystemEntry, SystemFiles
from jettison.contents import Installed
from jettison.contents.reach import Observed
from jettison.contents.standard_reach import unreached_standard
from jettison.contents.system import PROGRAMS, System, SystemReach
from jettison.lift import Project
from jettison.lift.action import ActionKind
from jettison.lift.stage import FinalStage
from jettison.lift.stages import BuiltEnvironment, NotApart, environment_of
from jettison.plan import Plan
from jettison.plan.minimal_base import pattern
from jettison.plan.removal import collapsed, listing
from jettison.plan.removal.listing import HEAD, HOOK, LIST, REMOVED, SCRIPT, SystemGroup
from jettison.values import Evidence, Origin, is_listable, once_each, replace

WORTHWHILE = 20_000
# Their modules, by the name of the distribution.
INSTALLERS = {"pip": ("pip",), "setuptools": ("setuptools", "pkg_resources", "distutils")}


class Used(Struct, frozen=True, kw_only=True):
    """Programs that are called, packages asked for, and modules imported, by ``names``.

    ``quiet`` are patterns of libraries that name a function without needing files for it,
    ``unnamed`` programs of a package that no text names.
    """

    names: frozenset[str]
    quiet: tuple[str, ...] = ()
    unnamed: tuple[SystemEntry, ...] = ()


def build_group(plan: Plan) -> SystemGroup:
    """What only the build reads, where it was copied along with the application."""
    folder = plan.project.own_folder
    places = dict.fromkeys((posixpath.normpath(f"{plan.stage.folder}/{folder}"), f"/{folder}"))
    return SystemGroup(
        reason="what only this build reads",
        paths=(*(f"{place}/**" for place in places), REMOVED),
    )


def package_groups(system: System, kept: Collection[str]) -> Iterator[SystemGroup]:
    """Give the packages that leave, with the bytes of the files that are theirs alone."""
    gone = gone_with(system, kept)
    leaving = {name for name in system.packages if name not in kept and is_listable(name)}
    if not leaving:
        return
    spared = [path for path in system.owners if path not in gone and system.owners[path] <= leaving]
    yield SystemGroup(
        reason="packages that nothing reaches",
        packages=tuple(sorted(leaving)),
        paths=tuple(
            f"{folder}**" for name, made in system.made if name in leaving for folder in made
        ),
        keep=tuple(table(SystemFiles).packages.keep) if spared else (),
        bytes=sum(system.files.get(path, 0) for path in gone),
    )


def standard_group(observed: Observed) -> SystemGroup | None:
    """Give the modules of the standard library that cannot be reached; None where none leave."""
    installed, reach = observed.installed, observed.standard
    if reach is None or installed.standard is None:
        return None
    gone = frozenset(unreached_standard(installed, reach))
    files = installed.standard.files
    folders = collapsed(gone, [path for path in files if not path.endswith(".pyc")], lambda _: True)
    single = (path for path in sorted(gone) if not path.startswith(tuple(_folders(folders))))
    paths = (*_folders(folders), *single)
    return SystemGroup(
        reason="modules of the standard library that nothing reaches",
        modules_of=installed.library,
        paths=tuple(f"{installed.library}/{path}" for path in sorted(paths)),
        bytes=sum(files[path] for path in gone),
    )


def gone_of_standard(observed: Observed) -> frozenset[str]:
    """Give the files of the standard library that leave, as paths of the image."""
    installed, reach = observed.installed, observed.standard
    inner = unreached_standard(installed, reach) if reach else ()
    return frozenset(f"{installed.library}/{path}" for path in inner)


def _folders(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(path for path in paths if path.endswith("/"))


def gone_when_idle(system: System, observed: Observed, imported: Collection[str]) -> frozenset[str]:
    """Give the files of modules of the standard library that nothing imports.

    Libraries that only they need can then leave with their packages.
    """
    entries = _idle(observed, imported)
    return frozenset(path for each in entries for path in _meant(each, system, ()))


def _idle(observed: Observed, imported: Collection[str]) -> Iterator[SystemEntry]:
    for entry in table(SystemFiles).idle:
        if entry.anywhere:
            stems = [module.replace(".", "/") for module in entry.modules]
            own = {f"{stem}{end}" for stem in stems for end in (".py", "/__init__.py")}
            # what was watched is known by what it loads
            used = not observed.imported or bool(own & observed.imported)
        else:
            used = bool({*entry.modules} & {*imported})
        if not used:
            yield entry


def program_groups(system: System, reach: SystemReach) -> Iterator[SystemGroup]:
    """Give the programs of packages of which only some are called."""
    for name, called in sorted(reach.programs.items()):
        yield SystemGroup(
            reason=f"programs of {name} that nothing calls",
            programs_of=(name,),
            keep=tuple(sorted(called)),
            bytes=sum(system.files.get(path, 0) for path in uncalled(system, name, called)),
        )


def uncalled(system: System, name: str, called: Collection[str]) -> frozenset[str]:
    """Give the programs of a package that are not among those that are called."""
    paths = system.packages[name].paths - frozenset(called)
    return frozenset(path for path in paths if posixpath.dirname(path) in PROGRAMS)


def gone_with(system: System, kept: Collection[str]) -> frozenset[str]:
    """Give the files that belong to no package that stays, but to one that leaves."""
    stay = frozenset(kept)
    keep = _compiled(tuple(table(SystemFiles).packages.keep))
    return frozenset(
        path
        for path, owners in system.owners.items()
        if not owners & stay and not keep.fullmatch(path)
    )


def file_groups(
    plan: Plan, observed: Observed, kept: Collection[str], used: Used
) -> Iterator[SystemGroup]:
    """Give the groups of the catalogue of which nothing is used; ``kept`` packages stay."""
    system = observed.system
    if system is None:
        return
    gone = {*gone_with(system, kept), *gone_of_standard(observed)}
    known = table(SystemFiles)
    others = (*known.files, *used.unnamed, *_installers(plan, observed))
    idle = [one for one in others if not {*one.programs, *one.modules} & used.names]
    for entry in (*_idle(observed, used.names), *idle):
        meant = frozenset(_meant(entry, system, gone))
        group = SystemGroup(
            reason=entry.reason,
            paths=entry.paths,
            keep=entry.keep,
            unless_named=entry.unless_named,
            not_counting=(*entry.not_counting, *(used.quiet if entry.quiet else ())),
            bytes=sum(system.files[path] for path in meant),
        )
        # who looks for entry points reads the metadata of everything that is installed
        used_files = (path for path in meant if ".dist-info/" not in path)
        if group.bytes >= WORTHWHILE and observed.trace.touched.isdisjoint(used_files):
            gone |= meant
            yield group


def _installers(plan: Plan, observed: Observed) -> Iterator[SystemEntry]:
    """Give those of the interpreter where the application's environment is another one.

    Modules that this has itself are not taken from the interpreter's. Where it is the same, and
    was copied over that of the base image, both their installers are in it.
    """
    installed, known = observed.installed, table(SystemFiles).installers
    if not installed.site.startswith(installed.library):
        own = {path.partition("/")[0] for path in installed.files}
        modules = tuple(name for name in known.modules if name not in own)
        yield replace(known, modules=modules)
    elif not isinstance(environment_of(plan.project, plan.stage), NotApart):
        for name, seed in table(DeadWeight).seeds.items():
            if name not in plan.distributions and not _imported(plan, installed, name, seed.paths):
                yield SystemEntry(
                    reason=f"{name}, which no module imports and no program calls",
                    paths=tuple(_below(installed.site, seed.paths)),
                    programs=known.programs,
                    modules=INSTALLERS[name],
                )


def _below(site: str, paths: Iterable[str]) -> Iterator[str]:
    """Give patterns of an environment as those of the image."""
    root = site.partition("/lib/python3")[0]
    for path in paths:
        inner = f"{path}**" if path.endswith("/") else path
        yield f"{root}{inner}" if inner.startswith("/") else f"{site}/{inner}"


def _imported(plan: Plan, installed: Installed, name: str, own: Iterable[str]) -> bool:
    """Whether a module that stays imports an installer, other than to build something."""
    words = "|".join(INSTALLERS[name]).encode()
    imports = re.compile(rb"^[ \t]*(?:from|import)[ \t]+(?:%b)\b" % words, re.MULTILINE)
    folders = (one for one in own if one.endswith("/"))
    passed = (*building_modules(plan), *folders, "wheel/")
    return any(
        imports.search(installed.sources[path])
        for path in installed.sources
        if not path.startswith(passed)
    )


def building_modules(plan: Plan) -> Iterator[str]:
    """Give the files and folders of modules that import installers only to build something.

    Where the application imports one of them, it is no longer only that.
    """
    for module in table(DeadWeight).importers:
        if not any(f"{used}.".startswith(f"{module}.") for used in plan.usage.imports):
            path = module.replace(".", "/")
            yield from (f"{path}.py", f"{path}/")


def _meant(entry: SystemEntry, system: System, gone: Collection[str]) -> Iterator[str]:
    """Give the files that an entry means and nothing before it took out."""
    wanted, keep = _compiled(entry.paths), _compiled(entry.keep)
    for path in system.files:
        if path not in gone and wanted.fullmatch(path) and not keep.fullmatch(path):
            yield path


@lru_cache(maxsize=64)
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    return pattern(globs)


# By so many characters a file is known as one that was written here.
OPENING = 40


def place_of_removal(project: Project, stage: FinalStage) -> BuiltEnvironment | NotApart:
    """Return the environment that files can be removed from, or why there is none."""
    for name, opening in ((LIST, HEAD), (SCRIPT, removal_script()), (HOOK, removal_hook())):
        path = project.own(name)
        if not project.texts.get(path, opening).startswith(opening[:OPENING]):
            message = f"{path} is a file of the project's own"
            return NotApart(evidence=Evidence.of("file", message, Origin(file=path)))
    return environment_of(project, stage)


@once_each
def starts_from_nothing(plan: Plan) -> bool:
    """Whether the image can start from nothing: something was read of it, and it is started.

    An image that others are built on stays as it is.
    """
    stage, observed = plan.stage, plan.observed
    config = observed.config if observed else None
    started = config.entrypoint or config.command if config else stage.command or stage.entrypoint
    return (
        observed is not None
        and bool(observed.python or stage.tag)
        and stage.finish is None
        and not stage.triggers
        and bool(started)
    )


def is_apart(plan: Plan) -> bool:
    """Whether a stage of its own makes the environment, or ends with it."""
    return not isinstance(place_of_removal(plan.project, plan.stage), NotApart)


@once_each
def leaves_late(plan: Plan) -> bool:
    """Whether files of the environment leave behind the final stage, as no other makes it."""
    return not is_apart(plan) and _takes_files(plan)


def _takes_files(plan: Plan) -> bool:
    """Whether another stage may take the files of the final one."""
    omitted = {*plan.settings.without, *(one.rule for one in plan.withdrawn if not one.part)}
    return listing.STARTING_ANEW not in omitted and starts_from_nothing(plan)


@once_each
def waits_for_steps(plan: Plan) -> bool:
    """Whether what no run touched leaves behind the final stage, whose steps may still run it.

    They start what the application does not: migrations, the collection of static files.
    """
    where = place_of_removal(plan.project, plan.stage)
    if isinstance(where, NotApart) or not (plan.observed and plan.observed.traced):
        return False
    steps = plan.stage.of_kind(ActionKind.APPLICATION, ActionKind.OTHER)
    return _takes_files(plan) and any(each.origin.at > where.copied.origin.at for each in steps)
