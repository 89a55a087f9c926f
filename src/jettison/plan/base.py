"""Base images: what the catalogue knows of one, and whether each that was considered works."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.base_release import ALPINE, debian_release, release_of
from jettison.catalogue.bases import (
    BaseImages,
    ComposedBase,
    ComposedBaseSizes,
    SystemPackages,
    VariantFacts,
)
from jettison.catalogue.packaging import Tools, full_packages, slim_packages
from jettison.formats.own_settings import DEFAULT_POLICY, Policy
from jettison.index.target import Target
from jettison.lift import PythonTag, brings_uv, python_tag
from jettison.plan.minimal_base import BaseRequest, minor_of, predicted_size
from jettison.values import Basis, Evidence, Size, replace


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

    ``release`` is a Debian code name or ``alpine``, ``distribution`` what people call it; wheels
    must fit ``target``. ``packages`` and ``setuid`` are counts, those that end with ``ends`` last
    days of support. ``stands_on`` is what the stages stand on that compose a base, or empty.
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
    accepted: bool = False
    verdict: str = ""
    evidence: tuple[Evidence, ...] = ()
    adds: tuple[str, ...] = ()
    source_builds: tuple[str, ...] = ()
    predicted: Size | None = None

    @property
    def reference(self) -> str:
        """The image as a Dockerfile names it."""
        return self.facts.reference

    @property
    def because(self) -> str:
        """The reason that decides whether it works."""
        return self.evidence[0].message if self.evidence else ""

    @property
    def image(self) -> str:
        """The image that stages start from."""
        return self.facts.stands_on or self.facts.reference

    def heavier_by(self, count: int) -> BaseCandidate:
        """The same candidate with ``count`` more bytes in its image, where its size is known."""
        size = self.predicted
        return replace(self, predicted=size and replace(size, bytes=size.bytes + count))

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
    policy: Policy = DEFAULT_POLICY
    candidates: tuple[BaseCandidate, ...] = ()

    @property
    def taken(self) -> BaseCandidate | None:
        """The candidate that was taken."""
        return next((item for item in self.candidates if item.accepted), None)

    @property
    def kept(self) -> BaseChoice:
        """The same where no rule could change the base."""
        if self.chosen == self.current:
            return self
        why = "works, but the final stage cannot be moved to it"
        candidates = (
            replace(item, accepted=False, verdict=why)
            if item.accepted
            else replace(item, accepted=True, verdict="kept")
            if item.reference == self.current
            else item
            for item in self.candidates
        )
        return replace(self, chosen=self.current, candidates=tuple(candidates))

    def heavier_by(self, count: int, *, taken: int = 0) -> BaseChoice:
        """The same with ``count`` bytes more on each base, and ``taken`` more on the one taken."""
        more = (item.heavier_by(count + taken * item.accepted) for item in self.candidates)
        return replace(self, candidates=tuple(more))

    @property
    def in_use(self) -> BaseCandidate | None:
        """The candidate that the Dockerfile names today."""
        return next((item for item in self.candidates if item.reference == self.current), None)


COMPOSED = "composed"
# What Debian calls the architectures that wheel tags name.
DEBIAN_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}
_VARIANTS = {"": Variant.FULL, "slim": Variant.SLIM, "alpine": Variant.ALPINE}


def image_facts(reference: str, architecture: str = "x86_64") -> ImageFacts:
    """Look up an image; what is not an official Python image is known by its release alone."""
    tag = python_tag(reference)
    release = release_of(reference)
    if tag is None:
        return _of_release(reference, Variant.OTHER, release)
    variant = _VARIANTS[tag.variant]
    known = _known(variant)
    return replace(
        _of_release(reference, variant, release, tag.alpine, tag.minor),
        target=_target(tag.minor, release, architecture),
        packages=_package_count(variant, release),
        shell=known.shell,
        setuid=known.setuid,
        note=known.note,
        size=_with_uv(reference, size_of(tag)),
    )


def composed_facts(tag: PythonTag, architecture: str = "x86_64") -> ImageFacts | None:
    """Describe the base that Jettison composes; None when no Debian release ships this Python."""
    python = tag.minor
    pythons = table(ComposedBase).python
    if python is None or python not in pythons:
        return None
    release = pythons[python].release
    known = _known(Variant.COMPOSED)
    return replace(
        _of_release(COMPOSED, Variant.COMPOSED, release, python=python),
        target=_target(python, release, architecture),
        packages=len(table(ComposedBaseSizes).python[python].packages),
        shell=known.shell,
        setuid=known.setuid,
        stands_on=_stands_on(tag.slim(), release),
        size=predicted_size(BaseRequest(python=python, architecture=DEBIAN_NAMES[architecture])),
    )


def _stands_on(slim: PythonTag, release: str) -> str:
    """The slim image of a release, by its shorter name where that says the same."""
    return str(slim if release_of(str(slim)) == release else replace(slim, release=release))


def _with_uv(reference: str, size: Size | None) -> Size | None:
    """The size of an image with what uv adds to it, where it is one of uv's."""
    if size is None or not brings_uv(reference):
        return size
    return replace(size, bytes=size.bytes + table(Tools).uv.bytes)


def size_of(tag: PythonTag) -> Size | None:
    """The catalogued size of an official image, or that of the same variant of another Python."""
    return _sized(f"{tag.minor or ''}-{tag.variant}".rstrip("-"))


def packages_of(image: ImageFacts) -> frozenset[str]:
    """The packages that an image holds, as far as the catalogue knows and others ask for them."""
    if image.release is None:
        return frozenset()
    if image.release == ALPINE:
        return frozenset(table(BaseImages).alpine.packages)
    if image.variant is Variant.COMPOSED:
        return frozenset(table(ComposedBaseSizes).python[image.python or ""].packages)
    if image.variant is Variant.FULL:
        return full_packages(image.release)
    return slim_packages(image.release) if image.variant is Variant.SLIM else frozenset()


def _sized(name: str) -> Size | None:
    known = table(BaseImages).sizes
    if name in known.bytes:
        return Size(bytes=known.bytes[name], basis=Basis.CATALOGUED, source=known.source)
    series, _, variant = name.partition("-")
    alike = [other for other in known.bytes if other.partition("-")[2] == variant]
    if not alike:
        return None
    nearest = max(alike, key=minor_of)
    if series:
        nearest = min(alike, key=lambda other: abs(minor_of(other) - minor_of(series)))
    return Size(bytes=known.bytes[nearest], basis=Basis.ESTIMATED, source=f"as large as {nearest}")


def _of_release(
    reference: str,
    variant: Variant,
    release: str | None,
    alpine: str = "",
    python: str | None = None,
) -> ImageFacts:
    """Return what a release of a distribution and of Python says of an image."""
    known = debian_release(release or "")
    return ImageFacts(
        reference=reference,
        variant=variant,
        python=python,
        release=release,
        distribution=_distribution(release, alpine),
        distribution_ends=_ends(release, alpine),
        long_term_ends=known.long_term if known else None,
        python_ends=table(BaseImages).end_of_life.python.get(python or ""),
    )


def _known(variant: Variant) -> VariantFacts:
    return table(BaseImages).variants[variant.value]


def _distribution(release: str | None, alpine: str) -> str:
    if release == ALPINE:
        return f"Alpine {alpine}".rstrip()
    numbers = table(SystemPackages).releases.numbers
    number = next((number for number, name in numbers.items() if name == release), "")
    return f"Debian {number} ({release})" if number else ""


def _target(python: str | None, release: str | None, architecture: str) -> Target | None:
    known = debian_release(release or "")
    if python is None:
        return None
    if release == ALPINE:
        version = table(BaseImages).alpine.libc
        return Target(python=python, architecture=architecture, libc="musl", libc_version=version)
    return (
        Target(python=python, architecture=architecture, libc_version=known.glibc)
        if known
        else None
    )


def _package_count(variant: Variant, release: str | None) -> int | None:
    if release is None or release == ALPINE:
        return None
    names = full_packages(release) if variant is Variant.FULL else slim_packages(release)
    return len(names) or None


def _ends(release: str | None, alpine: str) -> date | None:
    if release == ALPINE:
        return table(BaseImages).alpine.ends.get(alpine)
    known = debian_release(release or "")
    return known.end_of_life if known else None
