"""Front end for the declarations in pyproject.toml, standard and of each tool."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from jettison.project.declarations.poetry import poetry
from jettison.project.declarations.toml_lists import Document, in_array, read_document
from jettison.project.declarations.values import MAIN, Declaration, Group, Kind
from jettison.project.toml.places import Path
from jettison.project.toml.read import array, table, text_of, texts

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
