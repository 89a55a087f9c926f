"""How BuildKit takes an instruction apart: keyword, flags, JSON arrays, words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from e2b_dockerfile_utils import ShellLex, parse_words
from msgspec import Struct

from jettison.project.dockerfile.model import Flag

PLAIN_VALUE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=+,@%")

# What starts a variable, a quotation or a heredoc.
_SPECIAL = frozenset("$'\"<")
_SPACE = r"[\t\v\f\r ]"
_QUOTE_AWARE = frozenset({"ENV", "LABEL", "ARG"})
_WHOLE = frozenset({"USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"})
_SPLIT = frozenset({"FROM", "EXPOSE", "COPY", "ADD", "VOLUME"})
JSON = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})


class Split(Struct, frozen=True, kw_only=True):
    """The parts of a joined line; the arguments are its characters from ``start`` to ``end``."""

    keyword: str
    flags: tuple[Flag, ...]
    start: int
    end: int


def split_instruction(line: str, escape: str) -> Split:
    """Take keyword and flags off the front of a joined line."""
    end = len(line.rstrip())
    start = len(line) - len(line.lstrip())
    word = re.compile(rf"[^\t\v\f\r ]*{_SPACE}*").match(line, start, end)
    keyword = word[0].strip() if word else ""
    position = word.end() if word else start
    flags: list[Flag] = []
    pattern = _flag_pattern(escape)
    while match := pattern.match(line, position, end):
        position = match.end()
        if match[1] == "--":
            break
        flags.append(_flag(match[1], escape))
    return Split(keyword=keyword, flags=tuple(flags), start=min(position, end), end=end)


def _flag_pattern(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    quoted = "|".join(rf"{q}(?:{mark}.|[^{mark}{q}])*(?:{q}|$)" for q in "\"'")
    return re.compile(rf"(--(?:{mark}.|{quoted}|[^\s{mark}\"']|{mark}$)*)\s*", re.DOTALL)


def _flag(word: str, escape: str) -> Flag:
    mark = re.escape(escape)
    plain = re.sub(rf"{mark}(.)|{mark}$|[\"']", lambda match: match[1] or "", word, flags=re.DOTALL)
    name, equals, value = plain.removeprefix("--").partition("=")
    return Flag(name=name, value=value if equals else None)


def exec_form(arguments: str) -> tuple[str, ...] | None:
    """Return the strings of a JSON array; None when the text is not one, and so is the shell form.

    Raises ValueError when the array holds something that is not a string.
    """
    if not arguments.lstrip().startswith("["):
        return None
    try:
        array = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(word, str) for word in array):
        raise ValueError("a JSON array of an instruction holds strings only")
    return tuple(array)


def words_of(keyword: str, arguments: str, escape: str) -> tuple[str, ...]:
    """Return the words of an instruction that takes words, quotes kept; none for shell commands."""
    if not arguments:
        return ()
    if keyword in _QUOTE_AWARE:
        return tuple(parse_words(arguments, escape))
    if keyword in _WHOLE:
        return (arguments,)
    if keyword in _SPLIT:
        return tuple(re.split(rf"{_SPACE}+", arguments))
    return (arguments.split(maxsplit=1)[0].upper(),) if keyword == "HEALTHCHECK" else ()


def is_plain(word: str, escape: str) -> bool:
    """Tell whether a word stands for itself: most hold nothing that a shell reads."""
    return escape not in word and not _SPECIAL.intersection(word)


def unquote(word: str, escape: str) -> str:
    """Return the word without quotes and escapes, its variables left as written.

    A word whose quotes do not close is given back as it is.
    """
    if is_plain(word, escape):
        return word
    try:
        return ShellLex(escape).process_word(word)
    except ValueError:
        return word


def in_exec_form(words: Iterable[str]) -> str:
    """Write words as the JSON array of an exec form."""
    return json.dumps(list(words), ensure_ascii=False)


def quoted(value: str) -> str:
    """Quote a value of ENV or LABEL when it needs it."""
    if value and all(character in PLAIN_VALUE or character == "$" for character in value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
