"""The files that steps lay into an image, on top of the base and its distributions."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from jettison.builder import (
    CopyStep,
    FolderStep,
    GroupStep,
    ModeStep,
    OwnerStep,
    Recipe,
    RemoveStep,
    Step,
    UserStep,
    not_understood,
)
from jettison.builder.context import ContextPath, copied
from jettison.builder.foundation import Accounts
from jettison.images.entry import Kind
from jettison.images.tar_writer import Member
from jettison.values import Origin, is_within, replace

_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)")
_ACTION = re.compile(r"([-+=])([ugo]|[rwxXst]*)")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}
_OCTAL = re.compile(r"[0-7]{1,4}")


def changed_mode(text: str, mode: int, *, directory: bool) -> int | None:
    """Return what a mode becomes; None for a text that is no mode.

    Without letters for whom, all are meant, as with the umask 0 that matters to no image.
    """
    if _OCTAL.fullmatch(text):
        return int(text, 8)
    for clause in text.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            return None
        whom = set(match[1] or "a")
        classes = "ugo" if "a" in whom else "".join(sorted(whom))
        for action in _ACTION.finditer(match[2]):
            mode = _applied(mode, classes, action[1], action[2], directory=directory)
    return mode


def _applied(mode: int, classes: str, sign: str, letters: str, *, directory: bool) -> int:
    for name in classes:
        shift = _SHIFTS[name]
        bits = _bits(mode, letters, directory=directory) << shift
        special = _special(name, letters)
        if sign == "=":
            mode = mode & ~(7 << shift) | bits | special
        else:
            mode = mode | bits | special if sign == "+" else mode & ~(bits | special)
    return mode


def _bits(mode: int, letters: str, *, directory: bool) -> int:
    if letters in _SHIFTS:
        return mode >> _SHIFTS[letters] & 7
    bits = sum(_BITS.get(letter, 0) for letter in set(letters) - {"X"})
    if "X" in letters and (directory or mode & 0o111):
        bits |= 1
    return bits


def _special(name: str, letters: str) -> int:
    special = 0
    if "s" in letters:
        special |= {"u": 0o4000, "g": 0o2000, "o": 0}[name]
    return special | 0o1000 if "t" in letters and name == "o" else special


if TYPE_CHECKING:
    from jettison.builder.base import BaseFacts


class Files:
    """Takes steps in their order; then ``members`` are the files, directories and links.

    ``base`` are the directories that are there already, with their own modes and owners.
    ``environment`` is the path of the virtual environment, whose owner a step may change;
    ``skeleton`` names and texts of the files of a new home directory.
    """

    def __init__(
        self, context: Mapping[str, ContextPath], base: frozenset[str], accounts: Accounts,
        environment: str = "",
        skeleton: Iterable[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        self._context = context
        self._base = base
        self._members: dict[str, Member] = {}
        self._before = accounts
        self._environment = environment.strip("/")
        self._skeleton = tuple(skeleton)
        self.accounts = accounts
        self.environment_owner = (0, 0)

    @property
    def members(self) -> list[Member]:
        """Everything, sorted by path; /etc/passwd and /etc/group when they changed."""
        found = dict(self._members)
        if self.accounts != self._before:
            for path, text in (
                ("etc/passwd", self.accounts.passwd),
                ("etc/group", self.accounts.group),
            ):
                found[path] = Member.file(path, text.encode())
        return [found[path] for path in sorted(found)]

    def take(self, step: Step) -> None:
        """Carry out one step; UnsupportedError for a path or a name that is not there."""
        if isinstance(step, CopyStep):
            self._copy(step)
        elif isinstance(step, FolderStep):
            self._folder(step)
        elif isinstance(step, OwnerStep):
            self._own(step)
        elif isinstance(step, ModeStep):
            self._change_mode(step)
        elif isinstance(step, RemoveStep):
            self._remove(step)
        elif isinstance(step, UserStep):
            self._user(step)
        elif isinstance(step, GroupStep):
            self.accounts = self.accounts.with_group(step)

    def _copy(self, step: CopyStep) -> None:
        uid, gid = self._copy_owner(step)
        for path, member in copied(step, self._context, self._is_directory):
            mode = member.entry.mode
            directory = member.entry.kind is Kind.DIRECTORY
            if step.mode is not None and member.entry.kind is not Kind.SYMLINK:
                mode = self._mode(step.mode, mode, step.origin, directory=directory)
            if directory and (path in self._base or path in self._members):
                continue
            self._parents(path, uid, gid)
            self._put(
                path, replace(member, entry=replace(member.entry, path=path, mode=mode)), uid, gid
            )

    def _copy_owner(self, step: CopyStep) -> tuple[int, int]:
        if step.owner is None:
            return 0, 0
        user, _, group = step.owner.partition(":")
        uid = self.accounts.uid(user, step.origin)
        gid = self.accounts.gid(group, step.origin) if group else self.accounts.primary_group(user)
        return uid, gid

    def _folder(self, step: FolderStep) -> None:
        path = step.path.strip("/")
        if not path:
            return
        self._parents(path, 0, 0)
        there = path in self._base or path in self._members
        uid, gid = self.accounts.owner(step.owner, step.origin) if step.owner else (None, None)
        if there and step.owner is None and step.mode is None:
            return
        mode = self._mode(step.mode, 0o755, step.origin, directory=True) if step.mode else 0o755
        self._put(path, Member.directory(path, mode=mode), uid or 0, gid or 0)

    def _own(self, step: OwnerStep) -> None:
        uid, gid = self.accounts.owner(step.owner, step.origin)
        if step.owner.endswith(":") and uid is not None:
            gid = self.accounts.primary_group(step.owner[:-1])

        def changed(member: Member) -> Member:
            entry = member.entry
            return member.owned(
                entry.uid if uid is None else uid, entry.gid if gid is None else gid
            )

        self._each(step, changed)
        if step.recursive and self._environment and self._covers(step.paths):
            old_uid, old_gid = self.environment_owner
            self.environment_owner = (
                old_uid if uid is None else uid,
                old_gid if gid is None else gid,
            )

    def _change_mode(self, step: ModeStep) -> None:
        def changed(member: Member) -> Member:
            entry = member.entry
            if entry.kind is Kind.SYMLINK:
                return member
            directory = entry.kind is Kind.DIRECTORY
            mode = self._mode(step.mode, entry.mode, step.origin, directory=directory)
            return replace(member, entry=replace(entry, mode=mode))

        if step.recursive and self._environment and self._covers(step.paths):
            raise not_understood(f"chmod {step.mode}", "it changes the environment", step.origin)
        self._each(step, changed)

    def _covers(self, paths: Iterable[str]) -> bool:
        inside = f"{self._environment}/"
        return any(inside.startswith(f"{path.strip('/')}/") for path in paths)

    def _each(self, step: OwnerStep | ModeStep, change: Callable[[Member], Member]) -> None:
        for path in step.paths:
            found = self._matching(path)
            inside = self._environment and self._covers((path,))
            if not found and not inside:
                why = f"{path} is part of the base, or not there"
                raise not_understood(f"a change of {path}", why, step.origin)
            if step.recursive:
                found = [p for p in self._members if any(is_within(p, f) for f in found)]
            for each in found:
                self._members[each] = change(self._members[each])

    def _matching(self, path: str) -> list[str]:
        wanted = path.strip("/")
        if not any(sign in wanted for sign in "*?["):
            return [wanted] if wanted in self._members else []
        return [each for each in self._members if fnmatch.fnmatchcase(each, wanted)
                and each.count("/") == wanted.count("/")]  # fmt: skip

    def _remove(self, step: RemoveStep) -> None:
        for path in step.paths:
            for found in self._matching(path):
                inside = [each for each in self._members if each.startswith(f"{found}/")]
                for each in (found, *inside):
                    del self._members[each]

    def _user(self, step: UserStep) -> None:
        self.accounts = self.accounts.with_user(step)
        home = step.home.strip("/")
        if step.home_made and home and home not in self._base and home not in self._members:
            uid = self.accounts.uid(step.name, step.origin)
            self._parents(home, 0, 0)
            gid = self.accounts.primary_group(step.name)
            # As Debian configures its programs since release 12.
            self._put(home, Member.directory(home, mode=0o700), uid, gid)
            for name, text in self._skeleton:
                path = f"{home}/{name}"
                self._put(path, Member.file(path, text.encode("latin-1")), uid, gid)

    def _parents(self, path: str, uid: int, gid: int) -> None:
        parent = posixpath.dirname(path)
        if parent and parent not in self._base and parent not in self._members:
            self._parents(parent, uid, gid)
            self._put(parent, Member.directory(parent), uid, gid)

    def _put(self, path: str, member: Member, uid: int, gid: int) -> None:
        self._members[path] = member.owned(uid, gid)

    def _is_directory(self, path: str) -> bool:
        known = self._members.get(path)
        return (
            not path
            or path in self._base
            or (known is not None and known.entry.kind is Kind.DIRECTORY)
        )

    def _mode(self, text: str, mode: int, origin: Origin, *, directory: bool) -> int:
        found = changed_mode(text, mode, directory=directory)
        if found is None:
            raise not_understood(text, "it is no mode", origin)
        return found


def owner_of(
    recipe: Recipe, facts: BaseFacts, context: Mapping[str, ContextPath]
) -> tuple[int, int]:
    """Return whom the steps of an image give its environment to."""
    accounts = Accounts(passwd=facts.passwd, group=facts.group)
    path = recipe.environment.path if recipe.environment else ""
    files = Files(context, facts.directories, accounts, path)
    for each in recipe.steps:
        files.take(each)
    return files.environment_owner
