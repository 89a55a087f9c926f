"""What is learned about a project beside its Dockerfile: scopes, uses, distributions."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from jettison.candidates.image import image_facts
from jettison.catalogue.reader import table
from jettison.distributions.choice import compatible
from jettison.distributions.closure import closure
from jettison.distributions.graph import Closure, gone_without, total_size, weight
from jettison.distributions.map import DistributionMap
from jettison.distributions.opening import open_map
from jettison.distributions.target import Target
from jettison.errors import InputSyntaxError
from jettison.facts import Project
from jettison.lift.declared import production_files
from jettison.lift.linked import linked_packages
from jettison.lift.stage import lifted
from jettison.lift.usage import Usage, usage_of
from jettison.loading.project import Loaded
from jettison.loading.words import used_words
from jettison.plan.parts import PlannedRequirement
from jettison.plan.plan import Leaving
from jettison.project.dockerfile.run import run_script
from jettison.project.operations.collect import collect
from jettison.project.operations.model import Commands, Use
from jettison.project.reading import Sources, read_sources, read_texts
from jettison.project.requirements import RequirementLine
from jettison.project.shell import parse as parse_shell
from jettison.scopes.decide import decide
from jettison.scopes.gather import gather
from jettison.scopes.values import DeclaredRequirement, RequirementScope, Scope, ScopeInputs
from jettison.scopes.wishes import as_asked
from jettison.settings import Wish
from jettison.values import Evidence, Origin, Skipped

DEFAULT_PYTHON = "3.11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Scopes of requirements, what the application uses, and what could not be learned."""

    requirements: tuple[PlannedRequirement, ...]
    usage: Usage
    linked: Mapping[str, Evidence]
    closure: Closure
    production: frozenset[str]
    keeps_cache: bool
    from_source: tuple[str, ...]
    unknown: tuple[str, ...]
    loaded: frozenset[str]
    leaving: Leaving
    skipped: tuple[Skipped, ...]


def knowledge_of(
    loaded: Loaded, *, cache: Path, offline: bool, wishes: Iterable[Wish] = ()
) -> Knowledge:
    """Read the source, ask the package index (or the caches alone), and decide scopes."""
    project = loaded.project
    stage = lifted(project)
    sources = read_sources(loaded.root, loaded.tree, cache=cache)
    texts = {**read_texts(loaded.root, loaded.tree), **project.texts}
    commands = collect(
        texts,
        dockerfile=project.dockerfile_path,
        target=project.target,
        compose=project.compose_path,
        service=project.service,
    )
    lines = [line for file in production_files(project) for line in file.requirements if line.name]
    target = image_facts(stage.base).target or Target(python=stage.python or DEFAULT_PYTHON)
    found = open_map(cache / "distributions", target, offline=offline)
    brought = closure(found, [r for line in lines if (r := _requirement(line))])
    inputs = gather(
        declared=[_declared(line) for line in lines],
        modules=sources.modules,
        commands=commands,
        distributions=brought.facts,
        graph=brought.graph,
        pyproject=project.texts.get(project.in_context("pyproject.toml")),
        roots=_roots(project),
    )
    _check_entries(inputs)
    verdicts = as_asked(decide(inputs), wishes)
    usage = _usage(project, texts, sources, commands, inputs)
    kept = {v.name for v in verdicts if v.scope is not Scope.DEVELOPMENT}
    dropped = {v.name for v in verdicts} - kept
    production = set(brought.graph.edges) - set(gone_without(brought.graph, dropped))
    return Knowledge(
        requirements=tuple(_planned(lines, verdicts, brought)),
        usage=replace(usage, words=used_words(loaded, brought)),
        linked=linked_packages(production | kept, usage, stage.release),
        closure=_with_files(found, brought),
        production=frozenset(production),
        keeps_cache=found.is_cacheable(brought.facts.values()),
        from_source=tuple(_from_source(brought, production, target)),
        unknown=tuple(name for name in kept if name not in brought.facts),
        loaded=inputs.reach.modules,
        leaving=_leaving(verdicts, brought),
        skipped=(*sources.skipped, *inputs.index.skipped, *found.skipped),
    )


def _check_entries(inputs: ScopeInputs) -> None:
    fault = inputs.reach.faulty_entry(inputs.index)
    if fault is not None:
        raise InputSyntaxError(
            f"the application starts with {fault.what}, which is {fault.reason}",
            hint="Correct the file: an image that starts with it would stop at once.",
            origin=fault.origin,
        )


def cache_folder() -> Path:
    """The folder of all of Jettison's caches."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jettison"


def _roots(project: Project) -> tuple[str, ...]:
    context = project.context
    return (context, f"{context}/src") if context else ("", "src")


def _with_files(found: DistributionMap, brought: Closure) -> Closure:
    """The closure with the files of each wheel, from which byte code is predicted."""
    facts = {name: found.with_files(each) for name, each in brought.facts.items()}
    return Closure(facts=facts, graph=brought.graph)


def _from_source(brought: Closure, names: Collection[str], target: Target) -> Iterator[str]:
    """Distributions that are compiled on the spot, against libraries that nobody has listed."""
    listed = {need["distribution"] for need in table("native_libraries")["need"]}
    for name, facts in brought.facts.items():
        known = bool(facts.sdist_only or facts.wheels) and facts.compiles is not False
        if name in names and name not in listed and known:
            yield from () if compatible(facts, target).compatible else (name,)


def _requirement(line: RequirementLine) -> Requirement | None:
    if line.requirement is not None:
        return line.requirement
    try:
        return Requirement(line.name)
    except InvalidRequirement:
        return None


def _declared(line: RequirementLine) -> DeclaredRequirement:
    return DeclaredRequirement(
        name=line.name, origin=line.origin, extras=line.extras, remarks=tuple(_remarks(line))
    )


def _remarks(line: RequirementLine) -> Iterator[tuple[str, Origin]]:
    section = line.section
    while section is not None:
        yield section.text, section.origin
        section = section.within
    if line.above:
        yield line.above, line.origin
    if line.comment:
        yield line.comment, line.origin


def _planned(
    lines: Iterable[RequirementLine], verdicts: Iterable[RequirementScope], brought: Closure
) -> Iterator[PlannedRequirement]:
    for line, verdict in zip(lines, verdicts, strict=True):
        share = weight(brought.graph, brought.facts, line.name)
        yield PlannedRequirement(
            name=line.name,
            specifier=line.specifier,
            origin=line.origin,
            scope=verdict.scope,
            evidence=verdict.evidence,
            chain=tuple(
                Evidence(kind="chain", message=f"{link.why} loads {link.file}", origin=link.origin)
                for link in verdict.chain
            ),
            size=share.together if len(share.unknown) <= len(share.brings) else None,
        )


def _leaving(verdicts: Iterable[RequirementScope], brought: Closure) -> Leaving:
    names = {verdict.name for verdict in verdicts if verdict.scope is Scope.DEVELOPMENT}
    gone = frozenset(gone_without(brought.graph, names)) if names else frozenset()
    facts = [brought.facts[name] for name in gone if name in brought.facts]
    sizes = [found.installed_size for found in facts if found.installed_size]
    size = total_size(sizes, source="files of the wheels that go") if sizes else None
    return Leaving(names=gone, size=size)


def _usage(
    project: Project,
    texts: Mapping[str, str],
    sources: Sources,
    commands: Commands,
    inputs: ScopeInputs,
) -> Usage:
    scripts = [
        parse_shell(texts[path], origin=Origin(file=path, line=1))
        for path, use in commands.scripts.items()
        if use is not Use.DEVELOPMENT and path in project.texts
    ]
    checks, others = _health_checks(project), _other_services(project)
    started = [
        (command.words, command.origin)
        for command in commands.commands
        if command.use is Use.PRODUCTION
        and command.words not in checks
        and command.source not in others
    ]
    imports = {
        name: tuple(found.origin for found in places)
        for name, places in inputs.reach.externals.items()
    }
    return usage_of(sources.modules, scripts, started, imports, inputs.reach.modules)


def _other_services(project: Project) -> frozenset[str]:
    """Services on images of their own: what they run is not in this image."""
    services = project.compose.services if project.compose else ()
    return frozenset(
        f"{project.compose_path} service {each.name}"
        for each in services
        if each.image and each.build is None and each.name != project.service
    )


def _health_checks(project: Project) -> frozenset[tuple[str, ...]]:
    """The words of every health check: what only they call is not called by the application."""
    found: set[tuple[str, ...]] = set()
    for item in project.dockerfile.instructions:
        if item.keyword == "HEALTHCHECK":
            found.update(command.words for command in run_script(item).programs)
    for service in project.compose.services if project.compose else ():
        test = service.healthcheck.test if service.healthcheck else ()
        if test[:1] == ("CMD",):
            found.add(test[1:])
        elif test:
            script = parse_shell(test[-1], origin=Origin(file=project.compose_path or ""))
            found.update(command.words for command in script.programs)
    return frozenset(found)
