"""What a .dockerignore keeps out of a build context, in files and bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from jettison.project.dockerignore.match import Pattern, Verdict, judge
from jettison.project.dockerignore.model import IgnoreFile, IgnoreLine


class Amount(Struct, frozen=True, kw_only=True):
    """A number of files and their bytes."""

    files: int = 0
    bytes: int = 0

    def plus(self, size: int) -> Amount:
        """Return the amount with one more file."""
        return Amount(files=self.files + 1, bytes=self.bytes + size)


class IgnoreResult(Struct, frozen=True, kw_only=True):
    """What is sent to the builder, what is not, and which line keeps out how much.

    ``by_line`` has one entry for each line with a pattern, also for those that match nothing; a
    file counts for the line that decided.
    """

    kept: Amount
    ignored: Amount
    by_line: tuple[tuple[IgnoreLine, Amount], ...]


def evaluate(tree: Mapping[str, int], ignore: IgnoreFile | None) -> IgnoreResult:
    """Return the effect on a tree of files: relative path to bytes."""
    lines = ignore.pattern_lines if ignore else ()
    amounts = [Amount() for _ in lines]
    kept = ignored = Amount()
    for path, verdict in verdicts(tree, ignore.patterns if ignore else ()):
        if verdict.ignored and verdict.by is not None:
            ignored = ignored.plus(tree[path])
            amounts[verdict.by] = amounts[verdict.by].plus(tree[path])
        else:
            kept = kept.plus(tree[path])
    return IgnoreResult(kept=kept, ignored=ignored, by_line=tuple(zip(lines, amounts, strict=True)))


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
