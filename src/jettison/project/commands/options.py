"""Tell the options of a command from its arguments, by a table of those that take a value."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from jettison.project.shell import Word


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
