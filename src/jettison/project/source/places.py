"""Whether a source file looks like the application or like what surrounds it."""

from __future__ import annotations

import re
from functools import cache

from jettison.catalogue.reader import table

_TEST = re.compile(r"tests?[-_].*|(.*[-_]|unit|integration|functional|acceptance)tests?|conftest.*")


@cache
def is_development_place(file: str, production: frozenset[str] = frozenset()) -> bool:
    """Whether a file's path is that of tests, documentation, tools or development settings.

    Production may still load it; what an entry point reaches is decided by that. ``production``
    are folders known to hold the application, whose own names say nothing then.
    """
    if is_test(file) or file.endswith(".ipynb"):
        return True
    if _is_development_folder(file, production):
        return True
    catalogue = table("conventions")["development"]
    *folders, name = file.lower().removesuffix(".py").split("/")
    if name in catalogue["modules"] or name in catalogue["settings_names"]:
        return True
    if not folders:
        return name in catalogue["root_modules"]
    return folders[-1] in catalogue["settings_folders"] and name in catalogue["settings_modules"]


def folders_of(file: str) -> tuple[str, ...]:
    """The folders above a file, the topmost first."""
    parts = file.split("/")[:-1]
    return tuple("/".join(parts[:end]) for end in range(1, len(parts) + 1))


def _is_development_folder(file: str, production: frozenset[str]) -> bool:
    words = table("conventions")["development"]["folders"]
    return any(
        folder.rpartition("/")[2].lower() in words and folder not in production
        for folder in folders_of(file)
    )


@cache
def is_test(file: str) -> bool:
    """Whether a path is a test's by the conventions of the test runners."""
    parts = file.lower().split("/")
    name = parts[-1].removesuffix(".py")
    tests = frozenset(table("conventions")["tests"]["folders"])
    if any(folder in tests or _TEST.fullmatch(folder) for folder in parts[:-1]):
        return True
    return name in table("conventions")["tests"]["modules"] or _TEST.fullmatch(name) is not None
