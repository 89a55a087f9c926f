"""What was read or made before, kept between runs under words that name all it was made from."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from msgspec import DecodeError, msgpack

from jettison.values import READING_TYPES

Value = TypeVar("Value")
Hook = Callable[[type, Any], object]
Refusal = Callable[[Path, str], Exception]
_SUFFIX = ".record"
_DIGEST = hashlib.sha256().digest_size
_damaged: list[Path] = []
# How a file is opened that is not there yet, and no link to one that is.
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# A file that changed within the clock's grain may change again without a trace.
GRAIN_NS = 2_000_000_000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PIECE = 1 << 20
# What a file takes up is counted in these, see stat(2).
_BLOCK = 512
# What is smaller is read soon; file systems that pack what they hold do it less than this.
_HARMLESS = 1 << 30
_MOST_TIMES = 200
# What every file system takes as a name, and no two words share.
_PLAIN = re.compile(r"[A-Za-z0-9_+!-][A-Za-z0-9._+!-]{0,200}")


def _made(kind: type, text: Any) -> object:  # noqa: ANN401  # whatever the type was written as
    return kind(text)


class Records:
    """A folder of values of any type that msgspec knows; safe for several threads and processes.

    A record is written whole or not at all. A damaged one is removed; it, or one of another type,
    counts as missing. One that cannot be written is made again: that costs time and nothing else.
    With ``most``, that many are kept, the newest ones. ``read`` makes a value of a type that
    msgspec does not know from its text. With ``refusal``, a damaged record stays, and each time
    what that makes of its path and the reason is raised.
    """

    def __init__(
        self,
        folder: Path,
        *,
        most: int | None = None,
        read: Hook = _made,
        refusal: Refusal | None = None,
    ) -> None:
        self._folder = folder
        self._most = most
        self._read = read
        self._refusal = refusal
        self._decoders: dict[Any, msgpack.Decoder[Any]] = {}

    def refusing(self, refusal: Refusal) -> Records:
        """Give the same records for what cannot be made again."""
        return Records(self._folder, most=self._most, read=self._read, refusal=refusal)

    def get(self, kind: type[Value], *words: str) -> Value | None:
        """Give what was kept under these words; None when there is nothing of this type."""
        path = self._path(words)
        try:
            with open_regular(path) as file:
                content = b"" if is_hollow(os.fstat(file.fileno())) else file.read()
            digest, body = content[:_DIGEST], content[_DIGEST:]
            if _digest(words, body) == digest:
                return cast("Value", self._decoder(kind).decode(zlib.decompress(body)))
            why = "its digest does not match"
        except (DecodeError, zlib.error, RecursionError) as error:
            # another version of Jettison may know it
            why = str(error)
            if not self._refusal:
                return None
        except OSError as error:
            missing = isinstance(error, FileNotFoundError) or not self._refusal
            if missing and not os.path.lexists(path):
                return None
            why = error.strerror or str(error)
        if self._refusal:
            raise self._refusal(path, why)
        discard(path)
        return None

    def kept(self, kind: type[Value], make: Callable[[], Value], *words: str) -> Value:
        """Give what was kept under these words, or make it and keep that."""
        known = self.get(kind, *words)
        if known is None:
            known = make()
            self.put(known, *words)
        return known

    def put(self, value: object, *words: str) -> None:
        """Keep a value under these words, in place of what was there."""
        path = self._path(words)
        with suppress(OSError, UnicodeEncodeError):
            body = zlib.compress(msgpack.encode(value, enc_hook=_plain), 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
                file.write(_digest(words, body) + body)
            try:
                Path(file.name).replace(path)
            finally:
                Path(file.name).unlink(missing_ok=True)
            if self._most is not None:
                self._remove_old(path.parent, self._most)

    def forget(self, *words: str) -> None:
        """Remove what was kept under these words."""
        self._path(words).unlink(missing_ok=True)

    def stamp(self, *words: str) -> str:
        """Give what is another text whenever a record was replaced, empty when there is none."""
        try:
            status = self._path(words).stat()
        except OSError:
            return ""
        return f"{status.st_size}-{status.st_mtime_ns}"

    def _decoder(self, kind: Any) -> msgpack.Decoder[Any]:  # noqa: ANN401  # types in brackets too
        if kind not in self._decoders:
            with READING_TYPES:
                self._decoders[kind] = msgpack.Decoder(kind, dec_hook=self._read)
        return self._decoders[kind]

    def _path(self, words: tuple[str, ...]) -> Path:
        *folders, last = map(_name, words)
        return self._folder.joinpath(*folders, f"{last}{_SUFFIX}")

    def _remove_old(self, folder: Path, most: int) -> None:
        kept = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime_ns)
        for old in kept[:-most]:
            old.unlink(missing_ok=True)


def irregular(folder: str, names: list[str]) -> set[str]:
    """Name the pipes, sockets and devices of a folder: nobody copies one."""
    kinds = {name: os.lstat(os.path.join(folder, name)).st_mode for name in names}  # noqa: PTH118
    usual = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    return {name for name, mode in kinds.items() if not any(is_kind(mode) for is_kind in usual)}


LeftOut = Callable[[str, list[str]], set[str]]
"""Names what of a folder is not copied, by its path and all names in it."""


def copy_tree(source: Path, target: Path, left_out: LeftOut = irregular) -> None:
    """Copy a folder to a new one, links as links, with modes and times.

    Each part is opened by its name in the open folder above it, so that what is replaced by a link
    meanwhile leads nowhere else. Raises OSError for what cannot be copied.
    """
    at = os.open(source, _FOLDER)
    try:
        _copy_folder(at, str(source), str(target), left_out)
    finally:
        os.close(at)


def _copy_folder(at: int, source: str, target: str, left_out: LeftOut) -> None:
    Path(target).mkdir()
    with os.scandir(at) as entries:
        names = [entry.name for entry in entries]
    out = left_out(source, names)
    for name in (name for name in names if name not in out):
        found = os.stat(name, dir_fd=at, follow_symlinks=False)
        new = f"{target}/{name}"
        if stat.S_ISLNK(found.st_mode):
            Path(new).symlink_to(os.readlink(name, dir_fd=at))
        elif stat.S_ISDIR(found.st_mode):
            inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=at)
            try:
                _copy_folder(inner, f"{source}/{name}", new, left_out)
            finally:
                os.close(inner)
        else:
            with opened(name, at, links=False) as file, open(new, "xb") as copy:  # noqa: PTH123
                _copy_content(file.fileno(), copy.fileno())
                os.fchmod(copy.fileno(), stat.S_IMODE(found.st_mode))
        os.utime(new, ns=(found.st_atime_ns, found.st_mtime_ns), follow_symlinks=False)
    Path(target).chmod(stat.S_IMODE(os.fstat(at).st_mode))


def _copy_content(source: int, target: int) -> None:
    """Copy what an open file holds, and leave its holes as they are."""
    size, at = os.fstat(source).st_size, 0
    while at < size:
        end = size
        try:
            at = os.lseek(source, at, os.SEEK_DATA)
            end = os.lseek(source, at, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:  # no more data
                break
        os.lseek(target, at, os.SEEK_SET)
        if not (sent := os.sendfile(target, source, at, min(end - at, _PIECE))):
            break
        at += sent
    os.ftruncate(target, size)


def is_hollow(found: os.stat_result) -> bool:
    """Whether nearly all of a file is holes, which take hours to read; no file of ours has any."""
    return found.st_size > max(_HARMLESS, _MOST_TIMES * found.st_blocks * _BLOCK)


def open_regular(path: Path | str) -> BinaryIO:
    """Open a file for reading; OSError for a pipe or a device, which could wait for ever."""
    return opened(path)


def opened(path: Path | str, folder: int | None = None, *, links: bool = True) -> BinaryIO:
    """Do as ``open_regular`` with a path below an open folder; OSError for a link without them."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW)
    descriptor = os.open(path, flags, dir_fd=folder)
    found = os.fstat(descriptor)
    # what the kernel tells may never come, or without end
    if not stat.S_ISREG(found.st_mode) or found.st_dev in _of_the_kernel():
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return open(descriptor, "rb")  # noqa: PTH123 — a descriptor, not a path


@cache
def _of_the_kernel() -> frozenset[int]:
    """Return the devices of ``/proc`` and ``/sys``, whose files are regular by name only."""
    found = set()
    for place in ("/proc", "/sys"):
        with suppress(OSError):
            found.add(Path(place).stat().st_dev)
    return frozenset(found - {Path("/").stat().st_dev})


def opened_below(folder: Path, path: Path) -> BinaryIO:
    """Do as ``open_regular`` with a path below a folder; OSError where a link leads to it."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    at = os.open(folder, flags)
    try:
        for part in path.relative_to(folder).parts[:-1]:
            above, at = at, os.open(part, flags | os.O_NOFOLLOW, dir_fd=at)
            os.close(above)
        return opened(path.name, at, links=False)
    finally:
        os.close(at)


def regular_bytes(path: Path | str, limit: int) -> bytes:
    """Read a file of at most ``limit`` bytes; OSError for a longer one, a pipe or a device."""
    with open_regular(path) as file:
        # no more memory is taken than it has, but it may grow meanwhile
        size = os.fstat(file.fileno()).st_size
        content = file.read(min(size, limit) + 1)
        if len(content) > size:
            content += file.read(limit + 1 - len(content))
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it has more than {limit >> 20} MB", str(path))
    return content


def discard(path: Path) -> None:
    """Remove a damaged entry of the cache, and remember that for the user."""
    _damaged.append(path)
    if path.is_dir() and not path.is_symlink():
        # whole, as a part that cannot be removed must not be taken for the tree
        aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
        with suppress(OSError):
            path = path.rename(aside)
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def damaged() -> tuple[Path, ...]:
    """Return which entries were discarded since this was asked last."""
    found = tuple(dict.fromkeys(_damaged))
    _damaged.clear()
    return found


def _digest(words: tuple[str, ...], body: bytes) -> bytes:
    """Hash a record with its words, so that another's is not taken for it."""
    return hashlib.sha256("\0".join((*words, "")).encode("utf-8", "surrogatepass") + body).digest()


def _name(word: str) -> str:
    """Give a word as one path component."""
    if _PLAIN.fullmatch(word):
        return word
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: object) -> object:
    """Give what msgspec does not know as what it knows: mappings, and what is read from text."""
    return dict(value) if isinstance(value, Mapping) else str(value)
