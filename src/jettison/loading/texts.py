"""Which text files of a project are read whole, and their texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from jettison.errors import InputSyntaxError
from jettison.project.tree import Tree
from jettison.values import Origin

# Larger files that only look like one of these are left alone; locks may be long.
LIMIT = 2 * 1024 * 1024
LOCK_LIMIT = 64 * 1024 * 1024
LOCKS = re.compile(r"(^|/)(Pipfile\.lock|uv\.lock|poetry\.lock|pdm\.lock|pylock[^/]*\.toml)$")
NAMES = re.compile(
    r"(^|/)(Dockerfile|Containerfile)[^/]*$|\.dockerfile$|\.dockerignore$"
    r"|(^|/)(docker-)?compose[^/]*\.ya?ml$"
    r"|requirements[^/]*\.(txt|in)$|(^|/)requirements/[^/]+\.(txt|in)$|constraints[^/]*\.txt$"
    r"|(^|/)(pyproject\.toml|setup\.(cfg|py)|Pipfile(\.lock)?|uv\.lock|poetry\.lock|pdm\.lock|pylock[^/]*\.toml)$"
    r"|(^|/)(conda[-_]?)?env(ironment)?[^/.]*\.ya?ml$|(^|/)conda\.ya?ml$"
    r"|(^|/)\.env[^/]*$|\.env$|(^|/)Procfile$|(^|/)\.python-version$|\.(sh|bash|conf|ini|service)$"
    r"|(^|/)(jettison\.toml|(removed-files|removed-system-files|compiled-modules)\.txt)$"
    r"|(^|/)(remove_files|remove_system_files|jettison_removed)\.py$"
)


def read_texts(root: Path, tree: Tree, also: Iterable[str] = ()) -> dict[str, str]:
    """Read the files by their paths relative to ``root``; line endings and marks are kept.

    ``also`` names files that are read whatever they are called. Raises InputSyntaxError for one of
    those that is not UTF-8; others are left out.
    """
    wanted = set(also)
    found = {}
    for path, file in tree.files.items():
        limit = LOCK_LIMIT if LOCKS.search(path) else LIMIT
        if path in wanted or (file.size <= limit and NAMES.search(path)):
            text = _text(root / path, path, needed=path in wanted)
            if text is not None:
                found[path] = text
    return found


def _text(place: Path, path: str, *, needed: bool) -> str | None:
    try:
        return place.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        if needed:
            raise InputSyntaxError(
                f"{path} is not UTF-8",
                why=str(error),
                hint="Save the file as UTF-8.",
                origin=Origin(file=path),
            ) from error
        return None
    except OSError:
        return None
