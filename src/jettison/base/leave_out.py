"""Which files of packages a composed base does without."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct

from jettison.catalogue.reader import table

UNREACHED = "unreached-modules"
_TOKENS = re.compile(r"\*\*/|\*\*|\*|[^*]+")
_MEANINGS = {"**/": r"(?:[^/]+/)*", "**": r".*", "*": r"[^/]*"}


class Group(Struct, frozen=True, kw_only=True):
    """Files that are left out for one reason, except those that ``keep`` matches.

    ``package`` limits the group to one package; it is empty for all.
    """

    name: str
    paths: re.Pattern[str]
    keep: re.Pattern[str]
    package: str = ""

    def covers(self, path: str, package: str) -> bool:
        """Tell whether the group leaves this path of a package out."""
        return (
            self.package in {"", package}
            and bool(self.paths.fullmatch(path))
            and not self.keep.fullmatch(path)
        )


def groups(
    keep: Collection[str] = frozenset(),
    programs: Collection[str] | None = None,
    library: Collection[str] | None = None,
) -> tuple[Group, ...]:
    """Return the groups of the catalogue, except those that ``keep`` names.

    A group of one package's files is also kept by the package's name. When it is known which
    ``programs`` are called, the others of the package that has the common ones are a group too;
    that package was asked for because of some of them, so its name keeps none. When it is known
    which files of the standard ``library`` are reached (their paths below it), the other modules
    are one too, and so are libraries that only modules link to: what is still needed comes back.
    """
    found = tuple(
        Group(
            name=group["name"],
            paths=pattern(group["paths"]),
            keep=pattern(group.get("keep", ())),
            package=group.get("of_package", ""),
        )
        for group in table("composed_base")["leave_out"]
        if group["name"] not in keep and group.get("of_package") not in keep
    )
    uncalled = table("composed_base")["uncalled_programs"]
    if programs is not None and uncalled["name"] not in keep:
        found = (*found, _uncalled(uncalled, programs))
    return found if library is None else (*found, *_unreached(library, keep))


def _unreached(library: Collection[str], keep: Collection[str]) -> Iterable[Group]:
    yield Group(
        name=UNREACHED,
        paths=pattern(["usr/lib/python3.*/**/*.py", "usr/lib/python3.*/**/*.so"]),
        keep=pattern(f"usr/lib/python3.*/{path}" for path in library),
        package="",
    )
    packages = {path.partition("/")[0] for path in library if "/" in path}
    places = ("lib-dynload", "__pycache__", "*-packages", *packages)
    yield Group(
        name=UNREACHED,
        paths=pattern(["usr/lib/python3.*/*/*/**"]),
        keep=pattern(f"usr/lib/python3.*/{place}/**" for place in places),
    )
    for package in table("composed_base")["library"]["linked_by_modules"]:
        if package not in keep:
            paths = pattern(["usr/lib/*/**/*.so*", "lib/*/**/*.so*"])
            yield Group(name=UNREACHED, paths=paths, keep=pattern(()), package=package)


def _uncalled(known: Mapping[str, Any], programs: Collection[str]) -> Group:
    return Group(
        name=known["name"],
        paths=pattern(known["paths"]),
        keep=pattern(path.replace("*", name) for path in known["paths"] for name in programs),
        package=known["of_package"],
    )


def group_of(path: str, package: str, among: Iterable[Group]) -> str:
    """Return the name of the first group that leaves ``path`` out, or nothing."""
    return next((group.name for group in among if group.covers(path, package)), "")


def pattern(globs: Iterable[str]) -> re.Pattern[str]:
    """Compile globs to one pattern.

    ``*`` stays within a path component, ``**`` does not; ``a/**`` covers what is below ``a`` and
    ``a`` itself.
    """
    return re.compile("|".join(_expression(glob) for glob in globs) or r"(?!)")


def _expression(glob: str) -> str:
    below = glob.endswith("/**")
    tokens = _TOKENS.findall(glob.removesuffix("/**"))
    text = "".join(_MEANINGS.get(token) or re.escape(token) for token in tokens)
    return f"{text}(?:/.*)?" if below else text
