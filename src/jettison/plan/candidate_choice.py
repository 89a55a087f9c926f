"""Chooses among the candidates by the user's policy, and says why in one line each."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase
from jettison.errors import UnsupportedError
from jettison.formats.own_settings import BaseOverride, Policy
from jettison.lift import SCRATCH, PythonTag
from jettison.plan.base import (
    COMPOSED,
    BaseCandidate,
    BaseChoice,
    ImageFacts,
    Variant,
    Works,
    composed_facts,
    image_facts,
)
from jettison.plan.candidate_judging import judged
from jettison.plan.candidate_needs import BaseNeeds
from jettison.values import replace

# The level that may choose another base.
CHOOSES = 2
# musl is worth its differences (no profile-guided Python, another resolver and allocator) when it
# halves the image.
WORTH = 0.5
# An image with glibc that is at most this many times as large counts as of similar size.
SIMILAR = 1.5
UNNEEDED = "compilers, headers and version control that a running application does not need"


def base_choice(
    needs: BaseNeeds, override: BaseOverride, *, level: int, across: bool = True
) -> BaseChoice:
    """Judge all candidates and take one.

    Below level 2 the base stays, unless the user names another. Without ``across`` the policy stays
    within the distribution. Raises UnsupportedError when the image that the user names is shown
    not to work.
    """
    found = [judged(needs, image) for image in _images(needs, override)]
    by_reference = {item.reference: item for item in found}
    current = by_reference[needs.stage.base]
    named = _named(needs, override)
    if named:
        chosen = _required(by_reference.get(named) or _composed(needs, current))
    elif (
        level < CHOOSES or override.policy is Policy.KEEP or current.facts.variant is Variant.OTHER
    ):
        chosen = current
    else:
        chosen = _smallest(found, current, across=across and override.policy is Policy.SMALLEST)
    told = Reasons(needs=needs, override=override, level=level, chosen=chosen, found=tuple(found))
    return BaseChoice(
        current=needs.stage.base,
        chosen=chosen.reference,
        policy=override.policy,
        candidates=tuple(
            replace(item, accepted=item is chosen, verdict=told.verdict(item)) for item in found
        ),
    )


def _images(needs: BaseNeeds, override: BaseOverride) -> Iterable[ImageFacts]:
    """The candidates by reference, each once: slim, full, Alpine, composed, in use, named."""
    tag = needs.stage.tag
    siblings = [tag.slim(), tag.full(), tag.alpine_sibling()] if tag else []
    references = [str(_itself(sibling, tag)) for sibling in siblings]
    named = _named(needs, override)
    references += [needs.stage.base, *([named] if named not in ("", COMPOSED) else [])]
    images = [image_facts(each, needs.architecture) for each in dict.fromkeys(references)]
    composed = composed_facts(tag, needs.architecture) if tag else None
    return [*images, *([composed] if composed else [])]


def _itself(sibling: PythonTag, tag: PythonTag | None) -> PythonTag:
    """The tag in use where it is of that variant: its digest and suffixes stay."""
    return tag if tag and tag.variant == sibling.variant else sibling


def _named(needs: BaseNeeds, override: BaseOverride) -> str:
    """The image that the user names, a variant in full."""
    tag = needs.stage.tag
    if override.reference not in ("slim", "full", "alpine"):
        return override.reference
    if tag is None:
        raise UnsupportedError(
            f"{needs.stage.base} has no variant {override.reference}",
            why="only the official Python images' tags are understood",
            hint="Give --base a full reference, such as python:3.13-slim.",
        )
    variants = {"slim": tag.slim(), "full": tag.full(), "alpine": tag.alpine_sibling()}
    return str(_itself(variants[override.reference], tag))


def _composed(needs: BaseNeeds, current: BaseCandidate) -> BaseCandidate:
    """The base as it is where nothing is below it: a Dockerfile that composes one."""
    if needs.stage.base == SCRATCH:
        return current
    raise UnsupportedError(
        f"no base can be composed in place of {needs.stage.base}",
        why="it is no official Python image of a Python that a Debian release ships",
        hint=f"Pythons: {', '.join(table(ComposedBase).python)}.",
    )


def _required(item: BaseCandidate) -> BaseCandidate:
    if item.works is Works.NO:
        raise UnsupportedError(
            f"{item.reference} does not work for this project",
            why=item.because,
            hint="Name another base, or accept compilation with --allow-source-builds where a"
            " wheel is missing.",
        )
    return item


def _smallest(
    found: Iterable[BaseCandidate], current: BaseCandidate, *, across: bool
) -> BaseCandidate:
    """The smallest that works of the present kind; musl in place of glibc only when worth it."""
    working = [
        item
        for item in found
        if (item.works is Works.YES and item.facts.variant is not Variant.COMPOSED)
        or item is current
    ]
    same = [item for item in working if item.facts.release == current.facts.release]
    best = min(same, key=lambda item: _bytes(item, current))
    others = [item for item in working if item not in same and across]
    worth = [item for item in others if is_worth_it(item, best, found)]
    return min(worth, key=lambda item: _bytes(item, current), default=best)


def is_worth_it(musl: BaseCandidate, glibc: BaseCandidate, found: Iterable[BaseCandidate]) -> bool:
    """Whether an image on musl is so much smaller that no glibc base comes near it."""
    if musl.predicted is None or glibc.predicted is None:
        return False
    composed = [item.predicted for item in found if _is_composed(item) and item.predicted]
    near = any(size.bytes <= musl.predicted.bytes * SIMILAR for size in composed)
    return not near and musl.predicted.bytes <= glibc.predicted.bytes * WORTH


def _is_composed(item: BaseCandidate) -> bool:
    return item.facts.variant is Variant.COMPOSED and item.works is Works.YES


def _bytes(item: BaseCandidate, current: BaseCandidate) -> float:
    """The predicted bytes; an image of unknown size is never preferred to the one in use."""
    if item.predicted is not None:
        return item.predicted.bytes
    return 0 if item is current else float("inf")


class Reasons(Struct, frozen=True, kw_only=True):
    """What the lines that explain the choice are made of."""

    needs: BaseNeeds
    override: BaseOverride
    level: int
    chosen: BaseCandidate
    found: tuple[BaseCandidate, ...]

    def verdict(self, item: BaseCandidate) -> str:
        """Say in one line why a candidate is taken or not."""
        if item is self.chosen:
            return self._taken(item)
        if item.works is Works.NO:
            return item.because
        if item.works is Works.UNKNOWN:
            return f"not verified: {item.because}"
        return self._not_taken(item)

    def _taken(self, item: BaseCandidate) -> str:
        in_use = item.reference == self.needs.stage.base
        if self.override.reference:
            shown = "" if item.works is Works.YES else f"; not verified: {item.because}"
            return f"requested{shown}"
        if not in_use and item.facts.variant is Variant.ALPINE:
            return f"works, {self._smaller(item)}: all it needs is known to be there on musl"
        if not in_use:
            return "works; the same Python without build tools"
        if item.facts.variant is Variant.OTHER:
            return "kept: only the official Python images' tags are understood"
        if item.facts.variant is Variant.ALPINE:
            return "kept: it works on musl today"
        return "in use" if item.facts.variant is Variant.SLIM else f"kept: {self._why_kept()}"

    def _why_kept(self) -> str:
        if self.level < CHOOSES:
            return f"level {self.level} keeps the base"
        if self.override.policy is Policy.KEEP:
            return "the policy is to keep it"
        slim = next((i for i in self.found if i.facts.variant is Variant.SLIM), None)
        return f"slim is not verified: {slim.because}" if slim else "nothing smaller works"

    def _not_taken(self, item: BaseCandidate) -> str:
        if item.facts.variant is Variant.COMPOSED:
            return "works; --base composed takes it, the embedded builder by default"
        if item.facts.variant is Variant.FULL:
            return UNNEEDED
        if self.level < CHOOSES:
            return f"works; level {self.level} keeps the base"
        if self.override.reference or self.override.policy is Policy.KEEP:
            return "works, but another base was requested"
        if item.facts.variant is not Variant.ALPINE:
            return "works, but not smaller than the chosen base"
        return f"works, {self._gain(item)}"

    def _gain(self, item: BaseCandidate) -> str:
        """Why an image on musl that works is not taken."""
        if item.predicted is None or self.chosen.predicted is None:
            return "of unknown size; glibc stays"
        gain = self._smaller(item)
        if self.override.policy is Policy.COMPATIBLE:
            return f"{gain}, but another C library; --policy smallest may take it"
        if item.predicted.bytes > self.chosen.predicted.bytes * WORTH:
            return f"{gain}: less than half, so glibc stays; --base alpine takes it"
        if is_worth_it(item, self.chosen, self.found):
            return f"{gain} today, but not after the plan; --base alpine takes it"
        return f"{gain}, but the minimal base comes near with glibc; --base alpine takes it"

    def _smaller(self, item: BaseCandidate) -> str:
        """How much smaller than the image on another base, the chosen one or the one in use."""
        in_use = next(i for i in self.found if i.reference == self.needs.stage.base)
        other = self.chosen if item is not self.chosen else in_use
        if item.predicted is None or other.predicted is None:
            return "of unknown size"
        return f"{1 - item.predicted.bytes / other.predicted.bytes:.0%} smaller"
