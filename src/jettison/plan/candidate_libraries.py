"""Shared libraries that must be there at run time, and what a candidate base has of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.bases import ComposedBase
from jettison.catalogue.packaging import (
    package_of_library,
    runtime_libraries_of,
    slim_packages,
    translated,
)
from jettison.catalogue.systems import NativeLibraries, NativeNeed, SourceBuilds
from jettison.lift.packages import DEFAULT_RELEASE
from jettison.lift.scopes import PackageScope
from jettison.lift.usage import TYPES_READ, Usage, Use
from jettison.plan.base import ImageFacts, Variant, Works, packages_of
from jettison.plan.candidate_needs import BaseNeeds, Remark, source_builds, unknown_wheels
from jettison.values import Evidence, Origin


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
        own = not need.distribution
        if not (own or need.distribution in requirements) or _spared(need, requirements):
            continue
        imports = [use for name in need.modules for use in _imports(usage, name)]
        linked = need.distribution in compiled and need.how.startswith("is linked")
        if need.modules and not imports and not linked:
            continue
        for library in need.libraries:
            found.setdefault(
                library, _loading(need, library, imports[0].origin if imports else None)
            )
    for library, uses in usage.libraries.items():
        found.setdefault(library, uses[0])
    return found


def libraries_of(
    used: Collection[str], requirements: Collection[str], usage: Usage
) -> Iterator[Use]:
    """Give the libraries that distributions load which are used, though no import shows it."""
    for need in table(NativeLibraries).need:
        shown = any(_imports(usage, name) for name in need.modules)
        if need.how.startswith("loads") and need.distribution in used and not shown:
            for library in () if _spared(need, requirements) else need.libraries:
                yield library, _loading(need, library, None)


def _loading(need: NativeNeed, library: str, place: Origin | None) -> Evidence:
    message = f"{library}: {need.distribution or need.modules[0]} {need.how}"
    kind = "find-library" if need.finds else "library"
    return Evidence.of(kind, message, place)


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
                yield Evidence.of("library", message)


def linked_packages(
    requirements: Collection[str], usage: Usage, release: str | None, compiled: Collection[str] = ()
) -> Mapping[str, Evidence]:
    """Map packages beyond the slim image's to the library that they bring, and why it is needed."""
    release = release or DEFAULT_RELEASE
    found: dict[str, Evidence] = {}
    for library, why in libraries_needed(requirements, usage, compiled).items():
        package = package_of_library(library, release)
        if package and package not in slim_packages(release):
            found.setdefault(package, why)
    reader = types_read(requirements, usage)
    if reader and (types := translated(FILE_TYPES, release)):
        found.setdefault(types, reader)
    return found


# The package of Debian with /etc/mime.types.
FILE_TYPES = "media-types"


def types_read(requirements: Iterable[str], usage: Usage) -> Evidence | None:
    """Give what guesses the types of files by their names."""
    known = table(Calls).file_type_readers.distributions
    name = next((name for name in requirements if name in known), None)
    if usage.file_types or name is None:
        return next(iter(usage.file_types), None)
    return Evidence.of(TYPES_READ, f"{name} guesses the types of files by their names")


def _spared(need: NativeNeed, requirements: Collection[str]) -> bool:
    """Whether another requirement brings the library along."""
    return not set(need.unless).isdisjoint(requirements)


def _imports(usage: Usage, module: str) -> tuple[Evidence, ...]:
    """Where a module or one of its parts is imported."""
    exact = usage.imports.get(module, ())
    parts = (uses for name, uses in usage.imports.items() if name.startswith(f"{module}."))
    return (*exact, *(use for uses in parts for use in uses))


def library_remarks(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """Look for the libraries that are loaded or linked, and for what the Dockerfile installs."""
    release = image.release
    compiled = {*source_builds(needs, image.target), *unknown_wheels(needs)}
    for library, why in libraries_needed(needs.production, needs.usage, compiled).items():
        if library not in needs.provided:
            yield from _library(needs, image, library, why)
    for why in libraries_unused(needs.production, needs.usage):
        yield Remark(works=Works.YES, evidence=why)
    if not packages_of(image) >= packages_of(needs.current):
        yield from _linked_unseen(needs, image)
    if needs.usage.computed_libraries and image.reference != needs.stage.base:
        yield _computed(needs, image)
    if release != needs.current.release:
        yield from _translations(needs, image)


def _library(needs: BaseNeeds, image: ImageFacts, library: str, why: Evidence) -> Iterator[Remark]:
    release, other = image.release, image.reference != needs.stage.base
    named = needs.usage.libraries.get(library, ())
    searched = any(use.kind == "find-library" for use in (why, *named))
    if release == ALPINE and other and searched:
        yield _said(Works.UNKNOWN, f"find_library finds nothing on musl: {why.message}", why)
    elif release == ALPINE and other and named:
        yield _said(Works.UNKNOWN, f"Alpine's may have another name: {why.message}", why)
    package = package_of_library(library, release) if release else None
    if package is None:
        if other:
            yield _said(Works.UNKNOWN, f"which package has it is not known: {why.message}", why)
    elif package in packages_of(image) or package == "":
        yield _said(Works.YES, f"{why.message}, and the base has it", why)
    else:
        yield _said(Works.YES, f"{why.message}: {package} brings it", why, adds=package)


def _linked_unseen(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """What is compiled on the present base may be linked to libraries that only it has."""
    listed = {need.distribution for need in table(NativeLibraries).need}
    for name in source_builds(needs, image.target):
        headers = table(SourceBuilds).packages.get(name, ())
        if name in listed:
            continue
        libraries = [
            library
            for header in headers
            for library in runtime_libraries_of(header, image.release or "") or ()
            if library not in packages_of(image)
        ]
        works = Works.YES if headers else Works.UNKNOWN
        what = ", ".join(libraries) or ("what the base has" if headers else "what is not known")
        message = f"{name}{needs.through(name)} is compiled, and linked to {what}"
        evidence = Evidence.of("library", message, needs.origin(name))
        yield Remark(works=works, evidence=evidence, adds=tuple(libraries))


def _computed(needs: BaseNeeds, image: ImageFacts) -> Remark:
    """A library whose name is computed: only a base with all that the present one has is safe."""
    first = needs.usage.computed_libraries[0]
    here, there = packages_of(needs.current), packages_of(image)
    same = image.release == needs.current.release and there >= here
    works = Works.YES if same and there else Works.UNKNOWN
    return _said(works, f"{first.message}: which one cannot be read", first)


def _translations(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """What another distribution or release calls the packages that stay."""
    for item in needs.packages:
        if item.scope is not PackageScope.RUNTIME:
            continue
        name = translated(item.name, image.release) if image.release else None
        if name is None:
            where = image.distribution or image.reference
            message = f"what {item.name} is called on {where} is not known"
            yield Remark.of(Works.UNKNOWN, "package", message, item.origin)
        elif name and name not in packages_of(image):
            message = f"{item.name} is installed by the Dockerfile"
            if image.release == ALPINE and name != item.name:
                message += f"; Alpine calls it {name}"
            yield Remark.of(Works.YES, "package", message, item.origin, name)


def script_remarks(image: ImageFacts, adds: frozenset[str]) -> Iterator[Remark]:
    """Packages that do not work when they are unpacked without running their scripts."""
    if image.variant is Variant.COMPOSED:
        for name in sorted(adds & set(table(ComposedBase).needs_scripts)):
            message = f"{name} is unpacked only: {table(ComposedBase).needs_scripts[name]}"
            yield Remark.of(Works.UNKNOWN, "package", message)


def _said(works: Works, message: str, why: Evidence, *, adds: str = "") -> Remark:
    return Remark.of(works, "library", message, why.origin, adds)
