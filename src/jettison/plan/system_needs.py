"""What an application needs of the system around it, by the plan and by what was observed."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping

from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase
from jettison.catalogue.packaging import is_build_package
from jettison.catalogue.systems import ProgramNeeds, SystemEntry, SystemFiles
from jettison.contents import RAN
from jettison.contents.reach import Observed
from jettison.contents.started import WORD
from jettison.contents.system import PROGRAMS, System, Wanted
from jettison.formats.own_settings import Ask
from jettison.formats.shell import parse
from jettison.formats.shell.computed import computed_command
from jettison.lift.packages import requested
from jettison.lift.scopes import PackageScope
from jettison.lift.stages import services_of
from jettison.lift.usage import BUILDING, COMMAND, SCRIPT
from jettison.plan import Plan
from jettison.plan.minimal_base import pattern
from jettison.plan.system_removal import Used, gone_of_standard, gone_when_idle
from jettison.values import Evidence, Origin, once_each

# The word that a literal of Python begins with, and any word of another text.
LITERAL = re.compile(rb"""["']([A-Za-z][\w.+-]*)""")
TEXT = re.compile(rb"[A-Za-z][\w.+-]*")
PATH = re.compile(rb"(?<![\w.$})-])/(?:usr|etc|bin|sbin|lib|opt|var)/[\w./+-]*\w")
# The endings of files that only people read.
TOLD = (".md", ".rst", ".txt", ".html", ".css", ".js")
# Calls of a program whose name is a common word: `git push`, "git", "-C", "push", git.push().
CALLED = (
    r"""\b%(package)s[-_ ](?:%(names)s)\b|["']%(package)s["'][^\n]{0,200}["'](?:%(names)s)["']"""
    r"""|\b%(package)s\.(?:%(names)s)\("""
)
# Of a shell; the first line names what reads the script.
_COMMENT = re.compile(r"(?:^|(?<=\s))#(?!!).*$", re.MULTILINE)


def wanted_of(plan: Plan, system: System, observed: Observed) -> Wanted:
    """Gather all names by which something of the system is reached, each with the reason."""
    owned, gone = system.owners, gone_of_standard(observed)
    gone |= gone_when_idle(system, observed, {*plan.usage.imports, *observed.at_once})
    return Wanted(
        packages=dict(_packages(plan, system, observed)),
        programs=_with_running(dict(_programs(plan, observed))),
        libraries=dict(_libraries(plan, system, observed)),
        paths=[*_touched(observed), *_named_paths(system, observed)],
        loading=[path for path in system.libraries if path not in owned and path not in gone],
        without=table(ComposedBase).left_out_packages.keys(),
        optional={name: one.needs for one in _unnamed(plan) if one.needs for name in one.packages},
        beside={name: one.beside for one in _unnamed(plan) for name in one.packages},
        single=table(SystemFiles).packages.single,
    )


@once_each
def _unnamed(plan: Plan) -> tuple[ProgramNeeds, ...]:
    """What only those programs use which no text names; looking for these reads all texts."""
    if (observed := plan.observed) is None or (system := observed.system) is None:
        return ()
    known = (one for one in table(SystemFiles).packages.optional if one.needs or one.paths)
    return tuple(one for one in known if not _names(plan, system, observed, one))


def _unnamed_files(plan: Plan, reached: Collection[str]) -> Iterator[SystemEntry]:
    """The files of packages that serve only programs of them which no text names."""
    for entry in _unnamed(plan):
        if entry.paths and not set(entry.needs) & set(reached):
            programs = tuple(map(posixpath.basename, entry.paths))
            kind = "parts" if entry.needs else "programs"
            why = f"{kind} of {', '.join(entry.packages)} that nothing calls"
            yield SystemEntry(reason=why, paths=entry.paths, programs=programs)


def _names(plan: Plan, system: System, observed: Observed, entry: ProgramNeeds) -> bool:
    """Whether a text of the application names one of some programs, or one of a distribution.

    Scripts of the shell have names that are common words elsewhere.
    """
    if not system.packages.keys() & set(entry.packages):
        return False
    called, own = _naming(entry)
    texts = (text.encode() for text in plan.original.texts.values())
    brought = observed.installed.sources.values() if entry.needs or entry.paths else ()
    return any(
        map(re.compile(own.encode()).search, (*texts, *observed.installed.application.values()))
    ) or any(map(re.compile(called.encode()).search, brought))


def _naming(entry: ProgramNeeds) -> tuple[str, str]:
    """Give the patterns of what names some programs in a distribution, and in the application."""
    if entry.words:
        words = rf"\b(?:{'|'.join(entry.words)})\b"
        return words, words
    # a library may make a method of each
    names = "|".join(name.replace("-", "[-_]") for name in entry.programs)
    if not entry.paths:
        return names, names
    called = CALLED % {"package": f"(?:{'|'.join(entry.packages)})", "names": names}
    return called, rf"""{called}|["'](?:{names})["']"""


def _touched(observed: Observed) -> Iterator[str]:
    """The files that were touched, but for those that stay without their package."""
    staying = pattern(table(SystemFiles).packages.keep)
    for path in observed.trace.touched:
        if path.startswith("/") and not staying.fullmatch(path):
            yield path


def _named_paths(system: System, observed: Observed) -> Iterator[str]:
    """The files of packages that the application names by their paths."""
    for file, content in observed.installed.application.items():
        for path in sorted(set(PATH.findall(content))) if not file.endswith(TOLD) else ():
            name = path.decode()
            if not all(map(serves_builds, system.owned(system.chain(name)))):
                yield name


def used_of(plan: Plan, observed: Observed, wanted: Wanted, reached: Collection[str]) -> Used:
    """Gather what keeps files of the catalogue, and what needs none of the packages reached."""
    return Used(
        names=frozenset(
            {*wanted.programs, *wanted.packages, *plan.usage.imports, *observed.at_once}
        ),
        quiet=tuple(_quiet(plan, observed.installed.site)),
        unnamed=tuple(_unnamed_files(plan, reached)),
    )


def _quiet(plan: Plan, site: str) -> Iterator[str]:
    for entry in table(SystemFiles).files:
        for one in entry.quiet:
            edges = plan.closure.graph.edges
            users = {name for name in plan.distributions if one.distribution in edges.get(name, ())}
            imported = plan.usage.imports.keys() & set(one.modules)
            if users <= set(one.wanted) and not imported:
                yield from (f"{site}/{path}" for path in one.libraries)


def named_words(plan: Plan) -> Iterator[str]:
    """Every word of commands and health checks that start something in the image."""
    check = plan.stage.health_check
    texts = [*((check.exec_form or ()) if check else ()), (check and check.shell_form) or ""]
    for started in (plan.stage.command, plan.stage.entrypoint):
        texts += [started.text] if started else []
    for service in services_of(plan.project):
        for command in (service.command, service.entrypoint):
            texts += command.words or () if command else ()
        texts += service.healthcheck.test if service.healthcheck else ()
    for text in texts:
        yield from WORD.findall(text)


def _packages(plan: Plan, system: System, observed: Observed) -> Iterator[tuple[str, str]]:
    known = table(SystemFiles).packages
    yield from ((name, "every application needs it") for name in known.always)
    yield from _asked_for(plan, system)
    yield from _of_standard_library(plan, system, observed)
    yield from ((name, evidence.message) for name, evidence in plan.linked.items())
    for override in plan.settings.overrides:
        if override.ask is Ask.KEEP and override.text in system.packages:
            yield override.text, "a line of the settings keeps it"
    for program, name in known.whole.items():
        for use in plan.usage.programs.get(program, ())[:1]:
            yield name, use.message
    if why := _calls_anything(plan, observed):
        yield from ((name, why) for name in known.scripts)
    for entry in known.optional:
        idle = entry.needs or entry.paths
        if not idle and _names(plan, system, observed, entry):
            why = f"scripts of {entry.packages[0]} may call it"
            yield from ((name, why) for name in known.scripts)
    if plan.usage.computed or plan.usage.computed_libraries:
        yield from _computed(plan, system, observed)


def _scripts(plan: Plan, observed: Observed) -> Mapping[str, str]:
    """The scripts of a shell that run in the image, by their paths in it or in the project."""
    uses = (use for uses in plan.usage.programs.values() for use in uses if use.kind == SCRIPT)
    own = {use.origin.file for use in uses if use.origin}
    texts = plan.original.texts
    return {**{path: texts.get(path, "") for path in sorted(own)}, **observed.scripts}


def _calls_anything(plan: Plan, observed: Observed) -> str:
    """Say what may run programs that no text of the application names; empty where nothing does."""
    if plan.usage.computed:
        return plan.usage.computed[0].message
    scripts = _scripts(plan, observed)
    known = observed.system.environment if observed.system else ()
    names = frozenset(map(posixpath.basename, (*scripts, *plan.usage.lists)))
    # What the project's own texts run was looked at for the usage.
    unread = {path: text for path, text in scripts.items() if path in observed.scripts or not text}
    for path, text in unread.items():
        script = parse(text, origin=Origin(file=path, line=1))
        if found := computed_command(script, known, names):
            return f"{path} runs `{found}`, which may call it"
        if not text:
            return f"{path} may call it"
    return ""


def _computed(plan: Plan, system: System, observed: Observed) -> Iterator[tuple[str, str]]:
    """The packages of programs and libraries that a call by a computed name can mean.

    The name comes from somewhere: a text of the application, a setting or a variable. What none of
    them holds as a word, and nobody asked for, is not meant.
    """
    words = frozenset(_words(plan, observed))
    for path in (*system.files, *system.links) if plan.usage.computed else ():
        if posixpath.dirname(path) in PROGRAMS and posixpath.basename(path) in words:
            for name in sorted(system.owners.get(path, ())):
                if not serves_builds(name):
                    yield name, plan.usage.computed[0].message
    for library, paths in system.named.items() if plan.usage.computed_libraries else ():
        stem = library.partition(".so")[0]
        if {stem, stem.removeprefix("lib"), library} & words:
            for name in sorted(system.owned(paths)):
                yield name, plan.usage.computed_libraries[0].message


def _words(plan: Plan, observed: Observed) -> Iterator[str]:
    """The words that a name can be made of: of literals in Python source, of any other text."""
    texts = {path: text.encode() for path, text in plan.original.texts.items()}
    for path, content in {**texts, **observed.installed.application}.items():
        found = LITERAL.findall(content) if path.endswith(".py") else TEXT.findall(content)
        yield from (word.decode() for word in found)
    for value in observed.system.environment.values() if observed.system else ():
        yield from WORD.findall(value)


def _of_standard_library(
    plan: Plan, system: System, observed: Observed
) -> Iterator[tuple[str, str]]:
    """The packages that have modules of the standard library, where Python is the system's."""
    library = observed.installed.library
    for name in sorted({*plan.usage.imports, *observed.at_once}):
        top = name.partition(".")[0]
        for path in (f"{library}/{top}.py", f"{library}/{top}/__init__.py"):
            for owner in sorted(system.owners.get(path, ())):
                yield owner, f"{top} of the standard library is imported"


def _asked_for(plan: Plan, system: System) -> Iterator[tuple[str, str]]:
    """The packages that the user asked for, but for those that only serve builds or nothing."""
    scopes = {package.name: package.scope for package in plan.packages}
    asked = (each.partition("=")[0].partition(":")[0] for each in requested(plan.stage))
    for name in (*asked, *sorted(system.manual)):
        scope = scopes.get(name)
        if scope is PackageScope.RUNTIME or (scope is None and not serves_builds(name)):
            yield name, "the Dockerfile installs it"


def serves_builds(name: str) -> bool:
    """Whether a package is for those who build or install, not for what runs."""
    return is_build_package(name) is not None or name in table(SystemFiles).packages.building


def _programs(plan: Plan, observed: Observed) -> Iterator[tuple[str, str]]:
    for override in plan.settings.overrides:
        if override.ask is Ask.KEEP:
            yield override.text, "a line of the settings keeps it"
    yield from (
        (name, f"{script} is interpreted by it") for name, script in observed.interpreters.items()
    )
    for word in named_words(plan):
        yield word, "a start command or a health check names it"
    scripts = _scripts(plan, observed)
    for path, text in scripts.items():
        words = WORD.findall(_COMMENT.sub("", text))
        yield from ((word, f"{path} names it") for word in words)
    for value in observed.system.environment.values() if scripts and observed.system else ():
        yield from ((word, "a variable names it") for word in WORD.findall(value))
    for name, uses in plan.usage.programs.items():
        running = [use for use in uses if use.kind != BUILDING and not _started_before(plan, use)]
        if running:
            yield name, running[0].message
    for name, module in observed.reach.programs.items():
        yield name, f"{module} runs it"
    ran = [path.removeprefix(RAN) for path in observed.trace.touched if path.startswith(RAN)]
    yield from ((word, "the trace saw it run") for text in ran for word in WORD.findall(text))


def _started_before(plan: Plan, use: Evidence) -> bool:
    """Whether only a start command named it: that of now is among the `named_words`."""
    file = use.origin.file if use.origin else ""
    return use.kind == COMMAND and file in (plan.project.dockerfile_path, plan.project.compose_path)


def _with_running(programs: Mapping[str, str]) -> dict[str, str]:
    """Add what programs run by themselves."""
    known = table(SystemFiles).packages.running
    named = {posixpath.basename(name) for name in programs}
    inner = {each: f"{name} runs it" for name in known if name in named for each in known[name]}
    return {**inner, **programs}


def _libraries(plan: Plan, system: System, observed: Observed) -> Iterator[tuple[str, str]]:
    reasons: Mapping[str, str] = {
        **{name: f"{path} names it" for name, path in observed.libraries.items()},
        **{name: uses[0].message for name, uses in plan.usage.libraries.items()},
    }
    names = sorted(system.named)
    for name, why in reasons.items():
        start = name if ".so" in name else f"lib{name}.so"
        first, end = bisect_left(names, f"{start}."), bisect_left(names, f"{start}/")
        # find_library takes a version before the link that only linkers follow
        versions = names[first:end]
        if start in system.named and (start == name or not versions):
            yield start, why
        yield from ((version, why) for version in versions)
