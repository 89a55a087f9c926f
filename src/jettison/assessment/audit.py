"""What of an image advisories can be about, and what they say of it, before and after."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import quote

from msgspec import Struct, field
from packaging.utils import canonicalize_name

from jettison.assessment.advisories import DEBIAN, PYPI, Advisory, Hit, affecting, package_key
from jettison.catalogue import table
from jettison.catalogue.systems import VulnerableFiles
from jettison.contents.measurement import DebianPackageMeasurement, DistributionMeasurement
from jettison.plan import Plan
from jettison.values import Skipped, by_key


class Component(Struct, frozen=True, order=True, kw_only=True):
    """One release of a package.

    ``packages`` are package URLs: of a distribution its own, of a source package those of what was
    installed of it. ``places`` are folders of site-packages, without a leading slash.
    """

    ecosystem: str
    name: str
    version: str
    packages: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


def components_of(
    installed: Iterable[DistributionMeasurement],
    system: Iterable[DebianPackageMeasurement],
    release: str,
) -> tuple[Component, ...]:
    """Give what is installed in an image: ``release`` is Debian's, empty for other systems."""
    return tuple(sorted((*_distributions(installed), *_sources(system, release))))


def components_planned(plan: Plan, *, planned: bool) -> tuple[Component, ...]:
    """Give the distributions that the committed files install, or the plan leaves."""
    side = plan.prediction.after if planned else plan.prediction.before
    names = {name for part in side.parts for name in part.shares}
    known = (plan.closure.facts[name] for name in names if name in plan.closure.facts)
    return tuple(sorted(_distribution(one.name, one.version, ()) for one in known))


def _distributions(installed: Iterable[DistributionMeasurement]) -> Iterator[Component]:
    found = by_key(
        ((canonicalize_name(one.name), one.version), one.location.strip("/")) for one in installed
    )
    for (name, version), places in found.items():
        yield _distribution(name, version, places)


def _distribution(name: str, version: str, places: Iterable[str]) -> Component:
    url = f"pkg:pypi/{quote(name)}@{quote(version, safe='')}"
    return Component(
        ecosystem=PYPI, name=name, version=version, packages=(url,), places=tuple(places)
    )


def _sources(system: Iterable[DebianPackageMeasurement], release: str) -> Iterator[Component]:
    """Group Debian's packages by what they were built from, which advisories name."""
    urls_of = by_key(
        (
            (one.source, one.source_version),
            _debian_url(one.name, one.version, one.architecture, release),
        )
        for one in system
    )
    for (name, version), urls in urls_of.items():
        yield Component(
            ecosystem=f"{DEBIAN}:{release}" if release else DEBIAN,
            name=name,
            version=version,
            packages=tuple(sorted(urls)),
        )


def _debian_url(name: str, version: str, architecture: str, release: str) -> str:
    qualifiers = [f"arch={architecture}"] if architecture else []
    qualifiers += [f"distro=debian-{release}"] if release else []
    tail = f"?{'&'.join(qualifiers)}" if qualifiers else ""
    return f"pkg:deb/debian/{quote(name)}@{quote(version, safe='')}{tail}"


# Tells whether an image has a file, by its path without a leading slash.
Exists = Callable[[str], bool]


class Fate(StrEnum):
    """What became of a vulnerability from the baseline to the candidate."""

    PRESENT = "present"
    NEW = "new"
    CODE_REMOVED = "vulnerable file removed"
    UPDATED = "updated"
    REMOVED = "removed"


class Finding(Struct, frozen=True, kw_only=True):
    """One vulnerability of one component.

    ``names`` are those of all databases, the first is the advisory's own; ``fixed`` is the next
    release without it. ``now`` is the version in the candidate, empty when it is gone. ``files``
    were removed and are those that the advisory names; ``source`` says where it names them.
    """

    component: Component
    names: tuple[str, ...]
    fate: Fate
    summary: str = ""
    severity: str = ""
    fixed: str = ""
    now: str = ""
    files: tuple[str, ...] = ()
    source: str = ""

    @property
    def advice(self) -> str:
        """What would remove it, in a few words."""
        if self.fate not in (Fate.PRESENT, Fate.NEW):
            return ""
        if not self.fixed:
            return "no fixed release is known"
        pin = self.component.ecosystem == PYPI
        return f"pin {self.component.name}>={self.fixed}" if pin else f"a base with {self.fixed}"


class Advisories(Struct, frozen=True, kw_only=True):
    """The data that was matched: by package, how many there are, and the newest change.

    ``fetched`` is the day on which it was fetched, empty for data that was given.
    """

    by_package: Mapping[tuple[str, str], tuple[Advisory, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    count: int = 0
    ecosystems: tuple[str, ...] = ()
    newest: str = ""
    fetched: str = ""

    def hits(self, component: Component) -> Iterator[Hit]:
        """Give the advisories that affect a component."""
        key = package_key(component.ecosystem, component.name)
        for advisory in self.by_package.get(key, ()):
            hit = affecting(advisory, component.ecosystem, component.name, component.version)
            if hit:
                yield hit


class Audit(Struct, frozen=True, kw_only=True):
    """An image, or two of them; ``before`` is empty for one alone.

    ``product`` is the candidate's package URL, empty when it has no digest that a registry knows.
    ``timestamp`` is the time of the audit, in UTC.
    """

    image: str
    before: str
    product: str
    advisories: int
    ecosystems: tuple[str, ...]
    newest: str
    fetched: str
    components: int
    timestamp: str
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def counts(self) -> Mapping[Fate, int]:
        """How many have each fate."""
        found = Counter(one.fate for one in self.findings)
        return {fate: found[fate] for fate in Fate}


def findings_of(
    known: Advisories,
    before: Iterable[Component] | None,
    after: Iterable[Component],
    exists: Exists,
) -> tuple[Finding, ...]:
    """Match both sides; without ``before``, what is there is simply present.

    ``exists`` tells of the files of the candidate.
    """
    now = tuple(after)
    then = now if before is None else tuple(before)
    found = [*_of_before(known, then, now, exists), *_of_after(known, then, now)]
    order = list(Fate)
    return tuple(sorted(found, key=lambda one: (order.index(one.fate), one.component, one.names)))


def _of_before(
    known: Advisories, before: tuple[Component, ...], after: tuple[Component, ...], exists: Exists
) -> Iterator[Finding]:
    now = _by_package(after)
    for component in before:
        there = now.get(_package(component), [])
        for hits in _grouped(known.hits(component)):
            yield _finding(component, hits, _fate(known, there, hits), there, exists)


def _of_after(
    known: Advisories, before: tuple[Component, ...], after: tuple[Component, ...]
) -> Iterator[Finding]:
    """Give what only the candidate has."""
    then = _by_package(before)
    for component in after:
        old = then.get(_package(component), [])
        had = {name for one in old for hit in known.hits(one) for name in hit.advisory.names}
        for hits in _grouped(known.hits(component)):
            if not had & _names(hits):
                yield _finding(component, hits, Fate.NEW, [component], lambda _: True)


def _by_package(components: Iterable[Component]) -> dict[tuple[str, str], list[Component]]:
    return by_key((_package(one), one) for one in components)


def _fate(known: Advisories, there: list[Component], hits: list[Hit]) -> Fate:
    if not there:
        return Fate.REMOVED
    still = {name for one in there for hit in known.hits(one) for name in hit.advisory.names}
    return Fate.PRESENT if _names(hits) & still else Fate.UPDATED


def _finding(
    component: Component, hits: list[Hit], fate: Fate, there: list[Component], exists: Exists
) -> Finding:
    advisories = [hit.advisory for hit in hits]
    names = tuple(dict.fromkeys(name for one in advisories for name in one.names))
    files, source = _removed_files(names, component, there, exists)
    code_removed = fate is Fate.PRESENT and files
    return Finding(
        component=component,
        names=names,
        fate=Fate.CODE_REMOVED if code_removed else fate,
        summary=next((one.summary for one in advisories if one.summary), ""),
        severity=next((one.severity for one in advisories if one.severity), ""),
        fixed=next((hit.fixed for hit in hits if hit.fixed), ""),
        now=", ".join(sorted({one.version for one in there})),
        files=files if code_removed else (),
        source=source if code_removed else "",
    )


def _removed_files(
    names: tuple[str, ...], component: Component, there: list[Component], exists: Exists
) -> tuple[tuple[str, ...], str]:
    """Give the files that an advisory names, when no place of the component has any of them."""
    places = [place for one in there for place in one.places]
    for known in table(VulnerableFiles).files:
        if set(known.names) & set(names) and known.distribution == component.name and places:
            paths = [posixpath.join(place, file) for place in places for file in known.files]
            if not any(exists(each) for path in paths for each in (path, *_compiled(path))):
                return known.files, f"{known.source} ({known.date})"
    return (), ""


def _compiled(path: str) -> Iterator[str]:
    """Give where the bytecode of a module lies: it runs without its source."""
    folder, name = posixpath.split(path.removesuffix(".py"))
    yield f"{path}c"
    for minor in range(8, 16):
        yield f"{folder}/__pycache__/{name}.cpython-3{minor}.pyc"


def _grouped(hits: Iterable[Hit]) -> list[list[Hit]]:
    """Join advisories of several databases that are about one vulnerability."""
    groups: list[list[Hit]] = []
    for hit in hits:
        names = set(hit.advisory.names)
        same = [group for group in groups if names & _names(group)]
        joined = [*(each for group in same for each in group), hit]
        groups = [group for group in groups if group not in same] + [joined]
    return groups


def _names(hits: Iterable[Hit]) -> set[str]:
    return {name for hit in hits for name in hit.advisory.names}


def _package(component: Component) -> tuple[str, str]:
    return package_key(component.ecosystem, component.name)
