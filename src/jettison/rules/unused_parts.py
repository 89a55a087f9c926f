"""What of single distributions is without use: parts, requirements and programs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight, Known, Optional, Part, Variant
from jettison.index.graph import total_size
from jettison.lift.scopes import Scope
from jettison.plan import Finding, Plan
from jettison.plan.removal import Group, Matcher, OwnedFile
from jettison.plan.removing import (
    OPTIONAL,
    any_version,
    group,
    present,
    remaining,
    removal,
)
from jettison.rules.rule import Rule
from jettison.values import Basis, Evidence, Origin, Size, human, replace


def unused_parts(plan: Plan) -> Iterator[Finding]:
    """Remove parts of distributions that the application does not use.

    Some wheels hold more than one thing: a second copy of a library for C programs, tools that
    convert models, a compiler's front end. The catalogue knows such parts, and what would use them.

    Source: each entry of the catalogue names where it was read, and when.

    Safe: a part is removed only when the source of the project contains none of the names that lead
    to it, and no distribution that is known to use it is installed. The build checks again that no
    remaining module imports it and no remaining library names a removed one.
    """
    found = [
        (entry, one)
        for entry in table(DeadWeight).parts
        if _is_unused(plan, entry) and not set(entry.used_by) & plan.distributions.keys()
        for reason in [f"{entry.reason}, part of {plan.contents.label(entry.distribution)}"]
        for one in _part(plan, entry, reason, {entry.distribution})
    ]
    evidence = [_evidence(entry, ":") for entry, _ in found]
    what = "parts of distributions that nothing uses"
    return removal(plan, "unused-parts", what, [one for _, one in found], evidence)


UNUSED_PARTS = Rule.of("unused-parts", unused_parts, level=2)


def optional_distributions(plan: Plan) -> Iterator[Finding]:
    """Remove distributions that serve only unused parts of another one.

    Some distributions require what only a part of them uses: pymupdf requires its layout analysis
    with four neural networks, onnxruntime and networkx, for two methods that few applications call.
    Such a requirement would have been an extra.

    Source: the catalogue names for each one where it was read that everything else works without,
    and by which names the part is reached.

    Safe: a distribution is removed only when the source of the project contains none of those
    names, no other distribution requires it, and the application does not import it. The build
    checks again that no remaining module depends on it.
    """
    unused = [entry for entry in table(DeadWeight).optional if _is_needless(plan, entry)]
    if not unused:
        return
    names = _unneeded(plan, unused)
    owners = plan.contents.versions.keys() - set(names)
    parts = (
        one
        for entry in unused
        for reason in [f"{entry.reason}, in {plan.contents.label(entry.distribution)}"]
        for one in _part(plan, entry, reason, owners)
    )
    groups = (*parts, *_groups(plan, names))
    what = f"{', '.join(names)}, which only unused parts of others need,"
    yield from removal(plan, OPTIONAL, what, groups, [_left_out(entry) for entry in unused])


def _is_needless(plan: Plan, entry: Optional) -> bool:
    """Whether the part is there, nobody else asks for its owner, and none of its names is used."""
    edges = plan.closure.graph.edges
    users = {name for name in plan.distributions if entry.distribution in edges.get(name, ())}
    return _is_unused(plan, entry) and users <= set(entry.parts)


def _unneeded(plan: Plan, unused: Iterable[Optional]) -> tuple[str, ...]:
    """Production distributions that no requirement reaches without the edges of unused parts."""
    left_out = {(entry.distribution, name) for entry in unused for name in entry.requires}
    edges = plan.closure.graph.edges
    waiting = [one.name for one in plan.requirements if one.scope is not Scope.DEVELOPMENT]
    waiting += [name for name in plan.distributions if _is_imported(plan, name)]
    waiting += {plan.contents.files[path].distribution for path in plan.overrides.kept}
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += [one for one in edges.get(name, ()) if (name, one) not in left_out]
    return tuple(sorted(plan.distributions.keys() - needed))


def _is_imported(plan: Plan, name: str) -> bool:
    roots = plan.distributions[name].import_names
    return bool(set(roots) & plan.usage.words.keys()) or any(
        f"{used}.".startswith(f"{root}.") for used in plan.usage.imports for root in roots
    )


def _groups(plan: Plan, names: Iterable[str]) -> Iterator[Group]:
    """All that a distribution has installed, its metadata whatever version it is of."""
    here, every = present(plan), remaining(plan)
    for name in names:
        files = [file for file in here.values() if file.distribution == name]
        if files:
            label = plan.contents.label(name)
            found = group(f"all of {label}", files, every=every, whole=lambda _: True)
            programs = (f"/bin/{one}" for one in plan.distributions[name].console_scripts)
            paths = dict.fromkeys([*map(any_version, found.paths), *programs])
            yield replace(found, paths=tuple(paths), together=True)


def _left_out(entry: Optional) -> Evidence:
    message = (
        f"{entry.distribution} needs {', '.join(entry.parts)} only for {entry.reason}, "
        f"and none of {', '.join(entry.words)} is written ({entry.source})"
    )
    return Evidence.of("catalogue", message)


OPTIONAL_DISTRIBUTIONS = Rule.of(OPTIONAL, optional_distributions, level=2)


def smaller_variants(plan: Plan) -> Iterator[Finding]:
    """Install a smaller variant of a distribution where it does the same.

    opencv-python has one without windows, torch one without the libraries of CUDA (several GB).
    They have other names, or another index, so that nothing can be taken out: the requirement is
    another.

    Source: the catalogue names the page of each project that describes its variants.

    Safe: nothing is changed; a person decides. That none of the names that need the larger one is
    written in the source does not show on which machine the image will run.
    """
    yield from (
        _advice(plan, entry)
        for entry in table(DeadWeight).variants
        if _is_unused(plan, entry) and (not entry.drops or _dropped(plan, entry))
    )


def _advice(plan: Plan, entry: Variant) -> Finding:
    name = entry.distribution
    declared = next((item for item in plan.requirements if item.name == name), None)
    evidence = _evidence(entry, ";", declared.origin if declared else None)
    message = f"{entry.instead} would do instead of {plan.contents.label(name)}"
    return Finding.advice(message, evidence, saving=_dropped(plan, entry))


def _dropped(plan: Plan, entry: Variant) -> Size | None:
    sizes = [
        facts.installed_size
        for name, facts in plan.distributions.items()
        if any(fnmatchcase(name, form) for form in entry.drops) and facts.installed_size
    ]
    return total_size(sizes, source=f"what {entry.distribution} brings") if sizes else None


SMALLER_VARIANTS = Rule.of("smaller-variants", smaller_variants, level=2)


def _is_unused(plan: Plan, entry: Known) -> bool:
    """Whether a distribution is there, and none of the words that lead to an entry is written."""
    return entry.distribution in plan.distributions and not set(entry.words) & set(plan.usage.words)


def _part(plan: Plan, entry: Part, reason: str, owners: Collection[str]) -> Iterator[Group]:
    """Make a group of a part, where one of ``owners`` has it."""
    meant = Matcher.of((path, True) for path in entry.paths)
    files = [
        file
        for path, file in present(plan).items()
        if file.distribution in owners and meant.find(path)
    ]
    if files:
        found = group(reason, files, not_counting=entry.not_counting)
        yield replace(found, paths=entry.paths, together=True)


def _evidence(entry: Part | Variant, mark: str, origin: Origin | None = None) -> Evidence:
    """The evidence that no word leads to what an entry is about."""
    words = f"{mark} none of {', '.join(entry.words)} is written" if entry.words else ""
    return Evidence.of("catalogue", f"{entry.reason}{words} ({entry.source}, {entry.date})", origin)


NAME = "uncalled-binaries"
PROGRAMS = "/bin/"
# What starts programs: subprocess, and the functions of os, pty and asyncio.
_STARTS = re.compile(
    rb"subprocess|popen|\bsystem\b|startfile|\bp?spawn|\bexec[lv]|posix_spawn", re.IGNORECASE
)


def uncalled_binaries(plan: Plan) -> Iterator[Finding]:
    """Remove large programs that nothing calls.

    Some wheels bring a compiled program beside their package: the command line of magika has 30 MB,
    and its Python package does not start it.

    Source: docs.python.org, ``subprocess`` and ``os``: the ways to start a program.

    Safe: a program is removed only when the source, the scripts and the start commands do not call
    it; a call whose program is computed keeps all. In an image that was watched, it is removed when
    it was not opened, no module of its distribution starts any program, and no module that starts
    programs names it. Without a trace, only programs that the catalogue lists are removed. The
    others are reported for review.
    """
    large = [
        file
        for file in present(plan).values()
        if file.path.startswith(PROGRAMS)
        and file.size >= table(DeadWeight).binaries.large
        and _program(file) not in plan.usage.programs
    ]
    why = {} if plan.usage.computed else {file: _why(plan, file) for file in large}
    sure = {file: reason for file, reason in why.items() if reason}
    groups = [
        group(f"{_program(file)} of {label}, {reason}", [file])
        for file, reason in sure.items()
        for label in [plan.contents.label(file.distribution)]
    ]
    evidence = [plan.usage.search(_program(file)) for file in sure]
    found = removal(plan, NAME, "programs that nothing calls", groups, evidence)
    yield from found
    yield from (_told(plan, file) for file in large if file not in sure)


def _why(plan: Plan, file: OwnedFile) -> str:
    """Why nothing installed needs a program; empty where something may."""
    known = table(DeadWeight).binaries.known.get(file.distribution)
    if known and _program(file) in known.programs:
        return known.reason
    seen = plan.observed
    if seen is None or any(path.endswith(file.path) for path in seen.trace.touched):
        return ""
    for path, source in seen.installed.sources.items():
        own = seen.installed.owners.get(path) == file.distribution
        if (own or _program(file).encode() in source) and _STARTS.search(source):
            return ""
    return "which no module starts, and which was not opened while the image was watched"


def _told(plan: Plan, file: OwnedFile) -> Finding:
    label = plan.contents.label(file.distribution)
    why = (
        plan.usage.computed[0]
        if plan.usage.computed
        else Evidence.of("search", f"the package of {label} may start it")
    )
    message = (
        f"{_program(file)} of {label} has {human(file.size)}, and nothing of the "
        "application calls it by its name"
    )
    return Finding.advice(
        message,
        why,
        saving=Size(bytes=file.size, basis=Basis.MEASURED, source="file of the wheel"),
    )


def _program(file: OwnedFile) -> str:
    return file.path.removeprefix(PROGRAMS)


UNCALLED_BINARIES = Rule.of(NAME, uncalled_binaries, level=2)
