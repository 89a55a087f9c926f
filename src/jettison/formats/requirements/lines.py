"""The lines of a requirements file as values; each keeps the exact text it was read from."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from jettison.formats.requirements.statement import Statement
from jettison.values import Origin

_WITH_VALUE = frozenset(
    {"--index-url", "--extra-index-url", "--find-links", "--no-binary", "--only-binary",
     "--trusted-host", "--use-feature", "--requirement", "--constraint", "--editable", "--hash",
     "--config-settings", "--config-setting", "--global-option", "--install-option",
     "--uploaded-prior-to", "--exclude-newer"}
)  # fmt: skip
_FLAGS = frozenset(
    {"--no-index", "--pre", "--prefer-binary", "--require-hashes", "--process-dependency-links",
     "--all-releases", "--only-final"}
)  # fmt: skip
ALIASES = {
    "-i": "--index-url",
    "--pypi-url": "--index-url",
    "-f": "--find-links",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-C": "--config-settings",
}


class Option(Struct, frozen=True, kw_only=True):
    """One option by its long name; ``value`` is empty for a flag."""

    name: str
    value: str


def read_options(words: tuple[str, ...]) -> tuple[Option, ...]:
    """Read options from shell words.

    Raises ValueError with the reason for an unknown option or a missing value.
    """
    options = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        spelled, has_value, value = _split(word)
        name = ALIASES.get(spelled, spelled)
        if name in _FLAGS:
            options.append(Option(name=name, value=""))
            continue
        if name not in _WITH_VALUE:
            raise ValueError(f"no such option: {word}")
        if not has_value:
            if not rest:
                raise ValueError(f"{word} needs a value")
            value = rest.pop(0)
        while rest and not rest[0].startswith("-"):
            rest.pop(0)  # pip ignores words that belong to no option
        options.append(Option(name=name, value=value))
    return tuple(options)


def _split(word: str) -> tuple[str, bool, str]:
    """Spelling, whether a value is attached, and the value (``-rbase.txt``, ``--hash=…``)."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, bool(equals), value
    short, value = word[:2], word[2:].removeprefix("=")
    return short, len(word) > len(short), value


class SectionComment(Struct, frozen=True, kw_only=True):
    """A comment block that heads the lines below it.

    ``text`` is the words of the block without ``#`` and rulers; ``within`` is the banner that
    encloses it, if any: a heading set off with a ruler such as ``# ====``.
    """

    text: str
    origin: Origin
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


class RequirementLine(Statement, frozen=True, kw_only=True):
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
    hashes: tuple[str, ...]
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
