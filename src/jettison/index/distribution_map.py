"""The map from a distribution to what it brings."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from jettison.errors import NetworkError
from jettison.images.stores import answers
from jettison.index import DistributionFacts, Source
from jettison.index.client import Client
from jettison.index.graph import Closure, requirement_graph
from jettison.index.index_settings import addressed, index_settings
from jettison.index.metadata import catalogued, requirement
from jettison.index.package_index import Index
from jettison.index.resolving import LockedRelease, Resolution, resolved
from jettison.index.target import Target, best_wheel, representative_wheel
from jettison.records import Records
from jettison.values import Skipped, replace

_THREADS = 8
_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class DistributionMap:
    """Facts of distributions for one target; safe to share between threads.

    A distribution is looked up on the index or in its cache, then in the catalogue. Nothing raises:
    what cannot be learned gives None and one entry in ``skipped``.
    """

    def __init__(
        self,
        *,
        target: Target,
        index: Index | None,
        catalogue: Mapping[str, DistributionFacts],
        locked: Mapping[str, LockedRelease] | None = None,
        needs: Mapping[str, tuple[Requirement, ...]] | None = None,
        resolution: Resolution | None = None,
    ) -> None:
        self.target = target
        self.needs = needs or {}
        self.resolution = resolution or Resolution()
        self._index = index
        self._catalogue = catalogue
        self._locked = locked or {}
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str], DistributionFacts | None] = {}
        self._skipped: dict[str, Skipped] = {}

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What could not be determined so far, by name."""
        with self._lock:
            return tuple(self._skipped[name] for name in sorted(self._skipped))

    def distribution(
        self, name: str, specifier: str | SpecifierSet = ""
    ) -> DistributionFacts | None:
        """Facts of the release that an installer takes for ``specifier``, or None."""
        key = (canonicalize_name(name), str(specifier))
        with self._lock:
            if key in self._answers:
                return self._answers[key]
        facts = self._look_up(key[0], SpecifierSet(key[1]))
        with self._lock:
            return self._answers.setdefault(key, facts)

    def many(self, requirements: Iterable[Requirement | str]) -> dict[str, DistributionFacts]:
        """Facts by normalized name, looked up concurrently; those not found are omitted.

        A requirement whose marker does not hold for the target is not looked up.
        """
        parsed = [one if isinstance(one, Requirement) else Requirement(one) for one in requirements]
        wanted = [one for one in parsed if self.target.fulfils(one.marker, tuple(one.extras))]
        found = self._each(lambda one: self.distribution(one.name, one.specifier), wanted)
        return {facts.name: facts for facts in found if facts is not None}

    def _each(self, ask: Callable[[_Asked], _Answer], asked: Iterable[_Asked]) -> list[_Answer]:
        """Answers in order; at once where the network is waited for, else threads cost time."""
        if self._index is None or self._index.offline:
            return [ask(one) for one in asked]
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(ask, asked))

    def with_files(self, facts: DistributionFacts) -> DistributionFacts:
        """Give the same facts with their files, when the wheel they came from can still be read."""
        wheel = representative_wheel(facts.wheels, self.target)
        if facts.files is not None or wheel is None or self._index is None:
            return facts
        try:
            return replace(facts, files=self._index.files(wheel))
        except NetworkError as error:
            self._skip(facts.name, f"files of {facts.name}", error)
            return facts

    def with_unloaded(
        self, distributions: Iterable[DistributionFacts]
    ) -> dict[str, DistributionFacts]:
        """Give facts with what of their libraries no process loads, by name, read concurrently."""
        found = self._each(self._with_unloaded, distributions)
        return {facts.name: facts for facts in found}

    def _with_unloaded(self, facts: DistributionFacts) -> DistributionFacts:
        wheel = representative_wheel(facts.wheels, self.target)
        libraries = any(".so" in file.path.rpartition("/")[2] for file in facts.files or ())
        if wheel is None or self._index is None or not libraries:
            return facts
        try:
            return replace(facts, unloaded=self._index.unloaded(wheel))
        except NetworkError as error:
            self._skip(f"{facts.name} libraries", f"what {facts.name} never loads", error)
            return facts

    def is_cacheable(self, distributions: Iterable[DistributionFacts]) -> bool:
        """Whether pip would keep the wheels of these distributions in its cache."""
        wheels = (wheel for facts in distributions for wheel in facts.wheels if wheel.url)
        smallest = min(wheels, key=lambda wheel: wheel.size or 0, default=None)
        if self._index is None or smallest is None:
            return True
        return self._index.is_cacheable(smallest)

    def _look_up(self, name: str, specifiers: SpecifierSet) -> DistributionFacts | None:
        try:
            return self._completed(self._from_index(name, specifiers))
        except NetworkError as error:
            self._skip(name, f"the distribution {name}", error)
        # Whatever version is catalogued: names and needs hardly change between versions.
        return self._catalogue.get(name)

    def _from_index(self, name: str, specifiers: SpecifierSet) -> DistributionFacts:
        if self._index is None:
            raise NetworkError("no package index is set")
        locked = self._locked.get(name)
        if locked is not None and admits(specifiers, locked.version):
            wheel = representative_wheel(locked.wheels, self.target)
            if wheel is not None:
                facts = self._index.wheel_facts(wheel)
                return replace(facts, wheels=locked.wheels, source=Source.LOCK)
            specifiers = SpecifierSet(f"=={locked.version}")
        release = self._index.release(name, specifiers, self.target)
        exact = self.resolution.versions.get(name, "")
        # An installer takes a newer release without a fitting wheel, and builds it from source.
        builds = best_wheel(release.wheels, self.target) is None
        if exact not in {"", str(release.version)} and admits(specifiers, exact) and not builds:
            release = self._index.release(name, SpecifierSet(f"=={exact}"), self.target)
        return self._index.facts(name, release, self.target)

    def _completed(self, facts: DistributionFacts) -> DistributionFacts:
        """Where only the metadata could be read, the catalogue or the name tells the imports."""
        if facts.installed_size is not None:
            return facts
        known = self._catalogue.get(facts.name)
        guessed = facts.name.replace("-", "_")
        return replace(
            facts,
            import_names=known.import_names if known else (guessed,),
            console_scripts=known.console_scripts if known else (),
            installed_size=known.installed_size if known else None,
        )

    def _skip(self, name: str, what: str, error: NetworkError) -> None:
        reason = ": ".join(filter(None, (error.what, error.why)))
        reason += f"; {error.hint}" if error.hint else ""
        with self._lock:
            self._skipped[name] = Skipped(what=what, reason=reason)


def admits(specifiers: SpecifierSet, version: str) -> bool:
    """Whether a version that is in use fits, pre-releases included."""
    try:
        found = Version(version)
        return all(one.contains(found, prereleases=True) for one in specifiers)
    except InvalidVersion:
        return False


# Each round learns one more level of the graph; deeper chains than this are not met in practice.
_MOST_ROUNDS = 24


def closure(
    found: DistributionMap,
    roots: Iterable[Requirement],
    bounds: Mapping[str, SpecifierSet] | None = None,
) -> Closure:
    """Collect what the roots bring, breadth first, the newest release that fits all constraints.

    ``bounds`` hold for the normalized names that something asks for, and ask for none. This is an
    approximation of what an installer does: nothing is taken back when constraints contradict each
    other; the release that was chosen before stays then, or the newest of all is taken. Pins make
    it exact.
    """
    wanted = list(roots)
    facts: dict[str, DistributionFacts] = {}
    asked: dict[str, str] = {}
    graph = requirement_graph(facts, wanted, found.target, found.needs)

    def specifiers(name: str) -> SpecifierSet:
        return graph.specifiers[name] & (bounds or {}).get(name, SpecifierSet())

    for _ in range(_MOST_ROUNDS):
        due = [name for name in graph.edges if _is_due(name, specifiers(name), facts, asked)]
        if not due:
            break
        asked |= {name: str(specifiers(name)) for name in due}
        facts |= found.many(f"{name}{asked[name]}" for name in due)
        facts |= found.many(name for name in due if name not in facts and asked[name])
        graph = requirement_graph(facts, wanted, found.target, found.needs)
    return Closure(facts={name: facts[name] for name in graph.edges if name in facts}, graph=graph)


def _is_due(
    name: str,
    specifiers: SpecifierSet,
    facts: Mapping[str, DistributionFacts],
    asked: Mapping[str, str],
) -> bool:
    """Whether a name is new, or what was chosen for it does not fit what was learned since."""
    if asked.get(name) == str(specifiers):
        return False
    return name not in facts or not admits(specifiers, facts[name].version)


# Raised when an answer is read in another way than before.
_LAYOUT = "v3"


def open_map(
    cache_folder: Path,
    target: Target,
    *,
    offline: bool = False,
    locked: Mapping[str, LockedRelease] | None = None,
    needs: Mapping[str, tuple[Requirement, ...]] | None = None,
    requirements: Iterable[Requirement] = (),
    bounds: Mapping[str, SpecifierSet] | None = None,
) -> DistributionMap:
    """Open the map; the index is queried for the exact versions of ``requirements`` alone.

    It is the index that pip or uv would ask. ``locked`` gives versions and wheels that a lock file
    states, by normalized name, ``needs`` what it says that distributions need which no index has.
    With ``offline`` only the cache and the catalogue answer. ``bounds`` constrain versions.
    """
    settings = index_settings(os.environ, home=Path.home())
    (url, *more), credentials = addressed((settings.url, *settings.extra), os.environ)
    client = Client(credentials=credentials, settings=settings)
    cache = answers(kept_answers(cache_folder), offline=offline)
    index = Index(url=url, more=tuple(more), client=client, cache=cache, offline=offline)
    return DistributionMap(
        target=target,
        index=index,
        catalogue=catalogued(),
        locked=locked,
        needs=needs,
        resolution=resolved(
            requirements, bounds or {}, target, cache=cache, index=settings.url, offline=offline
        ),
    )


def kept_answers(cache: Path) -> Records:
    """Give what indexes have answered, from the cache in a folder."""
    return Records(cache / "distributions" / _LAYOUT, read=lambda _, text: requirement(text))
