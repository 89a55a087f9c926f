"""Writes the files of a plan: all of them or none."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from jettison.errors import InterruptedByUserError, WriteError
from jettison.formats.requirements import decoded
from jettison.plan import FileChange
from jettison.processes import uninterrupted
from jettison.processes.git import Unknown, uncommitted
from jettison.records import NEW_FILE, copy_tree, opened
from jettison.values import whole_number

# Root may write to any file; a file without write permission is meant to stay as it is.
WRITABLE = 0o222
_STRAY = ".jettison-new"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def write_in_place(root: Path, changes: Sequence[FileChange], *, force: bool = False) -> None:
    """Change the user's files.

    Raises WriteError when the folder is under version control with uncommitted changes (unless
    ``force``), when a file changed since it was read, and when a file cannot be written; then none
    of the files is changed.
    """
    _remove_strays({(root / change.path).parent for change in changes})
    if not force:
        require_committed(root)
    write_files(root, changes, checked=True)


class Writing(Struct, frozen=True, kw_only=True):
    """Where a user wants changed files: in the project itself with ``write``, or in a copy."""

    output: Path | None = None
    force: bool = False
    write: bool = False

    def require_place(self, root: Path) -> None:
        """Raise WriteError where the files could not be written, before anything is built."""
        if self.output:
            require_new(root, self.output)
        if self.write and not self.force:
            require_committed(root)

    def carry_out(self, root: Path, changes: Sequence[FileChange]) -> None:
        """Write a copy where one is wanted, else into the project; raises WriteError."""
        if self.output is not None:
            write_copy(root, self.output, changes)
        else:
            write_in_place(root, changes, force=self.force)


def require_new(root: Path, target: Path) -> None:
    """Raise WriteError where the project in ``root`` cannot be copied to ``target``."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise WriteError(
            f"{target} exists and is not an empty folder",
            hint="Give --output a new folder; existing files are not overwritten.",
        )
    if target.resolve() == Path.cwd():
        raise WriteError(
            "the current folder cannot be replaced by a copy", hint="Give --output a new folder."
        )
    if target.resolve().is_relative_to(root.resolve()):
        raise WriteError(
            f"{target} lies inside the project",
            hint="Give --output a folder outside of it; a copy cannot contain itself.",
        )


def write_copy(root: Path, target: Path, changes: Sequence[FileChange]) -> None:
    """Write the whole project with the changes to ``target``, which must be empty or not exist.

    ``target`` appears under its name only when it is complete.
    """
    require_new(root, target)
    with _explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_strays({target.parent})
        staging = target.with_name(_stray_name(target.name))
        staging.mkdir(0o700)
        try:
            copy = staging / "copy"
            copy_tree(root, copy)
            write_files(copy, changes)
            if target.exists():
                target.rmdir()
            copy.rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def told_if_written(root: Path, changes: Sequence[FileChange]) -> Iterator[None]:
    """Say so when the block is interrupted after every file was written below ``root``.

    Raises InterruptedByUserError then; whoever catches KeyboardInterrupt may say that none was.
    """
    try:
        yield
    except KeyboardInterrupt as stopped:
        if not changes or not all(_is_written(root / each.path, each) for each in changes):
            raise
        hint = f"All {len(changes)} files were written before."
        raise InterruptedByUserError("interrupted", hint=hint) from stopped


def _is_written(place: Path, change: FileChange) -> bool:
    return place.is_file() and place.read_bytes() == change.after.encode()


class _Place(Struct, frozen=True, kw_only=True):
    """A file by the open folder that it is in: no link leads anywhere else from there."""

    folder: int
    name: str
    path: Path

    def content(self) -> bytes | None:
        """Return what the file holds; None when there is none."""
        try:
            with opened(self.name, self.folder) as file:
                return file.read()
        except FileNotFoundError:
            return None


def write_files(root: Path, changes: Sequence[FileChange], *, checked: bool = False) -> None:
    """Write every file beside its place first, and move them only when all are there.

    A link is replaced, and none is followed out of ``root``. With ``checked`` a file that is not as
    the change says it was, or read-only, is refused. Raises WriteError; what was moved until then
    is put back.
    """
    written: list[tuple[str, _Place]] = []
    with ExitStack() as folders:
        places = [_place(root, change.path, folders) for change in changes]
        for change, place in zip(changes, places, strict=True):
            if checked:
                _refuse_changed(place, change)
        try:
            for change, place in zip(changes, places, strict=True):
                with _explained(place.path):
                    written.append((_beside(place, change.after, checked=checked), place))
            with uninterrupted(), _put_back() as moved:
                for new, place in written:
                    with _explained(place.path):
                        moved.append((place, _kept(place)))
                        _move(new, place.name, place)
        finally:
            for new, place in written:
                with suppress(FileNotFoundError):
                    os.unlink(new, dir_fd=place.folder)


def _place(root: Path, path: str, folders: ExitStack) -> _Place:
    place = root / path
    with _explained(place):
        top = root.resolve()
        inner = place.parent.resolve()
        if not inner.is_relative_to(top):
            raise WriteError(
                f"{path} lies outside the project",
                why=f"a link leads to {inner}",
                hint="Use --output with a new folder, or replace the link by what it leads to.",
            )
        at = os.open(top, _FOLDER)
        folders.callback(os.close, at)
        for part in inner.relative_to(top).parts:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=at)
                folders.callback(_remove_empty, part, at)
            at = os.open(part, _FOLDER, dir_fd=at)
            folders.callback(os.close, at)
    return _Place(folder=at, name=place.name, path=place)


def _remove_empty(name: str, folder: int) -> None:
    """Remove a folder that was made for what could not be written."""
    with suppress(OSError):
        os.rmdir(name, dir_fd=folder)


def _move(one: str, other: str, place: _Place) -> None:
    os.replace(one, other, src_dir_fd=place.folder, dst_dir_fd=place.folder)


def _kept(place: _Place) -> str | None:
    """Give what is at a place another name too; empty where that cannot be, None for nothing."""
    name, at = _stray_name(place.name), place.folder
    try:
        os.link(place.name, name, src_dir_fd=at, dst_dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    return name


@contextmanager
def _put_back() -> Iterator[list[tuple[_Place, str | None]]]:
    """Gather places and the other names of what was there, which is there again if a move fails."""
    moved: list[tuple[_Place, str | None]] = []
    try:
        yield moved
    except BaseException:
        for place, old in moved:
            with suppress(OSError):
                if old:
                    _move(old, place.name, place)
                elif old is None:
                    os.unlink(place.name, dir_fd=place.folder)
        raise
    finally:
        for place, old in moved:
            if old:
                with suppress(FileNotFoundError):
                    os.unlink(old, dir_fd=place.folder)


def _beside(place: _Place, text: str, *, checked: bool) -> str:
    """Write a new file beside a place and return its name."""
    try:
        mode = os.stat(place.name, dir_fd=place.folder).st_mode & 0o777
    except FileNotFoundError:
        mode = 0o644
    if checked and not mode & WRITABLE:
        raise PermissionError(errno.EACCES, "it is read-only")
    new = _stray_name(place.name)
    handle = os.open(new, NEW_FILE, 0o600, dir_fd=place.folder)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123
            stream.write(text)
            os.fchmod(handle, mode)
    except BaseException:
        os.unlink(new, dir_fd=place.folder)
        raise
    return new


def _stray_name(name: str) -> str:
    return f".{name}.{os.getpid()}.{secrets.token_hex(4)}{_STRAY}"


def _remove_strays(folders: Iterable[Path]) -> None:
    """Remove what processes that were killed left beside the files that they wrote."""
    for stray in (path for folder in folders for path in folder.glob(f".*{_STRAY}")):
        process = whole_number(stray.name.removesuffix(_STRAY).split(".")[-2])
        if process is None or _runs(process):
            continue
        with suppress(OSError):
            if stray.is_dir() and not stray.is_symlink():
                shutil.rmtree(stray)
            else:
                stray.unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _explained(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WriteError(
            f"{place} cannot be written",
            why=error.strerror or str(error),
            hint="Nothing was changed. Make the folder writable, or use --output with another one.",
        ) from error


def _refuse_changed(place: _Place, change: FileChange) -> None:
    with _explained(place.path):
        content = place.content()
    try:
        now = None if content is None else decoded(content)
    except UnicodeDecodeError:
        now = str(content, "utf-8", "replace") if content else None
    if now != change.before:
        raise WriteError(
            f"{change.path} changed while Jettison was at work",
            hint="Nothing was written. Run the command again.",
        )


def require_committed(root: Path) -> None:
    """Raise WriteError where the folder has changes that are in no commit, or nobody knows."""
    changed = uncommitted(root)
    if isinstance(changed, Unknown):
        raise WriteError(
            "it is not known whether the project has uncommitted changes",
            why=changed.why,
            hint="Make `git status` work in the project, use --output DIR, or use --force.",
        )
    if changed:
        raise WriteError(
            "the project has uncommitted changes",
            why="\n".join(changed[:10]),
            hint="Commit or stash them, so that you can see what Jettison changed; --force of"
            " `jettison optimize` and `jettison apply` skips this check.",
        )
