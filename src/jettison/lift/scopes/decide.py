"""The verdict on each requirement, from all signals."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from packaging.utils import canonicalize_name

from jettison.ecosystems.declaration import Declaration, Kind
from jettison.ecosystems.setuptools import scripts_of_cfg, scripts_of_py
from jettison.formats.requirements import SectionComment
from jettison.index import DistributionFacts
from jettison.index.graph import RequirementGraph
from jettison.lift.scopes import (
    DeclaredRequirement,
    RequirementScope,
    Scope,
    ScopeInputs,
    Signal,
    Weight,
)
from jettison.lift.scopes.closure import close, collect_extras, only_helps, only_imported
from jettison.lift.scopes.context import Context, Owners
from jettison.lift.scopes.imports import collect_drivers, collect_imports, collect_texts
from jettison.lift.scopes.remarks import collect_needs, collect_remarks
from jettison.lift.scopes.tools import (
    category_of,
    collect_commands,
    collect_extensions,
    collect_plugins,
    collect_saved,
)
from jettison.source import Commands, ModuleFacts, Use, use_of_script
from jettison.source.entries import Entry, entries_of_command
from jettison.source.pickles import with_saved
from jettison.source.reach import Link, reach
from jettison.source.vocabulary import SourceIndex
from jettison.values import Evidence, Origin, Toward, counted, replace

Collector = Callable[[Context], Iterator[Signal]]
COLLECTORS: tuple[Collector, ...] = (
    collect_remarks, collect_imports, collect_texts, collect_saved, collect_commands,
    collect_drivers, collect_needs, collect_extras, collect_plugins, collect_extensions
)  # fmt: skip


# What these find says that another distribution could take something along, not that one does.
_POSSIBLE = (collect_extras, collect_plugins)


def decide(inputs: ScopeInputs) -> tuple[RequirementScope, ...]:
    """Give every declared requirement its scope, in the order of declaration.

    A requirement is for development only on a signal that says so and none, or a lesser one, that
    production uses it. Without any signal it is unused, or unknown when its facts are missing.
    """
    context = Context(inputs)
    signals: dict[str, list[Signal]] = {name: [] for name in context.names}
    firm: set[str] = set()
    for collect in COLLECTORS:
        for signal in collect(context):
            signals[signal.name].append(signal)
            if signal.evidence.toward is Toward.RUNTIME and not _is_possible(collect, signal):
                firm.add(signal.name)
    for part in inputs.absent[:1]:
        for name, found in signals.items():
            if not _strongest(found, Toward.RUNTIME):
                why = replace(part, message=f"kept: {part.message} and may import it")
                found.append(Signal(name=name, weight=Weight.FAIR, evidence=why))
    scopes = {name: _direct(context, name, found) for name, found in signals.items()}
    helpers = [name for name, found in signals.items() if only_helps(found)]
    possible = [n for n, scope in scopes.items() if scope is Scope.RUNTIME and n not in firm]
    imported = [name for name, found in signals.items() if only_imported(found)]
    for name, scope, signal in close(context, scopes, helpers, possible, imported):
        scopes[name] = scope
        signals[name].append(signal)
    return tuple(
        _verdict(context, each, scopes[each.name], signals[each.name]) for each in inputs.declared
    )


def _is_possible(collect: Collector, signal: Signal) -> bool:
    """Whether a signal only says that something else could use it."""
    helps = collect in _POSSIBLE or (collect is collect_needs and bool(category_of(signal.name)))
    return helps and signal.weight < Weight.STRONG


def _direct(context: Context, name: str, signals: list[Signal]) -> Scope:
    runtime = _strongest(signals, Toward.RUNTIME)
    development = _strongest(signals, Toward.DEVELOPMENT)
    is_tool = development >= Weight.STRONG or not _used_by_application(signals)
    if is_tool and runtime < min(development, Weight.STRONG):
        return Scope.DEVELOPMENT
    if runtime:
        return Scope.RUNTIME
    return Scope.UNKNOWN if context.facts(name) is None else Scope.UNUSED


def _used_by_application(signals: list[Signal]) -> bool:
    """Whether the source uses it at all outside of what serves development."""
    return any(
        s.evidence.toward is Toward.RUNTIME
        and s.evidence.kind in ("import", "optional-import", "string", "command")
        for s in signals
    )


def _strongest(signals: list[Signal], toward: Toward) -> int:
    return max((s.weight for s in signals if s.evidence.toward is toward), default=0)


def _verdict(
    context: Context, declared: DeclaredRequirement, scope: Scope, signals: list[Signal]
) -> RequirementScope:
    for_it = Toward.DEVELOPMENT if scope is Scope.DEVELOPMENT else Toward.RUNTIME
    ordered = sorted(signals, key=lambda s: (s.evidence.toward is not for_it, -s.weight))
    evidence = tuple(dict.fromkeys(signal.evidence for signal in ordered))
    return RequirementScope(
        name=declared.name,
        scope=scope,
        evidence=evidence or (_searched(context, scope),),
        chain=_chain(context, evidence) if scope is Scope.RUNTIME else (),
        misplaced=scope is Scope.RUNTIME and _is_misplaced(context, signals),
    )


def _is_misplaced(context: Context, signals: list[Signal]) -> bool:
    """Whether it is declared for development and code that production loads needs it."""
    return any(
        s.evidence.toward is Toward.DEVELOPMENT and s.evidence.kind in ("group", "file", "comment")
        for s in signals
    ) and any(
        s.evidence.toward is Toward.RUNTIME
        and s.evidence.kind in ("import", "string", "command", "feature", "url")
        and s.weight >= Weight.STRONG
        and (s.evidence.origin is None or _is_followed(context, s.evidence.origin.file))
        and _is_needed_to_run(context, s)
        for s in signals
    )


def _is_needed_to_run(context: Context, signal: Signal) -> bool:
    """Whether it is the running container that needs it, and this distribution for sure.

    A step of the build has its tools in a stage of its own, or from the base; what is imported
    undeclared may come with a distribution of which nothing is known. What a variable turns on may
    be off wherever it is not installed.
    """
    origin = signal.evidence.origin
    if signal.evidence.kind == "command":
        commands = context.inputs.commands.commands
        return not any(each.origin == origin and each.use is Use.BUILD for each in commands)
    facts = context.inputs.index.modules.get(origin.file) if origin else None
    imports = [each for each in facts.imports if each.origin == origin] if facts else []
    texts = [each for each in facts.texts if each.origin == origin] if facts else []
    switched = [each.circumstance.condition for each in imports]
    switched += [each.circumstance.condition for each in texts]
    if switched and all(switched):
        return False
    owners = (context.owners.of_import(each.module, each.names) for each in imports)
    return not imports or any(signal.name in names for names in owners)


def _is_followed(context: Context, file: str) -> bool:
    """Whether a file is loaded for sure: a Python file that an entry point leads to, or another."""
    return context.is_reached(file) or not file.endswith(".py")


def _chain(context: Context, evidence: tuple[Evidence, ...]) -> tuple[Link, ...]:
    for each in evidence:
        if (
            each.kind in ("import", "optional-import")
            and each.origin
            and context.is_reached(each.origin.file)
        ):
            return context.inputs.reach.chain(each.origin.file)
    return ()


def _searched(context: Context, scope: Scope) -> Evidence:
    modules = context.inputs.index.modules
    calls = sum(facts.calls_seen for facts in modules.values())
    found = "no file names it" if scope is Scope.UNUSED else "no known file names it"
    return Evidence(
        kind="search",
        message=(
            f"{found} in {counted(len(modules), 'Python file')}, {counted(calls, 'call')} and "
            f"{counted(len(context.inputs.commands.commands), 'command')}"
        ),
        toward=Toward.UNUSED,
    )


_ENTERING = (Use.PRODUCTION, Use.BUILD)
_ADDRESS = re.compile(r"\S+://\S+")  # its branch `develop` says nothing of a requirement


def gather(
    *,
    declared: Iterable[DeclaredRequirement],
    modules: Iterable[ModuleFacts],
    commands: Commands,
    distributions: Mapping[str, DistributionFacts],
    graph: RequirementGraph | None = None,
    scripts: Mapping[str, str] = MappingProxyType({}),
    roots: Iterable[str] = ("", "src"),
    pickles: Mapping[str, frozenset[str]] = MappingProxyType({}),
    absent: tuple[Evidence, ...] = (),
) -> ScopeInputs:
    """Index the source, find the entry points in the commands, follow what they load.

    ``modules`` and ``commands`` are relative to the same root. ``scripts`` are the programs that
    the project installs, with their modules: entry points of the commands that name them.
    ``roots`` are folders on the module search path. ``pickles`` say what saved objects name,
    ``absent`` what of the source is not here.
    """
    requirements = tuple(declared)
    owners = Owners((each.name for each in requirements), distributions)
    modules = with_saved(modules, pickles)
    index = SourceIndex.build(modules, roots=roots, external=owners.import_names)
    entries = tuple(dict.fromkeys(_entries(commands, index, scripts)))
    return ScopeInputs(
        declared=requirements,
        index=index,
        reach=reach(index, entries, environment=commands.environment),
        commands=commands,
        distributions=distributions,
        graph=graph,
        pickles=frozenset(pickles),
        programs=frozenset(_for_users(index, scripts)),
        absent=absent,
    )


def _for_users(index: SourceIndex, scripts: Mapping[str, str]) -> Iterator[str]:
    """The files that the project's console scripts start, but for those that serve developers."""
    for name, module in scripts.items():
        file = index.find(module)
        if file and not file.endswith("/") and use_of_script(name) is not Use.DEVELOPMENT:
            yield file


def console_scripts(read: Callable[[str], str | None]) -> dict[str, str]:
    """Programs that a project installs, with the modules they start; none of an invalid file.

    ``read`` gives the text of a file beside ``pyproject.toml``, ``setup.cfg`` and ``setup.py``.
    """
    return {
        **scripts_of_py(read("setup.py") or ""),
        **scripts_of_cfg(read("setup.cfg") or ""),
        **_of_pyproject(read("pyproject.toml") or ""),
    }


def _of_pyproject(pyproject: str) -> dict[str, str]:
    try:
        document: Mapping[str, Any] = tomllib.loads(pyproject)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    tool = document.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    for declared in (document.get("project"), poetry):
        scripts = declared.get("scripts") if isinstance(declared, dict) else None
        for name, value in scripts.items() if isinstance(scripts, dict) else ():
            if isinstance(value, str):
                found[name] = value.partition(":")[0].strip()
    return found


def _entries(commands: Commands, index: SourceIndex, scripts: Mapping[str, str]) -> Iterator[Entry]:
    for command in commands.commands:
        if command.use not in _ENTERING:
            continue
        yield from entries_of_command(
            command.words, command.origin, index, environment=commands.environment
        )
        for word in map(posixpath.basename, command.words[:4]):
            file = index.find(scripts[word]) if word in scripts else None
            if file and not file.endswith("/"):
                yield Entry(file=file, why=f"the script {word}", origin=command.origin)
    for path in ("gunicorn.conf.py",):
        if path in index.modules:
            yield Entry(file=path, why=f"gunicorn loads {path}", origin=Origin(file=path))


def declared_requirement(
    declaration: Declaration, asked: Collection[str] = ()
) -> DeclaredRequirement:
    """Keep a declaration's name, place, group and the comments that stand with it.

    The groups ``asked`` for by name, by what makes the image, are not for development.
    """
    named = bool(declaration.group) and canonicalize_name(declaration.group) in asked
    return DeclaredRequirement(
        name=declaration.name,
        origin=declaration.origin,
        group=declaration.group,
        for_development=declaration.kind is Kind.GROUP and not named,
        asked=named,
        remarks=tuple(remarks(declaration)),
        via=declaration.via,
    )


def remarks(declaration: Declaration) -> Iterator[tuple[str, Origin]]:
    """Headings of the sections around a declaration, the comment above it and at its end."""
    section: SectionComment | None = declaration.section
    while section is not None:
        yield section.text, section.origin
        section = section.within
    for text in (declaration.above, declaration.comment):
        if said := _ADDRESS.sub("", text).strip():
            yield said, declaration.origin
