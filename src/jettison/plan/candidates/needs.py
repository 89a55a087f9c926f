"""What the application needs of its base image, gathered before any candidate is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from jettison.catalogue.debian_release import facts_of
from jettison.catalogue.system_packages import runtime_libraries_of, translated
from jettison.ecosystems.commands import PackageInstall
from jettison.index.graph import Closure, path_to, required_by
from jettison.lift.action import lifted_run
from jettison.lift.packages import named_by, requested
from jettison.lift.scopes.values import PackageScope, PlannedPackage
from jettison.lift.stage import FinalStage
from jettison.lift.usage import Usage
from jettison.plan.base import ImageFacts, Works
from jettison.plan.candidates.image import image_facts, packages_of
from jettison.values import Evidence, Origin


class Remark(Struct, frozen=True, kw_only=True):
    """One thing that was checked on a candidate.

    ``adds`` are the packages that make it work there.
    """

    works: Works
    evidence: Evidence
    adds: tuple[str, ...] = ()


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
        """The programs that distributions put on PATH."""
        known = self.closure.facts
        return frozenset(
            script
            for name in self.production
            if name in known
            for script in known[name].console_scripts
        )

    @property
    def installed(self) -> frozenset[str]:
        """The packages that stay installed in the final stage."""
        leaves = {item.name for item in self.packages if item.scope is not PackageScope.RUNTIME}
        return frozenset(requested(self.stage)) - leaves

    def through(self, name: str) -> str:
        """Say what brings a distribution: `` (through magika)``, empty for one that is declared."""
        graph = self.closure.graph
        if name in graph.roots:
            return ""
        parents = [each for each in required_by(graph, name) if each in self.production]
        if any(each in graph.roots for each in parents):
            brings = [each for each in parents if each in graph.roots]
            return f" (through {' and '.join(brings)})"
        return f" (through {', '.join(path_to(graph, name)[:-1])})" if parents else ""

    def origin(self, name: str) -> Origin | None:
        """The line of the requirement that brings a distribution, the first by name."""
        graph = self.closure.graph
        parents = [each for each in required_by(graph, name) if each in graph.roots]
        chain = (name,) if name in graph.roots else tuple(parents) or path_to(graph, name)
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
    for item in stage.inherited[: len(stage.inherited) - len(stage.instructions)]:
        for action in lifted_run(item).actions if item.keyword == "RUN" else ():
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
