"""Layers as tar streams: the same members give the same bytes, whatever their order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator

from msgspec import Struct

from jettison.errors import ImageError, IntegrityError
from jettison.images.entry import Entry, Kind, normal_path
from jettison.values import replace

BLOCK = 512
_TYPE_FLAGS = {
    Kind.FILE: b"0",
    Kind.HARD_LINK: b"1",
    Kind.SYMLINK: b"2",
    Kind.CHARACTER_DEVICE: b"3",
    Kind.BLOCK_DEVICE: b"4",
    Kind.DIRECTORY: b"5",
    Kind.FIFO: b"6",
}
_NAME_LENGTH = 100
_PREFIX_LENGTH = 155
_LARGEST_ID = 0o7777777
_LARGEST_NUMBER = 0o77777777777
_PAX_NAME = b"././@PaxHeader"


def padding(size: int) -> bytes:
    """Return the zeros that fill the last block of ``size`` bytes."""
    return b"\0" * (-size % BLOCK)


def headers(entry: Entry) -> bytes:
    """Return the header blocks of an entry; user and group names are left empty."""
    path = _raw(entry.path + "/" if entry.kind is Kind.DIRECTORY else entry.path)
    link = _raw(entry.link)
    size = entry.size if entry.kind is Kind.FILE else 0
    records = _records(entry, path, link, size)
    split = _split(path) or (b"", path[:_NAME_LENGTH])
    block = _ustar(
        name=split[1],
        prefix=split[0],
        link=link[:_NAME_LENGTH],
        flag=_TYPE_FLAGS[entry.kind],
        mode=entry.mode & 0o7777,
        owner=(_fit(entry.uid, _LARGEST_ID), _fit(entry.gid, _LARGEST_ID)),
        size=_fit(size, _LARGEST_NUMBER),
        mtime=_fit(entry.mtime, _LARGEST_NUMBER),
        device=entry.device,
    )
    return _pax(records) + block


def _records(entry: Entry, path: bytes, link: bytes, size: int) -> list[tuple[bytes, bytes]]:
    """Return what the ustar header cannot say."""
    records = []
    if not path.isascii() or _split(path) is None:
        records.append((b"path", path))
    if not link.isascii() or len(link) > _NAME_LENGTH:
        records.append((b"linkpath", link))
    numbers = [
        (b"uid", entry.uid, _LARGEST_ID),
        (b"gid", entry.gid, _LARGEST_ID),
        (b"size", size, _LARGEST_NUMBER),
        (b"mtime", entry.mtime, _LARGEST_NUMBER),
    ]
    records += [(key, b"%d" % n) for key, n, largest in numbers if not 0 <= n <= largest]
    records += [(b"SCHILY.xattr." + _raw(name), value) for name, value in entry.xattrs]
    return records


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _fit(number: int, largest: int) -> int:
    return number if 0 <= number <= largest else 0


def _split(path: bytes) -> tuple[bytes, bytes] | None:
    """Divide a path into prefix and name, or None when it does not fit."""
    if len(path) <= _NAME_LENGTH:
        return b"", path
    at = path.rfind(b"/", 0, min(_PREFIX_LENGTH + 1, len(path) - 1))
    if at <= 0 or len(path) - at - 1 > _NAME_LENGTH:
        return None
    return path[:at], path[at + 1 :]


def _pax(records: list[tuple[bytes, bytes]]) -> bytes:
    """Return a PAX extended header with ``records``, or nothing when there are none."""
    if not records:
        return b""
    if any(_is_binary(value) for key, value in records if key in {b"path", b"linkpath"}):
        records = [(b"hdrcharset", b"BINARY"), *records]
    body = b"".join(_record(key, value) for key, value in records)
    block = _ustar(
        name=_PAX_NAME, prefix=b"", link=b"", flag=b"x", mode=0, owner=(0, 0), size=len(body),
        mtime=0, device=(0, 0),
    )  # fmt: skip
    return block + body + padding(len(body))


def _record(key: bytes, value: bytes) -> bytes:
    """Return ``length key=value`` and a line feed; the length counts its own digits."""
    length = rest = len(key) + len(value) + len(b" =\n")
    while length != rest + len(str(length)):
        length = rest + len(str(length))
    return b"%d %b=%b\n" % (length, key, value)


def _is_binary(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return True
    return False


def _ustar(
    *,
    name: bytes,
    prefix: bytes,
    link: bytes,
    flag: bytes,
    mode: int,
    owner: tuple[int, int],
    size: int,
    mtime: int,
    device: tuple[int, int],
) -> bytes:
    numbers = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode, *owner, size, mtime)
    before = name.ljust(_NAME_LENGTH, b"\0") + numbers
    after = flag + link.ljust(_NAME_LENGTH, b"\0") + b"ustar\x0000" + b"\0" * 64
    after += b"%07o\0%07o\0" % device + prefix.ljust(_PREFIX_LENGTH, b"\0")
    checksum = sum(before) + sum(after) + 8 * 0x20
    return (before + b"%06o\0 " % checksum + after).ljust(BLOCK, b"\0")


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


def layer_tar(members: Iterable[Member]) -> Generator[bytes]:
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
