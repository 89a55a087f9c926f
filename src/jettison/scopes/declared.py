"""Declarations of any format as the decision takes them."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.project.declarations import Declaration, Kind
from jettison.project.requirements import SectionComment
from jettison.scopes.values import DeclaredRequirement
from jettison.values import Origin


def declared_requirement(declaration: Declaration) -> DeclaredRequirement:
    """Keep a declaration's name, place, group and the comments that stand with it."""
    return DeclaredRequirement(
        name=declaration.name,
        origin=declaration.origin,
        extras=declaration.extras,
        group=declaration.group,
        for_development=declaration.kind is Kind.GROUP,
        remarks=tuple(remarks(declaration)),
        via=declaration.via,
    )


def remarks(declaration: Declaration) -> Iterator[tuple[str, Origin]]:
    """Headings of the sections around a declaration, the comment above it and at its end."""
    section: SectionComment | None = declaration.section
    while section is not None:
        yield section.text, section.origin
        section = section.within
    for text in (declaration.above, declaration.comment):
        if text:
            yield text, declaration.origin
