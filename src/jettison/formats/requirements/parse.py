"""Text of a requirements file to lines."""

from __future__ import annotations

import codecs
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import asdict

from jettison.errors import InputSyntaxError, ProjectError
from jettison.formats.requirements.lines import (
    BlankLine,
    CommentLine,
    IncludeKind,
    IncludeLine,
    Line,
    Option,
    OptionLine,
    RequirementLine,
    RequirementsFile,
    read_options,
)
from jettison.formats.requirements.sections import headings, marks, section_of, words_above
from jettison.formats.requirements.statement import (
    Statement,
    as_standardized,
    read_statement,
    split_options,
)
from jettison.values import Origin, replace, without_credentials

_END_COMMENT = re.compile(r"(^|\s)#.*$")
_OWN_COMMENT = re.compile(r"\s*#")
_VIA = re.compile(r"\s+#\s*via(\s|$)")
_VIA_MORE = re.compile(r"\s+#")
_MOST_INCLUDED = 200


class Logical(Struct, frozen=True, kw_only=True):
    """One logical line.

    ``content`` is what is left without comments; ``comment`` the words of the comment;
    ``notes`` are the indented ``# via`` lines under it. ``line`` and ``end_line`` leave the notes
    out, ``text`` has them.
    """

    text: str
    content: str
    comment: str
    notes: tuple[str, ...]
    line: int
    end_line: int


def logical_lines(text: str) -> Iterator[Logical]:
    """Yield the logical lines of a requirements file; their texts add up to ``text``."""
    physical = text.splitlines(keepends=True)
    at = 0
    while at < len(physical):
        after = _end_of_statement(physical, at)
        body = physical[at:after]
        content, comment = _content_and_comment(body)
        end = after
        if content:
            end = _end_of_notes(physical, after)
        yield Logical(
            text="".join(physical[at:end]),
            content=content,
            comment=comment,
            notes=tuple(note.strip().lstrip("#").strip() for note in physical[after:end]),
            line=at + 1,
            end_line=after,
        )
        at = end


def _end_of_statement(physical: list[str], at: int) -> int:
    if _OWN_COMMENT.match(_bare(physical[at])):
        return at + 1
    while at < len(physical) and _bare(physical[at]).endswith("\\"):
        at += 1
        # A comment line ends the statement, whatever it ends with.
        if at < len(physical) and _OWN_COMMENT.match(_bare(physical[at])):
            return at + 1
    return min(at + 1, len(physical))


def _end_of_notes(physical: list[str], at: int) -> int:
    if at < len(physical) and _VIA.match(_bare(physical[at])):
        at += 1
        while at < len(physical) and _VIA_MORE.match(_bare(physical[at])):
            at += 1
    return at


def _content_and_comment(body: list[str]) -> tuple[str, str]:
    pieces = []
    for line in body:
        bare = _bare(line)
        own = _OWN_COMMENT.match(bare)
        pieces.append(f" {bare}" if own else bare.removesuffix("\\"))
    joined = "".join(pieces)
    found = _END_COMMENT.search(joined)
    if found is None:
        return joined.strip(), ""
    comment = found.group(0).strip().lstrip("#").strip()
    return joined[: found.start()].strip(), comment


def _bare(line: str) -> str:
    """Without the line's end and a byte order mark."""
    return line.rstrip("\r\n").removeprefix("\ufeff")


_INCLUDES = {"--requirement": IncludeKind.REQUIREMENTS, "--constraint": IncludeKind.CONSTRAINTS}
_SWITCHED_OFF = re.compile(
    r"^([A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?\s*([=<>!~]=|[<>]|@\s).*"
    r"|[A-Za-z0-9][A-Za-z0-9._-]*\[[\w\s,-]*\]"
    r"|-[recfi]\s\S+|--[a-z][a-z-]+([ =]\S+)?|git\+\S+)$"
)
_VIA_WORD = re.compile(r"^via\b\s*")


_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_utf_16(content: bytes) -> bool:
    """Whether a list has the mark of UTF-16, as some shells write it; pip reads it, uv not."""
    return content.startswith(_UTF_16)


def is_for_pip_alone(text: str) -> bool:
    """Whether a list has a requirement that pip reads and uv does not.

    Raises ValueError when quotes in options do not close.
    """
    bodies = (split_options(line.content)[0] for line in logical_lines(text))
    return any("@" not in body and as_standardized(body) != body for body in bodies)


def decoded(content: bytes) -> str:
    """Return the text of a list as pip reads it. Raises UnicodeDecodeError."""
    return content.decode("utf-16" if is_utf_16(content) else "utf-8")


@lru_cache(maxsize=64)
def parse(text: str, *, file: str) -> RequirementsFile:
    """Read a requirements file; ``file`` is its path relative to the project root.

    Raises InputSyntaxError, with the line, for a line that pip would refuse.
    """
    lines = tuple(_read(line, file) for line in logical_lines(text))
    seen = marks(lines)
    found = headings(seen, file)
    return RequirementsFile(
        file=file,
        lines=tuple(
            replace(line, section=section_of(index, found), above=words_above(seen, index, found))
            if isinstance(line, RequirementLine)
            else line
            for index, line in enumerate(lines)
        ),
    )


def is_switched_off(comment: str) -> bool:
    """Whether a comment's words are a requirement or an option that somebody commented out."""
    return bool(_SWITCHED_OFF.match(comment.partition(" #")[0].strip()))


def _read(line: Logical, file: str) -> Line:
    origin = Origin(file=file, line=line.line, end_line=line.end_line)
    if not line.content:
        return _without_content(line, origin)
    try:
        body, words = split_options(line.content)
        options = read_options(words)
        if body:
            return _requirement(line, origin, read_statement(body), options)
        return _options_only(line, origin, options)
    except ValueError as error:
        raise InputSyntaxError(
            f"not a valid requirements line: {without_credentials(line.content)}",
            why=without_credentials(str(error)),
            hint="Correct the line, or comment it out.",
            origin=origin,
        ) from error


def _without_content(line: Logical, origin: Origin) -> Line:
    if not line.comment and "#" not in line.text:
        return BlankLine(text=line.text, origin=origin)
    return CommentLine(
        text=line.text,
        origin=origin,
        comment=line.comment,
        commented_out=is_switched_off(line.comment),
    )


def _options_only(line: Logical, origin: Origin, options: tuple[Option, ...]) -> Line:
    first = options[0]
    if first.name in _INCLUDES:
        return IncludeLine(
            text=line.text,
            origin=origin,
            kind=_INCLUDES[first.name],
            target=first.value,
        )
    if first.name == "--editable":
        return _requirement(line, origin, read_statement(first.value), options[1:], editable=True)
    return OptionLine(text=line.text, origin=origin, options=options)


def _requirement(
    line: Logical,
    origin: Origin,
    statement: Statement,
    options: tuple[Option, ...],
    *,
    editable: bool = False,
) -> RequirementLine:
    return RequirementLine(
        **asdict(statement),
        text=line.text,
        origin=origin,
        hashes=tuple(option.value for option in options if option.name == "--hash"),
        editable=editable,
        options=tuple(option for option in options if option.name != "--hash"),
        comment="" if _VIA_WORD.match(line.comment) else line.comment,
        above="",
        section=None,
        via=_via(line),
    )


def _via(line: Logical) -> tuple[str, ...]:
    names = []
    for note in (line.comment if _VIA_WORD.match(line.comment) else "", *line.notes):
        names += [name.strip() for name in _VIA_WORD.sub("", note).split(";")[0].split(",")]
    return tuple(name for name in names if name)


def load(read: Callable[[str], str | None], file: str) -> tuple[RequirementsFile, ...]:
    """Read ``file`` and what it includes, each once, in the order of reading.

    ``read`` gives the text of a file by its path relative to the project root, or None when there
    is none. Included URLs are not changed. Raises ProjectError when an included file is missing,
    naming the line that includes it.
    """
    found: dict[str, RequirementsFile] = {}
    waiting: list[tuple[str, Origin | None]] = [(posixpath.normpath(file), None)]
    while waiting:
        path, included_at = waiting.pop()
        if len(found) > _MOST_INCLUDED:
            raise ProjectError(
                f"{file} includes more than {_MOST_INCLUDED} files",
                hint="Join them: each would be read for every question about requirements.",
            )
        if path not in found:
            found[path] = parse(_text(read, path, included_at), file=path)
            targets = [(included_path(one), one.origin) for one in found[path].includes]
            waiting += [(to, at) for to, at in reversed(targets) if to is not None]
    return tuple(found.values())


def included_path(include: IncludeLine) -> str | None:
    """Path of the included file relative to the project root; None for a URL."""
    if "://" in include.target:
        return None
    folder = posixpath.dirname(include.origin.file)
    return posixpath.normpath(posixpath.join(folder, include.target))


def only_bounds(files: Iterable[RequirementsFile]) -> frozenset[str]:
    """Paths of the files that others include for their versions alone (``-c``)."""
    bounds: set[str] = set()
    asked: set[str] = set()
    for include in (include for file in files for include in file.includes):
        path = included_path(include)
        if path is not None:
            (bounds if include.kind is IncludeKind.CONSTRAINTS else asked).add(path)
    return frozenset(bounds - asked)


def _text(read: Callable[[str], str | None], file: str, included_at: Origin | None) -> str:
    text = read(file)
    if text is None:
        raise ProjectError(
            f"{file} does not exist",
            why=f"{included_at} includes it" if included_at else "it was named as an input",
            hint="Add the file, or take out the line that includes it.",
            origin=included_at,
        )
    return text
