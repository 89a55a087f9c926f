"""What of an image advisories can be about: distributions, and Debian's source packages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.audit.advisories import DEBIAN, PYPI
from jettison.contents.measurement import Contents, distributions, stanzas
from jettison.plan.plan import Plan

_SOURCE = re.compile(r"(\S+)(?: \((.+)\))?")
_VERSION_ID = re.compile(r'^VERSION_ID="?([0-9.]+)"?\s*$', re.MULTILINE)
_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")


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


def components_of(contents: Contents) -> tuple[Component, ...]:
    """Read what is installed in an image, as its metadata tells."""
    return tuple(sorted((*_distributions(contents), *_sources(contents))))


def components_planned(plan: Plan, *, planned: bool) -> tuple[Component, ...]:
    """Give the distributions that the committed files install, or the plan leaves."""
    side = plan.prediction.after if planned else plan.prediction.before
    names = {name for part in side.parts for name in part.shares}
    known = (plan.closure.facts[name] for name in names if name in plan.closure.facts)
    return tuple(sorted(_distribution(one.name, one.version, ()) for one in known))


def _distributions(contents: Contents) -> Iterator[Component]:
    found: dict[tuple[str, str], list[str]] = {}
    for one in distributions(contents):
        key = (canonicalize_name(one.name), one.version)
        found.setdefault(key, []).append(one.location.strip("/"))
    for (name, version), places in found.items():
        yield _distribution(name, version, places)


def _distribution(name: str, version: str, places: Iterable[str]) -> Component:
    url = f"pkg:pypi/{quote(name)}@{quote(version, safe='')}"
    return Component(
        ecosystem=PYPI, name=name, version=version, packages=(url,), places=tuple(places)
    )


def _sources(contents: Contents) -> Iterator[Component]:
    """Group Debian's packages by what they were built from, which advisories name."""
    release = _release(contents)
    grouped: dict[tuple[str, str], list[str]] = {}
    for path, text in contents.texts.items():
        if "var/lib/dpkg/status" not in path or path.endswith((".md5sums", "-old")):
            continue
        for header in stanzas(text):
            name, version = header.get("Package", ""), header.get("Version", "")
            if not name or not header.get("Status", "installed").endswith("installed"):
                continue
            source = _SOURCE.fullmatch(header.get("Source", "").strip())
            key = (source[1] if source else name, (source and source[2]) or version)
            architecture = header.get("Architecture", "")
            grouped.setdefault(key, []).append(_debian_url(name, version, architecture, release))
    for (name, version), urls in grouped.items():
        ecosystem = f"{DEBIAN}:{release}" if release else DEBIAN
        yield Component(
            ecosystem=ecosystem, name=name, version=version, packages=tuple(sorted(urls))
        )


def _debian_url(name: str, version: str, architecture: str, release: str) -> str:
    qualifiers = [f"arch={architecture}"] if architecture else []
    qualifiers += [f"distro=debian-{release}"] if release else []
    tail = f"?{'&'.join(qualifiers)}" if qualifiers else ""
    return f"pkg:deb/debian/{quote(name)}@{quote(version, safe='')}{tail}"


def _release(contents: Contents) -> str:
    """Give Debian's release as advisories name it, such as 12; empty when the image has none."""
    texts = (contents.texts.get(path, b"").decode("utf-8", "replace") for path in _OS_RELEASE)
    text = next((one for one in texts if re.search(r"^ID=\"?debian\"?\s*$", one, re.M)), "")
    found = _VERSION_ID.search(text)
    return found[1] if found else ""
