"""What of an image the project's own files do not bring, so that it can be kept; its accounts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct, to_builtins

from jettison.builder import GroupStep, Shared, Step, UserStep, not_understood
from jettison.builder.bytecode import Compiler
from jettison.images.descriptor import Descriptor, Platform
from jettison.images.digest import DiffID
from jettison.images.entry import identity_number
from jettison.images.stores.blobs import Segment, SegmentCache
from jettison.images.stream import Compressor
from jettison.values import Origin, Skipped, replace, whole_number


class FoundationLayer(Struct, frozen=True, kw_only=True):
    """A layer that is in the cache: whole as ``blob``, or in ``segments`` that make it.

    ``home`` names a repository that is known to hold it.
    """

    blob: Descriptor
    diff_id: DiffID
    segments: tuple[Segment, ...] = ()
    home: str = ""


def layer_of(segments: Sequence[Segment], cache: SegmentCache) -> FoundationLayer:
    """Join segments of the cache to a layer."""
    layer = cache.layer(segments)
    return FoundationLayer(blob=layer.descriptor, diff_id=layer.diff_id, segments=tuple(segments))


class Foundation(Struct, frozen=True, kw_only=True):
    """An image without its application layer, and what that layer is made by.

    ``config`` is the text of its config, which names the layers and how the image is run.
    ``steps`` lay the project's files; ``directories``, ``passwd``, ``group`` and ``skeleton``
    (what a new home directory holds) are the base's;
    ``environment`` is where distributions are. ``changed`` are texts of files of the context that
    the plan changed, and ``ignore`` that of the ignore file. ``documents`` are attachments: kind
    and text.
    """

    config: str
    layers: tuple[FoundationLayer, ...]
    steps: tuple[Step, ...]
    directories: frozenset[str]
    passwd: str
    group: str
    skeleton: tuple[tuple[str, str], ...]
    environment: str
    context: str
    changed: Mapping[str, str]
    ignore: str | None
    compiler: Compiler | None
    uncompiled: str
    documents: tuple[tuple[str, str], ...] = ()
    notes: tuple[Skipped, ...] = ()


class Bytecode(StrEnum):
    """Which modules have their bytecode in the image.

    ``imported`` compiles what the application reaches by its imports, and the distributions that
    it reaches whole.
    """

    ALL = "all"
    IMPORTED = "imported"
    NONE = "none"


class BuildOptions(Struct, frozen=True, kw_only=True):
    """One image of a build; ``base`` is composed, the name of an image, or empty for the plan's.

    ``strip`` follows the plan where it shortens shared libraries; without it none is shortened.
    ``debug_base`` brings a shell into a composed base. ``source_builds`` lets this machine build
    wheels of pure Python distributions that have none.
    """

    platform: Platform
    base: str = ""
    bytecode: Bytecode = Bytecode.ALL
    compressor: Compressor
    strip: bool = True
    debug_base: bool = False
    source_builds: bool = False
    offline: bool = False
    shared: Shared | None = None

    @property
    def identity(self) -> str:
        """Everything that the image depends on, as text."""
        parts = (self.platform, self.base, self.bytecode, self.compressor.identity, self.strip)
        text = "\n".join(map(str, (*parts, self.debug_base, self.source_builds)))
        return f"{text}\n{_described(self.shared)}" if self.shared else text


def _described(shared: Shared) -> str:
    """Write it as text that is the same in every process: a set has no order."""
    return json.dumps(to_builtins(shared, order="deterministic"))


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
        return _numbered(user, {name: uid for name, (uid, _) in self._users().items()}, origin)

    def primary_group(self, user: str) -> int:
        """Return the primary group of a user; a number without a user has the same as its group."""
        for uid, gid in self._users().values():
            if str(uid) == user:
                return gid
        return self._users()[user][1] if user in self._users() else whole_number(user) or 0

    def gid(self, group: str, origin: Origin) -> int:
        """Return the number of a group by its name or number."""
        return _numbered(group, self._groups(), origin)

    def _users(self) -> dict[str, tuple[int, int]]:
        rows = (line.split(":") for line in self.passwd.splitlines())
        known = ((r[0], identity_number(r[2]), identity_number(r[3])) for r in rows
                 if len(r) == _FIELDS_OF_USER)  # fmt: skip
        return {n: (uid, gid) for n, uid, gid in known if uid is not None and gid is not None}

    def _groups(self) -> dict[str, int]:
        rows = (line.split(":") for line in self.group.splitlines())
        known = ((r[0], identity_number(r[2])) for r in rows if len(r) == _FIELDS_OF_GROUP)
        return {name: gid for name, gid in known if gid is not None}


def _numbered(name: str, known: Mapping[str, int], origin: Origin) -> int:
    """Return a number as it is, or that of a name that is known."""
    number = known.get(name) if identity_number(name) is None else identity_number(name)
    if number is None:
        raise not_understood(name, "there is no user or group of this name or number", origin)
    return number


def _added(text: str, line: str) -> str:
    before = text if not text or text.endswith("\n") else f"{text}\n"
    return f"{before}{line}\n"


def _free(taken: Iterable[int], first: int, last: int) -> int:
    """Return the first number that is not taken, looking from ``first`` towards ``last``."""
    known = set(taken)
    numbers = range(first, last + 1) if first <= last else range(first, last - 1, -1)
    return next(number for number in numbers if number not in known)
