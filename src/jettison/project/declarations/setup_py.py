"""Front end for setup.py, which is read and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.project.declarations.values import MAIN, Declaration, Group, Kind, Remark, standard
from jettison.values import Origin


class SetupScript(Struct, frozen=True, kw_only=True):
    """What the call to ``setup`` says in plain values.

    ``requirement_files`` are names of text files that stand in expressions which could not be
    read otherwise.
    """

    declarations: tuple[Declaration, ...]
    requirement_files: tuple[str, ...]


def parse(text: str, *, file: str) -> SetupScript:
    """Read ``install_requires``, ``extras_require`` and ``tests_require``.

    Names assigned to literal lists, and sums of lists, are followed. Raises InputSyntaxError when
    the text is not Python.
    """
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise InputSyntaxError(
            "not valid Python",
            why=str(getattr(error, "msg", error)),
            hint="Correct the line.",
            origin=Origin(file=file, line=getattr(error, "lineno", None)),
        ) from error
    return _Script(module, file).read()


class _Script:
    """A parsed script, with what its names stand for."""

    def __init__(self, module: ast.Module, file: str) -> None:
        self.file = file
        self.module = module
        self.names = _assigned(module)
        self.call = next(_setup_calls(module), None)
        self.files: list[str] = []

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
        for member in self.members(node):
            origin = Origin(file=self.file, line=member.lineno, end_line=member.end_lineno)
            for line in str(member.value).splitlines():
                declared = standard(line.strip(), group, origin, Remark())
                if declared:
                    yield declared

    def members(
        self, node: ast.expr | None, following: tuple[str, ...] = ()
    ) -> Iterator[ast.Constant]:
        """Yield the strings of a list expression; of what is not plain the files are noted."""
        match node:
            case None:
                return
            case ast.Constant(value=str()):
                yield node
            case ast.List(elts=members) | ast.Tuple(elts=members) | ast.Set(elts=members):
                for member in members:
                    yield from self.members(member, following)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                yield from self.members(left, following)
                yield from self.members(right, following)
            case ast.Starred(value=value):
                yield from self.members(value, following)
            case ast.Name(id=name) if name in self.names and name not in following:
                yield from self.members(self.names[name], (*following, name))
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
        self.files += _text_files(node) or _text_files(self.module, containing="require")


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
