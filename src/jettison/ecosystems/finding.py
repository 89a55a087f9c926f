"""Find what a project declares, in pyproject.toml and elsewhere, and what it locks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.packaging import RequirementFiles
from jettison.ecosystems import TOOLS
from jettison.ecosystems.declaration import (
    DEVELOPMENT,
    MAIN,
    Declaration,
    Document,
    Group,
    Kind,
    declared,
    in_array,
    read_document,
)
from jettison.ecosystems.pip import parse as pylock_parse
from jettison.ecosystems.pipenv import parse_pipfile
from jettison.ecosystems.pyproject_moves import (
    move_in_pipfile,
    move_in_pyproject,
    move_in_setup_cfg,
)
from jettison.ecosystems.setuptools import parse_setup_cfg, parse_setup_py
from jettison.ecosystems.setuptools import requirement_files as setup_files
from jettison.ecosystems.tool import Lock
from jettison.errors import InputSyntaxError
from jettison.formats.requirements import parse as parse_requirements
from jettison.formats.toml import Path, Table, array, read_toml, text_of, texts
from jettison.formats.toml import table as toml_table
from jettison.values import Origin

PROJECT: Path = ("project",)
GROUPS: Path = ("dependency-groups",)
# Of all groups together; a project has a few.
_MOST_INCLUDED = 10_000


def parse_pyproject(text: str, *, file: str) -> tuple[Declaration, ...]:
    """Read every declaration; raises InputSyntaxError with the line for bad TOML.

    Tables read: ``[project]``, ``[dependency-groups]`` (an included group's members count for the
    including group), poetry's, pdm's, uv's and hatch's.
    """
    document = read_document(text, file)
    return (
        *in_array(document, (*PROJECT, "dependencies"), MAIN),
        *_optional(document),
        *_groups(document),
        *(one for tool in TOOLS.values() for one in tool.declared(document)),
    )


def named_in_pyproject(text: str, *, file: str) -> tuple[str, ...]:
    """Return the requirements files that dynamic dependencies are read from, as written."""
    root = read_document(text, file).root
    dynamic = toml_table(root, "tool", "setuptools", "dynamic", "dependencies")
    hook = toml_table(root, "tool", "hatch", "metadata", "hooks", "requirements_txt")
    single = (text_of(dynamic, "file"),) if text_of(dynamic, "file") else ()
    return (*single, *texts(dynamic, "file"), *texts(hook, "files"))


def project_name(text: str, *, file: str) -> str:
    """Return the normalized name of the project itself, empty when it has none."""
    root = read_document(text, file).root
    name = text_of(toml_table(root, "project"), "name") or text_of(
        toml_table(root, "tool", "poetry"), "name"
    )
    return canonicalize_name(name)


def _optional(document: Document) -> Iterator[Declaration]:
    for extra in toml_table(document.root, "project", "optional-dependencies"):
        group = Group(kind=Kind.OPTIONAL, name=extra)
        yield from in_array(document, (*PROJECT, "optional-dependencies", extra), group)


def _groups(document: Document) -> Iterator[Declaration]:
    groups = toml_table(document.root, "dependency-groups")
    written = {canonicalize_name(key): key for key in groups}
    left = _MOST_INCLUDED
    for name in groups:
        group = Group(kind=Kind.GROUP, name=name)
        for member in _with_included(groups, written, name):
            left -= 1
            if left < 0:
                what = f"dependency groups include others more than {_MOST_INCLUDED:,} times"
                origin = Origin(file=document.file)
                raise InputSyntaxError(what, hint="Include fewer of them.", origin=origin)
            yield from in_array(document, (*GROUPS, member), group)


def _with_included(
    groups: Table, written: Mapping[NormalizedName, str], name: str
) -> Iterator[str]:
    """Yield the names of a group and of the groups it includes, as written, each once."""
    seen: set[str] = set()
    pending = [name]
    while pending:
        key = written.get(canonicalize_name(pending.pop()))
        if key is None or key in seen:
            continue
        seen.add(key)
        yield key
        included = (m for m in array(groups, key) if isinstance(m, dict))
        pending += reversed([text for m in included if (text := text_of(m, "include-group"))])


PYPROJECT = "pyproject.toml"


def members(text: str, listing: Collection[str], *, file: str) -> tuple[str, ...]:
    """Return the member folders of a uv or hatch workspace, relative to the project root, sorted.

    ``text`` is the root's pyproject.toml and ``listing`` the project's files. The root itself is
    not among them.
    """
    root = read_toml(text, file)
    workspace = toml_table(root, "tool", "uv", "workspace")
    patterns = [
        *texts(workspace, "members"),
        *texts(toml_table(root, "tool", "hatch"), "workspace"),
    ]
    excluded = texts(workspace, "exclude")
    folders = {posixpath.dirname(one) for one in listing if posixpath.basename(one) == PYPROJECT}
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
    index = min(1, len(numbers) - 1) if sign == "~" else _caret(numbers)
    upper = ".".join(str(number) for number in [*numbers[:index], numbers[index] + 1])
    return f">={version},<{upper}"


def _caret(numbers: list[int]) -> int:
    """The first number that is not zero may not change; all zero: the last one."""
    return next((i for i, number in enumerate(numbers) if number), len(numbers) - 1)


_FILE = re.compile(
    r"(^|/)([\w.-]*requirements?[\w.-]*\.(txt|in)|requirements/([\w.-]+/)?[\w.-]+\.(txt|in))$", re.I
)
_WORD = re.compile(r"[a-z]+")


def is_requirements_file(file: str) -> bool:
    """Whether a file's path says that it is a requirements file."""
    return bool(_FILE.search(file))


def may_be_requirements_file(file: str) -> bool:
    """Whether a file could be one, by the words of its name: ``development.txt``."""
    stem, ending = posixpath.splitext(file)
    known = table(RequirementFiles)
    words = _WORD.findall(stem.lower())
    return ending in (".txt", ".in") and all(
        word in known.development or word in known.main for word in words
    )


def group_of(file: str) -> Group:
    """Whom a requirements file is for, by its name (and its folder's, for ``dev/…``)."""
    stem = posixpath.splitext(posixpath.basename(file))[0]
    folder = posixpath.basename(posixpath.dirname(file))
    known = table(RequirementFiles)
    words = _WORD.findall(f"{folder} {stem}".lower())
    for word in words:
        if word in known.development:
            return Group(kind=Kind.GROUP, name=word)
    named = [word for word in _WORD.findall(stem.lower()) if word not in known.main]
    return Group(kind=Kind.OPTIONAL, name="-".join(named)) if named else MAIN


_DECLARING = {
    "pyproject.toml": parse_pyproject,
    "setup.cfg": parse_setup_cfg,
    "Pipfile": parse_pipfile,
}


def declared_in(path: str, text: str) -> Iterable[Declaration]:
    """Return what a file declares; raises InputSyntaxError with the line when it is not valid."""
    name = posixpath.basename(path)
    if read := _DECLARING.get(name):
        return read(text, file=path)
    match posixpath.splitext(name)[1]:
        case ".toml":
            return ()  # a lock, which says what is installed and declares nothing
        case ".py":
            return parse_setup_py(text, file=path).declarations
        case ".yml" | ".yaml":
            from jettison.ecosystems import conda  # noqa: PLC0415 — loads PyYAML

            return conda.parse(text, file=path)
    own = group_of(path) if is_requirements_file(path) else MAIN
    return declared(parse_requirements(text, file=path), own)


def named_files(path: str, text: str) -> tuple[str, ...]:
    """Return the requirements files that a declaring file says its dependencies are in."""
    match posixpath.basename(path):
        case "pyproject.toml":
            return named_in_pyproject(text, file=path)
        case "setup.cfg":
            return setup_files(text, file=path)
    return parse_setup_py(text, file=path).requirement_files


_PYLOCK = re.compile(r"^pylock(\.[^.]+)?\.toml$")
_BY_NAME = {tool.lock: tool.read_lock for tool in TOOLS.values() if tool.lock}


def parse_lock(text: str, *, file: str) -> Lock:
    """Read a lockfile by its name; a name that no tool gives one is a lock that holds nothing.

    Raises InputSyntaxError with the line for a file that is not valid.
    """
    name = posixpath.basename(file)
    parse = pylock_parse if _PYLOCK.match(name) else _BY_NAME.get(name)
    return parse(text, file=file) if parse else Lock(distributions=())


MOVES = {
    "pyproject.toml": move_in_pyproject,
    "Pipfile": move_in_pipfile,
    "setup.cfg": move_in_setup_cfg,
}


def development_file(file: str, listing: Collection[str]) -> str:
    """Return the path of the development file that belongs to a requirements file.

    That is one of the same folder and ending that is named for development, else a new name:
    ``requirements-dev.txt``, or ``dev.txt`` in a folder ``requirements``.
    """
    folder, name = posixpath.split(file)
    stem, ending = posixpath.splitext(name)
    for other in sorted(listing):
        if (
            posixpath.dirname(other) == folder
            and other.endswith(ending)
            and (is_requirements_file(other) or may_be_requirements_file(posixpath.basename(other)))
        ):
            group = group_of(other)
            if group.kind is Kind.GROUP and group.name in DEVELOPMENT:
                return other
    inside = posixpath.basename(folder) == "requirements"
    return posixpath.join(folder, f"dev{ending}" if inside else f"{stem}-dev{ending}")
