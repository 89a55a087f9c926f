"""Members of a workspace: the projects that share one lock."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from fnmatch import fnmatchcase

from jettison.project.toml.read import read_toml, table, texts

_PYPROJECT = "pyproject.toml"


def members(text: str, listing: Collection[str], *, file: str) -> tuple[str, ...]:
    """Return the member folders of a uv or hatch workspace, relative to the project root, sorted.

    ``text`` is the root's pyproject.toml and ``listing`` the project's files. The root itself is
    not among them.
    """
    root = read_toml(text, file)
    workspace = table(root, "tool", "uv", "workspace")
    patterns = [*texts(workspace, "members"), *texts(table(root, "tool", "hatch"), "workspace")]
    excluded = texts(workspace, "exclude")
    folders = {posixpath.dirname(one) for one in listing if posixpath.basename(one) == _PYPROJECT}
    folder = posixpath.dirname(file)
    return tuple(
        sorted(
            one
            for one in folders
            if one != folder
            and _matches(posixpath.relpath(f"/{one}", f"/{folder}"), patterns)
            and not _matches(posixpath.relpath(f"/{one}", f"/{folder}"), excluded)
        )
    )


def _matches(path: str, patterns: Collection[str]) -> bool:
    """Glob as the tools do: a star stays within one folder."""
    parts = path.split("/")
    for pattern in patterns:
        wanted = pattern.strip("/").removeprefix("./").split("/")
        if "**" in wanted and fnmatchcase(path, pattern.replace("**", "*")):
            return True
        if len(wanted) == len(parts) and all(map(fnmatchcase, parts, wanted)):
            return True
    return False
