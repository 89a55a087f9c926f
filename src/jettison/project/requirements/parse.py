"""Text of a requirements file to lines."""

from __future__ import annotations

import re

from msgspec.structs import replace

from jettison.errors import InputSyntaxError
from jettison.project.requirements.lines import (
    BlankLine,
    CommentLine,
    IncludeKind,
    IncludeLine,
    Line,
    OptionLine,
    RequirementLine,
    RequirementsFile,
)
from jettison.project.requirements.logical import Logical, logical_lines
from jettison.project.requirements.marks import marks
from jettison.project.requirements.options import Option, read_options
from jettison.project.requirements.sections import headings, section_of, words_above
from jettison.project.requirements.statement import Statement, read_statement, split_options
from jettison.values import Origin

_INCLUDES = {
    "--requirement": IncludeKind.REQUIREMENTS,
    "--constraint": IncludeKind.CONSTRAINTS,
}
_SWITCHED_OFF = re.compile(
    r"^([A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?\s*([=<>!~]=|[<>]|@\s).*"
    r"|[A-Za-z0-9][A-Za-z0-9._-]*\[[\w\s,-]*\]"
    r"|-[recfi]\s\S+|--[a-z][a-z-]+([ =]\S+)?|git\+\S+)$"
)
_VIA_WORD = re.compile(r"^via\b\s*")


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
            replace(
                line,
                section=section_of(index, found),
                above=words_above(seen, index, found),
            )
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
            f"not a valid requirements line: {line.content}",
            why=str(error),
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
            comment=line.comment,
        )
    if first.name == "--editable":
        return _requirement(line, origin, read_statement(first.value), options[1:], editable=True)
    return OptionLine(text=line.text, origin=origin, options=options, comment=line.comment)


def _requirement(
    line: Logical,
    origin: Origin,
    statement: Statement,
    options: tuple[Option, ...],
    *,
    editable: bool = False,
) -> RequirementLine:
    return RequirementLine(
        text=line.text,
        origin=origin,
        name=statement.name,
        requirement=statement.requirement,
        specifier=statement.specifier,
        extras=statement.extras,
        marker=statement.marker,
        hashes=tuple(option.value for option in options if option.name == "--hash"),
        url=statement.url,
        path=statement.path,
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
