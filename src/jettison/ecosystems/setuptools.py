"""setuptools: setup.cfg and setup.py, read and never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

from msgspec import Struct

from jettison.ecosystems.declaration import (
    MAIN,
    Declaration,
    Group,
    Kind,
    Remark,
    remarks,
    standard,
)
from jettison.errors import InputSyntaxError
from jettison.values import Origin, python_tree

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]")
_OPTION = re.compile(r"(?P<key>[^\s=:\[#;][^=:]*+)[=:]\s*(?P<value>.*)$")
_FILE = re.compile(r"file:\s*(.+)$")
_REQUIREMENTS = ("options", "install_requires")
_TESTS = ("options", "tests_require")
EXTRAS = "options.extras_require"


class _Option(Struct, frozen=True, kw_only=True):
    """An option with its lines: ``(number, text)`` for each, the first beside the key."""

    section: str
    key: str
    lines: tuple[tuple[int, str], ...]


_SCRIPT = re.compile(r"^\s*([\w.-]+)\s*=\s*([\w.]+)\s*(?::|$)", re.MULTILINE)
_SCRIPTS = "console_scripts"


def scripts_of_cfg(text: str) -> dict[str, str]:
    """Programs that setup.cfg declares, with the modules they start."""
    options = _options(text, "setup.cfg")
    lines = (
        line
        for one in options
        if (one.section, one.key) == ("options.entry_points", _SCRIPTS)
        for _, line in one.lines
    )
    return dict(_SCRIPT.findall("\n".join(lines)))


def scripts_of_py(text: str) -> dict[str, str]:
    """Programs that setup.py declares as texts, with the modules they start."""
    try:
        tree = python_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found = (
        inner.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == _SCRIPTS
        for inner in ast.walk(value)
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
    )
    return dict(_SCRIPT.findall("\n".join(found)))


def parse_setup_cfg(text: str, *, file: str) -> tuple[Declaration, ...]:
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

    Blank lines and comments at its end are omitted.
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
    if option.section == EXTRAS:
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


class SetupScript(Struct, frozen=True, kw_only=True):
    """What the call to ``setup`` says in plain values.

    ``requirement_files`` are names of text files that are in expressions which could not be
    read otherwise.
    """

    declarations: tuple[Declaration, ...]
    requirement_files: tuple[str, ...]


@lru_cache(maxsize=64)
def parse_setup_py(text: str, *, file: str) -> SetupScript:
    """Read ``install_requires``, ``extras_require`` and ``tests_require``.

    Names assigned to literal lists, and sums of lists, are followed. Raises InputSyntaxError when
    the text is not Python.
    """
    try:
        return _Script(python_tree(text), file).read()
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputSyntaxError(
            "not valid Python",
            why=str(getattr(error, "msg", error)) or "it is nested too deeply",
            hint="Correct the line.",
            origin=Origin(file=file, line=getattr(error, "lineno", None)),
        ) from error


class _Script:
    """A parsed script, with what its names stand for."""

    def __init__(self, module: ast.Module, file: str) -> None:
        self.file = file
        self.module = module
        self.names = _assigned(module)
        self.call = next(_setup_calls(module), None)
        self.files: dict[str, None] = {}

    def read(self) -> SetupScript:
        arguments = {word.arg: word.value for word in self.call.keywords} if self.call else {}
        tests = Group(kind=Kind.GROUP, name="tests")
        found = [
            *self.declared(arguments.get("install_requires"), MAIN),
            *self.declared(arguments.get("tests_require"), tests),
        ]
        for name, value in self.items(arguments.get("extras_require")):
            found += self.declared(value, Group(kind=Kind.OPTIONAL, name=name))
        return SetupScript(declarations=tuple(found), requirement_files=tuple(self.files))

    def declared(self, node: ast.expr | None, group: Group) -> Iterator[Declaration]:
        for member in self.members(node, set()):
            origin = Origin(file=self.file, line=member.lineno, end_line=member.end_lineno)
            for line in str(member.value).splitlines():
                declared = standard(line.strip(), group, origin, Remark())
                if declared:
                    yield declared

    def members(self, node: ast.expr | None, followed: set[str]) -> Iterator[ast.Constant]:
        """Yield the strings of a list expression; of what is not plain the files are noted.

        Each name is followed once: lists that hold each other twice would multiply.
        """
        match node:
            case None:
                return
            case ast.Constant(value=str()):
                yield node
            case ast.List(elts=members) | ast.Tuple(elts=members) | ast.Set(elts=members):
                for member in members:
                    yield from self.members(member, followed)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                yield from self.members(left, followed)
                yield from self.members(right, followed)
            case ast.Starred(value=value):
                yield from self.members(value, followed)
            case ast.Name(id=name) if name in followed:
                return
            case ast.Name(id=name) if name in self.names:
                followed.add(name)
                yield from self.members(self.names[name], followed)
            case _:
                self.pass_over(node)

    def items(self, node: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
        match node:
            case None:
                return
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value
            case ast.Name(id=name) if name in self.names:
                yield from self.items(self.names[name])
            case _:
                self.pass_over(node)

    def pass_over(self, node: ast.expr) -> None:
        self.files |= dict.fromkeys(_text_files(node)) or self.lists

    @cached_property
    def lists(self) -> dict[str, None]:
        """The text files of the whole script that are called lists of requirements."""
        return dict.fromkeys(_text_files(self.module, containing="require"))


def _assigned(module: ast.Module) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for statement in ast.walk(module):
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = statement.value
    return found


def _text_files(node: ast.AST, *, containing: str = "") -> list[str]:
    constants = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
    return [
        text
        for text in constants
        if isinstance(text, str) and text.endswith(".txt") and containing in text
    ]


def _setup_calls(module: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            name = (
                node.func.id
                if isinstance(node.func, ast.Name)
                else (node.func.attr if isinstance(node.func, ast.Attribute) else "")
            )
            if name == "setup":
                yield node
