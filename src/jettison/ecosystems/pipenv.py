"""Pipenv: Pipfile, Pipfile.lock and moves in a Pipfile."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator

from packaging.utils import canonicalize_name

from jettison.ecosystems.declaration import MAIN, Declaration, Group, Kind, in_table, read_document
from jettison.ecosystems.tool import SYSTEM, Lock, LockedDistribution, Setting, SourceKind, Tool
from jettison.errors import InputSyntaxError
from jettison.formats.toml import Table, table, text_of, texts
from jettison.values import Origin, line_numbers

PACKAGES = "packages"
DEVELOPMENT = "dev-packages"
_NO_GROUPS = frozenset({"source", "requires", "pipenv", "scripts", PACKAGES})
_SOURCES = ("file", "path", "git", "hg", "svn")
# Keys beside these name an environment marker's variable, as in ``os_name = "== 'nt'"``.
_MARKER_VARIABLES = (
    "os_name", "sys_platform", "platform_machine", "platform_python_implementation",
    "platform_release", "platform_system", "platform_version", "python_version",
    "python_full_version", "implementation_name", "implementation_version"
)  # fmt: skip


def parse_pipfile(text: str, *, file: str) -> tuple[Declaration, ...]:
    """Read ``[packages]``, ``[dev-packages]`` and custom categories (as groups)."""
    document = read_document(text, file)
    found: list[Declaration] = []
    for category in document.root:
        if category == PACKAGES:
            found += in_table(document, (category,), MAIN, _entry)
        elif category not in _NO_GROUPS:
            name = "dev" if category == DEVELOPMENT else category
            group = Group(kind=Kind.GROUP, name=name)
            found += in_table(document, (category,), group, _entry)
    return tuple(found)


def _entry(key: str, value: object, origin: Origin) -> Iterator[Declaration]:
    details: Table = value if isinstance(value, dict) else {"version": value}
    version = text_of(details, "version")
    source = next((name for name in _SOURCES if text_of(details, name)), "")
    markers = [text_of(details, "markers")]
    markers += [
        f"{variable} {text_of(details, variable)}"
        for variable in _MARKER_VARIABLES
        if text_of(details, variable)
    ]
    yield Declaration(
        name=canonicalize_name(key),
        specifier="" if version == "*" else version,
        extras=tuple(sorted(canonicalize_name(extra) for extra in texts(details, "extras"))),
        marker=" and ".join(marker for marker in markers if marker),
        url=text_of(details, source) if source else "",
        origin=origin,
    )


_LOCK_SOURCES = {"git": SourceKind.GIT, "file": SourceKind.URL, "path": SourceKind.PATH}
_KEY = re.compile(r'^(?P<indent> *)"(?P<key>[^"]+)": \{', re.MULTILINE)


def parse_lock(text: str, *, file: str) -> Lock:
    """Read a lock; raises InputSyntaxError with the line for bad JSON."""
    try:
        root = json.loads(text)
    except RecursionError:
        raise InputSyntaxError(
            "the file is nested too deeply", hint="Run pipenv lock again.", origin=Origin(file=file)
        ) from None
    except json.JSONDecodeError as error:
        raise InputSyntaxError(
            "not valid JSON",
            why=error.msg,
            hint="Run pipenv lock again.",
            origin=Origin(file=file, line=error.lineno),
        ) from error
    root = root if isinstance(root, dict) else {}
    lines = _lines(text)
    return Lock(
        distributions=tuple(
            _distribution(category, name, table(root, category, name), file, lines)
            for category in root
            if category != "_meta"
            for name in table(root, category)
        )
    )


def _lines(text: str) -> dict[tuple[str, str], int]:
    """Line of every distribution by category and name."""
    found: dict[tuple[str, str], int] = {}
    category, outer = "", None
    line_of = line_numbers(text)
    for key in _KEY.finditer(text):
        indent = len(key["indent"])
        outer = indent if outer is None else outer
        if indent == outer:
            category = key["key"]
        else:
            found.setdefault((category, key["key"]), line_of(key.start()))
    return found


def _distribution(
    category: str, name: str, one: Table, file: str, lines: dict[tuple[str, str], int]
) -> LockedDistribution:
    word = next((key for key in _LOCK_SOURCES if text_of(one, key)), "")
    source = _LOCK_SOURCES.get(word, SourceKind.REGISTRY)
    if source is SourceKind.PATH and one.get("editable"):
        source = SourceKind.EDITABLE
    return LockedDistribution(
        name=canonicalize_name(name),
        version=text_of(one, "version").removeprefix("=="),
        marker=text_of(one, "markers"),
        source=source,
        location=text_of(one, word) if word else text_of(one, "index"),
        origin=Origin(file=file, line=lines.get((category, name))),
    )


_HOME = "/root/.local/share/virtualenvs"


def _place(setting: Setting) -> str:
    """Return what Pipenv takes or makes; that it takes VIRTUAL_ENV was tried with 2026.10."""
    if setting.environment.get("VIRTUAL_ENV"):
        return setting.environment["VIRTUAL_ENV"]
    if "--system" in setting.words:
        return SYSTEM
    return f"{setting.folder}/.venv" if setting.on("PIPENV_VENV_IN_PROJECT") else _HOME


def _names(declared: Table, _words: Collection[str]) -> frozenset[str]:
    return frozenset(table(declared, "scripts"))


def _unasked(_declared: Table, development: bool) -> Collection[str]:
    return ("dev",) if development else ()


PIPENV = Tool(
    name="pipenv",
    installs=("install", "sync"),
    writes=("requirements",),
    declares=("Pipfile",),
    lock="Pipfile.lock",
    read_lock=parse_lock,
    relock="pipenv lock",
    place=_place,
    home=_HOME,
    on_path=True,
    names=_names,
    reads=(".env",),
    left_out=("--system",),
    calls=("run", "shell", "install", "sync"),
    variables="PIPENV_",
    compiles=True,
    with_tool=("virtualenv",),
    asking=dict.fromkeys(("install", "sync", "requirements"), "--dev"),
    bringing=("--dev", "-d"),
    unasked=_unasked,
    on_request=True,
)
