"""Commands and settings with what they are for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.packaging import ProjectFiles
from jettison.source.facts import Text
from jettison.source.tree import is_test
from jettison.values import Origin


class Use(StrEnum):
    """What a command is for.

    A BUILD command runs while the image is made; an UNCALLED one stands in a script that nothing
    is seen to call.
    """

    PRODUCTION = "production"
    BUILD = "build"
    UNCALLED = "uncalled"
    DEVELOPMENT = "development"


class UsedCommand(Struct, frozen=True, kw_only=True):
    """One simple command: its words without quotes, and the file or instruction that holds it."""

    words: tuple[str, ...]
    origin: Origin
    use: Use
    source: str


class Commands(Struct, frozen=True, kw_only=True):
    """What the text files of a project say beside its Python source.

    ``environment`` are the variables that the image and its service set; ``texts`` are strings of
    production configuration that may name a module, a driver or a URL. ``scripts`` maps each shell
    script that was read to its use.
    """

    commands: tuple[UsedCommand, ...]
    environment: Mapping[str, str]
    texts: tuple[Text, ...]
    scripts: Mapping[str, Use]


_WILD = re.compile(r"[*?[]")


def fits(name: str, pattern: str) -> bool:
    """Tell whether a name fits a pattern, as ``fnmatch.fnmatchcase`` does."""
    middle = pattern.strip("*")
    if _WILD.search(middle):
        return fnmatchcase(name, pattern)
    if pattern.startswith("*"):
        return middle in name if pattern.endswith("*") else name.endswith(middle)
    return name.startswith(middle) if pattern.endswith("*") else name == middle


_READ: Final = (".sh", ".bash", ".ini", ".cfg", ".conf", ".toml", ".yml", ".yaml", ".json", ".env",
                ".service", ".cron", ".mk", ".dockerfile", ".timer", ".properties")  # fmt: skip
_SCRIPT_FOLDERS: Final = frozenset(
    {"bin", "scripts", "script", "docker", "deploy", "ops", "compose"}
)
_NO_SETTINGS: Final = re.compile(
    r"(^|/)(locale|locales|static|staticfiles|fixtures|assets|vendor|migrations|i18n|"
    r"translations|node_modules|frontend|testdata|licenses?)/"
)
_LARGEST: Final = 256 * 1024
_LARGEST_SCRIPT: Final = 64 * 1024


def is_read(path: str, *, size: int, executable: bool) -> bool:
    """Whether a file can say something about commands and settings."""
    name = path.rpartition("/")[2].lower()
    if size > _LARGEST or _NO_SETTINGS.search(path):
        return False
    if name.endswith(_READ) or name.startswith(
        (".env", "dockerfile", "containerfile", ".pre-commit")
    ):
        return not name.endswith(("-lock.json", "-lock.yaml", ".lock", ".min.json"))
    if "." in name.strip("."):
        return any(fits(name, pattern) for pattern in table(ProjectFiles).production)
    folder = path.rpartition("/")[0].rpartition("/")[2]
    return size <= _LARGEST_SCRIPT and (
        executable
        or folder in _SCRIPT_FOLDERS
        or name in ("makefile", "procfile", "justfile", "crontab", "jenkinsfile")
    )


@cache
def use_of_file(path: str) -> Use | None:
    """PRODUCTION or DEVELOPMENT where the name says so, None where it does not."""
    lower = path.lower()
    name = lower.rpartition("/")[2]
    catalogue = table(ProjectFiles)
    for pattern in catalogue.development:
        if fits(lower, pattern) or fits(name, pattern):
            return Use.DEVELOPMENT
    if is_test(lower):
        return Use.DEVELOPMENT
    for pattern in catalogue.production:
        if fits(name, pattern):
            return Use.PRODUCTION
    return None


@cache
def use_of_script(path: str) -> Use:
    """DEVELOPMENT or UNCALLED for a shell script that nothing calls."""
    if use_of_file(path) is Use.DEVELOPMENT:
        return Use.DEVELOPMENT
    words = re.split(r"[^a-z0-9]+", path.lower())
    development = not set(words).isdisjoint(table(ProjectFiles).development_words)
    return Use.DEVELOPMENT if development else Use.UNCALLED


def is_dockerfile(path: str) -> bool:
    """Whether a file's name is a Dockerfile's."""
    name = path.rpartition("/")[2].lower()
    if name.endswith(".dockerignore"):
        return False
    return name.startswith(("dockerfile", "containerfile")) or name.endswith(".dockerfile")


def is_compose(path: str) -> bool:
    """Whether a file's name is a compose file's."""
    name = path.rpartition("/")[2].lower()
    return "compose" in name and name.endswith((".yml", ".yaml"))


def is_script(path: str, text: str) -> bool:
    """Whether a file is a shell script."""
    if path.endswith((".sh", ".bash")):
        return True
    first = text[:80].partition("\n")[0]
    return first.startswith("#!") and re.search(r"\b(ba|da|a|z|k)?sh\b", first) is not None
