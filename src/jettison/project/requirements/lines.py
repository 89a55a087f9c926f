"""The lines of a requirements file as values; each keeps the exact text it was read from."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from packaging.requirements import Requirement

from jettison.project.requirements.options import Option
from jettison.values import Origin


class SectionComment(Struct, frozen=True, kw_only=True):
    """A comment block that heads the lines below it.

    ``text`` is the words of the block without ``#`` and rulers; ``within`` is the banner that
    encloses it, if any. ``banner`` marks a heading set off with a ruler such as ``# ====``.
    """

    text: str
    origin: Origin
    banner: bool = False
    within: SectionComment | None = None


class BlankLine(Struct, frozen=True, kw_only=True):
    """White space alone."""

    text: str
    origin: Origin


class CommentLine(Struct, frozen=True, kw_only=True):
    """A comment on a line of its own; ``comment`` is its words.

    ``commented_out`` says that the words are a requirement or an option somebody switched off.
    """

    text: str
    origin: Origin
    comment: str
    commented_out: bool


class OptionLine(Struct, frozen=True, kw_only=True):
    """Global options such as ``--index-url URL``."""

    text: str
    origin: Origin
    options: tuple[Option, ...]
    comment: str


class IncludeKind(StrEnum):
    """What an included file is used for."""

    REQUIREMENTS = "requirements"
    CONSTRAINTS = "constraints"


class IncludeLine(Struct, frozen=True, kw_only=True):
    """``-r`` or ``-c``; ``target`` is as written, relative to the including file."""

    text: str
    origin: Origin
    kind: IncludeKind
    target: str
    comment: str


class RequirementLine(Struct, frozen=True, kw_only=True):
    """One requirement with everything written about it.

    ``name`` is normalized, and empty when it cannot be known from the text (a local folder).
    ``requirement`` is None when the line names no distribution in the standard syntax (a path, a
    bare URL, an environment variable in the version). ``hashes`` are ``algorithm:hex``.
    ``options`` are the other per-requirement options. ``above`` is the comment directly above that
    heads no section. ``via`` are the requirers that a lock tool noted. ``text`` includes
    continuation lines and the lock tool's notes.
    """

    text: str
    origin: Origin
    name: str
    requirement: Requirement | None
    specifier: str
    extras: tuple[str, ...]
    marker: str
    hashes: tuple[str, ...]
    url: str
    path: str
    editable: bool
    options: tuple[Option, ...]
    comment: str
    above: str
    section: SectionComment | None
    via: tuple[str, ...]


Line = BlankLine | CommentLine | OptionLine | IncludeLine | RequirementLine


class RequirementsFile(Struct, frozen=True, kw_only=True):
    """A requirements file; ``file`` is relative to the project root."""

    file: str
    lines: tuple[Line, ...]

    @property
    def requirements(self) -> tuple[RequirementLine, ...]:
        """The requirements in the order of the file."""
        return tuple(line for line in self.lines if isinstance(line, RequirementLine))

    @property
    def includes(self) -> tuple[IncludeLine, ...]:
        """The ``-r`` and ``-c`` lines in the order of the file."""
        return tuple(line for line in self.lines if isinstance(line, IncludeLine))


def render(file: RequirementsFile) -> str:
    """Return the exact text that the file was read from."""
    return "".join(line.text for line in file.lines)
