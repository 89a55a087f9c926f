"""A shell script as values: its commands in the order in which they are written."""

from __future__ import annotations

from msgspec import Struct

from jettison.formats.excerpt import Excerpt
from jettison.values import Origin


class Word(Struct, frozen=True, kw_only=True):
    """A word of a command.

    ``text`` has no quotes and no escapes; variables and substitutions stay as written, and
    ``literal`` says that there are none. Patterns (``*``, ``{a,b}``) are plain text here.
    """

    text: str
    raw: str
    literal: bool
    start: int
    end: int
    origin: Origin


class Redirect(Struct, frozen=True, kw_only=True):
    """A redirection: ``2> file`` has the descriptor 2; ``body`` is that of a heredoc."""

    operator: str
    target: Word | None
    descriptor: int | None = None
    body: str | None = None


class Command(Struct, frozen=True, kw_only=True, dict=True):
    """One simple command.

    ``start`` and ``end`` are offsets into the text of the script. ``connector`` is what stands
    before it: ``&&``, ``||``, ``;``, ``&``, ``|``, ``newline``, or nothing for the first.
    ``nested`` is true inside a condition, a loop, a function, a subshell or a negation.
    ``substitutions`` are the commands in ``$(…)`` anywhere in it. ``pipeline`` numbers the
    commands of one pipeline alike.
    """

    tokens: tuple[Word, ...]
    assignments: tuple[tuple[str, Word], ...] = ()
    redirects: tuple[Redirect, ...] = ()
    substitutions: tuple[Command, ...] = ()
    connector: str = ""
    nested: bool = False
    pipeline: int | None = None
    raw: str
    start: int
    end: int
    origin: Origin

    @property
    def words(self) -> tuple[str, ...]:
        """The words without their quotes, the program first."""
        return tuple(token.text for token in self.tokens)

    @property
    def name(self) -> str:
        """The program as written; empty for a mere assignment."""
        return self.tokens[0].text if self.tokens else ""


class Block(Struct, frozen=True, kw_only=True):
    """A condition, loop, function, group or negation outside of any other, with all that is in it.

    ``kind`` is the grammar's name for it.
    """

    kind: str
    connector: str
    raw: str
    start: int
    end: int
    origin: Origin


Part = Command | Block


class Script(Struct, frozen=True, kw_only=True):
    """A shell script, or the shell text of one instruction.

    ``commands`` are all of them, nested ones too, those of substitutions not. ``parts`` are the
    commands and blocks of the outermost sequence. ``editable`` says that commands of that sequence
    can be taken out. ``understood`` is false when the grammar found an error or another interpreter
    is named: then the commands are a guess.
    """

    excerpt: Excerpt
    commands: tuple[Command, ...]
    parts: tuple[Part, ...]
    editable: bool
    understood: bool

    @property
    def flat(self) -> bool:
        """Whether the script is a plain sequence of commands, which can be edited."""
        return self.editable and not any(isinstance(part, Block) for part in self.parts)

    @property
    def text(self) -> str:
        """What the shell reads."""
        return self.excerpt.text

    @property
    def source(self) -> str:
        """The same as it is written in the file, with continuation lines and their comments."""
        return self.excerpt.written

    @property
    def programs(self) -> tuple[Command, ...]:
        """Every command that runs a program, those of substitutions too, in order."""
        return tuple(command for command in _with_substitutions(self.commands) if command.tokens)


def _with_substitutions(commands: tuple[Command, ...]) -> list[Command]:
    found: list[Command] = []
    for command in commands:
        found += [*_with_substitutions(command.substitutions), command]
    return found
