"""What a base has to offer: packages, and a C library that the wheels are built for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.base_release import ALPINE, facts_of
from jettison.catalogue.packaging import runtime_libraries_of, translated
from jettison.catalogue.systems import SourceBuilds
from jettison.ecosystems.commands import PackageInstall
from jettison.index import DistributionFacts
from jettison.index.graph import Closure, path_to, required_by
from jettison.index.target import Target, compatible
from jettison.lift.action import actions_in
from jettison.lift.packages import named_by, requested
from jettison.lift.scopes import PackageScope, PlannedPackage
from jettison.lift.stage import FinalStage
from jettison.lift.usage import Usage
from jettison.plan.base import ImageFacts, Works, image_facts, packages_of
from jettison.values import Evidence, Origin


class Remark(Struct, frozen=True, kw_only=True):
    """One thing that was checked on a candidate.

    ``adds`` are the packages that make it work there.
    """

    works: Works
    evidence: Evidence
    adds: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, works: Works, kind: str, message: str, origin: Origin | None = None, adds: str = ""
    ) -> Remark:
        """Return what was found and where."""
        evidence = Evidence.of(kind, message, origin)
        return cls(works=works, evidence=evidence, adds=(adds,) if adds else ())


class BaseNeeds(Struct, frozen=True, kw_only=True, dict=True):
    """What every candidate is held against.

    ``closure`` are the distributions with the graph between them, ``production`` the names that
    production installs and ``declared`` where its requirements stand. ``application`` are the bytes
    of the project's own files. ``stays`` says why the final stage makes its own environment, None
    when another stage does or will; ``not_listed`` that something is installed which ``closure``
    does not have. ``provided`` are names of programs that the project's own files are.
    """

    stage: FinalStage
    usage: Usage
    closure: Closure
    production: frozenset[str]
    declared: dict[str, Origin]
    packages: tuple[PlannedPackage, ...]
    application: int = 0
    stays: Evidence | None = None
    not_listed: Evidence | None = None
    provided: frozenset[str] = frozenset()
    allow_source_builds: bool = False

    @property
    def architecture(self) -> str:
        """The machine's name in wheel tags."""
        platform = self.stage.stage.platform or ""
        return "aarch64" if platform.endswith(("arm64", "aarch64")) else "x86_64"

    @property
    def current(self) -> ImageFacts:
        """The base as it is."""
        return image_facts(self.stage.base, self.architecture)

    @property
    def names(self) -> Iterator[str]:
        """Production's distributions, ordered by name."""
        yield from sorted(self.production)

    @property
    def scripts(self) -> frozenset[str]:
        """The programs that distributions put on PATH; one without wheels may be called so."""
        known = {name: self.closure.facts.get(name) for name in self.production}
        return frozenset(
            script
            for name, facts in known.items()
            for script in (facts.console_scripts if facts else ())
            or ((name,) if facts is None or facts.sdist_only else ())
        )

    @property
    def installed(self) -> frozenset[str]:
        """The packages that stay installed in the final stage."""
        leaves = {item.name for item in self.packages if item.scope is not PackageScope.RUNTIME}
        return frozenset(requested(self.stage)) - leaves

    def through(self, name: str) -> str:
        """Say what brings a distribution: `` (through magika)``, empty for one that is declared."""
        graph = self.closure.graph
        if name in graph.required:
            return ""
        parents = [each for each in required_by(graph, name) if each in self.production]
        if any(each in graph.required for each in parents):
            brings = [each for each in parents if each in graph.required]
            return f" (through {' and '.join(brings)})"
        return f" (through {', '.join(path_to(graph, name)[:-1])})" if parents else ""

    def origin(self, name: str) -> Origin | None:
        """The line of the requirement that brings a distribution, the first by name."""
        graph = self.closure.graph
        parents = [each for each in required_by(graph, name) if each in graph.required]
        chain = (name,) if name in graph.required else tuple(parents) or path_to(graph, name)
        return self.declared.get(chain[0]) if chain else None


def named_packages(stage: FinalStage) -> frozenset[str]:
    """The packages that the base has or the Dockerfile names, by the release's own names."""
    release = stage.release or ""
    named = {
        name for each in requested(stage) for name in (each, translated(each, release)) if name
    }
    return packages_of(image_facts(stage.base)) | named


def inherited_packages(stage: FinalStage) -> frozenset[str]:
    """What the stages before the final one install, and the libraries that come with headers."""
    names: set[str] = set()
    for action in actions_in(stage.below):
        if isinstance(action.fact, PackageInstall):
            names.update(request.name for request in action.fact.packages)
    release = stage.release or ""
    libraries = (library for name in names for library in runtime_libraries_of(name, release) or ())
    return frozenset((*names, *libraries))


def brought_packages(stage: FinalStage) -> Mapping[str, str]:
    """The packages that came along, each with the package that the Dockerfile names for it."""
    facts = facts_of(stage.release or "")
    if facts is None:
        return {}
    present = packages_of(image_facts(stage.base))
    found: dict[str, str] = {}
    for run in stage.runs:
        for action in run.actions:
            fact = action.fact
            for name, _ in named_by(action, run, stage):
                recommends = isinstance(fact, PackageInstall) and fact.recommends
                for package in facts.closure([name], present, recommends=recommends):
                    found.setdefault(package.name, name)
    named = named_packages(stage)
    return {name: by for name, by in found.items() if name not in named}


def build_packages(name: str, target: Target) -> tuple[str, ...]:
    """Return the packages to build a distribution with: a compiler, and headers where known.

    The names are Debian's for glibc and Alpine's for musl.
    """
    known = table(SourceBuilds)
    headers = known.packages.get(name, ())
    if target.libc != "musl":
        return (*known.compiler.debian, *headers)
    names = (translated(header, ALPINE) for header in headers)
    return (*known.compiler.alpine, *(each for each in names if each))


SHOWN = 3


def wheel_remarks(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """Hold the wheel tags of every distribution against a candidate's libc, version and machine."""
    target = image.target
    if target is None:
        yield Remark.of(Works.UNKNOWN, "wheel", "which wheels fit it is not known")
        return
    current = needs.current.target
    if needs.not_listed and not (current and current.libc == target.libc):
        yield Remark(works=Works.UNKNOWN, evidence=needs.not_listed)
    fitting = 0
    unknown = unknown_wheels(needs)
    unlisted = frozenset(unknown)
    # What was linked on the present base finds its libraries where all of its packages are.
    alike = target == current and packages_of(image) >= packages_of(needs.current)
    if unknown and alike:
        message = f"{_few(unknown)} {'is' if len(unknown) == 1 else 'are'} installed as today"
        yield Remark.of(Works.YES, "wheel", message)
    for name in needs.names:
        facts = needs.closure.facts.get(name)
        if name in unlisted or facts is None:
            if not alike:
                message = f"the wheels of {name}{needs.through(name)} are not known"
                yield _decided(needs, name, Works.UNKNOWN, message)
        elif compatible(facts, target).compatible:
            fitting += 1
        else:
            yield _without_wheel(needs, facts, target)
    if fitting:
        count = f"{fitting} of {len(needs.production)}"
        message = f"{count} distributions have a wheel for {_named(target)}"
        yield Remark.of(Works.YES, "wheel", message)


def unknown_wheels(needs: BaseNeeds) -> tuple[str, ...]:
    """The distributions of which no wheel and no source is known, ordered by name."""
    known = needs.closure.facts
    return tuple(
        name
        for name in needs.names
        if name not in known or not (known[name].wheels or known[name].sdist_only)
    )


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= SHOWN else f"{', '.join(names[:SHOWN])} and others"


def source_builds(needs: BaseNeeds, target: Target | None) -> tuple[str, ...]:
    """The distributions that are compiled from source on a target, ordered by name.

    One that is Python alone is built too, but needs no compiler and is not among them.
    """
    if target is None:
        return ()
    known = (needs.closure.facts.get(name) for name in needs.names)
    return tuple(facts.name for facts in known if facts and _is_compiled(facts, target))


def _is_compiled(facts: DistributionFacts, target: Target) -> bool:
    known = bool(facts.wheels) or facts.sdist_only
    return known and facts.compiles is not False and not compatible(facts, target).compatible


def _without_wheel(needs: BaseNeeds, facts: DistributionFacts, target: Target) -> Remark:
    name = facts.name
    label = f"{name} {facts.version}"
    reason = compatible(facts, target).reason.removeprefix(label).strip()
    message = f"{name}{needs.through(name)} {reason}"
    current = needs.current.target
    if facts.compiles is False:
        return _decided(needs, name, Works.YES, f"{message}, which is Python alone")
    if (
        current is not None
        and current.libc == target.libc
        and name in source_builds(needs, current)
    ):
        return _decided(needs, name, Works.YES, f"{message}: built from source today as well")
    if facts.has_sdist is False:
        return _decided(needs, name, Works.NO, f"{message}, nor a source distribution")
    tools = build_packages(name, target)
    if needs.allow_source_builds:
        message = f"{message}: it is built from source, with {', '.join(tools)}"
        return _decided(needs, name, Works.YES, message)
    return _decided(
        needs, name, Works.NO, f"{message}; a build from source needs {', '.join(tools)}"
    )


def _decided(needs: BaseNeeds, name: str, works: Works, message: str) -> Remark:
    return Remark.of(works, "wheel", message, needs.origin(name))


def _named(target: Target) -> str:
    system = f"{target.libc} {target.libc_version}, {target.architecture}"
    return f"Python {target.python_minor} on {system}"
