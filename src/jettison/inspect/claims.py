"""Which files packages say are theirs: dpkg's lists, and the records of distributions."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from email.parser import HeaderParser

from jettison.inspect.owner import Owner, OwnerKind
from jettison.measure.contents import LayerContents
from jettison.measure.owners import recorded_paths, stanzas

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
