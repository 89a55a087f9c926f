"""What of a project's requirements reaches the resolver: parsed, checked, and written again.

uv starts the build backend of a source distribution or of an editable requirement to learn what it
requires, includes addresses, and replaces variables by those of this process. None of that is the
project's to ask for, so nothing is passed on that was not read and found harmless first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace
from packaging.markers import InvalidMarker, Marker

from jettison.builder.recipe import ENGINE, Installation, not_understood
from jettison.errors import InputSyntaxError, UnsupportedError
from jettison.formats.requirements import IncludeLine, OptionLine, RequirementLine, parse
from jettison.formats.requirements.lines import ALIASES, Option
from jettison.index.target import Target
from jettison.values import Origin

_ADDRESSED = frozenset({"--index-url", "--extra-index-url", "--find-links"})
_FLAGS = frozenset({"--no-index", "--require-hashes", "--no-deps"})
# Without sources there is nothing that these could change, and uv does not take them from a file.
_WITHOUT_EFFECT = frozenset({"--pre", "--prefer-binary", "--trusted-host", "--use-feature"})
_ABOUT_SOURCES = frozenset({"--no-binary", "--only-binary", "--no-build-isolation"})
_ADDRESS = re.compile(r"https?://[^\s$\\]+")
_NAMES = re.compile(r":all:|:none:|[A-Za-z0-9][A-Za-z0-9._-]*(,[A-Za-z0-9][A-Za-z0-9._-]*)*")
_INCLUDED = re.compile(r"[\w@+][\w@+ .-]*", re.ASCII)
_ALLOW = f"Let pure Python sources be built here: --allow-source-builds. {ENGINE}"


def checked_text(text: str, file: str, target: Target, *, sources: bool) -> str:
    """Return a requirements file with the lines that decide something, and no others.

    UnsupportedError, with the place, for a line that could run code, reach another file, or is not
    known. With ``sources`` distributions may be built.
    """
    written: list[str] = []
    for line in parse(text, file=file).lines:
        if isinstance(line, RequirementLine):
            written.extend(_required(line, target))
        elif isinstance(line, IncludeLine):
            written.append(_included(line))
        elif isinstance(line, OptionLine):
            written.extend(checked_options(line.options, line.text, line.origin, sources=sources))
    return "".join(f"{line}\n" for line in written)


def checked_words(installation: Installation, target: Target) -> Iterator[str]:
    """Yield the requirements that a command names as lines; raises as ``checked_text`` does."""
    origin = installation.origin
    for word in installation.requirements:
        try:
            found = parse(word, file=origin.file).lines
        except InputSyntaxError as error:
            raise not_understood(word, error.why, origin) from error
        for line in found:
            if not isinstance(line, RequirementLine):
                raise not_understood(word, "it is not a requirement", origin)
            yield from _required(replace(line, origin=origin), target)


def checked_options(
    options: Sequence[Option], text: str, origin: Origin | None, *, sources: bool
) -> Iterator[str]:
    """Yield options as single words; UnsupportedError for those that ``checked_text`` refuses."""
    for option in options:
        name, value = option.name, option.value
        if name in _ADDRESSED and _ADDRESS.fullmatch(value):
            yield f"{name}={value}"
        elif name in _FLAGS:
            yield name
        elif name in _ABOUT_SOURCES:
            yield from _about_sources(option, text, origin, sources=sources)
        elif name not in _WITHOUT_EFFECT:
            why = f"{name} does not name an address" if name in _ADDRESSED else f"{name} is unknown"
            raise not_understood(text, why, origin)


def option_pairs(words: Sequence[str], valued: Sequence[str]) -> Iterator[Option]:
    """Read the options of a command from their words; ``valued`` are those that take a value."""
    rest = iter(words)
    for word in rest:
        yield Option(name=ALIASES.get(word, word), value=next(rest, "") if word in valued else "")


def _about_sources(
    option: Option, text: str, origin: Origin | None, *, sources: bool
) -> Iterator[str]:
    if sources and not option.value:
        yield option.name
    elif sources and _NAMES.fullmatch(option.value):
        yield f"{option.name}={option.value}"
    elif option.name == "--no-binary" and option.value != ":none:":
        raise UnsupportedError(
            f"`{' '.join(text.split())}` asks for a source to be built",
            why="building runs code of the distribution on this machine",
            hint=_ALLOW,
            origin=origin,
        )


def _required(line: RequirementLine, target: Target) -> Iterator[str]:
    if not _applies(line, target):
        return
    if line.editable or line.path or line.url or line.requirement is None:
        why = "it is not taken from an index" if "$" not in line.text else "it names a variable"
        raise not_understood(line.text, why, line.origin)
    if line.options:
        raise not_understood(line.text, f"{line.options[0].name} is unknown", line.origin)
    yield " ".join((str(line.requirement), *(f"--hash={one}" for one in line.hashes)))


def _applies(line: RequirementLine, target: Target) -> bool:
    try:
        return not line.marker or target.fulfils(Marker(line.marker))
    except InvalidMarker:
        return True


def _included(line: IncludeLine) -> str:
    parts = line.target.split("/")
    if not all(part in {"", ".", ".."} or _INCLUDED.fullmatch(part) for part in parts):
        raise not_understood(line.text, "it does not name a file of the project", line.origin)
    return f"--{line.kind.value.removesuffix('s')} {line.target}"
