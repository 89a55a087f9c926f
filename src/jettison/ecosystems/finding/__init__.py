"""All declarations and lockfiles of a project folder, whatever formats it uses."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection
from typing import Protocol

from jettison.ecosystems import pdm, uv
from jettison.ecosystems.declaration import Declaration, Kind
from jettison.ecosystems.finding.files import declared_in, named_files
from jettison.ecosystems.lock import (
    DependencySet,
    Lock,
    LockedDependency,
    LockedDistribution,
    LockedFile,
    LockFormat,
    SourceKind,
)
from jettison.ecosystems.lock import parse as pylock_parse
from jettison.ecosystems.pip import is_compiled, is_requirements_file, lock_of
from jettison.ecosystems.pipenv import parse_lock as pipfile_parse_lock
from jettison.ecosystems.poetry import parse as poetry_parse
from jettison.ecosystems.pyproject import members
from jettison.errors import InputSyntaxError
from jettison.formats.requirements import parse

__all__ = ["Declaration", "Kind", "declared_in", "members", "named_files"]


__all__ = [
    "DependencySet",
    "Lock",
    "LockFormat",
    "LockedDependency",
    "LockedDistribution",
    "LockedFile",
    "SourceKind",
    "locks",
]


_PYLOCK = re.compile(r"^pylock(\.[^.]+)?\.toml$")


class _Parse(Protocol):
    def __call__(self, text: str, *, file: str) -> Lock: ...


_BY_NAME: dict[str, _Parse] = {
    "uv.lock": uv.parse,
    "poetry.lock": poetry_parse,
    "pdm.lock": pdm.parse,
    "Pipfile.lock": pipfile_parse_lock,
}


def locks(
    read: Callable[[str], str | None], listing: Collection[str], *, folder: str = ""
) -> tuple[Lock, ...]:
    """Read the lockfiles in ``folder``, compiled requirements files included, by path.

    ``read`` gives a file's text by its path relative to the project root, or None; ``listing`` has
    those paths. Raises InputSyntaxError with the line for a file that is not valid.
    """
    found = []
    prefix = f"{posixpath.normpath(folder)}/" if folder not in ("", ".") else ""
    for file in sorted(one for one in listing if one.startswith(prefix)):
        inside = file.removeprefix(prefix)
        lock = _lock(read, file, inside)
        if lock is not None:
            found.append(lock)
    return tuple(found)


def _lock(read: Callable[[str], str | None], file: str, inside: str) -> Lock | None:
    parse_lock = pylock_parse if _PYLOCK.match(inside) else _BY_NAME.get(inside)
    if parse_lock is not None:
        text = read(file)
        return None if text is None else parse_lock(text, file=file)
    if inside.count("/") <= 1 and is_requirements_file(inside):
        return _compiled(read(file) or "", file)
    return None


def _compiled(text: str, file: str) -> Lock | None:
    """Return the lock in a compiled file; what no lock tool wrote need not even be valid."""
    try:
        requirements = parse(text, file=file)
    except InputSyntaxError:
        return None
    return lock_of(requirements) if is_compiled(requirements) else None
