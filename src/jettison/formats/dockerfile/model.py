"""A Dockerfile as values: every character of the file is in exactly one directive or item."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct

from jettison.formats import Excerpt
from jettison.values import Origin


class Directive(Struct, frozen=True, kw_only=True):
    """A parser directive at the top of the file: ``# syntax=docker/dockerfile:1``.

    A byte order mark is one without a name, before all others.
    """

    name: str
    value: str
    text: str
    origin: Origin


class Comment(Struct, frozen=True, kw_only=True):
    """One comment line; ``text`` is the line as written, with its line ending."""

    text: str
    origin: Origin


class Blank(Struct, frozen=True, kw_only=True):
    """One or more empty lines in a row."""

    text: str
    origin: Origin


class Flag(Struct, frozen=True, kw_only=True):
    """A flag before the arguments: ``--link`` has no value, ``--from=build`` has one."""

    name: str
    value: str | None


class Heredoc(Struct, frozen=True, kw_only=True):
    """A document that follows the instruction.

    ``body`` is what the file holds between the marker and the terminator; ``origin`` its lines.
    """

    name: str
    body: str
    expand: bool
    strip_tabs: bool
    origin: Origin

    @property
    def content(self) -> str:
        """The body as it is given to the build: ``<<-`` takes the leading tabs away."""
        if not self.strip_tabs:
            return self.body
        return "\n".join(line.lstrip("\t") for line in self.body.split("\n"))


class Instruction(Struct, frozen=True, kw_only=True, dict=True):
    """One instruction with everything that belongs to it.

    ``arguments`` are what follows the keyword and the flags, continuation lines joined as BuildKit
    joins them. ``words`` keep their quotes, because substitution needs them: the typed views take
    them off. ``exec_form`` is the JSON array, or None for the shell form. ``comments`` are the
    comment lines directly above.
    ``trigger`` is the instruction of an ONBUILD; heredocs of an ONBUILD are the trigger's.
    ``excerpt`` leads from an offset in ``arguments`` to the line in the file.
    """

    keyword: str
    flags: tuple[Flag, ...] = ()
    arguments: str
    words: tuple[str, ...] = ()
    exec_form: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()
    comments: tuple[Comment, ...] = ()
    trigger: Instruction | None = None
    escape: str = "\\"
    excerpt: Excerpt
    text: str
    origin: Origin

    def flag(self, name: str) -> str | None:
        """Return the value of the last flag with this name; None without one."""
        return next((flag.value for flag in reversed(self.flags) if flag.name == name), None)

    def has_flag(self, name: str) -> bool:
        """Whether a switch such as ``--link`` is on."""
        return any(flag.name == name and flag.value != "false" for flag in self.flags)


Item = Instruction | Comment | Blank


class Stage(Struct, frozen=True, kw_only=True, dict=True):
    """One FROM and what follows it, up to the next.

    ``base`` is the reference as written, with its variables. ``items`` begin with the comments
    directly above the FROM.
    """

    index: int
    name: str | None
    base: str
    platform: str | None
    origin: Origin
    items: tuple[Item, ...]

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions in order; the first is the FROM."""
        return tuple(item for item in self.items if isinstance(item, Instruction))


class Dockerfile(Struct, frozen=True, kw_only=True, dict=True):
    """A parsed Dockerfile; ``text`` is the file, ``escape`` the character that continues a line."""

    file: str
    text: str
    escape: str
    directives: tuple[Directive, ...]
    items: tuple[Item, ...]

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """Every instruction of the file in order."""
        return tuple(item for item in self.items if isinstance(item, Instruction))

    @property
    def preamble(self) -> tuple[Instruction, ...]:
        """The ARG instructions before the first FROM: what base references may use."""
        instructions = self.instructions
        return instructions[: [*_froms(instructions), len(instructions)][0]]

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The build stages in order."""
        starts = [self._start(index) for index in _froms(self.items)]
        ends = [*starts[1:], len(self.items)]
        return tuple(
            _stage(number, self.items[start:end])
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        )

    @property
    def final_stage(self) -> Stage:
        """The stage that a build makes when none is named."""
        return self.stages[-1]

    def stage_named(self, name: str) -> Stage | None:
        """Return the stage that ``COPY --from`` means: a name in any case, or an index."""
        return self._named.get(name.lower())

    @cached_property
    def _named(self) -> dict[str, Stage]:
        found: dict[str, Stage] = {}
        for stage in self.stages:
            for name in (stage.name, str(stage.index)):
                if name:
                    found.setdefault(name, stage)
        return found

    def _start(self, index: int) -> int:
        item = self.items[index]
        return index - len(item.comments) if isinstance(item, Instruction) else index


def _froms(items: Sequence[Item]) -> list[int]:
    return [
        index
        for index, item in enumerate(items)
        if isinstance(item, Instruction) and item.keyword == "FROM"
    ]


def _stage(number: int, items: tuple[Item, ...]) -> Stage:
    start = next(item for item in items if isinstance(item, Instruction))
    return Stage(
        index=number,
        name=start.words[2].lower() if len(start.words) == 3 else None,  # noqa: PLR2004 (FROM x AS y)
        base=start.words[0],
        platform=start.flag("platform"),
        origin=start.origin,
        items=items,
    )
