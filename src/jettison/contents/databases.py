"""Reads the databases of installed packages: those of dpkg and of apk. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping

from jettison.contents.system import SystemPackage
from jettison.formats.debian_control import paragraphs, parse_provides, parse_relations

STATUS = "/var/lib/dpkg/status"
STATES = "/var/lib/apt/extended_states"
LISTING = re.compile(r"/var/lib/dpkg/info/(?P<name>[^/:]+)(?::[^/]+)?\.list")
ALPINE = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
WORLD = "/etc/apk/world"
VERSION = re.compile(r"[<>=~@].*")

Real = Callable[[str], str]
"""Gives a folder without links on the way to it."""


def debian_packages(
    status: str, listings: Mapping[str, str], real: Real
) -> Iterator[SystemPackage]:
    """Read dpkg's status and its lists of files by package. Raises InputSyntaxError."""
    for fields in paragraphs(status.splitlines()):
        if not fields.get("Status", "").endswith(" installed"):
            continue
        name = fields["Package"]
        needs = (
            *parse_relations(fields.get("Pre-Depends", "")),
            *parse_relations(fields.get("Depends", "")),
        )
        yield SystemPackage(
            name=name,
            version=fields.get("Version", ""),
            needs=tuple(tuple(relation.name for relation in each) for each in needs),
            provides=tuple(each.name for each in parse_provides(fields.get("Provides", ""))),
            paths=frozenset(_real_paths(listings.get(name, "").splitlines(), real)),
        )


def automatic(states: str) -> frozenset[str]:
    """Give the packages that apt installed because others need them."""
    found = paragraphs(states.splitlines())
    return frozenset(each["Package"] for each in found if each.get("Auto-Installed") == "1")


def alpine_packages(installed: str, real: Real) -> Iterator[SystemPackage]:
    """Read the database of apk: paragraphs of lines that begin with a letter."""
    for paragraph in installed.split("\n\n"):
        lines = [line.partition(":")[::2] for line in paragraph.splitlines()]
        fields = dict(reversed(lines))
        if "P" in fields:
            needs = (each for each in fields.get("D", "").split() if not each.startswith("!"))
            yield SystemPackage(
                name=fields["P"],
                version=fields.get("V", ""),
                needs=tuple((VERSION.sub("", each),) for each in needs),
                provides=tuple(VERSION.sub("", each) for each in fields.get("p", "").split()),
                paths=frozenset(_real_paths(_alpine_paths(lines), real)),
            )


def _alpine_paths(lines: list[tuple[str, str]]) -> Iterator[str]:
    folder = ""
    for letter, value in lines:
        if letter == "F":
            folder = value
        elif letter == "R":
            yield posixpath.join("/", folder, value)


def world(text: str) -> frozenset[str]:
    """Give the packages that apk was asked for."""
    return frozenset(VERSION.sub("", each) for each in text.split())


def _real_paths(paths: Iterator[str] | list[str], real: Real) -> Iterator[str]:
    folders: dict[str, str] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder not in folders:
            folders[folder] = real(folder)
        yield f"{folders[folder]}/{name}"
