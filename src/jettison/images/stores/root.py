"""A directory that stands for an image's root: no operation reaches outside it.

Every path is walked one part at a time with file descriptors that do not follow links; links are
read and resolved here, with the directory as their root. So neither ``..`` nor a symbolic link, not
even one that changes in the meantime, leads to another place.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct, field

from jettison.errors import ImageError

_MOST_LINKS = 40
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Open enough to be filled, whatever the image says; the true modes come last.
_FILLABLE = 0o700
_IMPLIED = 0o755


def remove_directory(name: str, parent: int | None = None) -> None:
    """Remove a directory with all that is in it, also what nobody may write in, however deep it is.

    ``name`` is a path, or a name in the open directory ``parent``. Each directory is taken to the
    top before it is emptied, so that no path is too long. Raises OSError when something stays.
    """
    mark = secrets.token_hex(8)
    with _opened(name, parent) as top:
        ahead = _emptied(top)
        made = 0
        while ahead:
            folder = ahead.pop()
            with suppress(OSError):  # another thread removes it too
                with _opened(folder, top) as descriptor:
                    for inner in _emptied(descriptor):
                        made += 1
                        with suppress(OSError):
                            os.chmod(inner, _FILLABLE, dir_fd=descriptor)
                            os.rename(
                                inner, f"{mark}-{made}", src_dir_fd=descriptor, dst_dir_fd=top
                            )
                            ahead.append(f"{mark}-{made}")
                os.rmdir(folder, dir_fd=top)
    os.rmdir(name, dir_fd=parent)


@contextmanager
def _opened(name: str, parent: int | None) -> Iterator[int]:
    """Open a directory that may be filled and emptied from now on."""
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISDIR(found.st_mode):
        os.chmod(name, _FILLABLE, dir_fd=parent)
    descriptor = os.open(name, _DIRECTORY, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _emptied(directory: int) -> list[str]:
    """Remove what lies in an open directory, and return the names of the directories in it."""
    with os.scandir(directory) as entries:
        found = [(one.name, one.is_dir(follow_symlinks=False)) for one in entries]
    for name, _ in filter(lambda one: not one[1], found):
        with suppress(OSError):
            os.unlink(name, dir_fd=directory)
    return [name for name, is_directory in found if is_directory]


class Spot(Struct, frozen=True, kw_only=True):
    """A name in an open directory; ``path`` is where it really is, links resolved."""

    parent: int
    name: str
    path: str

    def stat(self) -> os.stat_result | None:
        """Return what is there, without following a link, or None."""
        try:
            return os.stat(self.name, dir_fd=self.parent, follow_symlinks=False)
        except FileNotFoundError:
            return None

    @property
    def is_directory(self) -> bool:
        """Whether a directory is there."""
        found = self.stat()
        return found is not None and stat.S_ISDIR(found.st_mode)

    def remove(self) -> None:
        """Remove what is there, with all that is in it."""
        found = self.stat()
        if found is None:
            return
        if stat.S_ISDIR(found.st_mode):
            remove_directory(self.name, self.parent)
        else:
            os.unlink(self.name, dir_fd=self.parent)

    def make_directory(self) -> None:
        """Make a directory in place of anything else."""
        if not self.is_directory:
            self.remove()
            os.mkdir(self.name, _FILLABLE, dir_fd=self.parent)


class Root(Struct):
    """The directory, and what the current layer has written in it.

    ``touched`` holds the real paths that the layer wrote and the directories they are in. With
    ``follows`` every link on the way counts as one of the layer's own.
    """

    path: Path
    follows: bool = False
    touched: set[str] = field(default_factory=set)
    implied: dict[str, int] = field(default_factory=dict)

    def begin_layer(self) -> None:
        """Forget what earlier layers wrote."""
        self.touched = set()

    def touch(self, path: str) -> None:
        """Note that the layer wrote a path."""
        while path and path not in self.touched:
            self.touched.add(path)
            path = path.rpartition("/")[0]

    @contextmanager
    def spot(self, path: str, *, make: bool) -> Iterator[Spot | None]:
        """Give the place of a path of the image, or None when its parent is missing.

        With ``make`` missing parents are made, and what lower layers have in their place is
        replaced, as engines do: a layer knows its own links alone.
        """
        head, _, name = path.rpartition("/")
        if name in {"", ".", ".."}:
            raise ImageError(f"{path!r} names nothing in an image")
        walk = _Walk(self, make=make)
        try:
            reached = walk.to([part for part in head.split("/") if part])
            real = f"{walk.path}/{name}" if walk.path else name
            yield Spot(parent=walk.descriptor, name=name, path=real) if reached else None
        finally:
            walk.close()

    def settled(self) -> Iterator[Spot]:
        """Give the places of the directories that were made on the way, each once."""
        made, self.implied = sorted(self.implied), {}
        for path in made:
            with self.spot(path, make=False) as spot:
                if spot is not None:
                    yield spot

    def read(self, path: str, most: int) -> bytes:
        """Return the beginning of a file; nothing where there is none, or something else."""
        with self.spot(path, make=False) as spot:
            if spot is None:
                return b""
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            descriptor = os.open(spot.name, flags, dir_fd=spot.parent)
            with open(descriptor, "rb") as file:  # noqa: PTH123 — a descriptor, not a path
                return file.read(most) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""

    def remove_lower(self, spot: Spot) -> None:
        """Remove what lower layers brought to a place, and leave what the current one did."""
        if spot.path not in self.touched:
            spot.remove()
        elif spot.is_directory:
            self.empty_lower(spot)

    def empty_lower(self, spot: Spot) -> None:
        """Remove what lower layers brought into a directory."""
        inside = os.open(spot.name, _DIRECTORY, dir_fd=spot.parent)
        try:
            for name in os.listdir(inside):  # noqa: PTH208 — a descriptor, not a path
                self.remove_lower(Spot(parent=inside, name=name, path=f"{spot.path}/{name}"))
        finally:
            os.close(inside)


class _Walk:
    """A walk from the root; ``descriptor`` is the directory reached, ``path`` its real path."""

    def __init__(self, root: Root, *, make: bool) -> None:
        self._root = root
        self._make = make
        self._links = 0
        self._open = [os.open(root.path, _DIRECTORY)]
        self._names: list[str] = []

    @property
    def descriptor(self) -> int:
        return self._open[-1]

    @property
    def path(self) -> str:
        return "/".join(self._names)

    def close(self) -> None:
        for descriptor in self._open:
            os.close(descriptor)

    def to(self, parts: list[str]) -> bool:
        """Go on along ``parts``; False when something is missing on the way."""
        ahead = list(reversed(parts))
        while ahead:
            part = ahead.pop()
            if part == "..":
                self._up(1)
            elif part not in {"", "."} and not self._into(part, ahead):
                return False
        return True

    def _into(self, part: str, ahead: list[str]) -> bool:
        real = f"{self.path}/{part}" if self._names else part
        spot = Spot(parent=self.descriptor, name=part, path=real)
        found = spot.stat()
        own = self._root.follows or spot.path in self._root.touched
        if found is not None and stat.S_ISLNK(found.st_mode) and (own or not self._make):
            self._follow(spot, ahead)
            return True
        if found is None or not stat.S_ISDIR(found.st_mode):
            if not self._make:
                return False
            spot.make_directory()
            self._root.implied[spot.path] = _IMPLIED
            self._root.touch(spot.path)
        self._open.append(os.open(part, _DIRECTORY, dir_fd=self.descriptor))
        self._names.append(part)
        return True

    def _follow(self, spot: Spot, ahead: list[str]) -> None:
        """Put the link's target before what is ahead; the image's root is the link's root."""
        self._links += 1
        if self._links > _MOST_LINKS:
            raise ImageError(f"a layer has too many links on the way to {spot.path}")
        target = os.readlink(spot.name, dir_fd=spot.parent)
        if target.startswith("/"):
            self._up(len(self._names))
        ahead.extend(reversed(target.split("/")))

    def _up(self, count: int) -> None:
        for _ in range(min(count, len(self._names))):
            os.close(self._open.pop())
            self._names.pop()
