"""From lines to instructions and their words: directives, comments, continuation lines, flags."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import accumulate

from e2b_dockerfile_utils import DockerfileHeredoc, ShellLex, parse_heredoc, parse_words
from msgspec import Struct

from jettison.errors import InputSyntaxError, UnsupportedError
from jettison.formats import Excerpt, Piece, split_lines
from jettison.formats.dockerfile.model import Comment, Directive, Flag, Heredoc
from jettison.values import Origin

_DIRECTIVE = re.compile(r"^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+)$")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})


class Lines(Struct, frozen=True, kw_only=True):
    """The lines of one file with their endings; ``starts`` are their offsets, and the end."""

    file: str
    text: str
    lines: tuple[str, ...]
    starts: tuple[int, ...]

    def origin(self, first: int, end: int | None = None) -> Origin:
        """Return the lines from index ``first`` up to, not including, index ``end``."""
        last = first + 1 if end is None else max(end, first + 1)
        return Origin(file=self.file, line=first + 1, end_line=last)

    def cut(self, first: int, end: int) -> str:
        """Return the exact text of the lines from index ``first`` up to ``end``."""
        return self.text[self.starts[first] : self.starts[end]]

    def bare(self, index: int) -> str:
        """Return a line without its ending."""
        return self.lines[index].rstrip("\r\n")

    def is_comment(self, index: int) -> bool:
        """Whether the line is a comment, if it is not in a heredoc."""
        return self.lines[index].lstrip().startswith("#")

    def is_blank(self, index: int) -> bool:
        """Whether nothing but space is on the line."""
        return not self.lines[index].strip()

    def comment(self, index: int) -> Comment:
        """Return the line as a comment."""
        return Comment(text=self.lines[index], origin=self.origin(index))


def read_lines(text: str, *, file: str) -> Lines:
    """Return the lines of a file."""
    lines = tuple(split_lines(text))
    starts = tuple(accumulate((len(line) for line in lines), initial=0))
    return Lines(file=file, text=text, lines=lines, starts=starts)


class Joined(Struct, frozen=True, kw_only=True):
    """An instruction's own lines as one, without its heredocs; they end before index ``end``."""

    excerpt: Excerpt
    end: int


def join(lines: Lines, first: int, escape: str) -> Joined:
    """Return the instruction that begins on the line with index ``first``.

    ``excerpt.source`` begins at the start of that line.
    """
    parts: list[str] = []
    pieces: list[Piece] = []
    index, length, more = first, 0, True
    while more and index < len(lines.lines):
        if index == first or not (lines.is_comment(index) or lines.is_blank(index)):
            part, more = _trim_continuation(lines.bare(index), escape)
            start = lines.starts[index] - lines.starts[first]
            pieces.append(Piece(start=length, source=start, line=index + 1))
            parts.append(part)
            length += len(part)
        index += 1
    source = lines.cut(first, index)
    excerpt = Excerpt(file=lines.file, text="".join(parts), source=source, pieces=tuple(pieces))
    return Joined(excerpt=excerpt, end=index)


def _trim_continuation(line: str, escape: str) -> tuple[str, bool]:
    """Return the line without its continuation mark, and whether it had one.

    A doubled escape character at the end of a line is a character, not a mark.
    """
    end = line.rstrip(" \t")
    if not end.endswith(escape) or end[:-1].endswith(escape):
        return line, False
    return end[:-1], True


def read_directives(lines: Lines) -> tuple[Directive, ...]:
    """Return the parser directives at the top of the file.

    Raises InputSyntaxError for one that comes twice, or an escape that cannot be.
    """
    directives: dict[str, Directive] = {}
    for index in range(len(lines.lines)):
        match = _DIRECTIVE.match(lines.bare(index))
        if match is None or match[1].lower() not in _DIRECTIVES:
            break
        name, value, origin = match[1].lower(), match[2].rstrip() or match[2], lines.origin(index)
        _check_directive(name, value, twice=name in directives, origin=origin)
        directives[name] = Directive(name=name, value=value, text=lines.lines[index], origin=origin)
    return tuple(directives.values())


def _check_directive(name: str, value: str, *, twice: bool, origin: Origin) -> None:
    if twice:
        raise InputSyntaxError(
            f"the parser directive {name} is given twice",
            why="a parser directive can be used once",
            hint="Remove one of the two lines.",
            origin=origin,
        )
    if name == "escape" and value not in {"\\", "`"}:
        raise InputSyntaxError(
            f"{value} cannot be the escape character",
            why="the escape directive takes a backslash or a backtick",
            hint="Write a backslash or a backtick after `# escape=`, or remove the line.",
            origin=origin,
        )


PLAIN_VALUE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=+,@%")

# What starts a variable, a quotation or a heredoc.
_SPECIAL = frozenset("$'\"<")
_HALF_OF_PAIR = re.compile(r"[\ud800-\udfff]")
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

    Half a surrogate pair is U+FFFD, as to Docker. Raises ValueError when not all are strings.
    """
    if not arguments.lstrip().startswith("["):
        return None
    try:
        array = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(word, str) for word in array):
        raise ValueError("a JSON array of an instruction holds strings only")
    return tuple(_HALF_OF_PAIR.sub("\ufffd", word) for word in array)


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


# No line holds a line break, and nobody wants to read the others.
UNSAYABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_SHOWN = 60


def literal(value: str) -> str:
    """Write what an image is configured with as a word that stands for itself."""
    if UNSAYABLE.search(value):
        raise UnsupportedError(
            "the configuration of the image cannot be written in a Dockerfile",
            why=f"{value[:_SHOWN]!r} holds a line break or another control character",
            hint="Build the image without it.",
        )
    return quoted(value).replace("$", "\\$")


HEREDOC = frozenset({"ADD", "COPY", "RUN"})


def markers(line: str) -> tuple[DockerfileHeredoc, ...]:
    """Return the heredocs that a joined instruction line opens, in order."""
    if "<<" not in line:
        return ()
    try:
        words = ShellLex("\\", raw_quotes=True, raw_escapes=True).process_words(line)
    except ValueError:
        return ()
    return tuple(filter(None, map(heredoc_marker, words)))


def heredoc_marker(word: str) -> DockerfileHeredoc | None:
    """Return the heredoc that a word opens; None for another word, or one that does not end."""
    try:
        return parse_heredoc(word)
    except ValueError:
        return None


def read_heredocs(
    lines: Lines, opened: tuple[DockerfileHeredoc, ...], first: int, start: int
) -> tuple[tuple[Heredoc, ...], int]:
    """Return the documents from the line with index ``start`` on, and the index after the last.

    Raises InputSyntaxError, at the line ``first`` of the instruction, when one does not end.
    """
    documents: list[Heredoc] = []
    index = start
    for marker in opened:
        end = _terminator(lines, marker, index)
        if end is None:
            raise InputSyntaxError(
                f"the heredoc {marker.name} does not end",
                why=f"no line holds {marker.name} alone before the end of the file",
                hint=f"Add a line with {marker.name} alone after the last line of the document.",
                origin=lines.origin(first),
            )
        documents.append(
            Heredoc(
                name=marker.name,
                body=lines.cut(index, end),
                expand=marker.expand,
                strip_tabs=marker.chomp,
                origin=lines.origin(index, end),
            )
        )
        index = end + 1
    return tuple(documents), index


def _terminator(lines: Lines, marker: DockerfileHeredoc, start: int) -> int | None:
    for index in range(start, len(lines.lines)):
        line = lines.bare(index)
        if (line.lstrip("\t") if marker.chomp else line) == marker.name:
            return index
    return None
