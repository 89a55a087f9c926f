"""Read a Dockerfile into values, refuse what BuildKit refuses, write it back byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from jettison.errors import InputSyntaxError, ProjectError
from jettison.formats import BYTE_ORDER_MARK, Excerpt
from jettison.formats.dockerfile.lines import (
    HEREDOC,
    JSON,
    Lines,
    exec_form,
    join,
    markers,
    read_directives,
    read_heredocs,
    read_lines,
    split_instruction,
    words_of,
)
from jettison.formats.dockerfile.model import (
    Blank,
    Comment,
    Directive,
    Dockerfile,
    Flag,
    Instruction,
    Item,
)
from jettison.values import Origin, replace

# Flags by instruction: BuildKit, frontend/dockerfile/docs/reference.md, November 2026.
_FLAGS: dict[str, frozenset[str]] = {
    "ADD": frozenset({"chown", "chmod", "link", "keep-git-dir", "checksum", "exclude", "unpack"}),
    "COPY": frozenset({"from", "chown", "chmod", "link", "parents", "exclude"}),
    "FROM": frozenset({"platform"}),
    "HEALTHCHECK": frozenset({"interval", "timeout", "start-period", "start-interval", "retries"}),
    "RUN": frozenset({"mount", "network", "security", "device"}),
}
_SWITCHES = frozenset({"link", "keep-git-dir", "parents", "unpack"})
_REPEATED = frozenset({"mount", "device", "exclude"})
_KEYWORDS = frozenset(
    {
        *_FLAGS,
        *("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "LABEL", "MAINTAINER", "ONBUILD"),
        *("SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    }
)
_NOT_TRIGGERS = frozenset({"ONBUILD", "MAINTAINER", "FROM"})


def check_keyword(keyword: str, origin: Origin) -> None:
    """Raise InputSyntaxError when no instruction has this name."""
    if keyword.upper() in _KEYWORDS:
        return
    near = get_close_matches(keyword.upper(), sorted(_KEYWORDS), n=1)
    raise InputSyntaxError(
        f"unknown instruction {keyword}",
        why="a line of a Dockerfile begins with an instruction, a comment, or continues another",
        hint=f"Write {near[0]}."
        if near
        else "Check whether the line before it should end with the escape character.",
        origin=origin,
    )


def check_flags(keyword: str, flags: Sequence[Flag], origin: Origin) -> None:
    """Raise InputSyntaxError for a flag that the instruction does not have or that is repeated."""
    known = _FLAGS.get(keyword, frozenset())
    seen: set[str] = set()
    for flag in flags:
        problem = _problem(flag, known, seen)
        if problem:
            raise InputSyntaxError(
                f"{problem} --{flag.name} of {keyword}",
                why=_known_flags(keyword, known),
                hint="Correct or remove the flag.",
                origin=origin,
            )
        seen.add(flag.name)


def _problem(flag: Flag, known: frozenset[str], seen: set[str]) -> str:
    if flag.name not in known:
        return "unknown flag"
    if flag.name in seen and flag.name not in _REPEATED:
        return "repeated flag"
    if flag.value is None and flag.name not in _SWITCHES:
        return "no value for flag"
    if flag.name in _SWITCHES and flag.value not in {None, "true", "false"}:
        return f"{flag.value} is not a value for flag"
    return ""


def _known_flags(keyword: str, known: frozenset[str]) -> str:
    names = ", ".join(f"--{name}" for name in sorted(known))
    return f"{keyword} has the flags {names}" if names else f"{keyword} has no flags"


def check_arguments(instruction: Instruction) -> None:
    """Raise InputSyntaxError when an instruction has too few or too many arguments."""
    problem, hint = _argument_problem(instruction)
    if problem:
        raise InputSyntaxError(problem, hint=hint, origin=instruction.origin)


def _argument_problem(instruction: Instruction) -> tuple[str, str]:
    keyword, words = instruction.keyword, instruction.words
    if instruction.exec_form is not None:
        words = instruction.exec_form
    if not instruction.arguments and keyword not in {"RUN", "CMD", "ENTRYPOINT"}:
        return f"{keyword} needs an argument", f"Add it, or remove the {keyword}."
    if keyword in {"ENV", "LABEL"} and (word := _without_value(words)):
        return f"{keyword} {word} has no value", f"Write `{keyword} {word}=value`."
    if keyword in {"ADD", "COPY"} and len(words) < 2:  # noqa: PLR2004
        return f"{keyword} needs a source and a destination", "Add the missing path."
    if keyword == "SHELL" and instruction.exec_form is None:
        return "SHELL takes a JSON array", 'Write it as `SHELL ["/bin/bash", "-c"]`.'
    return _stage_problem(instruction, words)


def _stage_problem(instruction: Instruction, words: Sequence[str]) -> tuple[str, str]:
    if instruction.keyword == "FROM" and not _is_from(words):
        return (
            "FROM takes a base image, and AS with a name",
            "Write `FROM image` or `FROM image AS name`.",
        )
    trigger = instruction.trigger
    if trigger is not None and trigger.keyword in _NOT_TRIGGERS:
        return f"{trigger.keyword} cannot be an ONBUILD trigger", "Remove the line."
    return "", ""


def _without_value(words: Sequence[str]) -> str:
    """Return the first word that needs a value; ``ENV name value`` is the old form of one pair."""
    if len(words) > 1 and "=" not in words[0]:
        return ""
    return next((word for word in words if "=" not in word), "")


def _is_from(words: Sequence[str]) -> bool:
    return len(words) == 1 or (len(words) == 3 and words[1].upper() == "AS")  # noqa: PLR2004


def check_order(instructions: Sequence[Instruction], file: str) -> None:
    """Raise InputSyntaxError when the first instruction but ARG is not FROM."""
    first = next((item for item in instructions if item.keyword != "ARG"), None)
    if first is not None and first.keyword == "FROM":
        return
    raise InputSyntaxError(
        "no FROM before the first instruction" if first else "the Dockerfile has no FROM",
        why="a build begins with a base image; only ARG may come before it",
        hint="Add a FROM with the base image, or `FROM scratch`.",
        origin=first.origin if first else Origin(file=file),
    )


# As many as are planned within seconds.
_MOST_INSTRUCTIONS = 5000


def parse(text: str, *, file: str) -> Dockerfile:
    """Return the Dockerfile in ``text``; ``file`` is its path in the project, for origins.

    ``render`` gives the same text back. Raises InputSyntaxError, with the line, for what BuildKit
    would refuse to read: unknown instructions and flags, no FROM, heredocs without an end; and
    ProjectError for a file of thousands of instructions.
    """
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    lines = read_lines(text[len(mark) :], file=file)
    directives = read_directives(lines)
    escape = next((item.value for item in directives if item.name == "escape"), "\\")
    items = _items(lines, len(directives), escape)
    instructions = [item for item in items if isinstance(item, Instruction)]
    if len(instructions) > _MOST_INSTRUCTIONS:
        raise ProjectError(
            f"{file} has more than {_MOST_INSTRUCTIONS:,} instructions",
            why="each is held against others by many rules",
            hint="Join RUN and COPY: no engine builds an image of more than about 127 layers.",
        )
    check_order(instructions, file)
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
    check_keyword(part.keyword, origin)
    check_flags(keyword, part.flags, origin)
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
    check_arguments(instruction)
    return instruction


def _trigger(inner: Excerpt, escape: str, origin: Origin) -> Instruction:
    if split_instruction(inner.text, escape).keyword.upper() == "ONBUILD":
        raise InputSyntaxError(
            "ONBUILD cannot be an ONBUILD trigger", hint="Remove the line.", origin=origin
        )
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
