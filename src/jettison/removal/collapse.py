"""The fewest paths that mean some files and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator


def collapsed(
    gone: Collection[str], every: Collection[str], whole: Callable[[str], bool]
) -> tuple[str, ...]:
    """Give folders, patterns and files that mean exactly ``gone`` of ``every`` file.

    A folder ends in ``/``, and stands for its files where ``whole`` says that all that may ever
    lie in it is meant. A pattern stands for the files of one suffix below a package.
    """
    leaving = Counter(folder for path in gone for folder in _folders(path))
    present = Counter(folder for path in every for folder in _folders(path))
    found: dict[str, None] = {}
    for path in sorted(gone):
        folders = (one for one in _folders(path) if leaving[one] == present[one] and whole(one))
        found.setdefault(next(folders, path))
    return tuple(sorted(_by_suffix(found, gone, every)))


def _by_suffix(found: Iterable[str], gone: Collection[str], every: Iterable[str]) -> Iterator[str]:
    """Join single files of one package and suffix where no such file stays."""
    stay = {_kind(path) for path in every if path not in gone}
    kinds = Counter(_kind(path) for path in found)
    patterns: set[str] = set()
    for path in found:
        package, suffix = kind = _kind(path)
        if path.endswith("/") or not package or not suffix or kinds[kind] == 1 or kind in stay:
            yield path
        else:
            patterns.add(f"{package}/**/*.{suffix}")
    yield from patterns


def _kind(path: str) -> tuple[str, str]:
    """The package that a file lies in, and its suffix."""
    package, _, inner = path.partition("/")
    _, dot, suffix = inner.rpartition("/")[2].rpartition(".")
    return package, suffix if dot else ""


def _folders(path: str) -> Iterator[str]:
    """The folders of a path below site-packages, the outermost first.

    What lies beside site-packages belongs to many distributions and has no folder of its own.
    """
    at = path.find("/")
    while at > 0:
        yield path[: at + 1]
        at = path.find("/", at + 1)
