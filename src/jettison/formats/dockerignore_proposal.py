"""Which patterns a build context lacks, by the catalogue of what no Python image needs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache

from msgspec import Struct
from msgspec.structs import asdict

from jettison.catalogue import table
from jettison.catalogue.dead_weight import Ignore, IgnoreEntry
from jettison.formats import WILD
from jettison.formats.dockerignore import Amount, IgnoreFile, Pattern, pattern, verdicts


def survey(tree: Iterable[str], patterns: Sequence[Pattern]) -> tuple[frozenset[str], ...]:
    """Return for each pattern the files that it matches by themselves or by a directory.

    Exceptions count as patterns here. Most patterns look at one name only: those are tried once
    for each name, and not for each path.
    """
    own = _Own(patterns)
    found: list[set[str]] = [set() for _ in patterns]
    directories: dict[str, frozenset[int]] = {"": frozenset()}

    def hits(path: str) -> frozenset[int]:
        if path not in directories:
            directories[path] = hits(path.rpartition("/")[0]) | own.hits(path)
        return directories[path]

    for path in tree:
        for index in hits(path.rpartition("/")[0]) | own.hits(path):
            found[index].add(path)
    return tuple(frozenset(paths) for paths in found)


class _Own:
    """Tells which patterns match a path itself."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = patterns
        anywhere = {
            index: one.text.removeprefix("**/")
            for index, one in enumerate(patterns)
            if one.text.startswith("**/") and one.text.count("/") == 1
        }
        self._anywhere = frozenset(anywhere)
        self._top = frozenset(
            index for index, one in enumerate(patterns) if "/" not in one.text
        ) - {index for index, one in enumerate(patterns) if "**" in one.text}
        self._others = frozenset(range(len(patterns))) - self._anywhere - self._top
        self._by_name = cache(self._anywhere_hits)
        self._some = re.compile(
            "|".join(patterns[index].expression for index in anywhere) or "(?!)", re.DOTALL
        )

    def hits(self, path: str) -> frozenset[int]:
        found = self._by_name(path.rpartition("/")[2])
        tried = self._others if "/" in path else self._others | self._top
        return found | {index for index in tried if self._patterns[index].matches(path)}

    def _anywhere_hits(self, name: str) -> frozenset[int]:
        """Return which patterns for any directory match a name."""
        if not self._some.fullmatch(name):
            return frozenset()
        return frozenset(index for index in self._anywhere if self._patterns[index].matches(name))


# A pattern that says what it is for: `.env*`, not `*`.
_NAMED = re.compile(r"\w{3}")
# A pattern with more exceptions than these is not worth its lines.
_EXCEPTIONS = 6


class Entry(IgnoreEntry, frozen=True, kw_only=True):
    """One pattern of the catalogue, and what it is about."""

    category: str


class Proposal(Entry, frozen=True, kw_only=True):
    """A pattern to add, with the exceptions that must follow it and what it keeps out.

    ``amount`` counts what no line before it keeps out: neither of the file nor of the proposals.
    """

    exceptions: tuple[str, ...]
    amount: Amount


def entries() -> tuple[Entry, ...]:
    """Return the catalogue, in the order in which a file should list it."""
    return tuple(
        Entry(
            **{**asdict(entry), "source": entry.source or category.source}, category=category.name
        )
        for category in table(Ignore).categories
        for entry in category.entries
    )


def propose(
    tree: Mapping[str, int],
    existing: IgnoreFile | None,
    needed: Collection[str] = (),
    given: Collection[str] = (),
) -> tuple[Proposal, ...]:
    """Return the patterns to add: those that match something, and guards against secrets.

    ``tree`` is relative path to bytes. ``needed`` are paths that must stay in the context: sources
    of COPY, which may be directories or patterns, and files that other files name. A pattern that
    would keep out a needed directory is omitted; a needed file becomes an exception. What the
    file brings back with ``!`` stays. ``given`` are files of variables that a container gets when
    it starts.
    """
    own = existing.patterns if existing else ()
    state = {path: one.by for path, one in verdicts(tree, own) if not one.ignored}
    open_files = frozenset(state)
    brought_back = frozenset(path for path, by in state.items() if by is not None)
    stay = _needed(open_files, brought_back, needed)
    candidates = (*_environments(open_files), *entries(), *_given(open_files & set(given)))
    patterns = [pattern(entry.pattern) for entry in candidates]
    written = {one.text.strip() for one in existing.pattern_lines} if existing else set()
    proposals: list[Proposal] = []
    for entry, one, files in zip(candidates, patterns, survey(open_files, patterns), strict=True):
        matched = files & open_files
        gone = matched - stay.files
        if len(matched) - len(gone) > _EXCEPTIONS:
            continue
        guards = entry.guard and not (existing and existing.decides(entry.sample))
        guards = guards and entry.pattern not in written and not stay.may_be(entry.sample)
        if not (gone or guards) or matched & stay.many or stay.has_directory_of(one):
            continue
        proposals.append(_proposal(entry, matched & stay.files, [tree[path] for path in gone]))
        open_files -= gone
    return tuple(proposals)


class _Needed(Struct, frozen=True, kw_only=True):
    """The paths that must stay: single files, files of a pattern, and directories."""

    files: frozenset[str]
    many: frozenset[str]
    directories: frozenset[str]
    globs: tuple[Pattern, ...]

    def may_be(self, path: str) -> bool:
        """Tell whether a pattern asks for such a path, which may be on another machine."""
        return any(glob.matches(path) for glob in self.globs)

    def has_directory_of(self, one: Pattern) -> bool:
        """Tell whether a pattern matches a needed directory or one above it."""
        return any(
            one.matches(path[: match.start()] if match else path)
            for path in self.directories
            for match in (*re.finditer("/", path), None)
        )


def _needed(tree: frozenset[str], brought_back: frozenset[str], needed: Collection[str]) -> _Needed:
    paths = {posixpath.normpath(path).lstrip("/") for path in needed} - {".", ""}
    globs = [glob for path in sorted(paths) if (glob := _glob(path))]
    named = {path for path in paths if path in tree}
    return _Needed(
        files=frozenset(brought_back | named),
        many=frozenset(path for path in tree if any(glob.matches(path) for glob in globs)),
        directories=frozenset(paths - named),
        globs=tuple(glob for glob in globs if _NAMED.search(glob.text)),
    )


def _glob(path: str) -> Pattern | None:
    try:
        return pattern(path) if WILD.search(path) else None
    except ValueError:
        return None


def _proposal(entry: Entry, kept: Collection[str], sizes: Sequence[int]) -> Proposal:
    return Proposal(
        **asdict(entry),
        exceptions=tuple(f"!{path}" for path in sorted(kept)),
        amount=Amount(files=len(sizes), bytes=sum(sizes)),
    )


def _given(paths: Iterable[str]) -> Iterator[Entry]:
    """Yield files of variables by their own names: passwords that no image needs are in them."""
    for path in sorted(paths):
        plain = re.sub(r"([*?\[\]\\])", r"\\\1", path)
        reason = "the container gets its variables when it starts (env_file)"
        yield Entry(pattern=plain, category="secrets", reason=reason, source="compose file")


def _environments(tree: Collection[str]) -> Iterator[Entry]:
    """Yield virtual environments under any name: they hold a pyvenv.cfg."""
    why = table(Ignore).environment
    for path in sorted(tree):
        directory, _, name = path.rpartition("/")
        if name == "pyvenv.cfg" and directory:
            plain = re.sub(r"([*?\[\]\\])", r"\\\1", directory)
            yield Entry(pattern=plain, category=why.category, reason=why.reason, source=why.source)
