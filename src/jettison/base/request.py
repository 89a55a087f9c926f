"""What a composed base is asked to be, and what it became."""

from __future__ import annotations

from msgspec import Struct

from jettison.catalogue.reader import table
from jettison.debian.package import Package
from jettison.errors import UnsupportedError
from jettison.oci.tar_writer import Member
from jettison.values import Skipped

# Debian's name of an architecture, as image platforms name it too, and its directory of libraries.
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}


class Account(Struct, frozen=True, kw_only=True):
    """A user with a group of the same name and number."""

    name: str
    number: int
    home: str


NONROOT = Account(name="nonroot", number=65532, home="/home/nonroot")


class BaseRequest(Struct, frozen=True, kw_only=True):
    """The wanted base.

    ``python`` is a minor version (``3.13``) and ``architecture`` Debian's name (``amd64``).
    ``packages`` are Debian packages that the application needs at run time, ``libraries`` the file
    names of shared libraries that its wheels need (``libstdc++.so.6``). ``timezones`` brings the
    time zone database, ``shell`` busybox for debugging. ``user`` is who the image runs as, None
    for root alone. ``keep`` names groups of files that are otherwise left out (``gconv``).
    ``programs`` are the only ones that are called of the package that has the common programs, None
    where that is not known; ``library`` the only files of the standard library that stay, by their
    paths below it, None for all.
    """

    python: str
    architecture: str = "amd64"
    packages: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    timezones: bool = False
    shell: bool = False
    user: Account | None = NONROOT
    keep: frozenset[str] = frozenset()
    programs: frozenset[str] | None = None
    library: frozenset[str] | None = None

    @property
    def release(self) -> str:
        """The Debian release that ships this Python; raises UnsupportedError when none does."""
        pythons = table("composed_base")["python"]
        if self.python not in pythons or self.architecture not in TRIPLETS:
            raise UnsupportedError(
                f"no composed base for Python {self.python} on {self.architecture}",
                why="Debian ships one Python with each release",
                hint=f"Pythons: {', '.join(pythons)}; architectures: {', '.join(TRIPLETS)}."
                " Or take a base image from a registry.",
            )
        return str(pythons[self.python]["release"])

    @property
    def triplet(self) -> str:
        """The name of the directory under /usr/lib that holds shared libraries."""
        return TRIPLETS[self.architecture]


class BaseChoice(Struct, frozen=True, kw_only=True):
    """The packages of a base, ordered by name.

    ``key`` is the same for two choices that give the same tree. ``unknown`` are the asked libraries
    that no package is known for.
    """

    request: BaseRequest
    packages: tuple[Package, ...]
    key: str
    unknown: tuple[str, ...] = ()


class BaseTree(Struct, frozen=True, kw_only=True):
    """A composed base.

    ``members`` are its files, ordered by path, each with the time 0. ``python_version`` is the full
    version (``3.13.5``) and ``interpreter`` its path. ``left_out`` maps the name of each group of
    files to the bytes that it would have taken, ``brought_back`` are shared libraries of such
    groups that something needs. ``notes`` say what may not work as after a real installation.
    """

    members: tuple[Member, ...]
    packages: tuple[Package, ...]
    key: str
    python_version: str
    interpreter: str
    left_out: dict[str, int]
    brought_back: tuple[str, ...] = ()
    notes: tuple[Skipped, ...] = ()

    @property
    def size(self) -> int:
        """Uncompressed bytes of the contents."""
        return sum(member.entry.size for member in self.members)
