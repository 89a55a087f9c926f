"""Read a Dockerfile into values and write it back, byte for byte."""

from __future__ import annotations

import re

from msgspec.structs import replace

from jettison.errors import InputSyntaxError
from jettison.project.dockerfile import check
from jettison.project.dockerfile.heredocs import HEREDOC, markers, read_heredocs
from jettison.project.dockerfile.lines import Lines, join, read_directives, read_lines
from jettison.project.dockerfile.model import (
    Blank,
    Comment,
    Directive,
    Dockerfile,
    Instruction,
    Item,
)
from jettison.project.dockerfile.words import JSON, exec_form, split_instruction, words_of
from jettison.project.excerpt import Excerpt
from jettison.values import Origin

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
    directives, items = _with_mark(mark, directives, items)
    return Dockerfile(file=file, text=text, escape=escape, directives=directives, items=items)


def render(dockerfile: Dockerfile) -> str:
    """Return the text of the file, from its directives and items."""
    return "".join(part.text for part in (*dockerfile.directives, *dockerfile.items))


def _with_mark(
    mark: str, directives: tuple[Directive, ...], items: tuple[Item, ...]
) -> tuple[tuple[Directive, ...], tuple[Item, ...]]:
    if not mark:
        return directives, items
    if directives:
        first = replace(directives[0], text=mark + directives[0].text)
        return (first, *directives[1:]), items
    return directives, (replace(items[0], text=mark + items[0].text), *items[1:])


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
    whole = replace(
        bare, comments=comments, inner_comments=joined.comments, text=text, origin=origin
    )
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
        trigger=_build(inner, escape, origin) if keyword == "ONBUILD" and inner.text else None,
        escape=escape,
        excerpt=inner,
        text=excerpt.source,
        origin=origin,
    )
    check.check_arguments(instruction)
    return instruction


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
