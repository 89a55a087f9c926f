"""The files of a project by name and size, and whether one looks like the application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Conventions
from jettison.values import Skipped

# What a command runs tests with.
RUNS_TESTS = r"\bpy\.?test\b|\bnose2?\b|(?:-m )?\bunittest\b|\bmanage\.py test\b"
# Keys and certificates, of which some are secrets and some what an application trusts, and logs, of
# which some are examples: what the application needs it names.
_NAMED = (".pem", ".key", ".p12", ".pfx", ".kdbx", ".log")
NAMED_FILE = re.compile(rf"({'|'.join(map(re.escape, _NAMED))})$")
# What only tools read, but for applications that name it in quotes.
_OF_TOOLS = re.compile(
    r"((docker-)?compose[^/]*\.ya?ml|(Docker|Container)file[^/]*|\.(git|docker)ignore)$"
)


def names_of(path: str) -> frozenset[str]:
    """Give what source may name such a file by: its name, or the folder or ending of all keys."""
    folder, _, name = path.rpartition("/")
    if _OF_TOOLS.match(name):
        return frozenset((f'"{name}"', f"'{name}'"))
    # most are no such files, and the expression takes its time with each
    found = NAMED_FILE.search(name) if name.endswith(_NAMED) else None
    if not found:
        return frozenset()
    alike = () if found[0] == ".log" else (folder.rpartition("/")[2], found[0])
    return frozenset(filter(None, (name, *alike)))


class TreeFile(Struct, frozen=True, kw_only=True):
    """A file: bytes, time of modification in nanoseconds, whether it may be executed.

    ``link`` is the text of a symbolic link, empty for a regular file; size and time are then the
    target's.
    """

    size: int
    modified_ns: int = 0
    executable: bool = False


class Tree(Struct, frozen=True, kw_only=True):
    """Every file below a project's root, by its path relative to the root with ``/`` separators.

    ``left_out`` are folders whose content is not the project's source (version control, virtual
    environments, caches, ``node_modules``) with their bytes.
    """

    files: Mapping[str, TreeFile]
    left_out: Mapping[str, int]
    skipped: tuple[Skipped, ...] = ()

    def __contains__(self, path: object) -> bool:
        return path in self.files


_TEST = re.compile(
    r"(snap_)?tests?[-_].*|(.*[-_]|unit|integration|functional|acceptance)tests?(_?runner)?|conftest.*"
)
# Folders such as scripts-dev and dev_tools: that production runs one of their scripts says nothing
# of the others.
_TOOLS = re.compile(
    r"(dev|development)[-_](scripts?|tools?|utils?|bin)|(scripts?|tools?|utils?|bin)[-_](dev|development)"
)
# Settings and routes that are named for developers or tests: not_production_settings, urls_dev, and
# what they copy to begin with: local_example.
_FOR = r"(dev|devel|develop|developer|development|tests?|testing|(not|non)_?prod(uction)?)"
_SETTINGS = re.compile(
    rf"{_FOR}_(settings|config|urls)|(settings|config|urls)_{_FOR}"
    r"|(local|debug)_(settings|urls)|(settings|urls)_(local|debug)|settings_(ci|docs)"
    r"|local[-_](example|sample|template|dist)|(example|sample|template)[-_]local"
)


@cache
def is_development_place(file: str, production: frozenset[str] = frozenset()) -> bool:
    """Whether a file's path is that of tests, documentation, tools or development settings.

    Production may still load it; what an entry point reaches is decided by that. ``production``
    are folders known to hold the application, whose own names say nothing then.
    """
    if is_test(file, production) or file.endswith(".ipynb"):
        return True
    if _is_development_folder(file, production):
        return True
    catalogue = table(Conventions).development
    *folders, name = file.lower().removesuffix(".py").split("/")
    if name in catalogue.modules or _SETTINGS.fullmatch(name):
        return True
    if not folders:
        return name in catalogue.root_modules
    return folders[-1] in catalogue.settings_folders and name in catalogue.settings_modules


def folders_of(file: str) -> tuple[str, ...]:
    """The folders above a file, the topmost first."""
    parts = file.split("/")[:-1]
    return tuple("/".join(parts[:end]) for end in range(1, len(parts) + 1))


def _is_development_folder(file: str, production: frozenset[str]) -> bool:
    words = table(Conventions).development.folders
    names = ((folder, folder.rpartition("/")[2].lower()) for folder in folders_of(file))
    return any(
        (name in words and folder not in production) or _TOOLS.fullmatch(name) is not None
        for folder, name in names
    )


def is_documentation(folder: str) -> bool:
    """Whether a folder is one of documentation, or below one."""
    return not {"doc", "docs", "documentation"}.isdisjoint(folder.lower().split("/"))


@cache
def is_test(file: str, production: frozenset[str] = frozenset()) -> bool:
    """Whether a path is a test's by the conventions of the test runners.

    A name such as ``quiz_test`` may be an application's: a folder of ``production`` is one, unless
    it has a name that test runners look for.
    """
    conventions = table(Conventions).tests
    for folder in folders_of(file):
        name = folder.rpartition("/")[2].lower()
        if name in conventions.folders:
            return True
        if folder not in production and _TEST.fullmatch(name):
            return True
    name = file.rpartition("/")[2].lower().removesuffix(".py")
    return name in conventions.modules or _TEST.fullmatch(name) is not None


def serves_tools(file: str) -> bool:
    """Whether a path is a test's, or below a folder that a tool of developers reads (`.github`)."""
    return any(part.startswith(".") for part in file.split("/")[:-1]) or is_test(file)


def context_files(tree: Tree, prefix: str) -> dict[str, int]:
    """Every file below the context; a folder that was not read counts as one entry."""
    files = {
        path.removeprefix(prefix): file.size
        for path, file in tree.files.items()
        if path.startswith(prefix)
    }
    folders = {
        f"{path.removeprefix(prefix)}/*": count
        for path, count in tree.left_out.items()
        if path.startswith(prefix)
    }
    return files | folders
