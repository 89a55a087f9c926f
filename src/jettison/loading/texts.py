"""Which text files of a project are read whole, and their texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

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
    r"|(^|/)(gunicorn|hypercorn)[^/]*\.py$"
    r"|(^|/)(jettison\.toml|(removed-files|removed-system-files|compiled-modules)\.txt)$"
    r"|(^|/)(remove_files|remove_system_files|jettison_removed)\.py$"
)

LISTS = re.compile(r"(requirements|constraints)[^/]*\.(txt|in)$|(^|/)requirements/[^/]+$")
# Scripts without an ending: the first line tells them.
BARE = re.compile(r"(^|/)[^/.]+$")
SHELL = re.compile(rb"#!.*\b(ba|da|a|k|z)?sh\b")
SCRIPT_LIMIT = 64 * 1024

# `-r deps.txt` and `-c pins.txt`, in a list, a command, or a list of words
NAMED = re.compile(r"(?<![\w-])(?:-r|-c|--requirements?|--constraints?)[\s=\"',]*([^\s\"',\]]+)")


def read_texts(root: Path, tree: Tree, also: Iterable[str] = ()) -> dict[str, str]:
    """Read the files by their paths relative to ``root``; line endings and marks are kept.

    ``also`` names files that are read whatever they are called, and so are lists of requirements
    that one of those or another list names. Raises InputSyntaxError for one of ``also`` that is not
    UTF-8; others are left out.
    """
    wanted = set(also)
    found: dict[str, str] = {}
    for path, file in tree.files.items():
        limit = LOCK_LIMIT if LOCKS.search(path) else LIMIT
        named = path in wanted or (file.size <= limit and NAMES.search(path))
        if named or (file.size <= SCRIPT_LIMIT and BARE.search(path) and _is_shell(root / path)):
            text = _text(root / path, path, needed=path in wanted)
            if text is not None:
                found[path] = text
    naming = [text for path, text in found.items() if path in wanted or LISTS.search(path)]
    return found | _named_lists(root, tree, naming, found)


def _named_lists(
    root: Path, tree: Tree, naming: list[str], known: Mapping[str, str]
) -> dict[str, str]:
    """Read what the texts name as lists of requirements, and what those name in turn."""
    found: dict[str, str] = {}
    while naming:
        names = {PurePosixPath(name).name for text in naming for name in NAMED.findall(text)}
        new = {
            path: text
            for path, file in tree.files.items()
            if PurePosixPath(path).name in names
            and path not in known
            and path not in found
            and file.size <= LIMIT
            and (text := _text(root / path, path, needed=False)) is not None
        }
        found |= new
        naming = list(new.values())
    return found


def _is_shell(place: Path) -> bool:
    """Whether the first line of a file says that a shell runs it."""
    try:
        with place.open("rb") as stream:
            return SHELL.match(stream.read(80)) is not None
    except OSError:
        return False


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
