"""Layers as tar streams: the same members give the same bytes, whatever their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from jettison.errors import ImageError, IntegrityError
from jettison.oci.entry import OPAQUE, WHITEOUT, Entry, Kind, normal_path
from jettison.oci.tar_header import BLOCK, headers, padding

# What POSIX asks for after the last entry.
END_OF_TAR = b"\0" * (2 * BLOCK)


def _nothing() -> Iterable[bytes]:
    return ()


class Member(Struct, frozen=True, kw_only=True):
    """An entry to write and, for a file, where its content comes from.

    ``content`` is called once for each writing and gives exactly ``entry.size`` bytes.
    """

    entry: Entry
    content: Callable[[], Iterable[bytes]] = _nothing

    @classmethod
    def file(cls, path: str, content: bytes, *, mode: int = 0o644) -> Member:
        """Return a file owned by root; its time is the epoch until ``dated``."""
        entry = Entry(path=normal_path(path), kind=Kind.FILE, mode=mode, size=len(content))
        return cls(entry=entry, content=lambda: (content,))

    @classmethod
    def directory(cls, path: str, *, mode: int = 0o755) -> Member:
        """Return a directory owned by root."""
        return cls(entry=Entry(path=normal_path(path), kind=Kind.DIRECTORY, mode=mode))

    @classmethod
    def symlink(cls, path: str, target: str) -> Member:
        """Return a symbolic link owned by root."""
        path = normal_path(path)
        return cls(entry=Entry(path=path, kind=Kind.SYMLINK, mode=0o777, link=target))

    @classmethod
    def hard_link(cls, path: str, target: str) -> Member:
        """Return a second name for the file at ``target``, which the same layer must hold."""
        path, target = normal_path(path), normal_path(target)
        return cls(entry=Entry(path=path, kind=Kind.HARD_LINK, mode=0o644, link=target))

    @classmethod
    def whiteout(cls, path: str) -> Member:
        """Return the mark that removes ``path`` of lower layers."""
        head, slash, name = normal_path(path).rpartition("/")
        return cls.file(f"{head}{slash}{WHITEOUT}{name}", b"")

    @classmethod
    def opaque(cls, path: str) -> Member:
        """Return the mark that hides what lower layers have in the directory ``path``."""
        return cls.file(f"{path}/{OPAQUE}", b"")

    def linked_to(self, target: str) -> Member:
        """Return a second name for ``target``, with this file's mode, owner and time."""
        link = Member.hard_link(self.entry.path, target).entry
        return Member(entry=replace(self.entry, kind=link.kind, size=0, link=link.link))

    def owned(self, uid: int, gid: int) -> Member:
        """Return the member with another owner."""
        if (self.entry.uid, self.entry.gid) == (uid, gid):
            return self
        return replace(self, entry=replace(self.entry, uid=uid, gid=gid))

    def dated(self, mtime: int) -> Member:
        """Return the member with another modification time, in seconds since 1970."""
        if self.entry.mtime == mtime:
            return self
        return replace(self, entry=replace(self.entry, mtime=mtime))


def layer_tar(members: Iterable[Member]) -> Iterator[bytes]:
    """Write a whole layer; ImageError when two members have one path."""
    yield from tar_segment(members)
    yield END_OF_TAR


def tar_segment(members: Iterable[Member]) -> Iterator[bytes]:
    """Write entries without the end of the tar, so that another segment may follow.

    Members are sorted by path; hard links come last, as their targets must come first.
    """
    previous = ""
    ordered = sorted(members, key=lambda m: (m.entry.kind is Kind.HARD_LINK, m.entry.path))
    paths = sorted(member.entry.path for member in ordered)
    for path in paths:
        if path == previous and path:
            raise ImageError(f"a layer would hold {path} twice")
        previous = path
    for member in ordered:
        yield headers(member.entry)
        if member.entry.kind is Kind.FILE:
            yield from _content(member)


def _content(member: Member) -> Iterator[bytes]:
    size = member.entry.size
    count = 0
    for chunk in member.content():
        count += len(chunk)
        if count > size:
            break
        yield chunk
    if count != size:
        raise IntegrityError(
            f"{member.entry.path} changed while it was read",
            why=f"it had {size} bytes before and {'more' if count > size else count} now",
        )
    if fill := padding(size):
        yield fill
