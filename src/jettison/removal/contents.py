"""What an environment holds, by path, as far as the wheels tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct, field

from jettison.distributions.facts import DistributionFacts

# Where an installer puts the parts of a wheel's data folder, below the environment.
SCHEMES = {"scripts": "/bin/", "data": "/"}


class OwnedFile(Struct, frozen=True, kw_only=True):
    """A file of the environment, its distribution by normalized name, its bytes and checksum."""

    path: str
    distribution: str
    size: int
    checksum: str = ""


class Contents(Struct, frozen=True, kw_only=True):
    """The files of an environment.

    Paths are below site-packages, and below the environment when they begin with ``/``.
    ``versions`` has every distribution whose files are known.
    """

    files: Mapping[str, OwnedFile] = field(default_factory=lambda: MappingProxyType({}))
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def label(self, name: str) -> str:
        """A distribution with its version."""
        return f"{name} {self.versions.get(name, '')}".strip()


def contents_of(distributions: Iterable[DistributionFacts]) -> Contents:
    """Put the file lists of distributions together; one that has none is left out."""
    known = [facts for facts in distributions if facts.files is not None]
    files = {file.path: file for facts in known for file in _files(facts)}
    return Contents(
        files=MappingProxyType(files),
        versions=MappingProxyType({facts.name: facts.version for facts in known}),
    )


def _files(facts: DistributionFacts) -> Iterator[OwnedFile]:
    for file in facts.files or ():
        path = installed_path(file.path)
        if path:
            yield OwnedFile(
                path=path, distribution=facts.name, size=file.size, checksum=file.checksum
            )


def installed_path(path: str) -> str:
    """Where a member of a wheel lies; empty when that depends on the version of Python."""
    first, _, rest = path.partition("/")
    if not first.endswith(".data"):
        return path
    kind, _, inner = rest.partition("/")
    return f"{SCHEMES[kind]}{inner}" if kind in SCHEMES else ""
