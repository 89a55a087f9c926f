"""Modules that a framework loads by convention rather than by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jettison.catalogue.reader import table
from jettison.project.source.entries import Entry
from jettison.project.source.facts import ModuleFacts, Text
from jettison.project.source.index import SourceIndex
from jettison.project.source.places import is_test
from jettison.values import Origin

Loaded = tuple[str, Origin, str]


def loaded_by_framework(
    facts: ModuleFacts, texts: Iterable[Text], index: SourceIndex, entries: Iterable[Entry]
) -> Iterator[Loaded]:
    """Files loaded because of what ``facts`` says: a file, the place that says so, and why."""
    commands = frozenset(entry.command for entry in entries if entry.command)
    for text in texts:
        if text.target.endswith("_APPS") or text.target == "INSTALLED_APPS":
            yield from _application(text, index, commands)
    for call in facts.calls:
        if call.callee in ("pkgutil.iter_modules", "pkgutil.walk_packages"):
            folder = facts.file.rpartition("/")[0]
            for file in index.modules:
                if file.startswith(folder + "/") and not is_test(file):
                    yield file, call.origin, f"{call.callee} over {folder}"


def _application(text: Text, index: SourceIndex, commands: frozenset[str]) -> Iterator[Loaded]:
    """Find what Django loads of an application: models, migrations, commands that run, ...."""
    name = text.value
    found = index.find(name)
    while found is None and "." in name:
        name = name.rpartition(".")[0]
        found = index.find(name)
    if found is None:
        return
    folder = found.removesuffix("__init__.py")
    if not folder.endswith("/"):  # an AppConfig in a module of the application
        folder = folder.rpartition("/")[0] + "/"
    conventions = frozenset(table("conventions")["django"]["modules"])
    folders = tuple(table("conventions")["django"]["folders"])
    for file in sorted(index.modules):
        if not file.startswith(folder) or is_test(file):
            continue
        rest = file[len(folder) :].removesuffix(".py")
        head, _, tail = rest.partition("/")
        if rest in conventions or (tail and head in conventions) or rest.startswith(folders):
            yield file, text.origin, f'"{text.value}" in {text.target}'
        elif rest.startswith("management/commands/") and rest.rpartition("/")[2] in commands:
            yield file, text.origin, f"management command {rest.rpartition('/')[2]}"
