"""Puts together what the decision looks at, from facts that were read before."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jettison.distributions.facts import DistributionFacts
from jettison.distributions.graph import RequirementGraph
from jettison.project.operations.model import Commands, Use
from jettison.project.source.entries import Entry, entries_of_command
from jettison.project.source.facts import ModuleFacts
from jettison.project.source.index import SourceIndex
from jettison.project.source.reach import reach
from jettison.scopes.owners import Owners
from jettison.scopes.values import DeclaredRequirement, ScopeInputs
from jettison.values import Origin

_ENTERING = (Use.PRODUCTION, Use.BUILD)


def gather(
    *,
    declared: Iterable[DeclaredRequirement],
    modules: Iterable[ModuleFacts],
    commands: Commands,
    distributions: Mapping[str, DistributionFacts],
    graph: RequirementGraph | None = None,
    pyproject: str | None = None,
    roots: Iterable[str] = ("", "src"),
) -> ScopeInputs:
    """Index the source, find the entry points in the commands, follow what they load.

    ``modules`` and ``commands`` are relative to the same root. ``pyproject`` is the text of the
    project's ``pyproject.toml``: its console scripts are entry points of the commands that name
    them. ``roots`` are folders on the module search path.
    """
    requirements = tuple(declared)
    owners = Owners((each.name for each in requirements), distributions)
    index = SourceIndex.build(modules, roots=roots, external=owners.import_names)
    scripts = console_scripts(pyproject) if pyproject else {}
    entries = tuple(dict.fromkeys(_entries(commands, index, scripts)))
    return ScopeInputs(
        declared=requirements,
        index=index,
        reach=reach(index, entries, environment=commands.environment),
        commands=commands,
        distributions=distributions,
        graph=graph,
    )


def console_scripts(pyproject: str) -> dict[str, str]:
    """Programs that a project installs, with the modules they start; none of an invalid file."""
    try:
        document: Mapping[str, Any] = tomllib.loads(pyproject)
    except tomllib.TOMLDecodeError:
        return {}
    found: dict[str, str] = {}
    poetry = document.get("tool", {}).get("poetry", {})
    for table in (document.get("project", {}), poetry):
        scripts = table.get("scripts", {}) if isinstance(table, dict) else {}
        for name, value in scripts.items():
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
        for word in command.words[:4]:
            file = index.find(scripts[word]) if word in scripts else None
            if file and not file.endswith("/"):
                yield Entry(file=file, why=f"the script {word}", origin=command.origin)
    for path in ("gunicorn.conf.py",):
        if path in index.modules:
            yield Entry(file=path, why=f"gunicorn loads {path}", origin=Origin(file=path))
