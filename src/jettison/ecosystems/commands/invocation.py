"""Which program a command runs in the end, behind prefixes, runners and ``python -m``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cached_property

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Commands
from jettison.formats.shell import Command, Word
from jettison.values import Origin, once_each


class Option(Struct, frozen=True, kw_only=True):
    """An option as it was used: ``name`` with its dashes, ``word`` where its value stands."""

    name: str
    value: str | None
    word: Word


class Options(Struct, frozen=True, kw_only=True):
    """The options of a command, and the words that are not options."""

    options: tuple[Option, ...]
    arguments: tuple[Word, ...]

    def has(self, *names: str) -> bool:
        """Tell whether one of these options is used."""
        return any(option.name in names for option in self.options)

    def every(self, *names: str) -> tuple[Option, ...]:
        """Return the uses of these options that have a value, in order."""
        return tuple(
            option for option in self.options if option.name in names and option.value is not None
        )

    def value(self, *names: str) -> str | None:
        """Return the value of the last use of these options."""
        found = self.every(*names)
        return found[-1].value if found else None


def read_options(words: Sequence[Word], values: Collection[str]) -> Options:
    """Split words into options and arguments; ``values`` are the options that take a value.

    Short options may be joined (``-yq``), and their value may follow at once (``-oX=y``) or as the
    next word, unless that begins with a dash. After ``--`` there are only arguments.
    """
    options: list[Option] = []
    arguments: list[Word] = []
    index = 0
    while index < len(words):
        word, following = words[index], words[index + 1 : index + 2]
        index += 1
        if word.text == "--":
            arguments += words[index:]
            break
        if not word.text.startswith("-") or word.text == "-":
            arguments.append(word)
            continue
        found = _long(word) if word.text.startswith("--") else _short(word, values)
        if found[-1].name in values and found[-1].value is None and _is_value(following):
            found[-1] = Option(name=found[-1].name, value=following[0].text, word=following[0])
            index += 1
        options += found
    return Options(options=tuple(options), arguments=tuple(arguments))


def _is_value(words: Sequence[Word]) -> bool:
    return bool(words) and (not words[0].text.startswith("-") or words[0].text == "-")


def _long(word: Word) -> list[Option]:
    name, equals, value = word.text.partition("=")
    return [Option(name=name, value=value if equals else None, word=word)]


def _short(word: Word, values: Collection[str]) -> list[Option]:
    options: list[Option] = []
    letters = word.text[1:]
    for index, letter in enumerate(letters):
        name = f"-{letter}"
        if name in values:
            value = letters[index + 1 :].removeprefix("=") or None
            return [*options, Option(name=name, value=value, word=word)]
        options.append(Option(name=name, value=None, word=word))
    return options


_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_PIP = re.compile(r"pip[\d.]*")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_SAME = {
    "apt": "apt-get",
    "yum": "dnf",
    "microdnf": "dnf",
    "tdnf": "dnf",
    "virtualenv3": "virtualenv",
}
# "-mvenv": the module behind the letter, without a space.
_JOINED_MODULE = re.compile(r"-[bBdEhiIOqsSuvx]*m([A-Za-z_][\w.]*)")
PYTHON_VALUES = frozenset({"-W", "-X", "--check-hash-based-pycs"})


class Invocation(Struct, frozen=True, kw_only=True, dict=True):
    """A program and its words.

    ``program`` has no directory and no version: ``/usr/bin/python3.11 -m pip`` is ``pip`` with
    ``module`` set; ``apt`` counts as ``apt-get``, ``yum`` and ``microdnf`` as ``dnf``.
    """

    program: str
    words: tuple[Word, ...]
    module: bool = False
    origin: Origin

    @cached_property
    def options(self) -> Options:
        """The options and arguments, by the catalogue's table for the program."""
        return read_options(self.words, table(Commands).values.get(self.program, ()))

    def is_a(self, program: str, *actions: str) -> bool:
        """Tell whether it is this program with one of these first arguments."""
        if self.program != program:
            return False
        arguments = self.options.arguments
        return bool(arguments) and arguments[0].text in actions


@once_each
def invocation(command: Command) -> Invocation | None:
    """Return what a command runs; None for a mere assignment."""
    words: Sequence[Word] = command.tokens
    while words:
        name = words[0].text.rsplit("/", 1)[-1]
        prefix = table(Commands).prefixes.get(name)
        behind = _behind_runner(name, words[1:])
        if prefix is not None:
            words = _behind(words[1:], prefix.values, prefix.operands)
        elif behind is not None:
            words = behind
        else:
            return _program(name, words[1:], command.origin)
    return None


def _behind_runner(name: str, words: Sequence[Word]) -> Sequence[Word] | None:
    """Return the words after ``uv run`` and its options; None when it is not a runner."""
    values = table(Commands).runners.get(name)
    if values is None:
        return None
    rest = _behind(words, values, 0)
    return None if not rest or rest[0].text != "run" else _behind(rest[1:], values, 0)


def _behind(words: Sequence[Word], values: Sequence[str], operands: int) -> Sequence[Word]:
    """Return the words after a program's own options, assignments and operands."""
    index = 0
    while index < len(words):
        text = words[index].text
        if text == "--":
            return words[index + 1 :]
        if text in values:
            index += 1
        elif not text.startswith("-") and not ASSIGNMENT.match(text):
            if operands == 0:
                break
            operands -= 1
        index += 1
    return words[index:]


def _program(name: str, words: Sequence[Word], origin: Origin) -> Invocation:
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
        program=_SAME.get(name, name), words=tuple(words), module=module, origin=origin
    )


def _module_index(words: Sequence[Word]) -> int | None:
    """Return which word names the module of ``python -m``, alone or with the option."""
    index = 0
    while index < len(words):
        text = words[index].text
        if text in PYTHON_VALUES:
            index += 1
        elif _JOINED_MODULE.fullmatch(text):
            return index
        elif re.fullmatch(r"-[a-zA-Z]*m", text):
            return index + 1 if index + 1 < len(words) else None
        elif not text.startswith("-") or text == "-" or text.endswith("c"):
            return None
        index += 1
    return None
