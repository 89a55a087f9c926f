"""The projects of a fleet: what each requests, and what was made before of the same inputs."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, field, msgpack

from jettison.assessment.fleet import Project
from jettison.assessment.fleet_file import Fleet, Member, fleet_of, name_of, parse_fleet
from jettison.builder import Shared
from jettison.errors import ProjectError
from jettison.images.stores.cache import cache_directory
from jettison.processes.git import COMMIT
from jettison.records import Records, regular_bytes
from jettison.tasks.fleet import Limits
from jettison.tasks.project_state import key_of
from jettison.values import Origin, replace

Value = TypeVar("Value")
# Raised when a project's record means something else.
_FORMAT = "2"
_LONGEST = 16 << 20
_DEEPEST = 4


class Order(Struct, frozen=True, kw_only=True):
    """What is requested for one project.

    Its path is relative to ``root``. With ``fetch`` wheels are read, so that what is shared is
    known exactly; ``shared`` is what the image then has in common with others. The image goes to
    the ``places``, written as ``locate`` reads them. ``engine`` compares the images, and with
    ``write`` the files of a project in a folder are written when both behave the same. ``commit``
    is what the revision of its repository names, where that is known.
    """

    member: Member
    root: str = ""
    platform: str = ""
    level: int | None = None
    offline: bool = False
    fetch: bool = False
    shared: Shared | None = None
    places: tuple[str, ...] = ()
    engine: str | None = None
    write: bool = False
    commit: str = ""

    @property
    def directory(self) -> Path:
        """The folder of a project that has one on this machine."""
        return Path(self.root, self.member.path)

    @property
    def fixed(self) -> str:
        """The commit of a project in a repository, empty where it is not known."""
        revision = self.member.revision
        return self.commit or (revision if COMMIT.fullmatch(revision) else "")

    def at(self, project: Project | None) -> Order:
        """Return the order for what was planned, whatever the revision names by now."""
        return replace(self, commit=project.commit) if project and project.commit else self


def key_of_order(work: str, order: Order, records: Records) -> str:
    """Return the key of what is made for an order; empty when that is known only by fetching."""
    member = order.member
    asked = f"fleet {work} {_FORMAT}\n{_identity(order)}"
    if member.image or (member.git and not order.fixed):
        return ""
    if member.git:
        return key_of(Path(__file__).parent, f"{asked}\n{order.fixed}", records)
    return key_of(order.directory, asked, records, exact=work != "plan")


def _identity(order: Order) -> str:
    """Write everything that an order asks for but where the project is, and at which commit."""
    member = replace(order.member, instances=1, releases=1, revision="", origin=Origin(file=""))
    whole = replace(order, root="", commit="", member=member)
    return msgpack.encode(whole, order="deterministic").hex()


class Made:
    """What was made before, by the work and its inputs as they are when they are first read."""

    def __init__(self) -> None:
        """Look where all runs look."""
        self._records = Records(cache_directory() / "records")
        self._keys: dict[tuple[str, Order], str] = {}

    def known(self, work: str, order: Order, kind: type[Value]) -> Value | None:
        """Return what was made for the same inputs; what was planned with the wheels holds, too."""
        found = self._read(work, order, kind)
        if found is None and work == "plan" and not order.fetch:
            found = self._read(work, replace(order, fetch=True), kind)
        return found

    def keep(self, work: str, order: Order, value: object) -> None:
        """Remember what was made, unless its inputs are known only by fetching them."""
        if key := self._key(work, order):
            self._records.put(value, "fleet", work, key)

    def _read(self, work: str, order: Order, kind: type[Value]) -> Value | None:
        key = self._key(work, order)
        return self._records.get(kind, "fleet", work, key) if key else None

    def _key(self, work: str, order: Order) -> str:
        place = (work, order)
        if place not in self._keys:
            self._keys[place] = key_of_order(work, order, self._records)
        return self._keys[place]


class Options(Struct, frozen=True, kw_only=True):
    """How a fleet is worked on; without ``ray``, which is an address or ``local``, here."""

    workers: int | None = None
    ray: str | None = None
    limits: Limits = field(default_factory=Limits)
    platform: str = ""
    level: int | None = None
    offline: bool = False

    @property
    def architecture(self) -> str:
        """The platform, by default this machine's."""
        return self.platform or platform.machine()


class Found(Struct, frozen=True, kw_only=True):
    """A fleet and the folder that its paths are relative to."""

    fleet: Fleet
    root: Path

    def orders(self, options: Options) -> dict[str, Order]:
        """Return an order for each project by its name."""
        return {
            member.name: Order(
                member=member,
                root=str(self.root),
                platform=options.architecture,
                level=options.level,
                offline=options.offline,
            )
            for member in self.fleet.members
        }


def found_fleet(place: Path) -> Found:
    """Read a fleet file, or take every folder with a Dockerfile below a folder as a project.

    ProjectError when there is neither, InputSyntaxError for a file that is not valid.
    """
    if place.is_dir():
        return Found(fleet=fleet_of(tuple(_members_in(place))), root=place.resolve())
    try:
        text = regular_bytes(place, _LONGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(
            f"{place} cannot be read",
            why=str(error),
            hint="Give a fleet file (TOML), or a folder of projects.",
        ) from error
    return Found(fleet=parse_fleet(text, place.name), root=place.resolve().parent)


def _members_in(root: Path) -> Iterator[Member]:
    taken: dict[str, str] = {}
    for folder in sorted(_described(root, _DEEPEST)):
        path = folder.relative_to(root).as_posix()
        name = name_of(path) or name_of(root.resolve().name) or "application"
        while name in taken:
            name = f"{name}-{len(taken)}"
        taken[name] = path
        yield Member(name=name, path=path)
    if not taken:
        raise ProjectError(
            f"{root} has no projects",
            why=f"no folder in it, down to {_DEEPEST} below, has a Dockerfile",
            hint="Give a fleet file that names them.",
        )


def _described(folder: Path, depth: int) -> Iterator[Path]:
    entries = [one for one in folder.iterdir() if not one.name.startswith(".")]
    if any(one.name in {"Dockerfile", "Containerfile"} and one.is_file() for one in entries):
        yield folder
    for one in entries if depth else ():
        if one.is_dir() and not one.is_symlink():
            yield from _described(one, depth - 1)
