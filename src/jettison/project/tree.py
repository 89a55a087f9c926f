"""The files of a project, as names and sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from jettison.values import Skipped


class TreeFile(Struct, frozen=True, kw_only=True):
    """A file: bytes, time of modification in nanoseconds, whether it may be executed.

    ``link`` is the text of a symbolic link, empty for a regular file; size and time are then the
    target's.
    """

    size: int
    modified_ns: int = 0
    executable: bool = False
    link: str = ""


class Tree(Struct, frozen=True, kw_only=True):
    """Every file below a project's root, by its path relative to the root with ``/`` separators.

    ``left_out`` are folders whose content is not the project's source (version control, virtual
    environments, caches, ``node_modules``) with their bytes. ``links`` are symbolic links to
    folders, which are not followed, with their targets.
    """

    files: Mapping[str, TreeFile]
    left_out: Mapping[str, int]
    links: Mapping[str, str]
    skipped: tuple[Skipped, ...] = ()

    def __contains__(self, path: object) -> bool:
        return path in self.files

    def below(self, folder: str) -> Iterator[tuple[str, TreeFile]]:
        """Files in a folder and its subfolders; ``""`` is the root."""
        prefix = f"{folder}/" if folder else ""
        return ((path, file) for path, file in self.files.items() if path.startswith(prefix))

    def size(self, folder: str = "") -> int:
        """Bytes of all files in a folder, left out ones included."""
        prefix = f"{folder}/" if folder else ""
        inner = sum(n for path, n in self.left_out.items() if path.startswith(prefix))
        return inner + sum(file.size for _, file in self.below(folder))
