"""Base images that were considered: whether each works, what is known of it, and why."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from jettison.formats.settings import Policy
from jettison.index.target import Target
from jettison.values import Evidence, Size, Skipped


class Variant(StrEnum):
    """The kind of a base image."""

    FULL = "full"
    SLIM = "slim"
    ALPINE = "alpine"
    COMPOSED = "composed"
    OTHER = "other"


class Works(StrEnum):
    """Whether the application would run on a base, as far as reading can tell."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class ImageFacts(Struct, frozen=True, kw_only=True):
    """What is known about a base image without looking into it.

    ``release`` is a Debian code name or ``alpine``; ``distribution`` names it for people.
    ``target`` is the Python, architecture and C library that wheels must fit, None when it is not
    known. ``packages`` and ``setuid`` are counts. ``ends`` are the last days of support of the
    distribution (regular, then long-term where there is one) and of Python. ``stands_on`` is the
    image of the stages that compose a base, empty for one that is pulled.
    """

    reference: str
    variant: Variant
    python: str | None = None
    release: str | None = None
    distribution: str = ""
    target: Target | None = None
    packages: int | None = None
    shell: bool | None = None
    setuid: int | None = None
    distribution_ends: date | None = None
    long_term_ends: date | None = None
    python_ends: date | None = None
    note: str = ""
    stands_on: str = ""
    size: Size | None = None

    @property
    def libc(self) -> str | None:
        """The C library with its version."""
        return f"{self.target.libc} {self.target.libc_version}" if self.target else None


class BaseCandidate(Struct, frozen=True, kw_only=True):
    """A base image that was considered.

    ``verdict`` is the one line that says why it is taken or not. ``evidence`` holds every reason,
    those that decide first. ``predicted`` is the whole image on this base. ``adds`` names packages
    that have to be installed on it because the application needs them, ``source_builds`` the
    distributions that are built from source there.
    """

    facts: ImageFacts
    works: Works
    accepted: bool
    verdict: str
    evidence: tuple[Evidence, ...] = ()
    adds: tuple[str, ...] = ()
    source_builds: tuple[str, ...] = ()
    predicted: Size | None = None

    @property
    def reference(self) -> str:
        """The image as a Dockerfile names it."""
        return self.facts.reference

    @property
    def image(self) -> str:
        """The image that stages start from."""
        return self.facts.stands_on or self.facts.reference

    def heavier_by(self, count: int) -> BaseCandidate:
        """The same candidate with ``count`` more bytes in its image, where its size is known."""
        if self.predicted is None:
            return self
        more = replace(self.predicted, bytes=self.predicted.bytes + count)
        return replace(self, predicted=more)

    @property
    def size(self) -> Size | None:
        """The bytes of the base alone."""
        return self.facts.size

    @property
    def reasons(self) -> tuple[str, ...]:
        """The verdict and what it rests on, as text."""
        return (self.verdict, *(item.message for item in self.evidence))


class BaseChoice(Struct, frozen=True, kw_only=True):
    """The base image of the final stage: what it is, what it becomes, and what else there was."""

    current: str
    chosen: str
    policy: Policy = Policy.SMALLEST
    candidates: tuple[BaseCandidate, ...] = ()

    @property
    def taken(self) -> BaseCandidate | None:
        """The candidate that was taken."""
        return next((item for item in self.candidates if item.accepted), None)

    def heavier_by(self, count: int, *, taken: int = 0) -> BaseChoice:
        """The same with ``count`` bytes more on each base, and ``taken`` more on the one taken."""
        return replace(
            self,
            candidates=tuple(
                item.heavier_by(count + taken if item.accepted else count)
                for item in self.candidates
            ),
        )

    @property
    def in_use(self) -> BaseCandidate | None:
        """The candidate that the Dockerfile names today."""
        return next((item for item in self.candidates if item.reference == self.current), None)


# Where a Dockerfile puts the root of the image together.
ROOT = "/root-of-image"


class ArchiveFile(Struct, frozen=True, kw_only=True):
    """A package's file: ``path`` below the archive's root, ``sha256`` in hex.

    ``security`` says that the security archive has it.
    """

    name: str
    path: str
    sha256: str
    security: bool


class Composition(Struct, frozen=True, kw_only=True):
    """What a composed base is made of, and what its tree was found to need.

    ``image`` is the official image that the stages which build stand on; it has the same C library.
    ``packages`` are ordered by name, ``shell`` is the package that runs steps and is not part of
    the tree. ``asked`` are the packages that the application needs, by the names of the release.
    ``kept`` are shared libraries that a group of the catalogue omits and that something needs,
    ``links`` those (path and target) that maintainer scripts would have made, ``groups_kept`` the
    names of groups of the catalogue that are not omitted. ``archive`` and ``security_archive`` are
    the addresses of the archives that have the packages.
    """

    image: str
    python: str
    architecture: str
    packages: tuple[ArchiveFile, ...]
    shell: ArchiveFile
    asked: tuple[str, ...]
    kept: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    time_zones: bool
    groups_kept: tuple[str, ...] = ()
    archive: str
    security_archive: str
    size: Size
    notes: tuple[Skipped, ...] = ()
