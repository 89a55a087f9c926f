"""Imports of distributions that stay of what they do not require and only moved ones bring."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from jettison.lift.scopes.tools import category_of
from jettison.plan import Plan
from jettison.source import dotted
from jettison.source.tree import is_test
from jettison.values import Origin, python_tree
from jettison.verify import Attempt, Loss

# What integrates a development tool is loaded by that tool.
_FOR_TOOLS = re.compile(
    r"(^|/)docs?/|pytest|mypy|sphinx|hypothesis|setuptools|distutils|ipython|jupyter"
)
_LARGEST_SOURCE = 4 << 20


def unmet(
    plan: Plan, full: Collection[str], runtime: Collection[str], environment: Path
) -> Iterator[Loss]:
    """Yield what a module of an ``environment`` of the ``runtime`` distributions misses.

    It is of the ``full`` set, and only what leaves brings it. Only imports that nothing guards
    count, of modules that could be imported before. Development tools do not count: what imports
    them is an integration of theirs.
    """
    facts, graph = plan.closure.facts, plan.closure.graph
    gone = set(full) - set(runtime)
    moved = [item.name for item in plan.requirements if item.name in gone]
    brought = {
        child: name
        for name in moved
        for child in sorted(graph.reached((name,)) & gone)
        if child != name
    }
    owners = {
        root: name
        for name in sorted(brought)
        if name in facts and not category_of(name)
        for root in facts[name].import_names
    }
    known = (root for name in full if name in facts for root in facts[name].import_names)
    for place in sorted((environment / "lib").glob("python3*/site-packages")):
        for root, attempt in _failing(place, owners, frozenset((*known, *sys.stdlib_module_names))):
            name = owners[root]
            yield Loss(attempt=attempt, distribution=name, requirement=brought[name])


def _failing(
    place: Path, wanted: Collection[str], known: Collection[str]
) -> Iterator[tuple[str, Attempt]]:
    """Yield the first import below a folder of each of the ``wanted`` import names."""
    left = set(wanted)
    names = "|".join(re.escape(root) for root in sorted(left, key=len, reverse=True))
    begins = re.compile(rf"^(?:from|import)[ \t]+({names})(?=[\s.,])".encode(), re.MULTILINE)
    for path in sorted(place.rglob("*.py")) if left else ():
        inner = path.relative_to(place).as_posix()
        if _FOR_TOOLS.search(inner) or is_test(inner) or path.is_symlink():
            continue
        content = path.read_bytes() if path.stat().st_size <= _LARGEST_SOURCE else b""
        needed = {found[1].decode(): found.start() for found in begins.finditer(content)}
        if left & needed.keys() and _could_be_imported(content, known):
            for root in sorted(left & needed.keys()):
                left.remove(root)
                line = content.count(b"\n", 0, needed[root]) + 1
                yield root, _failure(inner, root, line)


def _could_be_imported(content: bytes, known: Collection[str]) -> bool:
    """Whether all that a module imports in any case is there."""
    try:
        body = python_tree(content).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(
        any(f"{name}.".startswith(f"{root}.") for root in known)
        for node in body
        for name in _imported(node)
    )


def _imported(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module


def _failure(path: str, module: str, line: int) -> Attempt:
    return Attempt(
        module=dotted(path),
        error=ModuleNotFoundError.__name__,
        missing=module,
        message=f"No module named {module!r}",
        origin=Origin(file=path, line=line),
    )
