"""Whether shared libraries and system packages that production needs are on a candidate."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.candidates.image import packages_of
from jettison.candidates.needs import BaseNeeds, Remark
from jettison.candidates.wheels import source_builds, unknown_wheels
from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import package_of_library, runtime_libraries_of, translated
from jettison.lift.linked import libraries_needed, libraries_unused
from jettison.lift.package_scope import PackageScope
from jettison.plan.base import ImageFacts, Variant, Works
from jettison.values import Evidence


def library_remarks(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """Look for the libraries that are loaded or linked, and for what the Dockerfile installs."""
    release = image.release
    compiled = {*source_builds(needs, image.target), *unknown_wheels(needs)}
    for library, why in libraries_needed(needs.production, needs.usage, compiled).items():
        if release == ALPINE and why.kind == "find-library" and image.reference != needs.stage.base:
            yield _said(Works.UNKNOWN, f"find_library finds nothing on musl: {why.message}", why)
        package = package_of_library(library, release) if release else None
        if package is None:
            if image.reference != needs.stage.base:
                yield _said(Works.UNKNOWN, f"which package has it is not known: {why.message}", why)
        elif package in packages_of(image) or package == "":
            yield _said(Works.YES, f"{why.message}, and the base has it", why)
        else:
            yield _said(Works.YES, f"{why.message}: {package} brings it", why, adds=package)
    for why in libraries_unused(needs.production, needs.usage):
        yield Remark(works=Works.YES, evidence=why)
    if not packages_of(image) >= packages_of(needs.current):
        yield from _linked_unseen(needs, image)
    if needs.usage.computed_libraries and image.reference != needs.stage.base:
        yield _computed(needs, image)
    if release != needs.current.release:
        yield from _translations(needs, image)


def _linked_unseen(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """What is compiled on the present base may be linked to libraries that only it has."""
    listed = {need["distribution"] for need in table("native_libraries")["need"]}
    for name in source_builds(needs, image.target):
        headers = table("source_builds")["packages"].get(name, ())
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
        evidence = Evidence(kind="library", message=message, origin=needs.origin(name))
        yield Remark(works=works, evidence=evidence, adds=tuple(libraries))


def _computed(needs: BaseNeeds, image: ImageFacts) -> Remark:
    """A library whose name is computed: only a base with all that the present one has is safe."""
    first = needs.usage.computed_libraries[0]
    same = image.release == needs.current.release and packages_of(image) >= packages_of(
        needs.current
    )
    works = Works.YES if same and packages_of(image) else Works.UNKNOWN
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
            evidence = Evidence(kind="package", message=message, origin=item.origin)
            yield Remark(works=Works.UNKNOWN, evidence=evidence)
        elif name and name not in packages_of(image):
            message = f"{item.name} is installed by the Dockerfile"
            if image.release == ALPINE and name != item.name:
                message += f"; Alpine calls it {name}"
            evidence = Evidence(kind="package", message=message, origin=item.origin)
            yield Remark(works=Works.YES, evidence=evidence, adds=(name,))


def script_remarks(image: ImageFacts, adds: frozenset[str]) -> Iterator[Remark]:
    """Packages that do not work when they are unpacked without running their scripts."""
    if image.variant is Variant.COMPOSED:
        for name in sorted(adds & set(table("composed_base")["needs_scripts"])):
            message = f"{name} is unpacked only: {table('composed_base')['needs_scripts'][name]}"
            yield Remark(works=Works.UNKNOWN, evidence=Evidence(kind="package", message=message))


def _said(works: Works, message: str, why: Evidence, *, adds: str = "") -> Remark:
    evidence = Evidence(kind="library", message=message, origin=why.origin)
    return Remark(works=works, evidence=evidence, adds=(adds,) if adds else ())
