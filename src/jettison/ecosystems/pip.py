"""pip and what installs in its manner: the standard lock, and the pip section of conda's files."""

from __future__ import annotations

import re

from jettison.ecosystems.tool import (
    Lock,
    LockedDistribution,
    SourceKind,
    Tool,
    lock_of,
    locked,
    locked_file,
)
from jettison.formats.toml import Table, table, tables, text_of

# Files that are lists for pip by their names; another list, or a command, may name further ones.
LISTS = re.compile(r"(requirements|constraints)[^/]*\.(txt|in)$|(^|/)requirements/[^/]+$")


def parse(text: str, *, file: str) -> Lock:
    """Read a ``pylock.toml``; raises InputSyntaxError with the line for bad TOML."""
    return lock_of(text, file, _distribution, "packages")


def _distribution(one: Table, _root: Table) -> LockedDistribution:
    sdist = table(one, "sdist")
    files = [*tables(one, "wheels"), *([sdist] if sdist else [])]
    return locked(one, [locked_file(each) for each in files], *_source(one), text_of(one, "marker"))


def _source(one: Table) -> tuple[SourceKind, str]:
    vcs, directory, archive = table(one, "vcs"), table(one, "directory"), table(one, "archive")
    if vcs:
        return SourceKind.GIT, text_of(vcs, "url") or text_of(vcs, "path")
    if directory:
        editable = bool(directory.get("editable"))
        return SourceKind.EDITABLE if editable else SourceKind.PATH, text_of(directory, "path")
    if archive:
        url = text_of(archive, "url")
        return (SourceKind.URL, url) if url else (SourceKind.PATH, text_of(archive, "path"))
    return SourceKind.REGISTRY, text_of(one, "index")


# The files that pip reads of a project, in the order in which it looks for them.
DECLARING = ("pyproject.toml", "setup.cfg", "setup.py")
PIP = Tool(
    name="pip",
    installs=("install",),
    declares=DECLARING,
    follows=True,
    variables="PIP_",
    extras=True,
)
# A ``pylock.toml`` that pip or uv is given.
PYLOCK = Tool(name="pylock", installs=("install",), variables="PIP_")
CONDA = Tool(
    name="conda",
    installs=("create", "update", "install"),
    declares=("environment.yml",),
    variables="CONDA_",
)
