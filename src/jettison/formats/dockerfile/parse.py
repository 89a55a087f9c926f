"""Read a Dockerfile into values and write it back, byte for byte."""

from __future__ import annotations

import re

from e2b_dockerfile_utils import DockerfileHeredoc, ShellLex, parse_heredoc
from msgspec.structs import replace

from jettison.errors import InputSyntaxError
from jettison.formats.dockerfile import check
from jettison.formats.dockerfile.lines import (
    JSON,
    Lines,
    exec_form,
    join,
    read_directives,
    read_lines,
    split_instruction,
    words_of,
)
from jettison.formats.dockerfile.model import (
    Blank,
    Comment,
    Directive,
    Dockerfile,
    Heredoc,
    Instruction,
    Item,
)
from jettison.formats.excerpt import Excerpt
from jettison.values import Origin

HEREDOC = frozenset({"ADD", "COPY", "RUN"})


def markers(line: str) -> tuple[DockerfileHeredoc, ...]:
    """Return the heredocs that a joined instruction line opens, in order."""
    if "<<" not in line:
        return ()
    try:
        words = ShellLex("\\", raw_quotes=True, raw_escapes=True).process_words(line)
        found = [parse_heredoc(word) for word in words]
    except ValueError:
        return ()
    return tuple(marker for marker in found if marker is not None)


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


_BYTE_ORDER_MARK = "\ufeff"


def parse(text: str, *, file: str) -> Dockerfile:
    """Return the Dockerfile in ``text``; ``file`` is its path in the project, for origins.

    ``render`` gives the same text back. Raises InputSyntaxError, with the line, for what BuildKit
    would refuse to read: unknown instructions and flags, no FROM, heredocs without an end.
    """
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    lines = read_lines(text[len(mark) :], file=file)
    directives = read_directives(lines)
    escape = next((item.value for item in directives if item.name == "escape"), "\\")
    items = _items(lines, len(directives), escape)
    check.check_order([item for item in items if isinstance(item, Instruction)], file)
    if mark:
        opening = Directive(name="", value="", text=mark, origin=lines.origin(0))
        directives = (opening, *directives)
    return Dockerfile(file=file, text=text, escape=escape, directives=directives, items=items)


def render(dockerfile: Dockerfile) -> str:
    """Return the text of the file, from its directives and items."""
    return "".join(part.text for part in (*dockerfile.directives, *dockerfile.items))


def _items(lines: Lines, index: int, escape: str) -> tuple[Item, ...]:
    items: list[Item] = []
    while index < len(lines.lines):
        item, index = _item(lines, index, escape, items)
        items.append(item)
    return tuple(items)


def _item(lines: Lines, index: int, escape: str, before: list[Item]) -> tuple[Item, int]:
    if lines.is_comment(index):
        return lines.comment(index), index + 1
    if lines.is_blank(index):
        end = index + 1
        while end < len(lines.lines) and lines.is_blank(end):
            end += 1
        return Blank(text=lines.cut(index, end), origin=lines.origin(index, end)), end
    return _instruction(lines, index, escape, _comments_above(before))


def _comments_above(items: list[Item]) -> tuple[Comment, ...]:
    comments: list[Comment] = []
    for item in reversed(items):
        if not isinstance(item, Comment):
            break
        comments.append(item)
    return tuple(reversed(comments))


def _instruction(
    lines: Lines, first: int, escape: str, comments: tuple[Comment, ...]
) -> tuple[Instruction, int]:
    joined = join(lines, first, escape)
    bare = _build(joined.excerpt, escape, lines.origin(first, joined.end))
    target = bare.trigger or bare
    shell_form = target.keyword in HEREDOC and target.exec_form is None
    opened = markers(target.arguments) if shell_form else ()
    heredocs, end = read_heredocs(lines, opened, first, joined.end)
    text, origin = lines.cut(first, end), lines.origin(first, end)
    whole = replace(bare, comments=comments, text=text, origin=origin)
    if bare.trigger is None:
        return replace(whole, heredocs=heredocs), end
    trigger = replace(bare.trigger, heredocs=heredocs, origin=origin)
    return replace(whole, trigger=trigger), end


def _build(excerpt: Excerpt, escape: str, origin: Origin) -> Instruction:
    """Return the instruction on one joined line, without what stands around it and after it."""
    part = split_instruction(excerpt.text, escape)
    keyword = part.keyword.upper()
    check.check_keyword(part.keyword, origin)
    check.check_flags(keyword, part.flags, origin)
    inner = excerpt.narrow(part.start, part.end)
    array = _exec_form(keyword, inner.text, origin)
    instruction = Instruction(
        keyword=keyword,
        flags=part.flags,
        arguments=inner.text,
        words=words_of(keyword, inner.text, escape) if array is None or keyword not in JSON else (),
        exec_form=array,
        trigger=_trigger(inner, escape, origin) if keyword == "ONBUILD" and inner.text else None,
        escape=escape,
        excerpt=inner,
        text=excerpt.source,
        origin=origin,
    )
    check.check_arguments(instruction)
    return instruction


def _trigger(inner: Excerpt, escape: str, origin: Origin) -> Instruction:
    if split_instruction(inner.text, escape).keyword.upper() == "ONBUILD":
        raise check.not_a_trigger("ONBUILD", origin)
    return _build(inner, escape, origin)


def _exec_form(keyword: str, arguments: str, origin: Origin) -> tuple[str, ...] | None:
    command = arguments
    if keyword == "HEALTHCHECK":
        command = re.sub(r"^\S+\s*", "", arguments)
    elif keyword not in JSON:
        return None
    try:
        return exec_form(command)
    except ValueError as error:
        raise InputSyntaxError(
            f"the JSON array of {keyword} holds something that is not a string",
            why=str(error),
            hint="Put every word in double quotes.",
            origin=origin,
        ) from None
