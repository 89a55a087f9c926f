"""Which text files of a project are read whole, and their texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from jettison.errors import InputSyntaxError, ProjectError
from jettison.project.tree import Tree
from jettison.stores.files import open_regular
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

    ``also`` names files that are read whatever they are called and wherever they lie, and so are
    lists of requirements that one of those or another list names. Raises as ``needed_text`` does
    for one of ``also``; others that cannot be read are left out.
    """
    wanted = set(also)
    needed = {path: needed_text(root, path) for path in sorted(wanted)}
    found = {path: text for path, text in needed.items() if text is not None}
    for path, file in tree.files.items():
        limit = LOCK_LIMIT if LOCKS.search(path) else LIMIT
        named = path not in wanted and file.size <= limit and NAMES.search(path)
        if named or (file.size <= SCRIPT_LIMIT and BARE.search(path) and _is_shell(root / path)):
            text = _text(root / path)
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
            and (text := _text(root / path)) is not None
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


def needed_text(root: Path, path: str) -> str | None:
    """Read a file that decides what is planned; None when there is none.

    Raises ProjectError when it is no file, cannot be opened or is too large, and InputSyntaxError
    when it is not UTF-8: a plan without it would be another one.
    """
    try:
        with open_regular(root / path) as file:
            content = file.read(LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ProjectError(
            f"{path} cannot be read",
            why=error.strerror or str(error),
            hint="Make it readable for you, or remove it.",
        ) from error
    if len(content) > LIMIT:
        why = f"it has more than {LIMIT >> 20} MB"
        raise ProjectError(f"{path} cannot be read", why=why, hint="Shorten or remove it.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputSyntaxError(
            f"{path} is not UTF-8",
            why=str(error),
            hint="Save the file as UTF-8.",
            origin=Origin(file=path),
        ) from error


def _text(place: Path) -> str | None:
    try:
        return place.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
