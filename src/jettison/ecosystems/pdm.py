"""PDM: pdm.lock, and its installation."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from jettison.ecosystems.declaration import Declaration, Document, Group, Kind, in_array
from jettison.ecosystems.tool import (
    Lock,
    LockedDistribution,
    Omitted,
    Setting,
    SourceKind,
    Tool,
    lock_of,
    locked,
    locked_file,
)
from jettison.formats.toml import Table, table, tables, text_of, texts


def _declared(document: Document) -> Iterator[Declaration]:
    path = ("tool", "pdm", "dev-dependencies")
    for name in table(document.root, *path):
        yield from in_array(document, (*path, name), Group(kind=Kind.GROUP, name=name))


_SOURCES = {"git": SourceKind.GIT, "url": SourceKind.URL, "path": SourceKind.PATH}


def parse(text: str, *, file: str) -> Lock:
    """Read a lock; raises InputSyntaxError with the line for bad TOML."""
    return lock_of(text, file, _distribution)


def _distribution(one: Table, root: Table) -> LockedDistribution:
    old = f"{text_of(one, 'name')} {text_of(one, 'version')}"
    written = tables(one, "files") or tables(table(root, "metadata", "files"), old)
    word = next((key for key in _SOURCES if text_of(one, key)), "")
    source = _SOURCES.get(word, SourceKind.REGISTRY)
    location = text_of(one, word) if word else ""
    files, marker = [locked_file(e) for e in written], text_of(one, "marker")
    needed = texts(one, "dependencies")
    return locked(one, files, source, location, marker, requires=needed)


_WITHOUT = ("python.use_venv false", "__pypackages__")
# What PDM runs before and after an installation, with files that a build stage may not have.
_HOOKS = frozenset(
    f"{when}_{what}" for when in ("pre", "post") for what in ("install", "sync", "lock", "script")
)


def _place(setting: Setting) -> str:
    """Return what PDM takes or makes; empty for its folders without an environment (PEP 582)."""
    values = " ".join((setting.text.lower(), *setting.environment.values()))
    if setting.off("PDM_USE_VENV") or any(each in values for each in _WITHOUT):
        return ""
    if setting.environment.get("VIRTUAL_ENV") and not setting.on("PDM_IGNORE_ACTIVE_VENV"):
        return setting.environment["VIRTUAL_ENV"]
    return f"{setting.folder}/.venv"


def _is_package(declared: Table, words: Collection[str], _linked: bool) -> bool:
    own = table(declared, "tool", "pdm")
    library = own.get("package-type", "library") == "library" and own.get("distribution", True)
    named = text_of(table(declared, "project"), "name")
    return bool(named and library) and not {"--no-self", "--no-root"} & set(words)


def _names(declared: Table, words: Collection[str]) -> frozenset[str]:
    """Return the project's shortcuts, and its commands when it is not installed."""
    known = frozenset(table(declared, "tool", "pdm", "scripts"))
    if _is_package(declared, words, _linked=False):
        return known
    return known | frozenset(table(declared, "project", "scripts"))


def _obstacle(declared: Table, words: Collection[str]) -> str:
    if {"-g", "--global"} & set(words):
        return "it installs into its global project"
    scripts = table(declared, "tool", "pdm", "scripts")
    if _HOOKS & scripts.keys():
        return "its scripts run with every installation"
    # Variables for all commands, which a program that PDM does not start would miss.
    return "its scripts set variables" if "_" in scripts else ""


def _omitting(gone: Omitted) -> Iterator[str]:
    if gone.names:
        yield f"--without {','.join(gone.names)}" if gone.rest else "--prod"


PDM = Tool(
    name="pdm",
    installs=("install", "sync"),
    writes=("export",),
    declared=_declared,
    lock="pdm.lock",
    read_lock=parse,
    relock="pdm lock",
    decides=("pdm.toml",),
    place=_place,
    package=_is_package,
    without_project="--no-self",
    names=_names,
    obstacle=_obstacle,
    left_out=("--no-self",),
    run=("-q", "--quiet"),
    scripts=True,
    calls=("run", "install", "sync", "info", "list", "venv"),
    cache="/root/.cache/pdm",
    variables="PDM_",
    # A saved interpreter may come with the project's files and name another environment.
    wanted={"PDM_CHECK_UPDATE": "0", "PDM_IGNORE_SAVED_PYTHON": "1"},
    stays={"PDM_CHECK_UPDATE": "0", "PDM_IGNORE_SAVED_PYTHON": "1"},
    settings=True,
    with_tool=("virtualenv",),
    script="install-pdm.py",
    python=("PDM_PYTHON", "PDM_PYTHON_VERSION"),
    refusals="--prod|--production|--without[ =]dev",
    bringing=("--dev", "-d"),
    omitting=_omitting,
    groups_or_extras=True,
)
