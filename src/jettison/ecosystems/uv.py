"""uv: uv.lock, and its installation."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator

from jettison.ecosystems.declaration import Declaration, Document, Group, Kind, in_array
from jettison.ecosystems.tool import (
    SYSTEM,
    Lock,
    LockedDistribution,
    Omitted,
    Setting,
    SourceKind,
    Tool,
    lock_of,
    locked,
    locked_file,
    marked,
)
from jettison.formats.toml import Table, array, read_toml, table, tables, text_of, texts
from jettison.values import Origin

_SOURCES = {
    "registry": SourceKind.REGISTRY,
    "git": SourceKind.GIT,
    "url": SourceKind.URL,
    "path": SourceKind.PATH,
    "directory": SourceKind.PATH,
    "editable": SourceKind.EDITABLE,
    "virtual": SourceKind.VIRTUAL,
}


def _declared(document: Document) -> Iterator[Declaration]:
    path = ("tool", "uv", "dev-dependencies")
    return in_array(document, path, Group(kind=Kind.GROUP, name="dev"))


_PLACE = "UV_PROJECT_ENVIRONMENT"
COMPILE = "UV_COMPILE_BYTECODE"


def parse(text: str, *, file: str) -> Lock:
    """Read a lock; raises InputSyntaxError with the line for bad TOML."""
    return lock_of(text, file, _distribution)


def _distribution(one: Table, _root: Table) -> LockedDistribution:
    source = table(one, "source")
    word = next((key for key in _SOURCES if key in source), "registry")
    files = [locked_file(each) for each in (*tables(one, "wheels"), table(one, "sdist")) if each]
    marker = " or ".join(texts(one, "resolution-markers"))
    needed = tables(one, "dependencies")
    requires = [marked(text_of(each, "name"), text_of(each, "marker")) for each in needed]
    return locked(one, files, _SOURCES[word], text_of(source, word), marker, requires=requires)


def _place(setting: Setting) -> str:
    place = posixpath.join(setting.folder, setting.environment.get(_PLACE, ".venv"))
    return posixpath.normpath(place)


def _is_package(_declared: Table, words: Collection[str], linked: bool) -> bool:
    return linked and not {"--no-install-project", "--only-group"} & set(words)


def _obstacle(declared: Table, _words: Collection[str]) -> str:
    dynamic = array(table(declared, "project"), "dynamic")
    return "its dependencies are computed" if "dependencies" in dynamic else ""


def _omitting(gone: Omitted) -> Iterator[str]:
    yield from (f"--no-extra {name}" for name in gone.extras)
    if gone.names == ("dev",) and not gone.every:
        yield "--no-dev"
    elif gone.names and not gone.rest and not gone.every:
        yield "--no-default-groups"
    else:
        yield from (f"--no-group {name}" for name in gone.names)


def _unasked(declared: Table, _development: bool) -> Collection[str] | None:
    own = table(declared, "tool", "uv")
    if text_of(own, "default-groups") == "all":
        return None
    return texts(own, "default-groups") if "default-groups" in own else ("dev",)


def needs_folder(text: str, file: str) -> str:
    """Say what ties the requirements of a pyproject.toml to its folder; empty when nothing does.

    ``uv pip install -r`` reads them without the project. Raises InputSyntaxError for bad TOML.
    """
    root = read_toml(text, file)
    if "optional-dependencies" in array(table(root, "project"), "dynamic"):
        return "its extras are computed"
    for name, source in table(root, "tool", "uv", "sources").items():
        kinds = source if isinstance(source, list) else [source]
        if any({"path", "workspace"} & set(kind) for kind in kinds if isinstance(kind, dict)):
            return f"{name} is a folder of the project"
    return _obstacle(root, ())


def git_line(text: str, file: str) -> Origin | None:
    """The first line of a pyproject.toml that fetches with git."""
    lines = enumerate(text.splitlines(), 1)
    found = (Origin(file=file, line=n) for n, line in lines if re.search(r"\bgit(\+|\s*=)", line))
    return next(found, None)


# Source of this value and of its likes: the tool's own documentation and ``--help``, read 2026-11.
UV = Tool(
    name="uv",
    installs=("sync",),
    writes=("export",),
    declared=_declared,
    lock="uv.lock",
    read_lock=parse,
    relock="uv lock",
    place=_place,
    home=SYSTEM,
    placed=_PLACE,
    makes=True,
    package=_is_package,
    without_project="--no-install-project",
    obstacle=_obstacle,
    left_out=(
        "--no-install-project",
        "--no-install-workspace",
        "--no-cache",
        "-n",
        "--compile-bytecode",
    ),
    run=("--no-sync", "--no-dev", "--frozen", "--locked", "-q", "--quiet"),
    modules=True,
    scripts=True,
    calls=("run", "pip", "sync", "tool"),
    cache="/root/.cache/uv",
    script="astral.sh/uv",
    variables="UV_",
    wanted={COMPILE: "1", "UV_LINK_MODE": "copy"},
    stays={"UV_NO_SYNC": "1", "UV_NO_CACHE": "1"},
    # UV_SYSTEM_PYTHON is for `uv pip` alone: `uv sync` makes its environment all the same.
    python=("UV_PYTHON", "UV_MANAGED_PYTHON", "UV_PYTHON_PREFERENCE"),
    refusals=r"--no-dev|--no-default-groups|--no-group[ =]dev",
    bringing=("--dev",),
    omitting=_omitting,
    unasked=_unasked,
    compile_variable=COMPILE,
    seeded=False,
    extras=True,
    production="UV_NO_DEV",
    syncing=r"\buv\s+run\b(?![^&|;\n]*--no-(?:sync|dev|default-groups))",
    active="--active",
    unsynced=("UV_NO_SYNC", "1"),
)
