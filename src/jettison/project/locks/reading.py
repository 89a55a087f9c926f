"""What the readers of TOML locks share."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from jettison.project.locks.values import LockedDependency, LockedFile
from jettison.project.toml.read import Table, table, text_of
from jettison.values import Origin


def package_origins(text: str, key: str, file: str) -> Iterator[Origin]:
    """Yield the place of every ``[[key]]`` header in order, each to the line before the next.

    After the last one the whole file is given, so that no package lacks an origin.
    """
    header = re.compile(rf"^\[\[[ \t]*{key}[ \t]*\]\]", re.MULTILINE)
    lines = text.splitlines()
    starts = [text.count("\n", 0, found.start()) + 1 for found in header.finditer(text)]
    ends = [start - 1 for start in starts[1:]] + [len(lines)]
    for start, end in zip(starts, ends, strict=True):
        yield Origin(file=file, line=start, end_line=end)
    while True:
        yield Origin(file=file)


def normalized(names: Sequence[str]) -> tuple[str, ...]:
    """Return names normalized and sorted."""
    return tuple(sorted({canonicalize_name(name) for name in names}))


def locked_file(one: Table) -> LockedFile:
    """Read a file table in the notation that uv, pdm, poetry and pylock share."""
    url = text_of(one, "url") or text_of(one, "path")
    size = one.get("size")
    hashes = [text_of(one, "hash")]
    hashes += [f"{algorithm}:{value}" for algorithm, value in table(one, "hashes").items()]
    return LockedFile(
        filename=text_of(one, "name") or text_of(one, "file") or posixpath.basename(url),
        url=url,
        size=size if isinstance(size, int) else None,
        hashes=tuple(value for value in hashes if value),
    )


def wheels_and_sdist(
    files: Sequence[LockedFile],
) -> tuple[tuple[LockedFile, ...], LockedFile | None]:
    """Tell wheels from the source distribution by their names."""
    wheels = tuple(one for one in files if one.filename.endswith(".whl"))
    others = (one for one in files if not one.filename.endswith((".whl", ".egg", ".exe")))
    return wheels, next(others, None)


def dependency(written: str) -> LockedDependency | None:
    """Read a dependency in the standard syntax; None when it is not one."""
    try:
        read = Requirement(written)
    except InvalidRequirement:
        return None
    return LockedDependency(
        name=canonicalize_name(read.name),
        extras=normalized(sorted(read.extras)),
        marker=str(read.marker) if read.marker else "",
    )
