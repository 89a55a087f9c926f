"""Which shared libraries must be there at run time, and the packages that bring them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import package_of_library, slim_packages
from jettison.catalogue.systems import NativeLibraries, NativeNeed
from jettison.lift.packages import DEFAULT_RELEASE
from jettison.lift.usage import Usage
from jettison.values import Evidence


def libraries_needed(
    requirements: Collection[str], usage: Usage, compiled: Collection[str] = ()
) -> Mapping[str, Evidence]:
    """Map shared libraries to the reason: a requirement that is imported, or a call that loads it.

    The kind ``find-library`` says that it is looked for with ``ctypes.util.find_library``.

    ``requirements`` are the normalized names of what stays in production, ``compiled`` those among
    them that are built from source, or may be: what they are linked to is needed whoever imports
    them. A library is named as the
    loader knows it (``libmagic.so.1``) or as ``ctypes.util.find_library`` takes it (``magic``).
    """
    found: dict[str, Evidence] = {}
    for need in table(NativeLibraries).need:
        if need.distribution not in requirements or _spared(need, requirements):
            continue
        imports = [use for name in need.modules for use in _imports(usage, name)]
        linked = need.distribution in compiled and need.how.startswith("is linked")
        if need.modules and not imports and not linked:
            continue
        place = imports[0].origin if imports else None
        for library in need.libraries:
            message = f"{library}: {need.distribution} {need.how}"
            kind = "find-library" if need.finds else "library"
            found.setdefault(library, Evidence(kind=kind, message=message, origin=place))
    for library, uses in usage.libraries.items():
        found.setdefault(library, uses[0])
    return found


def libraries_unused(requirements: Collection[str], usage: Usage) -> Iterator[Evidence]:
    """Say which libraries only requirements that nothing imports would load by themselves."""
    needed = libraries_needed(requirements, usage)
    for need in table(NativeLibraries).need:
        loads = need.how.startswith("loads") and need.modules
        if need.distribution not in requirements or not loads or _spared(need, requirements):
            continue
        for library in need.libraries:
            if library not in needed:
                names = " or ".join(need.modules)
                message = f"{library} is not needed: nothing imports {names} of {need.distribution}"
                yield Evidence(kind="library", message=message)


def linked_packages(
    requirements: Collection[str],
    usage: Usage,
    release: str | None,
    compiled: Collection[str] = (),
) -> Mapping[str, Evidence]:
    """Map packages beyond the slim image's to the library that they bring, and why it is needed."""
    release = release or DEFAULT_RELEASE
    found: dict[str, Evidence] = {}
    for library, why in libraries_needed(requirements, usage, compiled).items():
        package = package_of_library(library, release)
        if package and package not in slim_packages(release):
            found.setdefault(package, why)
    return found


def _spared(need: NativeNeed, requirements: Collection[str]) -> bool:
    """Whether another requirement brings the library along."""
    return not set(need.unless).isdisjoint(requirements)


def _imports(usage: Usage, module: str) -> tuple[Evidence, ...]:
    """Where a module or one of its parts is imported."""
    exact = usage.imports.get(module, ())
    parts = (uses for name, uses in usage.imports.items() if name.startswith(f"{module}."))
    return (*exact, *(use for uses in parts for use in uses))
