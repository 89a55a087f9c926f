"""Front end for setup.cfg, read by lines so that every requirement has its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.project.declarations.remarks import remarks
from jettison.project.declarations.values import MAIN, Declaration, Group, Kind, Remark, standard
from jettison.values import Origin

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]")
_OPTION = re.compile(r"(?P<key>[^\s=:\[#;][^=:]*?)\s*[=:]\s*(?P<value>.*)$")
_FILE = re.compile(r"file:\s*(.+)$")
_REQUIREMENTS = ("options", "install_requires")
_TESTS = ("options", "tests_require")
_EXTRAS = "options.extras_require"


class _Option(Struct, frozen=True, kw_only=True):
    """An option with its lines: ``(number, text)`` for each, the first beside the key."""

    section: str
    key: str
    lines: tuple[tuple[int, str], ...]


def parse(text: str, *, file: str) -> tuple[Declaration, ...]:
    """Read ``install_requires``, ``extras_require`` and ``tests_require``.

    Raises InputSyntaxError with the line for text that is no configuration file.
    """
    found: list[Declaration] = []
    for option in _options(text, file):
        group = _group(option)
        if group:
            found += _declared(option, group, text, file)
    return tuple(found)


def requirement_files(text: str, *, file: str) -> tuple[str, ...]:
    """Return the requirements files that ``install_requires`` is read from, as written."""
    names: list[str] = []
    for option in _options(text, file):
        if (option.section, option.key) == _REQUIREMENTS:
            read = _FILE.match(option.lines[0][1].strip())
            names += [name.strip() for name in read[1].split(",")] if read else []
    return tuple(names)


def lines_of(text: str, section: str, key: str, *, file: str) -> tuple[int, int]:
    """Return the first and last line (from 1) of an option's value below its key; 0, 0 if none.

    Blank lines and comments at its end are left out.
    """
    for option in _options(text, file):
        if (option.section, option.key) == (section, key):
            full = [n for n, line in option.lines if line.strip() and not _is_comment(line)]
            first = option.lines[0][0]
            return first + 1, max([first, *full])
    return 0, 0


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", ";"))


def _group(option: _Option) -> Group | None:
    if (option.section, option.key) == _REQUIREMENTS:
        return MAIN
    if (option.section, option.key) == _TESTS:
        return Group(kind=Kind.GROUP, name="tests")
    if option.section == _EXTRAS:
        return Group(kind=Kind.OPTIONAL, name=option.key)
    return None


def _declared(option: _Option, group: Group, text: str, file: str) -> Iterator[Declaration]:
    names: dict[int, str] = {}
    written: list[tuple[int, str, str]] = []
    for number, line in option.lines:
        bare = line.strip()
        if bare and not bare.startswith(("#", ";", "file:")):
            requirement, _, comment = bare.partition(" #")
            written.append((number, requirement.strip(), comment.strip()))
            names[number] = requirement.strip()
    first, last = option.lines[0][0] + 1, option.lines[-1][0]
    around = remarks(text, first, last, names, file)
    for number, requirement, comment in written:
        above = around.get(number, Remark())
        remark = Remark(comment=comment, above=above.above, section=above.section)
        origin = Origin(file=file, line=number, end_line=number)
        declared = standard(requirement, group, origin, remark)
        if declared:
            yield declared


def _options(text: str, file: str) -> Iterator[_Option]:
    section = ""
    key = ""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if not line.strip() or _is_comment(line) or line[0].isspace():
            lines.append((number, line))
            continue
        if key:
            yield _Option(section=section, key=key, lines=tuple(lines))
        header, option = _SECTION.match(line), _OPTION.match(line)
        if header:
            section, key, lines = header["name"].strip(), "", []
        elif option and section:
            key, lines = option["key"].strip(), [(number, option["value"])]
        else:
            raise InputSyntaxError(
                f"not a valid line of a configuration file: {line.strip()}",
                why="expected [section] or key = value",
                hint="Correct the line.",
                origin=Origin(file=file, line=number),
            )
    if key:
        yield _Option(section=section, key=key, lines=tuple(lines))
