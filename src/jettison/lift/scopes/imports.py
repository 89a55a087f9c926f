"""Signals from imports: reached by production, or made by development files alone."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from jettison.lift.scopes.context import Context, toward_development, toward_runtime
from jettison.lift.scopes.remarks import collect_remarks
from jettison.lift.scopes.tools import category_of
from jettison.lift.scopes.values import Signal, Weight
from jettison.source.facts import Import
from jettison.values import Toward


class _Place(Enum):
    """Where an import stands, as seen from production."""

    REACHED = auto()
    UNREACHED = auto()
    SWITCHED_OFF = auto()
    DEVELOPMENT = auto()


_Found = dict[_Place, list[Import]]


def collect_imports(context: Context) -> Iterator[Signal]:
    """Judge every import of a declared distribution by the file that makes it."""
    found: dict[str, _Found] = {}
    for facts in context.inputs.index.modules.values():
        for imported in facts.imports:
            if context.is_external(imported):
                for name in context.owners.of_import(imported.module, imported.names):
                    place = _place(context, imported)
                    found.setdefault(name, {}).setdefault(place, []).append(imported)
                yield from _integrations(context, imported)
    # Where a person wrote that it is for development, a script that nothing calls says less.
    told = {s.name for s in collect_remarks(context) if s.evidence.toward is Toward.DEVELOPMENT}
    for name, places in found.items():
        weight = context.weight_of_unreached() if name in told else Weight.STRONG
        yield from _signals(name, places, weight)


def _integrations(context: Context, imported: Import) -> Iterator[Signal]:
    """What another package's part for it is named after: ``apispec.ext.marshmallow``."""
    if _place(context, imported) not in (_Place.REACHED, _Place.UNREACHED):
        return
    own = context.owners.of_import(imported.module, imported.names)
    for part in (*imported.module.split(".")[1:], *imported.names):
        for name in context.owners.of_module(part):
            if name not in own:
                message = f"{imported.file} imports {imported.module}, a part for {part}"
                yield toward_runtime(name, Weight.FAIR, "feature", message, imported.origin)


def _place(context: Context, imported: Import) -> _Place:
    if context.is_reached(imported.file):
        return _Place.SWITCHED_OFF if imported in context.left_out else _Place.REACHED
    if context.serves_development(imported.file):
        return _Place.DEVELOPMENT
    return _Place.UNREACHED if context.may_run(imported.circumstance) else _Place.SWITCHED_OFF


def _signals(name: str, places: _Found, unreached: Weight) -> Iterator[Signal]:
    if _Place.REACHED in places:
        yield _reached(name, places[_Place.REACHED])
    if _Place.UNREACHED in places:
        first = places[_Place.UNREACHED][0]
        message = f"{first.file} imports {first.module}, though no entry point leads there"
        yield toward_runtime(name, unreached, "import", message, first.origin)
    if _Place.REACHED in places or _Place.UNREACHED in places:
        return
    if _Place.SWITCHED_OFF in places:
        yield from _switched_off(name, places[_Place.SWITCHED_OFF][0])
    for_development = [i for i in places.get(_Place.DEVELOPMENT, ()) if not _builds(i.file)]
    if for_development:
        yield _development(name, for_development)


def _builds(file: str) -> bool:
    """Whether a file makes the project's own distribution, which an image may do too."""
    return file.rpartition("/")[2] == "setup.py"


def _reached(name: str, imports: list[Import]) -> Signal:
    first = min(imports, key=lambda each: each.circumstance.optional)
    optional = ", and goes on without it" if first.circumstance.optional else ""
    message = f"{first.file} imports {first.module}{optional}"
    kind = "optional-import" if optional else "import"
    return toward_runtime(name, Weight.STRONG, kind, message, first.origin)


def _switched_off(name: str, first: Import) -> Iterator[Signal]:
    circumstance = first.circumstance
    what = f"{first.file} imports {first.module}"
    if circumstance.typing_only:
        message = f"{what} for type checkers alone"
        yield toward_development(name, Weight.FAIR, "typing", message, first.origin)
    elif circumstance.condition:
        message = f"{what} only if {circumstance.condition}, which does not hold in production"
        yield toward_development(name, Weight.FAIR, "condition", message, first.origin)
    elif circumstance.main_guard:
        message = f"{what} when it is run as a script"
        yield toward_runtime(name, Weight.FAINT, "import", message, first.origin)


def _development(name: str, imports: list[Import]) -> Signal:
    first = imports[0]
    others = len({imported.file for imported in imports}) - 1
    more = f" and {others} more such files import" if others else " imports"
    message = f"only {first.file}{more} {first.module}, and production does not load it"
    return toward_development(name, Weight.FAIR, "tests", message, first.origin)


_PROGRAMS = frozenset({"console_scripts", "gui_scripts", "distutils.commands"})
# Read where a developer asks for it: who runs tests, who opens a shell.
_DEVELOPMENT = frozenset({"pytest11", "pyramid.pshell_runner", "flake8.extension"})
_READERS = frozenset(
    {"importlib.metadata.entry_points", "importlib_metadata.entry_points",
     "pkg_resources.iter_entry_points"}
)  # fmt: skip
_LEFT_OUT = _PROGRAMS | _DEVELOPMENT


def collect_plugins(context: Context) -> Iterator[Signal]:
    """Keep what registers in a group that the project, or another requirement, reads."""
    read = _groups_read(context)
    for name in context.names:
        facts = context.facts(name)
        groups = {point.group for point in facts.entry_points} - _LEFT_OUT if facts else set()
        for group in sorted(groups):
            if group in read:
                message = f"the project loads the entry points of {group}, where it registers"
                yield toward_runtime(name, Weight.STRONG, "plugin", message, None)
            for host in _readers(context, group.replace("-", "_")):
                if host != name and not category_of(host):
                    message = f"it registers in {group}, which {host} reads"
                    yield toward_runtime(name, Weight.FAIR, "plugin", message, None)


def _readers(context: Context, group: str) -> tuple[str, ...]:
    """The distributions whose module a group is named after, as ``spacy`` for ``spacy_lookups``."""
    return context.owners.of_module(group) or context.owners.of_module(group.partition("_")[0])


def _groups_read(context: Context) -> frozenset[str]:
    groups: set[str] = set()
    for file in context.inputs.reach.modules:
        for call in context.inputs.index.modules[file].calls:
            if call.callee in _READERS:
                given = (*call.arguments, call.keyword("group"))
                groups.update(word for word in given if isinstance(word, str))
    return frozenset(groups)
