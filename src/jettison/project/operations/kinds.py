"""What a file of the project is for, by its name."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from jettison.catalogue.reader import table
from jettison.project.operations.model import Use
from jettison.project.operations.names import fits
from jettison.project.source.places import is_test

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
        return any(fits(name, pattern) for pattern in table("project_files")["production"])
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
    catalogue = table("project_files")
    for pattern in catalogue["development"]:
        if fits(lower, pattern) or fits(name, pattern):
            return Use.DEVELOPMENT
    if is_test(lower):
        return Use.DEVELOPMENT
    for pattern in catalogue["production"]:
        if fits(name, pattern):
            return Use.PRODUCTION
    return None


@cache
def use_of_script(path: str) -> Use:
    """DEVELOPMENT or UNCALLED for a shell script that nothing calls."""
    if use_of_file(path) is Use.DEVELOPMENT:
        return Use.DEVELOPMENT
    words = re.split(r"[^a-z0-9]+", path.lower())
    development = not set(words).isdisjoint(table("project_files")["development_words"])
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
