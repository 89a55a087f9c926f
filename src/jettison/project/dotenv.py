"""Front end for environment files (``.env``, ``.env.example``), as compose reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from jettison.errors import InputSyntaxError
from jettison.project.variables import Variable, interpolate
from jettison.values import Origin

_ASSIGNMENT = re.compile(
    r"[^\S\n]*(?:export[^\S\n]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.\-\[\]]*)[^\S\n]*"
    r"(?:(?P<mark>[=:])[^\S\n]*(?P<value>'[^']*'|\"(?:\\.|[^\"\\])*\"|[^\n]*)(?P<rest>[^\n]*))?"
    r"(?:\n|$)",
    re.DOTALL,
)
_NO_STATEMENT = re.compile(r"[^\S\n]*(?:#[^\n]*)?(?:\n|$)")
_END_COMMENT = re.compile(r"(^|\s+)#.*$")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "$": "$$"}
# Secrets stay out of repositories; what shows which there are stands for them.
_EXAMPLES = ("", ".example", ".sample", ".template", ".dist")


def beside(read: Callable[[str], str | None], path: str = ".env") -> tuple[Variable, ...]:
    """Read an environment file, or an example of it; one that is missing or wrong has nothing.

    ``read`` gives the text of a path, None when there is none.
    """
    for name in (f"{path}{ending}" for ending in _EXAMPLES):
        text = read(name)
        if text is not None:
            try:
                return parse(text, file=name)
            except InputSyntaxError:
                return ()
    return ()


def parse(text: str, *, file: str, env: Mapping[str, str] | None = None) -> tuple[Variable, ...]:
    """Read the variables of an environment file in order.

    Values may refer to earlier ones and to ``env``; single quotes keep a value as it is. A name
    without ``=`` is passed through (value None). Raises InputSyntaxError with the line.
    """
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    known = dict(env or {})
    variables = []
    at = 0
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        blank = _NO_STATEMENT.match(text, at)
        if blank:
            at = max(blank.end(), at + 1)
            continue
        found = _ASSIGNMENT.match(text, at)
        if found is None or not _is_closed(found):
            raise _error(text[at:].split("\n", 1)[0], Origin(file=file, line=line))
        value = _value(found["value"], known) if found["mark"] else None
        origin = Origin(file=file, line=line, end_line=line + found[0].rstrip("\n").count("\n"))
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
