"""Where a project keeps its development requirements."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jettison.project.toml.places import Path
from jettison.project.toml.read import Table, array, table

_NAMES = ("dev", "develop", "development")


class Destination(Struct, frozen=True, kw_only=True):
    """An array of standard requirements, or a table of poetry's; ``exists`` says if it is there."""

    path: Path
    is_table: bool
    exists: bool


def destination(root: Table) -> Destination:
    """Return the development group that a pyproject.toml has, else a new standard one.

    Looked for, in order: a group of ``[dependency-groups]``, uv's and pdm's own, poetry's group,
    an extra; each by a name that says development.
    """
    return next(
        (one for one in _candidates(root) if one.exists),
        Destination(path=("dependency-groups", "dev"), is_table=False, exists=False),
    )


def _candidates(root: Table) -> Iterator[Destination]:
    yield from _arrays(root, ("dependency-groups",))
    uv = "dev-dependencies" in table(root, "tool", "uv")
    yield Destination(path=("tool", "uv", "dev-dependencies"), is_table=False, exists=uv)
    yield from _arrays(root, ("tool", "pdm", "dev-dependencies"))
    for name in _NAMES:
        path = ("tool", "poetry", "group", name, "dependencies")
        yield Destination(path=path, is_table=True, exists=bool(table(root, *path)))
    yield from _arrays(root, ("project", "optional-dependencies"))


def _arrays(root: Table, parent: tuple[str, ...]) -> Iterator[Destination]:
    for name in _NAMES:
        members = array(table(root, *parent), name)
        exists = name in table(root, *parent) and isinstance(members, list)
        yield Destination(path=(*parent, name), is_table=False, exists=exists)
