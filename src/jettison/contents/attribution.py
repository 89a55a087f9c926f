"""Decides whose a file is: packages' claims first, then what its place says."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from email.parser import HeaderParser
from functools import cache

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.systems import FileOwners
from jettison.contents.inspection import (
    ImageContents,
    Inspection,
    OwnedFile,
    duplicates_of,
    inspected_layers,
)
from jettison.contents.measurement import LayerContents, recorded_paths, stanzas
from jettison.contents.stored_files import (
    BaseLayers,
    Owner,
    OwnerKind,
    StoredFile,
    instructions,
    is_copy,
    stored_files,
)
from jettison.values import is_within

_LIST = re.compile(r"(?:^|/)var/lib/dpkg/info/([^/:]+)(?::[^/]+)?\.list$")
_SUMS = re.compile(r"(?:^|/)var/lib/dpkg/status\.d/([^/]+)\.md5sums$")
_STATUS = re.compile(r"(?:^|/)var/lib/dpkg/status(?:\.d/[^/]+(?<!\.md5sums))?$")
_METADATA = re.compile(r"^(?P<folder>.*\.(?:dist|egg)-info)/(?:METADATA|PKG-INFO)$")
# Directories that are links into usr where these are merged; lists may name either.
_MERGED = ("bin/", "sbin/", "lib/", "lib64/")

Claims = Mapping[str, Owner]
"""Owners by the paths of their files and of the folders that they share with others."""


def claims_of(layer: LayerContents, versions: Mapping[str, str]) -> dict[str, Owner]:
    """Give what the packages whose metadata a layer holds claim; ``versions`` is by package.

    Where a Debian package ships a distribution, the files are the package's.
    """
    found = dict(_debian_claims(layer, versions))
    for path, owner in _distribution_claims(layer):
        found.setdefault(path, owner)
    return found


def debian_versions(layer: LayerContents) -> Iterator[tuple[str, str]]:
    """Give the Debian packages that a layer's status names, with their versions."""
    for path, text in layer.texts.items():
        if _STATUS.search(path):
            for header in stanzas(text):
                yield header.get("Package", ""), header.get("Version", "")


def _debian_claims(
    layer: LayerContents, versions: Mapping[str, str]
) -> Iterator[tuple[str, Owner]]:
    for path, text in layer.texts.items():
        listed, sums = _LIST.search(path), _SUMS.search(path)
        named = listed or sums
        if named is None:
            continue
        name = named[1]
        owner = Owner(kind=OwnerKind.DEBIAN_PACKAGE, name=name, version=versions.get(name, ""))
        lines = text.decode("utf-8", "surrogateescape").splitlines()
        for line in lines:
            # a line of sums is a digest, two blanks and the path
            claimed = (line if listed else line.partition("  ")[2]).strip("/")
            yield claimed, owner
            if claimed.startswith(_MERGED):
                yield f"usr/{claimed}", owner
        yield path, owner


def _distribution_claims(layer: LayerContents) -> Iterator[tuple[str, Owner]]:
    for path, text in layer.texts.items():
        metadata = _METADATA.match(path)
        if metadata or path.endswith(".egg-info"):
            folder = metadata["folder"] if metadata else path
            yield from _distribution(layer, folder, path, text)


def _distribution(
    layer: LayerContents, folder: str, path: str, text: bytes
) -> Iterator[tuple[str, Owner]]:
    header = HeaderParser().parsestr(text.decode("utf-8", "replace"), headersonly=True)
    if not header.get("Name"):
        return
    owner = Owner(
        kind=OwnerKind.DISTRIBUTION, name=header["Name"], version=header.get("Version", "")
    )
    yield path, owner
    yield folder, owner
    location = posixpath.dirname(folder)
    record = layer.texts.get(f"{folder}/RECORD", b"").decode("utf-8", "replace")
    for claimed in recorded_paths(record, location):
        # bytecode is its source's owner's
        if "__pycache__" not in claimed:
            yield claimed, owner
    installed = layer.texts.get(f"{folder}/installed-files.txt", b"").decode("utf-8", "replace")
    for line in installed.splitlines():
        yield posixpath.normpath(posixpath.join("/", folder, line.strip()))[1:], owner


_BYTECODE = re.compile(r"^(?P<folder>.*?)/?__pycache__/(?P<name>[^/]+?)\.[^./]+(?:\.opt-\d)?\.pyc$")
_SITE = re.compile(r"(?:^|/)(?:site|dist)-packages/")
_VERSION = re.compile(r"3\.\d+")
_SHOWN_PARTS = 3


class LayerPlace(Struct, frozen=True, kw_only=True):
    """What a layer's place in the image says about its files.

    ``copied`` says that a COPY or ADD made it. ``folder`` is the image's working directory.
    """

    base: bool
    copied: bool
    folder: str


class Attribution(Struct):
    """Owners by path, as far as the packages met so far tell; layers come in their order.

    ``later`` are the claims of all layers: a file may come before its package's metadata.
    ``versions`` are those of Debian packages.
    """

    later: Claims
    versions: Mapping[str, str] = field(default_factory=dict)
    now: dict[str, Owner] = field(default_factory=dict)
    _folders: dict[str, set[Owner]] = field(default_factory=dict)

    def begin_layer(self, claims: Claims) -> None:
        """Take what a layer's packages claim before asking for the layer's files."""
        self.now.update(claims)
        for path, owner in claims.items():
            for folder in _site_folders(path):
                self._folders.setdefault(folder, set()).add(owner)

    def owner(self, path: str, place: LayerPlace) -> Owner:
        """Give the owner of a file that a layer brings."""
        asked = source_of(path)
        return (
            _python(asked)
            or self.now.get(asked)
            or self.later.get(asked)
            or _generated(asked, self.versions)
            or _own(asked)
            or _cache(asked)
            or self._neighbour(asked)
            or _by_place(asked, place)
        )

    def _neighbour(self, path: str) -> Owner | None:
        """Give the distribution that has a folder of site-packages to itself."""
        for folder in _site_folders(path):
            owners = self._folders.get(folder)
            if owners:
                return next(iter(owners)) if len(owners) == 1 else None
        return None


def source_of(path: str) -> str:
    """Give the source file that bytecode was compiled from, and any other path as it is."""
    compiled = _BYTECODE.match(path)
    return posixpath.join(compiled["folder"], f"{compiled['name']}.py") if compiled else path


def _site_folders(path: str) -> Iterator[str]:
    """Give the folders of a path within site-packages, the innermost first."""
    site = _SITE.search(path)
    folder = posixpath.dirname(path)
    while site and len(folder) >= site.end():
        yield folder
        folder = posixpath.dirname(folder)


def _python(path: str) -> Owner | None:
    places = table(FileOwners).python
    if _SITE.search(path):
        return None
    for kind in (OwnerKind.STANDARD_LIBRARY, OwnerKind.INTERPRETER):
        if _pattern(getattr(places, kind.value.replace(" ", "_"))).search(path):
            version = _VERSION.search(path)
            return Owner(kind=kind, name=f"Python {version[0]}" if version else "Python")
    return None


def _generated(path: str, versions: Mapping[str, str]) -> Owner | None:
    """Give the package whose installation makes a file that it does not list."""
    for package, places in table(FileOwners).generated.items():
        if any(is_within(path, place) for place in places):
            version = versions.get(package, "")
            return Owner(kind=OwnerKind.DEBIAN_PACKAGE, name=package, version=version)
    return None


def _own(path: str) -> Owner | None:
    """Give the owner of what tells in an image what became of modules that were removed."""
    if _pattern(table(FileOwners).own).search(path):
        return Owner(kind=OwnerKind.UNOWNED, name="what Jettison tells of removals")
    return None


def _cache(path: str) -> Owner | None:
    for pattern in table(FileOwners).caches:
        found = _pattern(pattern).match(path)
        if found:
            return Owner(kind=OwnerKind.CACHE, name=f"/{found[0].rstrip('/')}")
    return None


def _by_place(path: str, place: LayerPlace) -> Owner:
    if place.base:
        return Owner(kind=OwnerKind.BASE, name="base image")
    folder = place.folder.strip("/")
    if folder and path.startswith(f"{folder}/"):
        return Owner(kind=OwnerKind.APPLICATION, name=f"/{folder}")
    parts = posixpath.dirname(path).split("/")[:_SHOWN_PARTS]
    kind = OwnerKind.APPLICATION if place.copied else OwnerKind.UNOWNED
    return Owner(kind=kind, name=f"/{'/'.join(parts)}")


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def merged_claims(layers: Iterable[Mapping[str, Owner]]) -> dict[str, Owner]:
    """Join the claims of all layers; a later layer's stand."""
    joined: dict[str, Owner] = {}
    for claims in layers:
        joined.update(claims)
    return joined


def inspection(image: ImageContents, base: BaseLayers) -> Inspection:
    """Attribute every byte of an image."""
    places = _places(image, base)
    files = tuple(sorted(_owned(image, places), key=lambda one: (one.file.path, one.file.layer)))
    return Inspection(
        name=image.name,
        platform=image.platform,
        layers=tuple(inspected_layers(image, files, base)),
        base_known_by=base.known_by,
        files=files,
        duplicates=duplicates_of(files),
    )


def _places(image: ImageContents, base: BaseLayers) -> tuple[LayerPlace, ...]:
    made_by = instructions(image.history, len(image.layers))
    return tuple(
        LayerPlace(base=index < base.count, copied=is_copy(made), folder=image.folder)
        for index, made in enumerate(made_by)
    )


def _owned(image: ImageContents, places: Sequence[LayerPlace]) -> Iterator[OwnedFile]:
    contents = [layer.contents for layer in image.layers]
    by_layer: list[list[StoredFile]] = [[] for _ in contents]
    for stored in stored_files(contents):
        by_layer[stored.layer].append(stored)
    versions: dict[str, str] = {}
    claims: list[dict[str, Owner]] = []
    for layer in contents:
        versions.update(debian_versions(layer))
        claims.append(claims_of(layer, versions))
    attribution = Attribution(later=merged_claims(claims), versions=versions)
    for index, layer in enumerate(contents):
        attribution.begin_layer(claims[index])
        for stored in by_layer[index]:
            owner = attribution.owner(stored.path, places[index])
            yield OwnedFile(file=stored, owner=owner)
        yield from _written_twice(index, layer.size, by_layer[index])


def _written_twice(index: int, size: int, files: Sequence[StoredFile]) -> Iterator[OwnedFile]:
    """Account for the bytes of a layer that names a path more than once."""
    left = size - sum(file.size for file in files)
    if left:
        owner = Owner(kind=OwnerKind.UNOWNED, name="paths that one layer writes twice")
        yield OwnedFile(file=StoredFile(path="", layer=index, size=left, digest=None), owner=owner)
