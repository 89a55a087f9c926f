"""The shell front end: scripts and the shell text of instructions, down to single commands.

``parse`` reads a script, ``without`` and ``replacing`` give its text back with some commands gone
or rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from jettison.formats.shell.parse import PIPES, parse, parse_excerpt
from jettison.formats.shell.words import (
    SHELLS,
    Command,
    Part,
    Script,
    Word,
    assignments,
    resolved,
    value,
)

# What stands before a command that runs whatever another one says.
ALONE = frozenset({"", ";", "newline"})
_SETTINGS = frozenset({"set", ":", "true", "cd"})
_TRAILING_COMMENT = re.compile(r"(?:[ \t]*+;)?[ \t]++#[^\n]*")
_COMMENT_LINE = re.compile(r"^[ \t]*#(?!!)", re.MULTILINE)
_COMMENT_LINES = re.compile(r"^[ \t]*#(?!!)[^\n]*\n", re.MULTILINE)
_OPERATOR = re.compile(r"(?:&&|\|\||;)[ \t]?")


class _Cut(Struct, frozen=True, kw_only=True):
    """A replacement of the source from ``start`` up to ``end``."""

    start: int
    end: int
    text: str = ""


def without(script: Script, commands: Collection[Command]) -> str | None:
    """Return the source of the script without these commands; None when nothing remains.

    What remains runs as if the removed commands had succeeded. A fallback (after ``||``) goes with
    what it is the fallback of; a fallback that goes alone becomes ``true``. Layout and comments are
    kept, but comments above a removed command go with it. Raises ValueError when a command is not
    of the script's outermost sequence, or when only a part of a pipeline would go.
    """
    removed, emptied = _removed(script, commands)
    kept = [index for index in range(len(script.parts)) if index not in removed]
    if all(_is_setting(script.parts[index]) for index in kept):
        return None
    replaced = (
        _Cut(
            start=_start(script, script.parts[pipeline[0]]),
            end=_end(script, script.parts[pipeline[-1]]),
            text="true",
        )
        for pipeline in emptied
    )
    return _apply(script, [*_cuts(script, kept), *replaced])


def replacing(script: Script, texts: Mapping[Command, str]) -> str:
    """Return the source of the script with some commands rewritten, in any kind of script."""
    spans = (
        (_start(script, command), _end(script, command), text) for command, text in texts.items()
    )
    return _apply(script, [_Cut(start=start, end=end, text=text) for start, end, text in spans])


def replacing_words(script: Script, texts: Mapping[Word, str]) -> str:
    """Return the source of the script with some words rewritten."""
    return _apply(
        script,
        [
            _Cut(start=_start(script, word), end=_end(script, word), text=text)
            for word, text in texts.items()
        ],
    )


def without_words(script: Script, command: Command, words: Collection[Word]) -> str:
    """Return the source of the script without some words of a command.

    A comment line above words goes when all of the words that it heads go.
    """
    gone = frozenset(word.start for word in words)
    return _apply(script, list(_word_cuts(script, command, gone)))


def _is_setting(part: Part) -> bool:
    return isinstance(part, Command) and part.name in _SETTINGS


def _apply(script: Script, cuts: Sequence[_Cut]) -> str:
    whole = script.excerpt.source
    at, last = script.excerpt.bounds
    parts: list[str] = []
    for cut in sorted(cuts, key=lambda cut: cut.start):
        parts += [whole[at : max(cut.start, at)], cut.text]
        at = max(at, cut.end)
    return "".join([*parts, whole[at:last]])


def _start(script: Script, part: Part | Word) -> int:
    return script.excerpt.place(part.start)


def _end(script: Script, part: Part | Word) -> int:
    return script.excerpt.place_after(part.end)


def _removed(
    script: Script, commands: Collection[Command]
) -> tuple[frozenset[int], list[list[int]]]:
    """Return the indices of what goes, and the pipelines of which only ``true`` is left."""
    if not script.editable or any(command.nested for command in commands):
        raise ValueError("only commands of a plain sequence can be taken out")
    starts = {command.start for command in commands}
    removed: set[int] = set()
    emptied: list[list[int]] = []
    all_gone = False
    for pipeline in _pipelines(script):
        first = script.parts[pipeline[0]]
        asked = [index for index in pipeline if script.parts[index].start in starts]
        if asked and len(asked) < len(pipeline):
            raise ValueError(f"only a part of the pipeline at {first.origin} would go")
        fallback = first.connector == "||"
        if asked and fallback and not all_gone:
            emptied.append(pipeline)
            continue
        gone = bool(asked) or (all_gone and fallback)
        all_gone = gone and (all_gone or first.connector in ALONE)
        removed.update(pipeline if gone else ())
    return frozenset(removed), emptied


def _pipelines(script: Script) -> list[list[int]]:
    groups: list[list[int]] = []
    for index, command in enumerate(script.parts):
        if command.connector in PIPES and groups:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _cuts(script: Script, kept: Sequence[int]) -> Iterator[_Cut]:
    last = len(script.parts) - 1
    if kept[0] > 0:
        yield _leading_cut(script, kept[0])
    for before, after in pairwise(kept):
        yield from _inner_cuts(script, before, after)
    if kept[-1] < last:
        yield _Cut(start=_full_end(script, kept[-1]), end=_full_end(script, last))


def _leading_cut(script: Script, first: int) -> _Cut:
    """Cut what stands before the first command that stays, but not the comments above it."""
    source = script.excerpt.source
    start, end = _full_end(script, first - 1), _start(script, script.parts[first])
    gap = source[start:end]
    begin = script.excerpt.bounds[0]
    head = _COMMENT_LINES.sub("", source[begin : _start(script, script.parts[0])])
    if not _COMMENT_LINE.search(gap):
        return _Cut(start=begin, end=end, text=head)
    return _Cut(start=begin, end=end, text=head + _OPERATOR.sub("", gap, count=1).lstrip())


def _inner_cuts(script: Script, before: int, after: int) -> Iterator[_Cut]:
    """Cut what goes between two commands that stay.

    What ends a statement between them must stay too: ``a; b && c`` becomes ``a; c``.
    """
    if after - before == 1:
        return
    between = range(after, before, -1)
    joint = next((index for index in between if script.parts[index].connector in ALONE), after)
    yield _Cut(start=_full_end(script, before), end=_full_end(script, joint - 1))
    if joint < after:
        start, end = (_start(script, script.parts[index]) for index in (joint, after))
        yield _Cut(start=start, end=end)


def _full_end(script: Script, index: int) -> int:
    """Return where a command ends, with the comment behind it on its line."""
    end = _end(script, script.parts[index])
    match = _TRAILING_COMMENT.match(script.excerpt.source, end)
    return match.end() if match else end


def _word_cuts(script: Script, command: Command, gone: frozenset[int]) -> Iterator[_Cut]:
    previous = _start(script, command)
    for group in _groups(script, command):
        stays = [index for index, word in enumerate(group) if word.start not in gone]
        first = stays[0] if stays else 0
        if first > 0:
            # The comment above heads words that stay: cut behind it.
            previous = _start(script, group[first])
            yield _Cut(start=_start(script, group[0]), end=previous)
        for word in group[first:]:
            if word.start in gone:
                yield _Cut(start=previous, end=_end(script, word))
            previous = _end(script, word)


def _groups(script: Script, command: Command) -> list[list[Word]]:
    """Return the words of a command, a new group after each comment line."""
    groups: list[list[Word]] = [[]]
    for before, word in zip((None, *command.tokens), command.tokens, strict=False):
        start = _end(script, before) if before else _start(script, command)
        gap = script.excerpt.source[start : _start(script, word)]
        if _COMMENT_LINE.search(gap):
            groups.append([])
        groups[-1].append(word)
    return [group for group in groups if group]
