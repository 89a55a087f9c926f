"""What the files of a folder declare, all formats together, for cases without a Dockerfile."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterator

from jettison.ecosystems import conda
from jettison.ecosystems.declaration import Declaration, declared
from jettison.ecosystems.finding import (
    declared_in,
    group_of,
    is_requirements_file,
    may_be_requirements_file,
)
from jettison.formats.requirements import RequirementsFile, load

OWN = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile")
CONDA = ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml")


def _is_compiled(file: RequirementsFile) -> bool:
    """Whether a lock tool noted who requires what."""
    return any(line.via for line in file.requirements)


def found_declarations(
    read: Callable[[str], str | None], listing: Collection[str]
) -> Iterator[Declaration]:
    """Yield the declarations of a project, each requirements file once."""
    for name in OWN:
        if name in listing:
            yield from declared_in(name, read(name) or "")
    for name in CONDA:
        if name in listing:
            yield from conda.parse(read(name) or "", file=name)
    taken: set[str] = set()
    for path in sorted(listing):
        inside = path.count("/") <= 1 and is_requirements_file(path)
        if not inside and ("/" in path or not may_be_requirements_file(path)):
            continue
        for file in load(read, path):
            source = posixpath.splitext(file.file)[0] + ".in"
            if file.file not in taken and not (_is_compiled(file) and source in listing):
                taken.add(file.file)
                yield from declared(file, group_of(path))
