"""Which distribution release stands behind a base image's name and tag."""

from __future__ import annotations

import re

from jettison.catalogue.bases import DebianFacts, SystemPackages
from jettison.catalogue.reader import table

ALPINE = "alpine"
_CODENAME = re.compile(r"(?:^|-)(jessie|stretch|buster|bullseye|bookworm|trixie|forky|sid)(?:-|$)")
_SERIES = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")


def debian_release(name: str) -> DebianFacts | None:
    """Return the facts about a release by its code name, None when there are none."""
    return table(SystemPackages).releases.facts.get(name)


def release_number(name: str) -> str:
    """Return the number of a release by its code name (``13``), the name when it is not known."""
    numbers = table(SystemPackages).releases.numbers
    return next((str(number) for number, known in numbers.items() if known == name), name)


def release_of(reference: str) -> str | None:
    """Return the Debian code name behind an image reference, ``alpine`` for Alpine, or None.

    Known are tags that name a release, and the official ``python``, ``debian``, ``alpine`` and
    ``buildpack-deps`` images: a ``python`` tag without a release name stands for the Debian release
    that was stable when that version of Python was last built. A reference without a tag is
    ``latest``. Other distributions, and names that say nothing, give None.
    """
    name, tag = _name_and_tag(reference)
    explicit = _CODENAME.search(tag)
    if explicit:
        return explicit[1]
    if re.search(r"(?:^|-)alpine", tag) or name == ALPINE:
        return ALPINE
    if name == "python":
        return _python_release(tag)
    return _debian_release(tag) if name in {"debian", "buildpack-deps"} else None


def _name_and_tag(reference: str) -> tuple[str, str]:
    path = reference.partition("@")[0]
    head, _, last = path.rpartition("/")
    name, _, tag = last.partition(":")
    official = head in {"", "library", "docker.io", "docker.io/library", "index.docker.io/library"}
    return (name if official else ""), tag or "latest"


def _debian_release(tag: str) -> str | None:
    releases = table(SystemPackages).releases
    version = tag.partition("-")[0]
    alias: str | None = releases.aliases.get(version)
    return alias or releases.numbers.get(version.partition(".")[0])


def _python_release(tag: str) -> str | None:
    """Find the newest release on which the tag's version was built."""
    releases = table(SystemPackages).releases
    match = _SERIES.match(tag)
    if match is None:
        floating = tag.partition("-")[0] in {"latest", "slim"}
        return releases.newest if floating else None
    major, minor, patch = match.groups()
    if minor is None:
        return releases.newest if major == "3" else None
    for release, first in releases.python.items():
        since = first.get(f"{major}.{minor}")
        if since is not None and (patch is None or int(patch) >= since):
            return str(release)
    return None
