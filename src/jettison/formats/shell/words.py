"""From syntax nodes to words: quotes and escapes taken off, expansions left as written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct
from tree_sitter import Node

from jettison.formats import Excerpt
from jettison.values import Origin, replace

# Programs that run scripts in the language of POSIX, or in one like it.
SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})


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
    """A redirection: what stands before its file, and that."""

    operator: str
    target: Word | None


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
    """A condition, loop, function, group or negation outside of any other, with all in it."""

    connector: str
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
    def programs(self) -> tuple[Command, ...]:
        """Every command that runs a program, those of substitutions too, in order."""
        return tuple(command for command in _with_substitutions(self.commands) if command.tokens)


def _with_substitutions(commands: tuple[Command, ...]) -> list[Command]:
    found: list[Command] = []
    for command in commands:
        found += [*_with_substitutions(command.substitutions), command]
    return found


EXPANSIONS = frozenset(
    {"simple_expansion", "expansion", "command_substitution", "process_substitution",
     "arithmetic_expansion"}
)  # fmt: skip
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}


class Source(Struct, frozen=True, kw_only=True):
    """The text that was parsed; the grammar counts bytes, everything here counts characters."""

    excerpt: Excerpt
    offsets: tuple[int, ...]

    def span(self, node: Node) -> tuple[int, int]:
        """Return where a node begins and ends, in characters."""
        if not self.offsets:
            return node.start_byte, node.end_byte
        return self.offsets[node.start_byte], self.offsets[node.end_byte]

    def text(self, node: Node) -> str:
        """Return the text of a node as written."""
        start, end = self.span(node)
        return self.excerpt.text[start:end]

    def word(self, node: Node) -> Word:
        """Return the node as a word of a command."""
        start, end = self.span(node)
        return Word(
            text=self.plain(node),
            raw=self.excerpt.text[start:end],
            literal=not any(True for _ in expansions(node)),
            start=start,
            end=end,
            origin=self.excerpt.origin(start, end),
        )

    def plain(self, node: Node) -> str:
        """Return the text that the shell would see, expansions as written."""
        raw = self.text(node)
        if node.type in EXPANSIONS:
            return raw
        if node.type == "raw_string":
            return raw[1:-1]
        if node.type == "ansi_c_string":
            return re.sub(r"\\(.)", lambda match: _ANSI.get(match[1], match[1]), raw[2:-1])
        if node.type in {"string", "translated_string"}:
            return "".join(self._quoted(node))
        if node.type in {"concatenation", "command_name"} and node.children:
            return "".join(self.plain(child) for child in node.children)
        return re.sub(r"\\(\n|.)", lambda match: match[1].strip("\n"), raw)

    def _quoted(self, node: Node) -> Iterator[str]:
        """Yield the parts of a double-quoted string; the grammar has no node for its spaces."""
        start, end = self.span(node)
        at = self.excerpt.text.index('"', start) + 1
        for child in node.named_children:
            if child.type in EXPANSIONS:
                first, last = self.span(child)
                yield _unescape(self.excerpt.text[at:first])
                yield self.excerpt.text[first:last]
                at = last
        yield _unescape(self.excerpt.text[at : end - 1])


def _unescape(text: str) -> str:
    return re.sub(r'\\(["$`\\\n])', lambda match: match[1].strip("\n"), text)


def expansions(node: Node) -> Iterator[Node]:
    """Yield the outermost expansions in a node."""
    if node.type in EXPANSIONS:
        yield node
        return
    for child in node.named_children:
        yield from expansions(child)


def source_of(excerpt: Excerpt) -> Source:
    """Return what the nodes of the parsed text refer to."""
    if excerpt.text.isascii():
        return Source(excerpt=excerpt, offsets=())
    offsets: list[int] = []
    for index, character in enumerate(excerpt.text):
        offsets += [index] * len(character.encode("utf-8", "surrogatepass"))
    return Source(excerpt=excerpt, offsets=(*offsets, len(excerpt.text)))


_DOUBLE_QUOTED = re.compile(r'"([^"]*)"')
_VARIABLE = re.compile(
    r"\$(?:(?P<name>[A-Za-z_]\w*)"
    r"|\{(?P<braced>[A-Za-z_]\w*)(?:(?P<operator>:?[-=])(?P<default>(?:[^{}]|\{[^{}]*\})*))?\})"
)


def assignments(script: Script, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables after the script's own assignments outside conditions and loops.

    ``variables`` are those that it starts with. A name whose value is not known is not in the
    result: it comes from a command, or is also set in a condition.
    """
    known = dict(variables or {})
    for command in script.commands:
        if command.tokens and command.name not in {"export", "readonly", "declare", "local"}:
            continue
        for name, word in command.assignments:
            resolved = None if command.nested else value(word, known)
            if resolved is None:
                known.pop(name, None)
            else:
                known[name] = resolved
    return known


def value(word: Word, variables: Mapping[str, str]) -> str | None:
    """Return the word with its variables replaced; None when it is not known.

    A variable without value and without default is not known; a substitution neither.
    """
    if word.literal or word.raw.startswith("("):
        return None if word.raw.startswith("(") else word.text
    try:
        return _resolved(word.text, variables)
    except LookupError:
        return None


def _resolved(text: str, variables: Mapping[str, str]) -> str:
    resolved = _VARIABLE.sub(lambda match: _one(match, variables), text)
    if "$" in _VARIABLE.sub("", text) or "`" in text:
        raise LookupError(text)
    return resolved


def _one(match: re.Match[str], variables: Mapping[str, str]) -> str:
    found = variables.get(match["name"] or match["braced"])
    operator, default = match["operator"], match["default"]
    if found is None or (found == "" and operator in {":-", ":="}):
        if operator is None:
            raise LookupError(match[0])
        return _resolved(_DOUBLE_QUOTED.sub(r"\1", default), variables)
    return found


def resolved(command: Command, variables: Mapping[str, str]) -> Command:
    """Return the command with the words that are known, as the shell splits them.

    Words that come from one variable keep its place: they can be removed only together.
    """
    tokens = (one for token in command.tokens for one in _split(token, variables))
    return replace(command, tokens=tuple(tokens))


def _split(word: Word, variables: Mapping[str, str]) -> list[Word]:
    known = None if word.literal else value(word, variables)
    if known is None:
        return [word]
    parts = [known] if '"' in word.raw else known.split()
    return [replace(word, text=part, literal=True) for part in parts]
