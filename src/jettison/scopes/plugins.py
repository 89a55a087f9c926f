"""Signals from entry points: packages that nobody imports, loaded by a host that reads a group."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.scopes.context import Context, toward_runtime
from jettison.scopes.tools import category_of
from jettison.scopes.values import Signal, Weight

_PROGRAMS = frozenset({"console_scripts", "gui_scripts", "distutils.commands"})
# Read where a developer asks for it: who runs tests, who opens a shell.
_DEVELOPMENT = frozenset({"pytest11", "pyramid.pshell_runner", "flake8.extension"})
_READERS = frozenset(
    {"importlib.metadata.entry_points", "importlib_metadata.entry_points",
     "pkg_resources.iter_entry_points"}
)  # fmt: skip
_LEFT_OUT = _PROGRAMS | _DEVELOPMENT


def collect(context: Context) -> Iterator[Signal]:
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
