"""What of an image advisories can be about: distributions, and Debian's source packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.audit.advisories import DEBIAN, PYPI
from jettison.contents.measurement import DebianPackageMeasurement, DistributionMeasurement
from jettison.plan.plan import Plan


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
    found: dict[tuple[str, str], list[str]] = {}
    for one in installed:
        key = (canonicalize_name(one.name), one.version)
        found.setdefault(key, []).append(one.location.strip("/"))
    for (name, version), places in found.items():
        yield _distribution(name, version, places)


def _distribution(name: str, version: str, places: Iterable[str]) -> Component:
    url = f"pkg:pypi/{quote(name)}@{quote(version, safe='')}"
    return Component(
        ecosystem=PYPI, name=name, version=version, packages=(url,), places=tuple(places)
    )


def _sources(system: Iterable[DebianPackageMeasurement], release: str) -> Iterator[Component]:
    """Group Debian's packages by what they were built from, which advisories name."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for one in system:
        url = _debian_url(one.name, one.version, one.architecture, release)
        grouped.setdefault((one.source, one.source_version), []).append(url)
    for (name, version), urls in grouped.items():
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
