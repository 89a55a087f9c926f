"""Remove bytecode of modules that the application did not load.

Installers compile every module, and the byte code weighs as much as the source. A server loads less
than half of it. A module without byte code works as before: Python compiles it when it is imported,
which takes some milliseconds once.

Source: docs.python.org, "Cached byte-code"; peps.python.org, PEP 3147.

Safe: no module is removed, and everything loaded while the image answered its requests keeps its
bytecode, so that it starts as fast as before.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from jettison.contents.reach import Observed, source_of
from jettison.plan import Finding, Plan
from jettison.plan.removal import Group
from jettison.plan.removing import removal, worthwhile
from jettison.rules.rule import Rule
from jettison.rules.unreached_modules import leaving_files
from jettison.values import Evidence

NAME = "unloaded-bytecode"
_SUFFIX = ".pyc"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find byte code whose source was not loaded while the application served."""
    if plan.observed is None or not plan.observed.traced:
        return
    groups = tuple(_groups(plan, plan.observed))
    evidence = Evidence(
        kind="trace", message=f"loaded modules were seen by {plan.observed.trace.method}"
    )
    yield from removal(
        plan, NAME, "compiled forms of modules that were not loaded", groups, (evidence,)
    )


def _groups(plan: Plan, observed: Observed) -> Iterator[Group]:
    installed = observed.installed
    unloaded = unloaded_bytecode(observed)
    owned: dict[str, list[str]] = defaultdict(list)
    for path in unloaded:
        owner = installed.owners.get(source_of(path))
        if owner:
            owned[owner].append(path)
    found = [
        Group(
            distribution=owner,
            reason=f"byte code of {plan.contents.label(owner)} that was not loaded",
            paths=tuple(folded(paths, installed.files)),
            bytes=sum(installed.files[path] for path in paths),
        )
        for owner, paths in owned.items()
    ]
    yield from worthwhile(found)


def unloaded_bytecode(observed: Observed) -> frozenset[str]:
    """Give the byte code below site-packages whose module was not loaded and stays."""
    installed = observed.installed
    inside = f"{installed.site}/"
    loaded = {
        source_of(path.removeprefix(inside))
        for path in observed.trace.served
        if path.startswith(inside)
    }
    leaving = leaving_files(observed)
    return frozenset(
        path
        for path in installed.files
        if path.endswith(_SUFFIX)
        and "__pycache__/" in path
        and source_of(path) not in loaded
        and source_of(path) not in leaving
        and source_of(path) in installed.files
    )


def folded(paths: Iterable[str], every: Mapping[str, int]) -> Iterator[str]:
    """Give folders of byte code of which all leaves, and patterns for the rest, sorted."""
    leaving: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        leaving[posixpath.dirname(path)].add(path)
    present: dict[str, set[str]] = defaultdict(set)
    for path in every:
        if path.endswith(_SUFFIX):
            present[posixpath.dirname(path)].add(path)
    for folder, found in sorted(leaving.items()):
        if found == present[folder]:
            yield f"{folder}/"
        else:
            names = {posixpath.basename(path).partition(".")[0] for path in found}
            yield from (f"{folder}/{name}.*{_SUFFIX}" for name in sorted(names))


RULE = Rule(name=NAME, level=3, documentation=__doc__, detect=detect)
