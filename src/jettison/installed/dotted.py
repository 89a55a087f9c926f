"""Dotted names of modules: what they are relative to, and what is known of their packages."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue.reader import table


def on_demand(package: str) -> frozenset[str]:
    """Give the modules that a package is known to load when an attribute is asked for."""
    return frozenset(table("loaders")["on_demand"].get(package, {}).get("names", ()))


def is_idle(package: str, path: str, wanted: str) -> bool:
    """Whether an import of a module by the file ``path`` is known to serve a package's tests."""
    known = table("loaders")["on_demand"].get(package, {})
    part = wanted.removeprefix(f"{package}.").partition(".")[0]
    return path in known.get("not_counting", ()) and part in known.get("names", ())


def packages(package: str) -> Iterator[str]:
    """Give a package and those that it lies in, the innermost first."""
    while package:
        yield package
        package = package.rpartition(".")[0]


def relative(package: str, level: int, module: str) -> str:
    """Give the absolute name of a module from the package that ``level`` dots start from."""
    if not level:
        return module
    parts = package.split(".")
    base = parts[: len(parts) - level + 1]
    return ".".join([*base, module] if module else base)


def absolute(package: str, beginning: str) -> str:
    """Give the absolute name of a beginning, which has dots in front where it is relative."""
    inner = beginning.lstrip(".")
    level = len(beginning) - len(inner)
    return relative(package, level, inner)
