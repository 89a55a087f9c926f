"""Declarations in pyproject.toml: standard tables, tables of tools, workspaces."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from jettison.ecosystems.declaration import (
    MAIN,
    Declaration,
    Document,
    Group,
    Kind,
    in_array,
    read_document,
)
from jettison.ecosystems.poetry import poetry
from jettison.formats.toml import Path, array, read_toml, table, text_of, texts

PROJECT: Path = ("project",)
GROUPS: Path = ("dependency-groups",)
_UV_DEVELOPMENT: Path = ("tool", "uv", "dev-dependencies")


def parse(text: str, *, file: str) -> tuple[Declaration, ...]:
    """Read every declaration; raises InputSyntaxError with the line for bad TOML.

    Tables read: ``[project]``, ``[dependency-groups]`` (an included group's members count for the
    including group), poetry's, pdm's, uv's and hatch's.
    """
    document = read_document(text, file)
    return (
        *in_array(document, (*PROJECT, "dependencies"), MAIN),
        *_optional(document),
        *_groups(document),
        *poetry(document),
        *_pdm(document),
        *in_array(document, _UV_DEVELOPMENT, Group(kind=Kind.GROUP, name="dev")),
        *_hatch(document),
    )


def requirement_files(text: str, *, file: str) -> tuple[str, ...]:
    """Return the requirements files that dynamic dependencies are read from, as written."""
    root = read_document(text, file).root
    dynamic = table(root, "tool", "setuptools", "dynamic", "dependencies")
    hook = table(root, "tool", "hatch", "metadata", "hooks", "requirements_txt")
    single = (text_of(dynamic, "file"),) if text_of(dynamic, "file") else ()
    return (*single, *texts(dynamic, "file"), *texts(hook, "files"))


def project_name(text: str, *, file: str) -> str:
    """Return the normalized name of the project itself, empty when it has none."""
    root = read_document(text, file).root
    name = text_of(table(root, "project"), "name") or text_of(table(root, "tool", "poetry"), "name")
    return canonicalize_name(name)


def _optional(document: Document) -> Iterator[Declaration]:
    for extra in table(document.root, "project", "optional-dependencies"):
        group = Group(kind=Kind.OPTIONAL, name=extra)
        yield from in_array(document, (*PROJECT, "optional-dependencies", extra), group)


def _groups(document: Document) -> Iterator[Declaration]:
    for name in table(document.root, "dependency-groups"):
        group = Group(kind=Kind.GROUP, name=name)
        for member in _with_included(document, name, ()):
            yield from in_array(document, (*GROUPS, member), group)


def _with_included(document: Document, name: str, seen: tuple[str, ...]) -> tuple[str, ...]:
    """Names of a group and of the groups it includes, as written, each once."""
    groups = table(document.root, "dependency-groups")
    written = {canonicalize_name(key): key for key in groups}
    key = written.get(canonicalize_name(name))
    if key is None or key in seen:
        return seen
    seen = (*seen, key)
    for member in array(groups, key):
        if isinstance(member, dict) and text_of(member, "include-group"):
            seen = _with_included(document, text_of(member, "include-group"), seen)
    return seen


def _pdm(document: Document) -> Iterator[Declaration]:
    path: Path = ("tool", "pdm", "dev-dependencies")
    for name in table(document.root, *map(str, path)):
        yield from in_array(document, (*path, name), Group(kind=Kind.GROUP, name=name))


def _hatch(document: Document) -> Iterator[Declaration]:
    """Yield what hatch environments add; they are for development, whatever their names."""
    path: Path = ("tool", "hatch", "envs")
    for name in table(document.root, *map(str, path)):
        group = Group(kind=Kind.GROUP, name=name)
        yield from in_array(document, (*path, name, "dependencies"), group)
        yield from in_array(document, (*path, name, "extra-dependencies"), group)


_PYPROJECT = "pyproject.toml"


def members(text: str, listing: Collection[str], *, file: str) -> tuple[str, ...]:
    """Return the member folders of a uv or hatch workspace, relative to the project root, sorted.

    ``text`` is the root's pyproject.toml and ``listing`` the project's files. The root itself is
    not among them.
    """
    root = read_toml(text, file)
    workspace = table(root, "tool", "uv", "workspace")
    patterns = [*texts(workspace, "members"), *texts(table(root, "tool", "hatch"), "workspace")]
    excluded = texts(workspace, "exclude")
    folders = {posixpath.dirname(one) for one in listing if posixpath.basename(one) == _PYPROJECT}
    folder = posixpath.dirname(file)
    return tuple(
        sorted(
            one
            for one in folders
            if one != folder
            and _matches(posixpath.relpath(f"/{one}", f"/{folder}"), patterns)
            and not _matches(posixpath.relpath(f"/{one}", f"/{folder}"), excluded)
        )
    )


def _matches(path: str, patterns: Collection[str]) -> bool:
    """Glob as the tools do: a star stays within one folder."""
    parts = path.split("/")
    for pattern in patterns:
        wanted = pattern.strip("/").removeprefix("./").split("/")
        if "**" in wanted and fnmatchcase(path, pattern.replace("**", "*")):
            return True
        if len(wanted) == len(parts) and all(map(fnmatchcase, parts, wanted)):
            return True
    return False


_VERSION = re.compile(r"^(?P<sign>\^|~)?\s*(?P<version>\d+(\.\d+)*)$")


def standard_specifier(written: str) -> SpecifierSet:
    """Translate ``^1.2``, ``~1.2`` and ``1.2``; one that cannot be translated allows everything.

    Alternatives (``||``) allow everything too.
    """
    parts = [part.strip() for part in written.split(",")]
    try:
        return SpecifierSet(",".join(_part(part) for part in parts if part not in ("", "*")))
    except InvalidSpecifier:
        return SpecifierSet()


def _part(part: str) -> str:
    found = _VERSION.match(part)
    if found is None:
        return f"=={part}" if re.fullmatch(r"\d+(\.\d+)*\.\*", part) else part
    sign, version = found["sign"], found["version"]
    if not sign:
        return f"=={version}"
    numbers = [int(number) for number in version.split(".")]
    index = _tilde(numbers) if sign == "~" else _caret(numbers)
    upper = ".".join(str(number) for number in [*numbers[:index], numbers[index] + 1])
    return f">={version},<{upper}"


def _caret(numbers: list[int]) -> int:
    """The first number that is not zero may not change; all zero: the last one."""
    return next((i for i, number in enumerate(numbers) if number), len(numbers) - 1)


def _tilde(numbers: list[int]) -> int:
    return min(1, len(numbers) - 1)
