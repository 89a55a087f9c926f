"""pip: requirements files as declarations, and compiled ones as locks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.packaging import RequirementFiles
from jettison.ecosystems.declaration import MAIN, Declaration, Group, Kind
from jettison.formats.requirements import RequirementsFile

_FILE = re.compile(
    r"(^|/)([\w.-]*requirements?[\w.-]*\.(txt|in)|requirements/([\w.-]+/)?[\w.-]+\.(txt|in))$", re.I
)
_WORD = re.compile(r"[a-z]+")


def is_requirements_file(file: str) -> bool:
    """Whether a file's path says that it is a requirements file."""
    return bool(_FILE.search(file))


def may_be_requirements_file(file: str) -> bool:
    """Whether a file could be one, by the words of its name: ``development.txt``."""
    stem, ending = posixpath.splitext(file)
    known = table(RequirementFiles)
    words = _WORD.findall(stem.lower())
    return ending in (".txt", ".in") and all(
        word in known.development or word in known.main for word in words
    )


def group_of(file: str) -> Group:
    """Whom a requirements file is for, by its name (and its folder's, for ``dev/…``)."""
    stem = posixpath.splitext(posixpath.basename(file))[0]
    folder = posixpath.basename(posixpath.dirname(file))
    known = table(RequirementFiles)
    words = _WORD.findall(f"{folder} {stem}".lower())
    for word in words:
        if word in known.development:
            return Group(kind=Kind.GROUP, name=word)
    named = [word for word in _WORD.findall(stem.lower()) if word not in known.main]
    return Group(kind=Kind.OPTIONAL, name="-".join(named)) if named else MAIN


def declared(file: RequirementsFile, group: Group) -> Iterator[Declaration]:
    """Yield the file's requirements, those without a known name omitted."""
    for line in file.requirements:
        if line.name:
            yield Declaration(
                name=line.name,
                specifier=line.specifier,
                extras=line.extras,
                marker=line.marker,
                url=line.url or line.path,
                group=group.name,
                kind=group.kind,
                origin=line.origin,
                comment=line.comment,
                above=line.above,
                section=line.section,
                via=line.via,
            )
