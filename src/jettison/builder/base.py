"""Bases as the build needs them: layers, config, files; and the bill of materials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from msgspec import Struct

from jettison import __version__
from jettison.builder import Pin
from jettison.builder.bytecode import Compiler
from jettison.builder.foundation import FoundationLayer
from jettison.builder.wheel import Scheme
from jettison.errors import UnsupportedError
from jettison.images.config import Config, History
from jettison.images.descriptor import Platform
from jettison.images.digest import encode
from jettison.index.target import Target
from jettison.processes.concurrent import GoOn, in_background
from jettison.values import Skipped, replace

SKELETON = "etc/skel/"
# glibc and musl as wheel tags name the architecture of an image.
ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}


class BaseFacts(Struct, frozen=True, kw_only=True):
    """What is read of a base once and then remembered.

    ``interpreter`` is the absolute path of its Python and ``version`` the full version, or the
    minor one when no more is known. ``packages_directory`` is where the interpreter's own
    distributions are, relative to the root. ``directories`` are all of its directories;
    ``passwd`` and ``group`` the texts of these files. ``distribution`` is ``debian-12`` where that
    is known, ``release`` the name of a Debian release; ``files`` are paths and contents (as
    Latin-1) of files that the build changes or copies, ``debian`` are names, versions and
    architectures of its packages; ``notes`` what may not work, and why.
    """

    interpreter: str
    version: str
    packages_directory: str
    libc: str
    libc_version: str
    directories: frozenset[str]
    passwd: str
    group: str
    distribution: str = ""
    release: str = ""
    files: tuple[tuple[str, str], ...] = ()
    debian: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def python(self) -> str:
        """The minor version."""
        return ".".join(self.version.split(".")[:2])

    def file(self, path: str) -> str:
        """Return the content of one of ``files``, nothing when it is not there."""
        return dict(self.files).get(path, "")

    @property
    def skeleton(self) -> tuple[tuple[str, str], ...]:
        """What a new home directory holds: names and contents."""
        return tuple((p.removeprefix(SKELETON), t) for p, t in self.files if p.startswith(SKELETON))


class BaseSource(Protocol):
    """Where a base comes from.

    What it says before it is made is enough to choose the distributions that go on it, whose
    needs then decide what it is made of.
    """

    @property
    def target(self) -> Target:
        """What wheels must fit."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment that the base's config sets."""

    @property
    def folder(self) -> str:
        """The working directory that the base's config sets, or nothing."""

    @property
    def digest(self) -> str:
        """What pins the image that it is; nothing for one that is composed."""

    @property
    def debian(self) -> tuple[tuple[str, str, str], ...]:
        """The Debian packages that the image has; nothing for one that is composed."""

    def prepare(self, go_on: GoOn) -> None:
        """Do ahead, piece by piece, what ``base`` would do whatever the libraries.

        ``base`` raises what fails here.
        """

    def base(self, libraries: tuple[str, ...]) -> Base:
        """Return the base, with these shared libraries where it is made to measure."""


class Base(Struct, frozen=True, kw_only=True):
    """What is built on: the config of an image, and its layers as a foundation keeps them.

    ``compiler`` gives the interpreter that makes bytecode for the base's Python, or why there is
    none; it is asked only when something must be compiled. ``gone`` are the modules of the standard
    library that were omitted, by their paths below it. ``coming`` are layers on top that must
    still be made: what makes each, and its history.
    """

    name: str
    config: Config
    layers: tuple[FoundationLayer, ...]
    facts: BaseFacts
    compiler: Callable[[], Compiler | Skipped]
    gone: frozenset[str] = frozenset()
    coming: tuple[tuple[Callable[[], FoundationLayer], History], ...] = ()

    @property
    def height(self) -> int:
        """How many layers it has when all are made."""
        return len(self.layers) + len(self.coming)

    def begun(self) -> Base:
        """Begin to make the layers that are coming, beside what the caller does."""
        coming = tuple((in_background(make), history) for make, history in self.coming)
        return replace(self, coming=coming)

    def whole(self) -> Base:
        """Return the base with all of its layers; raises what making them raises."""
        base = replace(self, coming=())
        for make, history in self.coming:
            base = base.with_layer(make(), history)
        return base

    def with_layer(self, layer: FoundationLayer, history: History) -> Base:
        """Return the base with one layer more, on top of those that are coming."""
        if self.coming:
            return replace(self, coming=(*self.coming, (lambda: layer, history)))
        diff_ids = (*self.config.diff_ids, layer.diff_id)
        config = self.config.with_layers(diff_ids, (*self.config.history, history))
        return replace(self, config=config, layers=(*self.layers, layer))

    def scheme(self, environment: str) -> Scheme:
        """Return where distributions go: a virtual environment, or for nothing the base's own."""
        facts = self.facts
        if environment:
            return Scheme.virtual(environment, facts.python)
        prefix = "usr/local"
        return Scheme(
            packages=facts.packages_directory,
            scripts=f"{prefix}/bin",
            prefix=prefix,
            python=facts.python,
            interpreter=facts.interpreter,
        )


def target_of(version: str, platform: Platform, libc: str, libc_version: str) -> Target:
    """Return what wheels must fit; UnsupportedError for an architecture without wheels."""
    architecture = ARCHITECTURES.get(platform.architecture)
    if architecture is None or platform.os != "linux":
        raise UnsupportedError(
            f"images for {platform} cannot be built",
            hint=f"Architectures: {', '.join(ARCHITECTURES)}, on linux.",
        )
    return Target(
        python=version,
        architecture=architecture,
        libc="musl" if libc == "musl" else "glibc",
        libc_version=libc_version,
    )


MEDIA_TYPE = "application/vnd.cyclonedx+json"


def bill_of(name: str, pins: Iterable[Pin], facts: BaseFacts, platform: str) -> str:
    """List every distribution and every Debian package of an image, without a time."""
    components = [
        *(_distribution(pin) for pin in pins),
        *(_package(*each, facts.distribution) for each in facts.debian),
        _interpreter(facts),
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "container", "bom-ref": "image", "name": name},
            "properties": [{"name": "jettison:platform", "value": platform}],
            "tools": {
                "components": [{"type": "application", "name": "jettison", "version": __version__}]
            },
        },
        "components": sorted(components, key=lambda each: str(each["bom-ref"])),
    }
    return encode(document).decode()


def _distribution(pin: Pin) -> dict[str, Any]:
    reference = f"pkg:pypi/{quote(pin.name)}@{quote(pin.version)}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": pin.name,
        "version": pin.version,
        "purl": reference,
        "hashes": [{"alg": "SHA-256", "content": pin.sha256}],
        "properties": [{"name": "jettison:wheel", "value": pin.filename}],
    }


def _package(name: str, version: str, architecture: str, distribution: str) -> dict[str, Any]:
    qualifiers = f"?arch={architecture}" + (f"&distro={distribution}" if distribution else "")
    reference = f"pkg:deb/debian/{quote(name, safe='')}@{quote(version, safe='')}{qualifiers}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": name,
        "version": version,
        "purl": reference,
    }


def _interpreter(facts: BaseFacts) -> dict[str, Any]:
    reference = f"pkg:generic/python@{facts.version}"
    return {
        "type": "platform",
        "bom-ref": reference,
        "name": "CPython",
        "version": facts.version,
        "purl": reference,
        "cpe": f"cpe:2.3:a:python:python:{facts.version}:*:*:*:*:*:*:*",
    }
