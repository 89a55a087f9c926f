"""What a .dockerignore keeps out of a build context, in files and bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from jettison.project.dockerignore.match import Pattern, Verdict, judge


class Amount(Struct, frozen=True, kw_only=True):
    """A number of files and their bytes."""

    files: int = 0
    bytes: int = 0

    def plus(self, size: int) -> Amount:
        """Return the amount with one more file."""
        return Amount(files=self.files + 1, bytes=self.bytes + size)


def verdicts(
    tree: Mapping[str, int], patterns: tuple[Pattern, ...]
) -> Iterator[tuple[str, Verdict]]:
    """Yield each file with what the patterns say about it; a directory is judged once."""
    known: dict[str, Verdict | None] = {"": None}

    def directory(path: str) -> Verdict | None:
        if path not in known:
            known[path] = judge(patterns, path, directory(path.rpartition("/")[0]))
        return known[path]

    for path in tree:
        yield path, judge(patterns, path, directory(path.rpartition("/")[0]))
