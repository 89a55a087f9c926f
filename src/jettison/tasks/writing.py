"""Writes the files of a plan: all of them or none."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jettison.errors import InterruptedByUserError, WriteError
from jettison.plan.plan import FileChange
from jettison.processes.git import Unknown, uncommitted
from jettison.processes.programs import uninterrupted

# Root may write to any file; a file without write permission is meant to stay as it is.
WRITABLE = 0o222


def write_in_place(root: Path, changes: Sequence[FileChange], *, force: bool = False) -> None:
    """Change the user's files.

    Raises WriteError when the folder is under version control with uncommitted changes (unless
    ``force``), when a file changed since it was read, and when a file cannot be written; then none
    of the files is changed.
    """
    if not force:
        _refuse_uncommitted(root)
    _refuse_changed(root, changes)
    _write(root, changes)


def write_copy(root: Path, target: Path, changes: Sequence[FileChange]) -> None:
    """Write the whole project with the changes to ``target``, which must be empty or not exist.

    ``target`` appears under its name only when it is complete.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise WriteError(
            f"{target} exists and is not an empty folder",
            hint="Give --output a new folder, so that nothing is overwritten.",
        )
    if target.resolve().is_relative_to(root.resolve()):
        raise WriteError(
            f"{target} lies inside the project",
            hint="Give --output a folder outside of it; a copy cannot contain itself.",
        )
    with _explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            copy = staging / "copy"
            shutil.copytree(root, copy, symlinks=True)
            _write(copy, changes)
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


def _write(root: Path, changes: Sequence[FileChange]) -> None:
    """Write every file beside its place first, and move them only when all are there."""
    written: list[tuple[Path, Path]] = []
    try:
        for change in changes:
            place = root / change.path
            with _explained(place):
                written.append((_beside(place, change.after), place))
        with uninterrupted():
            for new, place in written:
                with _explained(place):
                    new.replace(place)
    finally:
        for new, _ in written:
            new.unlink(missing_ok=True)


def _beside(place: Path, text: str) -> Path:
    if place.exists() and not place.stat().st_mode & WRITABLE:
        raise PermissionError(errno.EACCES, "it is read-only")
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        new.chmod(place.stat().st_mode & 0o777 if place.exists() else 0o644)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return new


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


def _refuse_changed(root: Path, changes: Sequence[FileChange]) -> None:
    for change in changes:
        place = root / change.path
        now = place.read_bytes().decode("utf-8", "replace") if place.exists() else None
        if now != change.before:
            raise WriteError(
                f"{change.path} changed while Jettison was at work",
                hint="Nothing was written. Run the command again.",
            )


def _refuse_uncommitted(root: Path) -> None:
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
            hint="Commit or stash them, so that you can see what Jettison changed, or use --force.",
        )
