"""Poetry: its declarations in pyproject.toml, old and new, and poetry.lock (formats 1 and 2)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from packaging.utils import canonicalize_name

from jettison.ecosystems.declaration import MAIN, Declaration, Document, Group, Kind, in_table
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
from jettison.formats.toml import Table, read_toml, table, tables, text_of, texts
from jettison.values import Origin, by_key, replace

_TOOL = ("tool", "poetry")
_SOURCES = ("url", "git", "path")


def _declared(document: Document) -> Iterator[Declaration]:
    """Yield poetry's own declarations: main, extras' optional ones, and groups."""
    tool = table(document.root, *_TOOL)
    extras = _extras(tool)
    for declared in in_table(document, (*_TOOL, "dependencies"), MAIN, _entry):
        yield from _main_or_optional(declared, extras, tool)
    old = Group(kind=Kind.GROUP, name="dev")
    yield from in_table(document, (*_TOOL, "dev-dependencies"), old, _entry)
    for name in table(tool, "group"):
        group = Group(kind=Kind.GROUP, name=name)
        yield from in_table(document, (*_TOOL, "group", name, "dependencies"), group, _entry)


def _main_or_optional(
    declared: Declaration, extras: dict[str, list[str]], tool: Table
) -> Iterator[Declaration]:
    """Yield an optional requirement under each extra that has it, any other one as it is."""
    values = {canonicalize_name(key): value for key, value in table(tool, "dependencies").items()}
    value = values.get(canonicalize_name(declared.name))
    if not (isinstance(value, dict) and value.get("optional")):
        yield declared
        return
    for extra in extras.get(declared.name, [""]):
        yield replace(declared, kind=Kind.OPTIONAL, group=extra)


def _extras(tool: Table) -> dict[str, list[str]]:
    """Extras by the requirement that belongs to them."""
    return by_key(
        (canonicalize_name(name.partition("[")[0]), extra)
        for extra in table(tool, "extras")
        for name in texts(table(tool, "extras"), extra)
    )


def _entry(key: str, value: object, origin: Origin) -> Iterator[Declaration]:
    """Read ``name = "^1"``, ``name = {…}`` or ``name = [{…}, …]``; python is no requirement."""
    if canonicalize_name(key) == "python":
        return
    for one in value if isinstance(value, list) else [value]:
        details: Table = one if isinstance(one, dict) else {"version": one}
        source = next((name for name in _SOURCES if text_of(details, name)), "")
        version = text_of(details, "version")
        yield Declaration(
            name=canonicalize_name(key),
            specifier="" if version == "*" else version,
            extras=tuple(sorted(canonicalize_name(extra) for extra in texts(details, "extras"))),
            marker=_marker(details),
            url=text_of(details, source) if source else "",
            origin=origin,
        )


def _marker(details: Table) -> str:
    parts = [text_of(details, "markers")]
    if text_of(details, "platform"):
        parts.append(f'sys_platform == "{text_of(details, "platform")}"')
    return " and ".join(part for part in parts if part)


_LOCK_SOURCES = {
    "git": SourceKind.GIT,
    "url": SourceKind.URL,
    "file": SourceKind.PATH,
    "directory": SourceKind.PATH,
}


def parse(text: str, *, file: str) -> Lock:
    """Read a lock; raises InputSyntaxError with the line for bad TOML."""
    return lock_of(text, file, _distribution)


def _distribution(one: Table, root: Table) -> LockedDistribution:
    source = table(one, "source")
    written = tables(one, "files") or tables(table(root, "metadata", "files"), text_of(one, "name"))
    kind = _LOCK_SOURCES.get(text_of(source, "type"), SourceKind.REGISTRY)
    files = [locked_file(each) for each in written]
    location, marker = text_of(source, "url"), _locked_marker(one)
    needed = _needed(table(one, "dependencies"))
    return locked(one, files, kind, location, marker, requires=needed)


def _needed(dependencies: Table) -> Iterator[str]:
    """What a locked distribution needs, optional parts apart; of alternatives each one."""
    for name, given in dependencies.items():
        for each in given if isinstance(given, list) else [given]:
            stated = each if isinstance(each, dict) else {}
            if not stated.get("optional"):
                yield marked(name, str(stated.get("markers", "")))


def _locked_marker(one: Table) -> str:
    """One marker, or the alternatives that different groups have."""
    by_group = table(one, "markers")
    return text_of(one, "markers") or " or ".join(
        f"({value})" for value in dict.fromkeys(map(str, by_group.values()))
    )


_HOME = "/root/.cache/pypoetry"


def _place(setting: Setting) -> str:
    """Return what Poetry takes or makes; that it takes VIRTUAL_ENV was tried with 1.8 and 2.1."""
    if setting.environment.get("VIRTUAL_ENV"):
        return setting.environment["VIRTUAL_ENV"]
    if setting.off("POETRY_VIRTUALENVS_CREATE") or "virtualenvs.create false" in setting.text:
        return SYSTEM
    inside = "virtualenvs.in-project true" in setting.text
    if inside or setting.on("POETRY_VIRTUALENVS_IN_PROJECT"):
        return f"{setting.folder}/.venv"
    return _HOME


def _is_package(declared: Table, words: Collection[str], _linked: bool) -> bool:
    return "--no-root" not in words and table(declared, *_TOOL).get("package-mode") is not False


def _names(declared: Table, words: Collection[str]) -> frozenset[str]:
    """Return the commands of a project that is not installed."""
    if _is_package(declared, words, _linked=False):
        return frozenset()
    return frozenset((*table(declared, *_TOOL, "scripts"), *table(declared, "project", "scripts")))


def optional_groups(declared: Table) -> Iterator[str]:
    """Give the groups that no command brings unasked."""
    groups = table(declared, *_TOOL, "group")
    return (name for name in groups if table(groups, name).get("optional") is True)


def _omitting(gone: Omitted) -> Iterator[str]:
    if gone.names and gone.rest:
        yield f"--without {','.join(gone.names)}"
    elif gone.names:
        yield "--only main" if _knows_groups(gone) else "--no-dev"


def _knows_groups(gone: Omitted) -> bool:
    """Whether the Poetry in use knows groups: 1.2 brought them, 2.0 dropped ``--no-dev``."""
    declared = read_toml(gone.declared, "pyproject.toml")
    if table(declared, *_TOOL, "group") or table(declared, "dependency-groups"):
        return True
    metadata = table(read_toml(gone.lock, "poetry.lock"), "metadata")
    return text_of(metadata, "lock-version") >= "2"


POETRY = Tool(
    name="poetry",
    installs=("install", "sync"),
    writes=("export",),
    declared=_declared,
    lock="poetry.lock",
    read_lock=parse,
    relock="poetry lock",
    files=("poetry.toml",),
    place=_place,
    home=_HOME,
    package=_is_package,
    without_project="--no-root",
    names=_names,
    left_out=("--no-root", "--no-cache"),
    run=("-q", "--quiet", "-n", "--no-interaction", "--no-ansi"),
    calls=("run", "shell", "env", "install", "show", "version"),
    cache=_HOME,
    variables="POETRY_",
    settings=True,
    compile="--compile",
    with_tool=("poetry-core", "poetry-plugin-export", "virtualenv", "crashtest"),
    script="install.python-poetry.org",
    refusals=r"--no-dev|--only[ =](?:main|'main'|\"main\")|--without[ =]dev",
    asking={"export": "--with dev"},
    omitting=_omitting,
    bare=("export",),
)
