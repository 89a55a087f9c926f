"""The shell text of an instruction, each command with its own line of the Dockerfile."""

from __future__ import annotations

import csv
import json
import re

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.formats import Excerpt, Piece, shell, split_lines
from jettison.formats.dockerfile.lines import heredoc_marker
from jettison.formats.dockerfile.model import Heredoc, Instruction
from jettison.formats.shell import SHELLS, Command, Script, Word

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def run_script(instruction: Instruction) -> Script:
    """Return the script that a RUN, CMD, ENTRYPOINT or HEALTHCHECK runs, in any of its forms.

    An exec form is a script when it names a shell with ``-c``, otherwise it is one command.
    """
    if instruction.exec_form is not None:
        return _exec_script(instruction)
    if _is_document(instruction):
        return shell.parse_excerpt(_document(instruction, instruction.heredocs[0]))
    if instruction.heredocs:
        return shell.parse_excerpt(_with_documents(instruction))
    if instruction.keyword == "HEALTHCHECK":
        kind = re.match(r"\S+\s*", instruction.arguments)
        start = kind.end() if kind else 0
        return shell.parse_excerpt(instruction.excerpt.narrow(start, len(instruction.arguments)))
    return shell.parse_excerpt(instruction.excerpt)


def with_script(instruction: Instruction, source: str) -> str:
    """Return the text of the instruction with ``source`` in place of its script's source.

    ``source`` is what the editors of scripts give back.
    """
    if instruction.exec_form is not None:
        start, end = _strings(instruction)[_script_index(instruction.exec_form) or 0]
        start = instruction.excerpt.place(start)
        end = instruction.excerpt.place_after(end)
        source = json.dumps(source, ensure_ascii=False)
    else:
        start, end = run_script(instruction).excerpt.bounds
    return instruction.text[:start] + source + instruction.text[end:]


def _is_document(instruction: Instruction) -> bool:
    """Tell whether the heredoc is the whole script, and not the input of a command."""
    return bool(instruction.heredocs) and heredoc_marker(instruction.arguments) is not None


def _document(instruction: Instruction, heredoc: Heredoc) -> Excerpt:
    return _lines(instruction, heredoc, strip_tabs=heredoc.strip_tabs)


def _lines(instruction: Instruction, heredoc: Heredoc, *, strip_tabs: bool) -> Excerpt:
    """Return the body of a heredoc with its place in the text of the instruction."""
    first = heredoc.origin.line or 1
    before = split_lines(instruction.text)[: first - (instruction.origin.line or 1)]
    source, start = sum(len(line) for line in before), 0
    pieces: list[Piece] = []
    parts: list[str] = []
    for number, line in enumerate(split_lines(heredoc.body), first):
        part = line.lstrip("\t") if strip_tabs else line
        pieces.append(Piece(start=start, source=source + len(line) - len(part), line=number))
        parts.append(part)
        source, start = source + len(line), start + len(part)
    return Excerpt(
        file=instruction.excerpt.file,
        text="".join(parts),
        source=instruction.text,
        pieces=tuple(pieces) or (Piece(start=0, source=source, line=first),),
    )


def _with_documents(instruction: Instruction) -> Excerpt:
    """Return the command line and the documents after it as BuildKit gives them to the shell."""
    own = instruction.excerpt
    joined, source = split_lines(own.source), own.source
    pieces, line = list(own.pieces), (instruction.origin.line or 1) + len(joined)
    text, at = own.text + "\n", len(source)
    pieces.append(Piece(start=len(own.text), source=at - 1, line=line - 1))
    for part in split_lines(instruction.text[at:]):
        pieces.append(Piece(start=len(text), source=at, line=line))
        text, at, line = text + part, at + len(part), line + 1
    return Excerpt(file=own.file, text=text, source=instruction.text, pieces=tuple(pieces))


def _exec_script(instruction: Instruction) -> Script:
    words = instruction.exec_form or ()
    index = _script_index(words)
    places = _strings(instruction)
    if index is None:
        return _one_command(instruction, words, places)
    start, end = places[index]
    inner = instruction.excerpt.narrow(start + 1, end - 1)
    if inner.text != words[index]:
        # With JSON escapes the offsets differ; the line of the string is still right.
        line = instruction.excerpt.line(start)
        return shell.parse_excerpt(_on_line(words[index], inner.file, line))
    own = tuple(Piece(start=one.start, source=one.start, line=one.line) for one in inner.pieces)
    return shell.parse_excerpt(
        Excerpt(file=inner.file, text=inner.text, source=inner.text, pieces=own)
    )


def _on_line(text: str, file: str, line: int) -> Excerpt:
    return Excerpt(file=file, text=text, source=text, pieces=(Piece(start=0, source=0, line=line),))


def _script_index(words: tuple[str, ...]) -> int | None:
    """Return which word of an exec form is a shell script."""
    if not words or words[0].rsplit("/", 1)[-1] not in SHELLS:
        return None
    for index, word in enumerate(words[1:], 1):
        if re.fullmatch(r"-[a-z]*c", word):
            return index + 1 if index + 1 < len(words) else None
        if not word.startswith(("-", "+")) and words[index - 1] != "-o":
            return None
    return None


def _strings(instruction: Instruction) -> list[tuple[int, int]]:
    """Return where the strings of the JSON array are in the arguments."""
    start = instruction.arguments.index("[")
    return [match.span() for match in _STRING.finditer(instruction.arguments, start)]


def _one_command(
    instruction: Instruction, words: tuple[str, ...], places: list[tuple[int, int]]
) -> Script:
    own = instruction.excerpt
    tokens = tuple(
        Word(
            text=word,
            raw=own.text[start:end],
            literal=True,
            start=start,
            end=end,
            origin=own.origin(start, end),
        )
        for word, (start, end) in zip(words, places, strict=True)
    )
    if not tokens:
        return Script(excerpt=own, commands=(), parts=(), editable=True, understood=True)
    start, end = tokens[0].start, tokens[-1].end
    command = Command(
        tokens=tokens, raw=own.text[start:end], start=start, end=end, origin=own.origin(start, end)
    )
    return Script(
        excerpt=own, commands=(command,), parts=(command,), editable=True, understood=True
    )


_OTHER_NAMES = {"dst": "target", "destination": "target", "src": "source", "ro": "readonly"}
_TYPES = frozenset({"bind", "cache", "tmpfs", "secret", "ssh"})


class Mount(Struct, frozen=True, kw_only=True):
    """One mount; ``from_`` is a stage or an image."""

    type: str
    target: str | None
    source: str | None
    from_: str | None


def mounts(instruction: Instruction) -> tuple[Mount, ...]:
    """Return the mounts of a RUN in order. Raises InputSyntaxError for an unknown type."""
    values = (flag.value or "" for flag in instruction.flags if flag.name == "mount")
    return tuple(_mount(value, instruction) for value in values)


def mounts_over(instruction: Instruction, folder: str) -> bool:
    """Whether a RUN mounts something at a folder of the image or at one that it lies in."""
    return any(
        mount.target and f"{folder}/".startswith(f"{mount.target.rstrip('/')}/")
        for mount in mounts(instruction)
    )


def _mount(value: str, instruction: Instruction) -> Mount:
    try:
        fields = [field.partition("=") for field in next(csv.reader([value]), [])]
    except csv.Error as error:
        raise InputSyntaxError(
            "a mount that cannot be read",
            why=str(error),
            hint="Correct `--mount`.",
            origin=instruction.origin,
        ) from error
    options = {_OTHER_NAMES.get(name.lower(), name.lower()): text for name, _, text in fields}
    kind = options.get("type", "bind")
    if kind not in _TYPES and "$" not in kind:
        raise InputSyntaxError(
            f"unknown mount type {kind}",
            why=f"a mount is one of {', '.join(sorted(_TYPES))}",
            hint="Correct the type in `--mount`.",
            origin=instruction.origin,
        )
    return Mount(
        type=kind,
        target=options.get("target"),
        source=options.get("source"),
        from_=options.get("from"),
    )
