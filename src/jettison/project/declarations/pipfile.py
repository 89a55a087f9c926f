"""Front end for Pipfile."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from jettison.project.declarations.toml_lists import in_table, read_document
from jettison.project.declarations.values import MAIN, Declaration, Group, Kind
from jettison.project.toml.read import Table, text_of, texts
from jettison.values import Origin

PACKAGES = "packages"
DEVELOPMENT = "dev-packages"
_NO_GROUPS = frozenset({"source", "requires", "pipenv", "scripts", PACKAGES})
_SOURCES = ("file", "path", "git", "hg", "svn")
# Keys beside these name an environment marker's variable, as in ``os_name = "== 'nt'"``.
_MARKER_VARIABLES = (
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_version",
    "python_full_version",
    "implementation_name",
    "implementation_version",
)


def parse(text: str, *, file: str) -> tuple[Declaration, ...]:
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
