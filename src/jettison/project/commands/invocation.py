"""Which program a command runs in the end, behind prefixes, runners and ``python -m``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from jettison.catalogue.reader import table
from jettison.project.commands.options import Options, read_options
from jettison.project.shell import Command, Word
from jettison.values import Origin

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_PIP = re.compile(r"pip[\d.]*")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_SAME = {
    "apt": "apt-get",
    "yum": "dnf",
    "microdnf": "dnf",
    "tdnf": "dnf",
    "virtualenv3": "virtualenv",
}
# "-mvenv": the module behind the letter, without a space.
_JOINED_MODULE = re.compile(r"-[bBdEhiIOqsSuvx]*m([A-Za-z_][\w.]*)")
_PYTHON_VALUES = frozenset({"-W", "-X", "--check-hash-based-pycs"})


class Invocation(Struct, frozen=True, kw_only=True):
    """A program and its words.

    ``program`` has no directory and no version: ``/usr/bin/python3.11 -m pip`` is ``pip`` with
    ``module`` set; ``apt`` counts as ``apt-get``, ``yum`` and ``microdnf`` as ``dnf``. ``runner``
    is the tool in front: ``uv run``.
    """

    program: str
    words: tuple[Word, ...]
    module: bool = False
    runner: str | None = None
    origin: Origin

    @property
    def options(self) -> Options:
        """The options and arguments, by the catalogue's table for the program."""
        return read_options(self.words, table("commands")["values"].get(self.program, ()))

    def is_a(self, program: str, *actions: str) -> bool:
        """Tell whether it is this program with one of these first arguments."""
        if self.program != program:
            return False
        arguments = self.options.arguments
        return bool(arguments) and arguments[0].text in actions


def invocation(command: Command) -> Invocation | None:
    """Return what a command runs; None for a mere assignment."""
    words: Sequence[Word] = command.tokens
    runner: str | None = None
    while words:
        name = words[0].text.rsplit("/", 1)[-1]
        prefix = table("commands")["prefixes"].get(name)
        behind = _behind_runner(name, words[1:])
        if prefix is not None:
            words = _behind(words[1:], prefix.get("values", ()), prefix.get("operands", 0))
        elif behind is not None:
            runner, words = f"{name} run", behind
        else:
            return _program(name, words[1:], runner, command.origin)
    return None


def _behind_runner(name: str, words: Sequence[Word]) -> Sequence[Word] | None:
    """Return the words after ``uv run`` and its options; None when it is not a runner."""
    values = table("commands")["runners"].get(name)
    if values is None:
        return None
    rest = _behind(words, values, 0)
    if not rest or rest[0].text != "run":
        return None
    return _behind(rest[1:], values, 0)


def _behind(words: Sequence[Word], values: Sequence[str], operands: int) -> Sequence[Word]:
    """Return the words after a program's own options, assignments and operands."""
    index = 0
    while index < len(words):
        text = words[index].text
        if text == "--":
            return words[index + 1 :]
        if text in values:
            index += 1
        elif not text.startswith("-") and not _ASSIGNMENT.match(text):
            if operands == 0:
                break
            operands -= 1
        index += 1
    return words[index:]


def _program(name: str, words: Sequence[Word], runner: str | None, origin: Origin) -> Invocation:
    module = False
    if _PYTHON.fullmatch(name):
        index = _module_index(words)
        module = index is not None
        if index is None:
            name = "python"
        else:
            joined = _JOINED_MODULE.fullmatch(words[index].text)
            name, words = joined[1] if joined else words[index].text, words[index + 1 :]
    if _PIP.fullmatch(name):
        name = "pip"
    return Invocation(
        program=_SAME.get(name, name),
        words=tuple(words),
        module=module,
        runner=runner,
        origin=origin,
    )


def _module_index(words: Sequence[Word]) -> int | None:
    """Return which word names the module of ``python -m``, alone or with the option."""
    index = 0
    while index < len(words):
        text = words[index].text
        if text in _PYTHON_VALUES:
            index += 1
        elif _JOINED_MODULE.fullmatch(text):
            return index
        elif re.fullmatch(r"-[a-zA-Z]*m", text):
            return index + 1 if index + 1 < len(words) else None
        elif not text.startswith("-") or text == "-" or text.endswith("c"):
            return None
        index += 1
    return None
