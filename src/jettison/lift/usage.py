"""What the application uses at run time besides its distributions: programs, libraries, zones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from jettison.project.shell import Script
from jettison.project.source.facts import ModuleFacts
from jettison.project.source.programs import libraries_loaded, programs_called, time_zones
from jettison.values import Evidence, Origin

TEST_FOLDERS = frozenset({"test", "tests", "testing", "docs", "doc", "examples", "benchmarks"})
PROGRAM = re.compile(r"[A-Za-z][\w.+-]*")
Uses = Mapping[str, tuple[Evidence, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was found by reading, each with its places.

    ``programs`` are by their name on PATH; ``computed`` are calls whose program is not a literal,
    so that nothing can be said about it. ``imports`` maps the external modules that any production
    file imports to where. ``searched`` says what was read, in words.
    """

    programs: Uses = field(default_factory=lambda: MappingProxyType({}))
    computed: tuple[Evidence, ...] = ()
    libraries: Uses = field(default_factory=lambda: MappingProxyType({}))
    zones: tuple[Evidence, ...] = ()
    imports: Uses = field(default_factory=lambda: MappingProxyType({}))
    searched: str = ""

    def search(self, what: str) -> Evidence:
        """The evidence that ``what`` was looked for and not found."""
        return Evidence(kind="search", message=f"{what} is not called: searched {self.searched}")


def usage_of(
    modules: Iterable[ModuleFacts],
    scripts: Iterable[Script],
    commands: Iterable[tuple[tuple[str, ...], Origin]],
    imports: Mapping[str, tuple[Origin, ...]],
) -> Usage:
    """Gather the uses from source files, shell scripts and the commands that start the image."""
    modules = [facts for facts in modules if not is_test(facts.file)]
    scripts = list(scripts)
    programs: dict[str, list[Evidence]] = {}
    computed: list[Evidence] = []
    calls = programs_called(modules)
    for call in calls:
        if call.program:
            message = f"{call.callee} runs {call.program}"
            _add(programs, call.program, "subprocess", message, call.origin)
        else:
            message = f"{call.callee} runs a program that is computed"
            computed.append(Evidence(kind="subprocess", message=message, origin=call.origin))
    for script in scripts:
        for command in script.programs:
            name = command.name.rpartition("/")[2]
            _add(programs, name, "script", f"the script runs {name}", command.origin)
    for words, origin in commands:
        for word in words:
            name = word.rpartition("/")[2]
            if PROGRAM.fullmatch(name):
                message = f"the start command names {name}"
                _add(programs, name, "command", message, origin)
    libraries: dict[str, list[Evidence]] = {}
    for load in libraries_loaded(modules):
        if load.name:
            _add(libraries, load.name, "library", f"{load.callee} loads {load.name}", load.origin)
    zones = tuple(
        Evidence(kind="time-zone", message=f"{use.callee}({use.name!r})", origin=use.origin)
        for use in time_zones(modules)
    )
    return Usage(
        programs=_frozen(programs),
        computed=tuple(computed),
        libraries=_frozen(libraries),
        zones=zones,
        imports=MappingProxyType(
            {
                name: tuple(_imported(name, place) for place in places)
                for name, places in imports.items()
            }
        ),
        searched=_searched(len(modules), len(calls), len(scripts)),
    )


def is_test(path: str) -> bool:
    """Whether a path is that of tests or documentation, by its folders and its name."""
    *folders, name = path.split("/")
    return bool(TEST_FOLDERS & set(folders)) or name.startswith("test_") or name == "conftest.py"


def _add(
    found: dict[str, list[Evidence]], name: str, kind: str, message: str, origin: Origin
) -> None:
    if name:
        found.setdefault(name, []).append(Evidence(kind=kind, message=message, origin=origin))


def _frozen(found: dict[str, list[Evidence]]) -> Uses:
    return MappingProxyType({name: tuple(places) for name, places in found.items()})


def _imported(name: str, place: Origin) -> Evidence:
    return Evidence(kind="import", message=f"import {name}", origin=place)


def _searched(modules: int, calls: int, scripts: int) -> str:
    return f"{modules} Python files ({calls} program calls), {scripts} scripts, the start commands"
