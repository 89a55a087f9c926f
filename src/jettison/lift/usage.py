"""What the application uses at run time besides its distributions: programs, libraries, zones."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.catalogue.packaging import Tools
from jettison.contents.system import PROGRAMS
from jettison.formats.shell import Script
from jettison.formats.shell.computed import FUNCTION, computed_command
from jettison.lift.data_folders import (
    StoredFile,
    stored_by_options,
    stored_by_scripts,
    stored_by_source,
)
from jettison.source import ModuleFacts
from jettison.source.effects import (
    FORWARDING,
    PIP,
    PROGRAM,
    NamedUse,
    ProgramCall,
    libraries_loaded,
    locales,
    programs_called,
    runs_pip,
    time_zones,
    wrapped,
)
from jettison.source.tree import serves_tools
from jettison.values import Evidence, Origin, by_key, counted, replace

INTERPRETER = re.compile(r"#!\s*(?:\S*/env\s+(?:-S\s+)?)?(\S+)")
Uses = Mapping[str, tuple[Evidence, ...]]
# The kind of evidence from a script that nothing is seen to call.
UNCALLED = "uncalled-script"
# That from one which only steps of the build call, and from a command that starts the image.
BUILDING = "build-script"
COMMAND = "command"
SCRIPT = "script"
Use = tuple[str, Evidence]


class Given(Struct, frozen=True, kw_only=True):
    """The names that the source gives a distribution, and the files in which it gives any name.

    With ``spoken``, these only choose one of the languages that the application has texts in or
    names anywhere, which are these.
    """

    names: frozenset[str] = frozenset()
    computed: tuple[Origin, ...] = ()
    spoken: frozenset[str] = frozenset()


class Usage(Struct, frozen=True, kw_only=True):
    """What was found by reading, each with its places.

    ``programs`` are by their name on PATH, ``started`` those that scripts and start commands begin
    with; ``computed`` are calls whose program is not a literal, so that nothing can be said about
    it, and ``computed_libraries`` are such loads. ``file_types`` guess the types of files by their
    names. ``lists`` are files whose commands were all read, ``stored`` are files that production
    writes. ``imports`` maps the external modules that any production file imports to where.
    ``words`` are those of the rules' vocabulary, names of files of keys and fonts and absolute
    paths for data, each with its first place. ``given`` maps distributions that load data by name
    to the names that the source gives them. ``searched`` says what was read; ``sourceless`` that it
    was no Python, as where an index has the application; ``absent`` are missing parts of it;
    ``homes`` are where documents mount something in root's home folder.
    """

    programs: Uses = field(default_factory=lambda: MappingProxyType({}))
    started: Uses = field(default_factory=lambda: MappingProxyType({}))
    computed: tuple[Evidence, ...] = ()
    libraries: Uses = field(default_factory=lambda: MappingProxyType({}))
    computed_libraries: tuple[Evidence, ...] = ()
    zones: tuple[Evidence, ...] = ()
    file_types: tuple[Evidence, ...] = ()
    locales: tuple[Evidence, ...] = ()
    lists: frozenset[str] = frozenset()
    stored: tuple[StoredFile, ...] = ()
    imports: Uses = field(default_factory=lambda: MappingProxyType({}))
    words: Mapping[str, Origin] = field(default_factory=lambda: MappingProxyType({}))
    given: Mapping[str, Given] = field(default_factory=lambda: MappingProxyType({}))
    searched: str = ""
    sourceless: bool = False
    absent: tuple[Evidence, ...] = ()
    homes: tuple[Origin, ...] = ()

    def loading(self, libraries: Iterable[Use]) -> Usage:
        """Give the uses with libraries that are loaded besides."""
        return replace(self, libraries={**_grouped(libraries), **self.libraries})

    def search(self, what: str) -> Evidence:
        """The evidence that ``what`` was looked for and not found."""
        return Evidence.of("search", f"no call of {what} in {self.searched}")


def usage_of(
    modules: Iterable[ModuleFacts],
    scripts: Iterable[tuple[Script, str]],
    commands: Iterable[tuple[tuple[str, ...], Origin]],
    imports: Mapping[str, tuple[Origin, ...]],
    loaded: frozenset[str],
    *,
    known: Collection[str] = (),
    lists: Collection[str] = (),
) -> Usage:
    """Gather the uses from source files, shell scripts and the commands that start the image.

    ``scripts`` come with the kind of evidence that they are: of one that was copied under another
    name, no call is seen. ``loaded`` are the files that production loads, as far as it could be
    followed, ``known`` the variables that the image sets, and ``lists`` the files whose commands
    were all read.
    """
    modules = [one for one in modules if one.file in loaded or not serves_tools(one.file)]
    scripts = list(scripts)
    calls = programs_called(modules)
    loads = libraries_loaded(modules)
    commands = list(commands)
    scripted = tuple(_scripted(scripts))
    # As with calls, what nothing is seen to load may be loaded by a name: a plugin, a task.
    imported = {**_imported_by(modules), **imports}
    called = (*_called(calls), *scripted, *_named_by(commands))
    places = {name: (use.origin,) for name, use in called if use.origin}
    programs = (*called, *_run_by(imported, "imported"), *_run_by(places, "called"))
    libraries = ((load.name, _loaded(load)) for load in loads if load.name)
    return Usage(
        programs=_grouped(programs),
        started=_grouped((*scripted, *_started(commands))),
        computed=(
            *(_computed(call) for call in calls if not call.program),
            *_computed_by_imported(imported),
            *_computed_by_scripts(
                (script for script, kind in scripts if kind == SCRIPT), known, lists
            ),
        ),
        libraries=_grouped(libraries),
        computed_libraries=tuple(_loaded(load) for load in loads if not load.name),
        zones=(
            *(_named("time-zone", use) for use in time_zones(modules)),
            *_zones_imported(modules),
        ),
        file_types=tuple(_types_imported(modules)),
        locales=tuple(_named("locale", use) for use in locales(modules)),
        lists=frozenset(lists),
        stored=(
            *stored_by_source(each for each in modules if not loaded or each.file in loaded),
            *stored_by_scripts(script for script, _ in scripts),
            *(each for words, origin in commands for each in stored_by_options(words, origin)),
        ),
        imports=_grouped(
            (name, Evidence.of("import", f"import {name}", place))
            for name, places in imports.items()
            for place in places
        ),
        searched=_searched(len(modules), len(calls), len(scripts)),
        sourceless=not modules,
    )


def _called(calls: Iterable[ProgramCall]) -> Iterator[Use]:
    for call in calls:
        if call.program:
            kind, verb = ("lookup", "looks for") if call.searched else ("subprocess", "runs")
            if call.perhaps:
                kind, verb = COMMAND, "names"
            message = f"{call.callee} {verb} {call.program}"
            yield call.program, Evidence.of(kind, message, call.origin)


def _imported_by(modules: Iterable[ModuleFacts]) -> dict[str, tuple[Origin, ...]]:
    """The absolute names that any of the files imports, each with its places."""
    return {name: tuple(places) for name, places in by_key(_absolute(modules)).items()}


def _absolute(modules: Iterable[ModuleFacts]) -> Iterator[tuple[str, Origin]]:
    for facts in modules:
        for imported in facts.imports:
            if imported.level == 0 and not imported.circumstance.typing_only:
                for name in (imported.module, *(f"{imported.module}.{n}" for n in imported.names)):
                    yield name, imported.origin


def _run_by(names: Mapping[str, tuple[Origin, ...]], how: str) -> Iterator[Use]:
    """The programs that distributions run, which are ``imported`` or ``called`` by these names."""
    for module, programs in table(Tools).callers.items():
        for origin in _places_of(module, names):
            for program in programs:
                message = f"{module}, which is {how}, runs {program}"
                yield program, Evidence.of("caller", message, origin)


def _computed_by_imported(imports: Mapping[str, tuple[Origin, ...]]) -> Iterator[Evidence]:
    for module in table(Tools).any_program:
        for origin in _places_of(module, imports)[:1]:
            message = f"{module}, which is imported, runs a program that is computed"
            yield Evidence.of("caller", message, origin)


def _computed_by_scripts(
    scripts: Iterable[Script], known: Collection[str], lists: Collection[str]
) -> Iterator[Evidence]:
    running = {script.excerpt.file: script for script in scripts}
    names = frozenset(map(posixpath.basename, (*running, *lists)))
    for file, script in running.items():
        if found := computed_command(script, known, names):
            yield Evidence.of(SCRIPT, f"the script runs `{found}`", Origin(file=file, line=1))


def _places_of(module: str, imports: Mapping[str, tuple[Origin, ...]]) -> tuple[Origin, ...]:
    found = (o for name, o in imports.items() if f"{name}.".startswith(f"{module}."))
    return tuple(origin for origins in found for origin in origins)


def _computed(call: ProgramCall) -> Evidence:
    return Evidence.of("subprocess", f"{call.callee} runs a program that is computed", call.origin)


def _scripted(scripts: Iterable[tuple[Script, str]]) -> Iterator[Use]:
    """The programs of scripts and what interprets them; a function that one defines is none."""
    for script, kind in scripts:
        interpreter = INTERPRETER.match(script.text)
        if interpreter:
            name = interpreter[1].rpartition("/")[2]
            origin = Origin(file=script.excerpt.file, line=1)
            yield name, Evidence.of(kind, f"{name} interprets the script", origin)
        functions = frozenset(FUNCTION.findall(script.text))
        for command in script.programs:
            for program in (_program(command.words), *wrapped(command.words)):
                folder, _, name = program.rpartition("/")
                # a program in another folder than those of packages belongs to the application
                if name and name not in functions and (not folder or folder in PROGRAMS):
                    yield name, Evidence.of(kind, f"the script runs {name}", command.origin)


def _program(words: tuple[str, ...]) -> str:
    """The program that a command runs; nothing where only its caller knows: ``exec "$@"``."""
    if words[:1] and words[0] in FORWARDING:
        name = next((word for word in words[1:] if not word.startswith("-")), "")
        return "" if "$" in name else name
    return PIP if runs_pip(words) else "".join(words[:1])


def _started(commands: Iterable[tuple[tuple[str, ...], Origin]]) -> Iterator[Use]:
    """The program that each start command begins with."""
    for words, origin in commands:
        for word in words[:1]:
            name = word.rpartition("/")[2]
            yield name, Evidence.of(COMMAND, f"the start command runs {name}", origin)


def _named_by(commands: Iterable[tuple[tuple[str, ...], Origin]]) -> Iterator[Use]:
    """Every word of a start command that may be a program: it may start another one."""
    for words, origin in commands:
        for word in words:
            name = word.rpartition("/")[2]
            if PROGRAM.fullmatch(name):
                yield name, Evidence.of(COMMAND, f"the start command names {name}", origin)


def _loaded(load: NamedUse) -> Evidence:
    message = f"{load.callee} loads {load.name or 'a library that is computed'}"
    kind = "find-library" if load.callee.endswith("find_library") else "library"
    return Evidence.of(kind, message, load.origin)


def _named(kind: str, use: NamedUse) -> Evidence:
    return Evidence.of(kind, f"{use.callee}({use.name!r})", use.origin)


def _zones_imported(modules: Iterable[ModuleFacts]) -> Iterator[Evidence]:
    for name, origin in _absolute(modules):
        if name in table(Calls).zone_readers.modules:
            yield Evidence.of("time-zone", f"import {name}", origin)


TYPES_READ = "file-types"  # a kind of evidence


def _types_imported(modules: Iterable[ModuleFacts]) -> Iterator[Evidence]:
    for name, origin in _absolute(modules):
        if name in table(Calls).file_type_readers.modules:
            message = f"{name} guesses the types of files by their names"
            yield Evidence.of(TYPES_READ, message, origin)


def _grouped(found: Iterable[Use]) -> Uses:
    return MappingProxyType({name: tuple(places) for name, places in by_key(found).items()})


def _searched(modules: int, calls: int, scripts: int) -> str:
    files = f"{counted(modules, 'Python file')} ({counted(calls, 'program call')})"
    return f"{files}, {counted(scripts, 'script')}, the start commands"
