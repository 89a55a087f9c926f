"""What a project declares that it depends on."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from jettison.project.requirements import SectionComment
from jettison.values import Origin


class Kind(StrEnum):
    """Who gets a declared requirement.

    ``main`` is installed with the project, ``optional`` when an extra is asked for, ``group`` is
    for the people who work on it.
    """

    MAIN = "main"
    OPTIONAL = "optional"
    GROUP = "group"


class Declaration(Struct, frozen=True, kw_only=True):
    """One requirement as a project's file declares it.

    ``name`` is normalized. ``specifier`` is in the file's own notation where that is not the
    standard one (``^1.2`` of poetry). ``group`` is empty for main, else the name of the extra or
    group. ``comment`` ends its line, ``above`` stands directly above it and ``section`` heads it.
    ``via`` are the requirers that a lock tool noted.
    """

    name: str
    specifier: str
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""
    group: str = ""
    kind: Kind = Kind.MAIN
    origin: Origin
    comment: str = ""
    above: str = ""
    section: SectionComment | None = None
    via: tuple[str, ...] = ()


class Group(Struct, frozen=True, kw_only=True):
    """Where a file's requirements belong: a kind, and the name of the extra or group."""

    kind: Kind
    name: str = ""


MAIN = Group(kind=Kind.MAIN)


class Remark(Struct, frozen=True, kw_only=True):
    """The words around a declaration."""

    comment: str = ""
    above: str = ""
    section: SectionComment | None = None


def standard(written: str, group: Group, origin: Origin, remark: Remark) -> Declaration | None:
    """Read a requirement in the standard syntax; None when it is not one."""
    try:
        read = Requirement(written)
    except InvalidRequirement:
        return None
    return Declaration(
        name=canonicalize_name(read.name),
        specifier=str(read.specifier),
        extras=tuple(sorted(canonicalize_name(extra) for extra in read.extras)),
        marker=str(read.marker) if read.marker else "",
        url=read.url or "",
        group=group.name,
        kind=group.kind,
        origin=origin,
        comment=remark.comment,
        above=remark.above,
        section=remark.section,
    )
