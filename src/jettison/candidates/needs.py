"""What the application needs of its base image, gathered before any candidate is judged."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jettison.candidates.image import image_facts
from jettison.distributions.graph import Closure, path_to, required_by
from jettison.lift.package_scope import PackageScope, PlannedPackage
from jettison.lift.packages import requested
from jettison.lift.stage import FinalStage
from jettison.lift.usage import Usage
from jettison.plan.base import ImageFacts, Works
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
