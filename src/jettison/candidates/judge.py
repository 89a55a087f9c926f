"""Judges one candidate by everything that is known."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jettison.candidates.libraries import library_remarks, script_remarks
from jettison.candidates.needs import BaseNeeds, Remark
from jettison.candidates.programs import program_remarks
from jettison.candidates.size import predicted_size
from jettison.candidates.surroundings import surrounding_remarks
from jettison.candidates.wheels import source_builds, unknown_wheels, wheel_remarks
from jettison.plan.base import ImageFacts, Variant, Works
from jettison.values import Evidence, Size

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
