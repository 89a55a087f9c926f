"""The fleet file: which projects there are, where they are, and how often they are pulled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from jettison.errors import InputSyntaxError
from jettison.formats.toml import Path, origin_in, read_toml
from jettison.values import Origin, converted, replace, without_password

# What every registry takes as the last part of a repository's name.
_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")
# A node of a fleet that says nothing of its nodes runs so many instances.
INSTANCES_OF_A_NODE = 20
MOST_LAYERS = 40
# Docker's storage holds 127 layers; those of a base and of the application come on top.
_LAYERS = range(4, 121)


class Member(Struct, frozen=True, kw_only=True):
    """One project of a fleet.

    It is in the folder ``path``, in the repository ``git`` at ``revision`` (there in ``path``), or
    is the ``image``. ``instances`` run at the same time, and ``releases`` a month replace them.
    """

    name: str
    path: str = ""
    git: str = ""
    revision: str = ""
    image: str = ""
    dockerfile: str | None = field(default=None, name="file")
    service: str | None = None
    instances: int = 1
    releases: int = 1
    origin: Origin = Origin(file="")

    @property
    def pulls(self) -> int:
        """How often a month it is pulled."""
        return self.instances * self.releases

    @property
    def where(self) -> str:
        """The place as reports name it."""
        address, _ = without_password(self.git)
        repository = f"{address}@{self.revision}" if self.revision else address
        return self.image or ":".join(filter(None, (repository, self.path)))


class Fleet(Struct, frozen=True, kw_only=True):
    """Projects, and what the cost of sharing depends on.

    Instances are spread over ``nodes``; ``layers`` are the most that an image has of distributions.
    """

    members: tuple[Member, ...]
    nodes: int
    layers: int = MOST_LAYERS


def fleet_of(members: tuple[Member, ...], nodes: int | None = None, layers: int = 0) -> Fleet:
    """Return a fleet with the number of nodes that its instances take."""
    instances = sum(member.instances for member in members)
    return Fleet(
        members=members,
        nodes=nodes or max(1, -(-instances // INSTANCES_OF_A_NODE)),
        layers=layers or MOST_LAYERS,
    )


def parse_fleet(text: str, file: str) -> Fleet:
    """Read a fleet file; InputSyntaxError names the line that is wrong."""
    return _Reader(text, file).fleet()


def name_of(text: str) -> str:
    """Return a name that registries take."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _last_part(values: Mapping[str, str], kind: str) -> str:
    """Return the last part of a place, of ``git@host:shop.git`` what is behind the colon."""
    last = values[kind].rstrip("/").rpartition("/")[2]
    return last.rpartition(":")[2].removesuffix(".git") if kind == "git" else last


def _is_text(value: object) -> bool:
    # no path, address or name has a zero
    return isinstance(value, str) and value != "" and "\0" not in value


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._document = read_toml(text, file)

    def fleet(self) -> Fleet:
        self._known(self._document, ("fleet", "project"), ())
        settings = self._document.get("fleet", {})
        if not isinstance(settings, Mapping):
            raise self._fault(("fleet",), "fleet is not a table", "Write it as [fleet].")
        self._known(settings, ("nodes", "layers"), ("fleet",))
        members = tuple(self._members())
        nodes = self._count(settings, "nodes", ("fleet",))
        layers = self._count(settings, "layers", ("fleet",)) or MOST_LAYERS
        if layers not in _LAYERS:
            most = f"{_LAYERS.start} to {_LAYERS.stop - 1}"
            raise self._fault(("fleet", "layers"), f"layers is {layers}", f"Use {most}.")
        return fleet_of(members, nodes, layers)

    def _members(self) -> Iterator[Member]:
        found = self._document.get("project", [])
        if not isinstance(found, list) or not found:
            hint = "Add a table [[project]] for each, with name and path, git or image."
            raise self._fault(("project",), "the fleet has no projects", hint)
        seen: dict[str, Origin] = {}
        for number, values in enumerate(found):
            member = self._member(values, ("project", number))
            if member.name in seen:
                raise self._fault(
                    ("project", number, "name"),
                    f"there are two projects named {member.name}",
                    f"Rename one of them; the other is at {seen[member.name]}.",
                )
            seen[member.name] = member.origin
            yield member

    def _member(self, values: Any, at: Path) -> Member:  # noqa: ANN401  # TOML
        if not isinstance(values, Mapping):
            raise self._fault(at, "a project is not a table", "Write it as [[project]].")
        texts = ("name", "path", "git", "revision", "image", "file", "service")
        self._known(values, (*texts, "instances", "releases"), at)
        for key in texts:
            self._is(values, key, at, _is_text, "a text")
        places_named = [key for key in ("image", "git", "path") if key in values]
        if not places_named or ("image" in values and len(places_named) > 1):
            raise self._fault(
                at,
                "a project needs a place" if not places_named else "a project has two places",
                "Give one of path, git (with revision, and path within it) or image.",
            )
        if "revision" in values and "git" not in values:
            raise self._fault(
                (*at, "revision"), "revision is without git", "Add git, or remove it."
            )
        name = values.get("name") or name_of(_last_part(values, places_named[-1]))
        if not _NAME.fullmatch(name):
            raise self._fault(
                (*at, "name"), f"{name!r} is not a name", f"Write it as {name_of(name) or 'web'!r}."
            )
        for key in ("instances", "releases"):
            self._count(values, key, at)
        return replace(converted({**values, "name": name}, Member), origin=self._origin(at))

    def _count(self, values: Mapping[str, Any], key: str, at: Path) -> int | None:
        self._is(values, key, at, lambda one: type(one) is int and one > 0, "a number from 1 on")
        return values.get(key)

    def _is(
        self, values: Mapping[str, Any], key: str, at: Path,
        right: Callable[[Any], bool], what: str,
    ) -> None:  # fmt: skip
        if key in values and not right(values[key]):
            raise self._fault((*at, key), f"{key} is {values[key]!r}, not {what}", "Correct it.")

    def _known(self, values: Mapping[str, Any], keys: tuple[str, ...], at: Path) -> None:
        for key in values:
            if key not in keys:
                names = ", ".join(keys)
                raise self._fault((*at, key), f"unknown key {key}", f"Use one of {names}.")

    def _fault(self, path: Path, what: str, hint: str) -> InputSyntaxError:
        return InputSyntaxError(what, hint=hint, origin=self._origin(path))

    def _origin(self, path: Path) -> Origin:
        return origin_in(self._text, self._file, path)
