"""Judges one candidate by everything that is known."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec import Struct

from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.system_packages import cost_of, translated
from jettison.index.facts import environment_size
from jettison.plan.base import ImageFacts, Variant, Works
from jettison.plan.candidates.image import DEBIAN_NAMES, packages_of
from jettison.plan.candidates.libraries import library_remarks, script_remarks, surrounding_remarks
from jettison.plan.candidates.needs import BaseNeeds, Remark
from jettison.plan.candidates.programs import program_remarks
from jettison.plan.candidates.wheels import source_builds, unknown_wheels, wheel_remarks
from jettison.plan.minimal_base import BaseRequest
from jettison.plan.minimal_base import predicted_size as composed_size
from jettison.values import Basis, Evidence, Size

FORMULA = "base, packages by Installed-Size, distributions by their files with byte code, own files"


def predicted_size(needs: BaseNeeds, image: ImageFacts, adds: Collection[str]) -> Size | None:
    """Add up base, packages, distributions and the project's own files; None without a base."""
    if image.size is None:
        return None
    if image.variant is Variant.COMPOSED:
        base = _composed(image, {*needs.installed, *adds})
    else:
        base = image.size.bytes + _packages(needs, image, adds)
    parts = base + needs.application
    facts = (needs.closure.facts[name] for name in needs.names if name in needs.closure.facts)
    return Size(bytes=parts + environment_size(facts), basis=Basis.ESTIMATED, source=FORMULA)


def _composed(image: ImageFacts, names: Collection[str]) -> int:
    """The bytes of a composed base with packages; what only installs packages is left out."""
    release = image.release or ""
    known = {other for name in names if (other := translated(name, release))}
    architecture = image.target.architecture if image.target else "x86_64"
    request = BaseRequest(
        python=image.python or "",
        architecture=DEBIAN_NAMES[architecture],
        packages=tuple(sorted(known - packages_of(image))),
    )
    size = composed_size(request)
    return size.bytes if size else 0


def _packages(needs: BaseNeeds, image: ImageFacts, adds: Collection[str]) -> int:
    """Installed-Size of what is added to a base; Alpine's packages count as Debian's."""
    if image.release == ALPINE:
        release = needs.current.release or "trixie"
        names = {name for name in needs.installed if translated(name, ALPINE)}
        names |= {name for each in adds if (name := translated(each, release))}
        found = cost_of(names, release)
    else:
        names = set(needs.installed) | set(adds)
        found = cost_of(names, image.release or "", packages_of(image))
    return found.bytes if found else 0


_ORDER = (Works.NO, Works.UNKNOWN, Works.YES)


class Judged(Struct, frozen=True, kw_only=True):
    """A candidate with its remarks, those that decide first."""

    image: ImageFacts
    works: Works
    evidence: tuple[Evidence, ...]
    adds: tuple[str, ...]
    predicted: Size | None

    @property
    def because(self) -> str:
        """The remark that decides."""
        return self.evidence[0].message if self.evidence else ""


def judged(needs: BaseNeeds, image: ImageFacts) -> Judged:
    """Check wheels, programs, libraries, surroundings and where the environment is made.

    The image in use works as it does today: what cannot be read of it does not count against it.
    """
    remarks = list(_remarks(needs, image))
    adds = frozenset(name for remark in remarks for name in remark.adds)
    remarks += script_remarks(image, adds)
    remarks.sort(key=lambda remark: _ORDER.index(remark.works))
    works = remarks[0].works if remarks else Works.YES
    if image.reference == needs.stage.base and works is Works.UNKNOWN:
        works = Works.YES
    return Judged(
        image=image,
        works=works,
        evidence=tuple(remark.evidence for remark in remarks),
        adds=tuple(sorted(adds)),
        predicted=predicted_size(needs, image, adds),
    )


def _remarks(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    if image.variant is Variant.OTHER and image.reference != needs.stage.base:
        message = "what the image holds is not known"
        yield Remark(works=Works.UNKNOWN, evidence=Evidence(kind="image", message=message))
    yield from wheel_remarks(needs, image)
    yield from _compilers(needs, image)
    yield from library_remarks(needs, image)
    yield from program_remarks(needs, image)
    yield from surrounding_remarks(needs, image)


def _compilers(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """The final stage that makes its own environment may need what only the present base has."""
    if needs.stays is None or image.variant is Variant.FULL or image.reference == needs.stage.base:
        return
    if needs.not_listed:
        yield Remark(works=Works.UNKNOWN, evidence=needs.not_listed)
    built, unknown = source_builds(needs, image.target), unknown_wheels(needs)
    if unknown:
        message = f"whether {unknown[0]} has to be compiled is not known: {needs.stays.message}"
        evidence = Evidence(kind="installation", message=message, origin=needs.stays.origin)
        yield Remark(works=Works.UNKNOWN, evidence=evidence)
    if built:
        message = (
            f"{built[0]} is built in the final stage, without a compiler: {needs.stays.message}"
        )
        evidence = Evidence(kind="installation", message=message, origin=needs.stays.origin)
        yield Remark(works=Works.NO, evidence=evidence)
