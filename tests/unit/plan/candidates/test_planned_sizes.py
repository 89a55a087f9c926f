"""The table of bases shows the image that the whole plan would make on each."""

from jettison.plan.base import BaseCandidate, BaseChoice, ImageFacts, Variant, Works
from jettison.values import Basis, Size


def candidate(reference: str, count: int | None, *, accepted: bool = False) -> BaseCandidate:
    return BaseCandidate(
        facts=ImageFacts(reference=reference, variant=Variant.OTHER),
        works=Works.YES,
        accepted=accepted,
        verdict="",
        predicted=None if count is None else Size(bytes=count, basis=Basis.ESTIMATED),
    )


def test_what_leaves_the_base_that_is_taken_counts_on_no_other() -> None:
    found = (candidate("slim", 300, accepted=True), candidate("full", 900), candidate("own", None))
    choice = BaseChoice(current="slim", chosen="slim", candidates=found)
    after = choice.heavier_by(-30, taken=-50).candidates
    assert [each.predicted.bytes if each.predicted else None for each in after] == [220, 870, None]
