"""Environment files (``.env``, ``.env.example``) and variables, as compose reads them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from math import prod

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.values import Origin

# No program takes as much: Linux starts none with a variable of more than 128 kB.
LONGEST = 1 << 20
_DEEPEST = 50
_NAME = re.compile(r"\$\{?([A-Za-z_]\w*)")
_PLAIN = re.compile(r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{)")
_PATTERN = re.compile(r"\$\{\w+[#%/][^}]*")
_REPLACING = re.compile(r"\$\{(\w+)//")
# About as many tries as a second has room for.
_MOST_TRIES = 10**7
_CHOICE = re.compile(r"<(\w[\w.-]*(?:[/|]\w[\w.-]*)+)>")
_PLACEHOLDER = re.compile(r"<[^<>]+>")
_BRACED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(:?[-?+])?")


class Variable(Struct, frozen=True, kw_only=True):
    """A variable that is set; ``value`` is None when it is passed through from outside."""

    name: str
    value: str | None
    origin: Origin


def require_bounded(text: str, env: Mapping[str, str], origin: Origin | None = None) -> None:
    """Raise InputSyntaxError when a text would grow beyond all use by its variables.

    A few lines that name each other's values twice make gigabytes. A pattern with many stars
    (``${NAME#*a*b}``) is tried at as many places as there are ways to divide the value.
    """
    values = [env.get(name) or "" for name in _NAME.findall(text)]
    if max(len(text) + sum(map(len, values)), _replaced(text, env)) > LONGEST:
        raise too_long(text[:40], origin)
    if patterns := "".join(_PATTERN.findall(text)):
        stars = sum(part.count("*") for part in (patterns, *values))
        if max(map(len, values), default=0) ** min(stars + 1, 99) > _MOST_TRIES:
            raise InputSyntaxError(
                f"{text[:40]} has too many stars for so long a value",
                why="a pattern is tried at each place of the value, for each star again",
                hint="Write the value itself.",
                origin=origin,
            )


def _replaced(text: str, env: Mapping[str, str]) -> int:
    """Return how long ``${NAME//from/to}`` may become: with ``to`` at each place of the value."""

    def places(found: re.Match[str]) -> int:
        return len(env.get(found[1]) or "") + 1

    found = list(_REPLACING.finditer(text))
    if len(found) > _DEEPEST:
        return LONGEST + 1
    most = 0
    for one in found:
        body = text[one.end() : _closing_brace(text, one.end())]
        written = len(body) + sum(len(env.get(name) or "") for name in _NAME.findall(body))
        most = max(most, prod(map(places, (one, *_REPLACING.finditer(body)))) * written)
    return most


def too_long(what: str, origin: Origin | None) -> InputSyntaxError:
    """Return the error for a value that is longer than any program takes."""
    return InputSyntaxError(
        f"{what} grows to more than {LONGEST >> 20} MB when its variables are replaced",
        why="values that repeat other values double with each line",
        hint="Shorten the values.",
        origin=origin,
    )


def interpolate(value: str, env: Mapping[str, str], *, keep_unset: bool = False) -> str:
    """Replace ``$NAME``, ``${NAME}`` and ``${NAME:-default}`` (``-``, ``:+``, ``+`` too).

    ``$$`` is a dollar sign. A variable that is not in ``env`` and has no default becomes empty,
    as compose does it, or stays as written with ``keep_unset``; so does a required one
    (``${NAME:?message}``). Text that is not a valid reference stays as it is. InputSyntaxError
    when references are in one another more than fifty deep, or give more than ``LONGEST``.
    """
    require_bounded(value, env)
    return _interpolated(value, env, keep_unset, 0)


def _interpolated(value: str, env: Mapping[str, str], keep_unset: bool, depth: int) -> str:
    if depth > _DEEPEST:
        raise InputSyntaxError(
            "references to variables are in one another too deeply",
            why=f"more than {_DEEPEST} deep",
            hint="Write the value itself.",
        )
    pieces = []
    at = 0
    while found := _PLAIN.search(value, at):
        pieces.append(value[at : found.start()])
        at = found.end()
        if found[1]:
            pieces.append("$")
        elif found[2]:
            pieces.append(env.get(found[2], found[0] if keep_unset else ""))
        else:
            stop = _closing_brace(value, at)
            pieces.append(_braced(value[at:stop], env, keep_unset=keep_unset, depth=depth + 1))
            at = min(stop + 1, len(value))
    return "".join(pieces) + value[at:]


def _braced(body: str, env: Mapping[str, str], *, keep_unset: bool, depth: int) -> str:
    found = _BRACED.match(body)
    written = "${" + body + "}"
    if found is None or (found[2] is None and found.end() < len(body)):
        return written
    name, operator = found[1], found[2] or ""
    rest = body[found.end() :]
    known = env.get(name)
    is_set = bool(known) if operator.startswith(":") else known is not None
    if operator.endswith("+"):
        return _interpolated(rest, env, keep_unset, depth) if is_set else ""
    if is_set:
        return known or ""
    if operator.endswith("-"):
        return _interpolated(rest, env, keep_unset, depth)
    return written if keep_unset else ""


def _closing_brace(value: str, at: int) -> int:
    depth = 1
    while at < len(value):
        if value.startswith("${", at):
            depth += 1
        elif value[at] == "}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return at


_ASSIGNMENT = re.compile(
    r"[^\S\n]*(?:export[^\S\n]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.\-\[\]]*)[^\S\n]*"
    r"(?:(?P<mark>[=:])[^\S\n]*(?P<value>'[^']*'|\"(?:\\.|[^\"\\])*\"|[^\n]*)(?P<rest>[^\n]*))?"
    r"(?:\n|$)",
    re.DOTALL,
)
_NO_STATEMENT = re.compile(r"[^\S\n]*(?:#[^\n]*)?(?:\n|$)")
_END_COMMENT = re.compile(r"(^|\s)#.*$")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "$": "$$"}
# Secrets stay out of repositories; what shows which there are stands for them.
_EXAMPLES = ("example", "sample", "template", "dist", "default", "defaults", "EXAMPLE")
_EXAMPLE = re.compile(rf"(^|[._-])({'|'.join(_EXAMPLES)})([._-]|$)")


def is_example(path: str) -> bool:
    """Whether a file shows which variables there are, by its name."""
    name = posixpath.basename(path)
    return "env" in name and _EXAMPLE.search(name) is not None


def beside(read: Callable[[str], str | None], path: str = ".env") -> tuple[Variable, ...]:
    """Read an environment file, or an example of it; one that is missing or wrong has nothing.

    ``read`` gives the text of a path, None when there is none. Where an example leaves a choice
    (``<test/production>``, ``<true/false>``), it is production, false or else the first; what it
    only has a placeholder for (``<your key>``) is not among its variables.
    """
    for name in _names(path):
        text = read(name)
        if text is not None:
            try:
                if name == path:
                    return parse(text, file=name)
                shown = parse(_CHOICE.sub(_chosen, text), file=name)
                return tuple(one for one in shown if not _PLACEHOLDER.fullmatch(one.value or ""))
            except InputSyntaxError:
                return ()
    return ()


def _chosen(choice: re.Match[str]) -> str:
    options = re.split(r"[/|]", choice[1])
    meant = ("prod", "production", "false")
    return next((one for one in options if one.lower() in meant), options[0])


def _names(path: str) -> Iterator[str]:
    """Give a file's own name and those of its examples: ``.env.example``, ``sample.env``."""
    folder, name = posixpath.split(path)
    yield path
    stem = name.removeprefix(".")
    stems = (stem, f"dot{stem}") if stem.startswith("env") else (stem,)
    for word, one, mark, dot in product(_EXAMPLES, stems, ".-_", (".", "")):
        for example in (f"{dot}{one}{mark}{word}", f"{dot}{word}{mark}{one}"):
            yield posixpath.join(folder, example)


def parse(text: str, *, file: str) -> tuple[Variable, ...]:
    """Read the variables of an environment file in order.

    Values may refer to earlier ones; single quotes keep a value as it is. A name without ``=`` is
    passed through (value None). Raises InputSyntaxError with the line.
    """
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    known: dict[str, str] = {}
    variables = []
    at = total = 0
    line, counted = 1, 0
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        blank = _NO_STATEMENT.match(text, at)
        if blank:
            at = max(blank.end(), at + 1)
            continue
        found = _ASSIGNMENT.match(text, at)
        if found is None or not _is_closed(found):
            raise _error(text[at:].split("\n", 1)[0], Origin(file=file, line=line))
        origin = Origin(file=file, line=line, end_line=line + found[0].rstrip("\n").count("\n"))
        require_bounded(found["value"] or "", known, origin)
        value = _value(found["value"], known) if found["mark"] else None
        total += len(value or "")
        if total > LONGEST:
            raise too_long(found["name"], origin)
        variables.append(Variable(name=found["name"], value=value, origin=origin))
        if value is not None:
            known[found["name"]] = value
        at = found.end()
    return tuple(variables)


def _is_closed(found: re.Match[str]) -> bool:
    """Whether quotes close and nothing but a comment follows them."""
    value, rest = found["value"] or "", found["rest"] or ""
    if value[:1] not in ("'", '"'):
        return True
    closed = len(value) > 1 and value[-1] == value[0]
    return closed and (not rest.strip() or rest.strip().startswith("#"))


def _value(written: str, known: Mapping[str, str]) -> str:
    if written.startswith("'"):
        return written[1:-1]
    if written.startswith('"'):
        plain = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), written[1:-1])
        return interpolate(plain, known)
    return interpolate(_END_COMMENT.sub("", written).strip(), known)


def _error(line: str, origin: Origin) -> InputSyntaxError:
    return InputSyntaxError(
        f"not a valid line of an environment file: {line.strip()}",
        why="expected NAME=value, with quotes closed",
        hint="Correct the line, or comment it out.",
        origin=origin,
    )
