"""Rules that know files by names and folders: one for each row of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import translate
from functools import cache, partial

from packaging.utils import canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight, FileKind
from jettison.plan import Finding, Plan
from jettison.plan.removal import OwnedFile
from jettison.plan.removing import grouped, imported, removal
from jettison.rules.rule import Rule

_METADATA = ".dist-info/"
_MODULES = (".py", ".so")


def detect(kind: FileKind, plan: Plan) -> Iterator[Finding]:
    """Find files of one kind."""
    if plan.distributions.keys() & kind.readers.keys():
        return
    outermost = cache(partial(_outermost, kind))
    whole = _matching(kind.whole)
    groups = grouped(
        plan,
        kind.what,
        _chosen(kind, plan, outermost),
        lambda folder: bool(outermost(folder) or any(map(whole, folder.split("/")))),
    )
    yield from removal(plan, kind.rule, kind.finding, groups)


def _chosen(
    kind: FileKind, plan: Plan, outermost: Callable[[str], str]
) -> Callable[[OwnedFile], bool]:
    """Tell of a file whether it is meant."""
    folders = _folders(kind, plan, outermost) if kind.folders else frozenset()
    kept, stays = frozenset(_kept(kind, plan)), _matching(kind.stays)
    unserved = (one for one in kind.served if not plan.distributions.keys() & set(one.servers))
    prefixes = (*kind.prefixes, *(prefix for one in unserved for prefix in one.prefixes))

    def chosen(file: OwnedFile) -> bool:
        path = file.path
        if file.distribution in kept or _METADATA in path or stays(path.lower()):
            return False
        return (
            path.startswith(prefixes)
            or path.endswith(kind.suffixes)
            or outermost(path.rpartition("/")[0] + "/") in folders
        )

    return chosen


def _kept(kind: FileKind, plan: Plan) -> Iterator[str]:
    """The distributions that keep their own."""
    yield from kind.keep
    for name, facts in plan.distributions.items():
        if any(canonicalize_name(one.name) in kind.asked for one in facts.requires):
            yield name


def _folders(kind: FileKind, plan: Plan, outermost: Callable[[str], str]) -> frozenset[str]:
    """The folders that count, as ``FileKind`` says."""
    found: set[str] = set()
    signed: set[str] = set()
    modules: set[str] = set()
    sign, code = _matching(kind.signs), _matching(kind.code)
    for path in plan.contents.files:
        inside, _, name = path.rpartition("/")
        if folder := outermost(inside + "/"):
            found.add(folder)
            if sign(name):
                signed.add(folder)
            if name.endswith(_MODULES):
                modules.add(folder)
    needed = {f for f in modules if not code(f.split("/")[-2]) or imported(plan, f)}
    return frozenset((signed if kind.signs else found) - needed)


def _outermost(kind: FileKind, folder: str) -> str:
    """The first of a folder and those around it that has one of the names; empty for none."""
    matches = _matching(kind.folders)
    parts = folder.split("/")[:-1]
    for index, part in enumerate(parts):
        if part in kind.inside or part.endswith(".dist-info"):
            return ""
        # A distribution may be called so: its first folder is what one imports.
        if matches(part) and (index or kind.top):
            return "/".join(parts[: index + 1]) + "/"
    return ""


@cache
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")


def _matching(patterns: Iterable[str]) -> Callable[[str], bool]:
    form = _pattern(tuple(patterns))
    return lambda name: form.match(name) is not None


RULES = tuple(
    Rule(name=kind.rule, level=2, documentation=kind.documentation, detect=partial(detect, kind))
    for kind in table(DeadWeight).kinds
)
