"""Bases as the build needs them: layers, config, and what their files are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from jettison.builder.bytecode import Compiler
from jettison.builder.foundation import FoundationLayer
from jettison.builder.recipe import GroupStep, UserStep, not_understood
from jettison.builder.wheel import Scheme
from jettison.errors import UnsupportedError
from jettison.images.config import Config, History
from jettison.images.descriptor import Platform
from jettison.index.target import Target
from jettison.processes.concurrent import GoOn, in_background
from jettison.values import Origin, Skipped

SKELETON = "etc/skel/"
# glibc and musl as wheel tags name the architecture of an image.
ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}


class BaseFacts(Struct, frozen=True, kw_only=True):
    """What is read of a base once and then remembered.

    ``interpreter`` is the absolute path of its Python and ``version`` the full version, or the
    minor one when no more is known. ``packages_directory`` is where the interpreter's own
    distributions are, relative to the root. ``directories`` are all of its directories;
    ``passwd`` and ``group`` the texts of these files. ``distribution`` is ``debian-12`` where that
    is known, ``release`` the name of a Debian release; ``files`` are paths and contents (as
    Latin-1) of files that the build changes or copies, ``debian`` are names, versions and
    architectures of its packages; ``notes`` what may not work, and why.
    """

    interpreter: str
    version: str
    packages_directory: str
    libc: str
    libc_version: str
    directories: frozenset[str]
    passwd: str
    group: str
    distribution: str = ""
    release: str = ""
    files: tuple[tuple[str, str], ...] = ()
    debian: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def python(self) -> str:
        """The minor version."""
        return ".".join(self.version.split(".")[:2])

    def file(self, path: str) -> str:
        """Return the content of one of ``files``, nothing when it is not there."""
        return dict(self.files).get(path, "")

    @property
    def skeleton(self) -> tuple[tuple[str, str], ...]:
        """What a new home directory holds: names and contents."""
        return tuple((p.removeprefix(SKELETON), t) for p, t in self.files if p.startswith(SKELETON))


class BaseSource(Protocol):
    """Where a base comes from.

    What it says before it is made is enough to choose the distributions that go on it, whose
    needs then decide what it is made of.
    """

    @property
    def target(self) -> Target:
        """What wheels must fit."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment that the base's config sets."""

    @property
    def folder(self) -> str:
        """The working directory that the base's config sets, or nothing."""

    @property
    def digest(self) -> str:
        """What pins the image that it is; nothing for one that is composed."""

    @property
    def debian(self) -> tuple[tuple[str, str, str], ...]:
        """The Debian packages that the image has; nothing for one that is composed."""

    def prepare(self, go_on: GoOn) -> None:
        """Do ahead, piece by piece, what ``base`` would do whatever the libraries.

        ``base`` raises what fails here.
        """

    def base(self, libraries: tuple[str, ...]) -> Base:
        """Return the base, with these shared libraries where it is made to measure."""


class Base(Struct, frozen=True, kw_only=True):
    """What is built on: the config of an image, and its layers as a foundation keeps them.

    ``compiler`` gives the interpreter that makes bytecode for the base's Python, or why there is
    none; it is asked only when something must be compiled. ``gone`` are the modules of the standard
    library that were left out, by their paths below it. ``coming`` are layers on top that must
    still be made: what makes each, and its history.
    """

    name: str
    config: Config
    layers: tuple[FoundationLayer, ...]
    facts: BaseFacts
    compiler: Callable[[], Compiler | Skipped]
    gone: frozenset[str] = frozenset()
    coming: tuple[tuple[Callable[[], FoundationLayer], History], ...] = ()

    @property
    def height(self) -> int:
        """How many layers it has when all are made."""
        return len(self.layers) + len(self.coming)

    def begun(self) -> Base:
        """Begin to make the layers that are coming, beside what the caller does."""
        coming = tuple((in_background(make), history) for make, history in self.coming)
        return replace(self, coming=coming)

    def whole(self) -> Base:
        """Return the base with all of its layers; raises what making them raises."""
        base = replace(self, coming=())
        for make, history in self.coming:
            base = base.with_layer(make(), history)
        return base

    def with_layer(self, layer: FoundationLayer, history: History) -> Base:
        """Return the base with one layer more, on top of those that are coming."""
        if self.coming:
            return replace(self, coming=(*self.coming, (lambda: layer, history)))
        diff_ids = (*self.config.diff_ids, layer.diff_id)
        config = self.config.with_layers(diff_ids, (*self.config.history, history))
        return replace(self, config=config, layers=(*self.layers, layer))

    def scheme(self, environment: str) -> Scheme:
        """Return where distributions go: a virtual environment, or for nothing the base's own."""
        facts = self.facts
        if environment:
            return Scheme.virtual(environment, facts.python)
        prefix = "usr/local"
        return Scheme(
            packages=facts.packages_directory,
            scripts=f"{prefix}/bin",
            prefix=prefix,
            python=facts.python,
            interpreter=facts.interpreter,
        )


def target_of(version: str, platform: Platform, libc: str, libc_version: str) -> Target:
    """Return what wheels must fit; UnsupportedError for an architecture without wheels."""
    architecture = ARCHITECTURES.get(platform.architecture)
    if architecture is None or platform.os != "linux":
        raise UnsupportedError(
            f"images for {platform} cannot be built",
            hint=f"Architectures: {', '.join(ARCHITECTURES)}, on linux.",
        )
    return Target(
        python=version,
        architecture=architecture,
        libc="musl" if libc == "musl" else "glibc",
        libc_version=libc_version,
    )


_FIELDS_OF_USER, _FIELDS_OF_GROUP = 7, 4


class Accounts(Struct, frozen=True, kw_only=True):
    """The texts of /etc/passwd and /etc/group."""

    passwd: str
    group: str

    def with_group(self, step: GroupStep) -> Accounts:
        """Return the accounts with a group made, or a member added to one."""
        if step.member is not None:
            return self.with_member(step.name, step.member)
        if step.name in self._groups():
            return self
        number = step.gid or str(_free(self._groups().values(), step.first, step.last))
        return replace(self, group=_added(self.group, f"{step.name}:x:{number}:"))

    def with_user(self, step: UserStep) -> Accounts:
        """Return the accounts with a user made, with a group of its name when it asks for none."""
        if step.name in self._users():
            return self
        taken = [uid for uid, _ in self._users().values()]
        if step.group is None:
            taken += self._groups().values()
        uid = step.uid or str(_free(taken, step.first, step.last))
        made = self
        if step.group is None and step.name not in self._groups():
            made = replace(made, group=_added(made.group, f"{step.name}:x:{uid}:"))
        gid = made.gid(step.group or step.name, step.origin)
        line = f"{step.name}:x:{uid}:{gid}::{step.home}:{step.shell}"
        made = replace(made, passwd=_added(made.passwd, line))
        for name in step.groups:
            made = made.with_member(name, step.name)
        return made

    def with_member(self, group: str, member: str) -> Accounts:
        """Return the accounts with a user added to a group."""
        lines = []
        for line in self.group.splitlines():
            fields = line.split(":")
            if fields[0] == group and len(fields) == _FIELDS_OF_GROUP:
                members = [name for name in fields[3].split(",") if name and name != member]
                line = ":".join((*fields[:3], ",".join((*members, member))))  # noqa: PLW2901 — the same line, changed
            lines.append(line)
        return replace(self, group="".join(f"{line}\n" for line in lines))

    def owner(self, text: str, origin: Origin) -> tuple[int | None, int | None]:
        """Return the numbers of ``user``, ``user:group`` or ``:group``; None where nothing is said.

        As COPY and chown have it, a user by name alone brings its primary group in COPY; here a
        missing group is None. UnsupportedError for a name that does not exist.
        """
        user, _, group = text.partition(":")
        return (
            self.uid(user, origin) if user else None,
            self.gid(group, origin) if group else None,
        )

    def uid(self, user: str, origin: Origin) -> int:
        """Return the number of a user by its name or number."""
        if user.isdecimal():
            return int(user)
        if user not in self._users():
            raise not_understood(user, "there is no user of this name", origin)
        return self._users()[user][0]

    def primary_group(self, user: str) -> int:
        """Return the primary group of a user; a number without a user has the same as its group."""
        for uid, gid in self._users().values():
            if str(uid) == user:
                return gid
        return self._users()[user][1] if user in self._users() else int(user)

    def gid(self, group: str, origin: Origin) -> int:
        """Return the number of a group by its name or number."""
        if group.isdecimal():
            return int(group)
        if group not in self._groups():
            raise not_understood(group, "there is no group of this name", origin)
        return self._groups()[group]

    def _users(self) -> dict[str, tuple[int, int]]:
        rows = (line.split(":") for line in self.passwd.splitlines())
        return {r[0]: (int(r[2]), int(r[3])) for r in rows if len(r) == _FIELDS_OF_USER}

    def _groups(self) -> dict[str, int]:
        rows = (line.split(":") for line in self.group.splitlines())
        return {r[0]: int(r[2]) for r in rows if len(r) == _FIELDS_OF_GROUP}


def _added(text: str, line: str) -> str:
    before = text if not text or text.endswith("\n") else f"{text}\n"
    return f"{before}{line}\n"


def _free(taken: Iterable[int], first: int, last: int) -> int:
    """Return the first number that is not taken, looking from ``first`` towards ``last``."""
    known = set(taken)
    numbers = range(first, last + 1) if first <= last else range(first, last - 1, -1)
    return next(number for number in numbers if number not in known)
