"""What is learned about a project beside its Dockerfile: scopes, uses, distributions."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.systems import NativeLibraries
from jettison.ecosystems.declaration import Declaration
from jettison.errors import InputSyntaxError
from jettison.formats.own_settings import Ask, Settings
from jettison.index import Source
from jettison.index.distribution_map import DistributionMap, closure, open_map
from jettison.index.graph import (
    Closure,
    Leaving,
    brought_alone,
    gone_without,
    held_versions,
    leaving,
    weight,
)
from jettison.index.package_index import exact_pin
from jettison.index.resolving import Resolution, locked_needs, locked_releases
from jettison.index.target import Target, compatible, may_compile
from jettison.lift import Project
from jettison.lift.declared import (
    Installed,
    bounds,
    installed_declarations,
    listed_names,
    locks_of,
    named_in_steps,
    specifier_of,
)
from jettison.lift.groups import production_groups
from jettison.lift.scopes import RequirementScope, Scope, ScopeInputs
from jettison.lift.scopes.decide import console_scripts, decide, declared_requirement, gather
from jettison.lift.scopes.remarks import as_asked
from jettison.lift.search_path import module_folders
from jettison.lift.stage import lifted
from jettison.lift.usage import Usage
from jettison.plan import Learned, PlannedRequirement
from jettison.plan.base import image_facts
from jettison.plan.candidate_libraries import libraries_of, linked_packages
from jettison.source import Commands
from jettison.source.named_places import named_in_settings
from jettison.source.operations_collect import collect
from jettison.source.pickles import loading_calls
from jettison.source.reading import (
    Sources,
    read_documents,
    read_pickles,
    read_sources,
    read_text,
    read_texts,
)
from jettison.source.wrappers import with_programs_given
from jettison.tasks.loading.project import LOCKS, Loaded
from jettison.tasks.loading.usage import absent_parts, given_names, reachable, used, used_words
from jettison.values import Evidence, Skipped, replace
from jettison.verify import Reachable


def roots(found: Iterable[Installed], *, resolved: bool = False) -> list[Requirement]:
    """What the distributions are looked up by; a requirement that cannot be read is omitted.

    With ``resolved`` what is left is what an installer asks the index for, to resolve it.
    """
    asked = [one for one in found if not resolved or (one.shipped and not one.declaration.url)]
    return [r for one in asked if (r := _requirement(one.declaration)) is not None]


def approximate(
    brought: Closure, shipped: Iterable[str], resolution: Resolution
) -> Iterator[Skipped]:
    """What of an image's versions is the newest that fits, and not what an installer answered."""
    for name in sorted(brought.graph.reached(shipped)):
        facts = brought.facts.get(name)
        why = resolution.why_approximate(name)
        if (
            why
            and facts is not None
            and facts.source in {Source.INDEX, Source.CACHE, Source.SDIST_GUESS}
            and exact_pin(brought.graph.specifiers[name]) is None
        ):
            yield Skipped(what=f"the exact version of {name}", reason=why)


def _requirement(one: Declaration) -> Requirement | None:
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    for marker in (f"; {one.marker}" if one.marker else "", ""):
        try:
            requirement = Requirement(f"{one.name}{extras}{marker}")
        except InvalidRequirement:
            continue
        requirement.specifier = specifier_of(one.specifier)
        return requirement
    return None


def planned(
    found: Iterable[Installed], verdicts: Iterable[RequirementScope], brought: Closure
) -> Iterator[PlannedRequirement]:
    """Join each declaration with its verdict and its weight in the requirement graph."""
    for one, verdict in zip(found, verdicts, strict=True):
        share = weight(brought.graph, brought.facts, one.declaration.name)
        yield PlannedRequirement(
            name=one.declaration.name,
            specifier=one.declaration.specifier,
            origin=one.declaration.origin,
            scope=verdict.scope,
            evidence=verdict.evidence,
            size=share.together if len(share.unknown) <= len(share.brings) else None,
            group=one.declaration.group,
            shipped=one.shipped,
            misplaced=verdict.misplaced,
            chain=tuple(
                Evidence.of("chain", f"{link.why} loads {link.file}", link.origin)
                for link in verdict.chain
            ),
        )


DEFAULT_PYTHON = "3.11"
AT_LEAST = re.compile(
    r"^(?:requires-python|python)\s*=\s*[\"'](?:>=|\^|~=|==)\s*3\.(\d{1,3})\b", re.MULTILINE
)


class Knowledge(Learned, frozen=True, kw_only=True):
    """Scopes of requirements, what the application uses, and what could not be determined."""

    production: frozenset[str]
    from_source: tuple[str, ...]
    unknown: tuple[str, ...]
    reachable: Reachable
    skipped: tuple[Skipped, ...]


def knowledge_of(loaded: Loaded, *, cache: Path, offline: bool, settings: Settings) -> Knowledge:
    """Read the source, ask the package index (or the caches alone), and decide scopes."""
    project = loaded.project
    stage = lifted(project)
    sources = read_sources(loaded.root, loaded.tree, cache=cache)
    texts, commands = _texts_and_commands(loaded)
    listed = installed_declarations(project)
    bringing = listed or named_in_steps(project)
    python = stage.python or stage.likely_python or _least_python(project)
    target = image_facts(stage.base).target or Target(python=python)
    opened = _index(project, target, cache, offline=offline)
    locked = opened.keywords["locked"]
    found = opened(requirements=() if locked else roots(bringing, resolved=True))
    brought = closure(found, roots(bringing), opened.keywords["bounds"])
    inputs = _inputs(loaded, sources, commands, listed, brought)
    _check_entries(inputs, target.python)
    verdicts = as_asked(
        decide(inputs), settings.overrides, brought.graph, remove_unused=settings.remove_unused
    )
    usage = _used(loaded, texts, sources, commands, inputs)
    shipped = {one.declaration.name for one in bringing if one.shipped}
    kept = {v.name for v in verdicts if v.scope is not Scope.DEVELOPMENT} & shipped
    dropped = {v.name for v in verdicts} - kept
    kept_by_name = {canonicalize_name(w.text) for w in settings.overrides if w.ask is Ask.KEEP}
    alone = kept_by_name & brought_alone(brought.graph, dropped & shipped, listed_names(project))
    absent = {one.declaration.name for one in listed if not one.shipped}
    gone = leaving(brought, dropped & shipped, absent, alone)
    stay = [one for one in listed if one.declaration.name not in dropped]
    production = set(brought.graph.edges) - set(gone_without(brought.graph, dropped))
    production |= brought.graph.reached(alone)
    compiled = {name for name in production | kept if may_compile(brought.facts.get(name), target)}
    idle = {v.name for v in verdicts if v.scope is not Scope.RUNTIME}
    usage = usage.loading(libraries_of(production - idle, production, usage))
    words = named_in_settings(loaded.tree.files, texts, partial(read_text, loaded.root))
    words |= used_words(loaded, brought)
    return Knowledge(
        requirements=tuple(planned(listed, verdicts, brought)),
        usage=replace(usage, words=words, given=given_names(loaded, brought)),
        linked=linked_packages(production | kept, usage, stage.release, compiled),
        closure=_with_files(found, brought, production),
        production=frozenset(production),
        keeps_cache=found.is_cacheable(brought.facts.values()),
        from_source=tuple(_from_source(brought, production, target)),
        unknown=tuple(name for name in sorted(kept) if name not in brought.facts),
        loaded=inputs.reach.modules,
        leaving=_held(opened, found, brought, gone, stay),
        reachable=reachable(inputs, target.python),
        skipped=(
            *sources.skipped,
            *inputs.index.skipped,
            *found.skipped,
            *(() if locked else approximate(brought, shipped, found.resolution)),
        ),
    )


def _texts_and_commands(loaded: Loaded) -> tuple[dict[str, str], Commands]:
    """Read the project's texts, and the commands that stand in them."""
    project = loaded.project
    known = {path: text for path, text in project.texts.items() if not LOCKS.search(path)}
    texts = read_texts(loaded.root, loaded.tree) | known
    return texts, collect(
        texts,
        dockerfile=project.dockerfile_path,
        target=project.target,
        compose=project.compose_path,
        service=project.service,
        documents=read_documents(loaded.root, loaded.tree),
    )


def _index(
    project: Project, target: Target, cache: Path, *, offline: bool
) -> partial[DistributionMap]:
    """Bind all that opens the index but the requirements, with what locks and bounds state."""
    locks = tuple(locks_of(project))
    return partial(
        open_map,
        cache / "distributions",
        target,
        offline=offline,
        locked={k: v for lock in locks for k, v in locked_releases(lock, target).items()},
        needs={k: v for lock in locks for k, v in locked_needs(lock).items()},
        bounds=bounds(project),
    )


def _used(
    loaded: Loaded,
    texts: Mapping[str, str],
    sources: Sources,
    commands: Commands,
    inputs: ScopeInputs,
) -> Usage:
    """Gather what production uses, with the programs that functions are given by their callers."""
    read = partial(read_text, loaded.root)
    told = with_programs_given(sources.modules, read, inputs.reach.modules)
    return used(loaded.project, texts, replace(sources, modules=told), commands, inputs)


def _inputs(
    loaded: Loaded,
    sources: Sources,
    commands: Commands,
    listed: Iterable[Installed],
    brought: Closure,
) -> ScopeInputs:
    """Gather what decides the scope of each requirement."""
    project = loaded.project
    groups = production_groups(project)
    unpickles = any(loading_calls(facts) for facts in sources.modules)
    return gather(
        declared=[declared_requirement(one.declaration, groups) for one in listed],
        modules=sources.modules,
        commands=commands,
        distributions=brought.facts,
        graph=brought.graph,
        scripts=console_scripts(lambda name: read_text(loaded.root, project.in_context(name))),
        roots=module_folders(project),
        pickles=read_pickles(loaded.root, loaded.tree) if unpickles else {},
        absent=tuple(absent_parts(loaded.root, project)),
    )


def _held(
    opened: Callable[..., DistributionMap],
    found: DistributionMap,
    brought: Closure,
    gone: Leaving,
    kept: Collection[Installed],
) -> Leaving:
    """Add what keeps the releases of what stays, where requirements are dropped."""
    before = found.resolution.versions
    if not gone.names or not before:
        return gone
    after = opened(requirements=roots(kept, resolved=True)).resolution.versions
    return replace(gone, held=held_versions(brought, gone.names, before, after))


def _check_entries(inputs: ScopeInputs, python: str) -> None:
    fault = inputs.reach.faulty_entry(inputs.index)
    version = tuple(int(part) for part in python.split(".")[:2] if part.isdecimal())
    # one for a newer Python than runs this may be right
    if fault is not None and version <= sys.version_info[:2]:
        raise InputSyntaxError(
            f"the application starts with {fault.what}, which cannot be read as Python",
            why=fault.reason,
            hint="Correct or shorten the file.",
            origin=fault.origin,
        )


def _with_files(found: DistributionMap, brought: Closure, production: set[str]) -> Closure:
    """The closure with the files of each wheel, and what production's libraries never load."""
    facts = {name: found.with_files(each) for name, each in brought.facts.items()}
    kept = [facts[name] for name in sorted(production) if name in facts]
    return Closure(facts=facts | found.with_unloaded(kept), graph=brought.graph)


def _from_source(brought: Closure, names: Collection[str], target: Target) -> Iterator[str]:
    """Distributions that are compiled on the spot, against libraries that nobody has listed."""
    listed = {need.distribution for need in table(NativeLibraries).need}
    for name, facts in brought.facts.items():
        known = bool(facts.sdist_only or facts.wheels) and facts.compiles is not False
        if name in names and name not in listed and known:
            yield from () if compatible(facts, target).compatible else (name,)


def _least_python(project: Project) -> str:
    """The usual version of Python, or the oldest that a project here needs where that is newer."""
    files = (text for path, text in project.texts.items() if path.endswith("pyproject.toml"))
    least = [int(found[1]) for text in files if (found := AT_LEAST.search(text))]
    return f"3.{max([int(DEFAULT_PYTHON.partition('.')[2]), *least])}"
