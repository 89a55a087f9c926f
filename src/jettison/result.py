"""What an optimization came to: both images measured, compared, and each rule's share."""

from __future__ import annotations

from msgspec import Struct

from jettison.measure.measurement import ImageMeasurement
from jettison.plan.plan import Plan
from jettison.prediction.values import Predictions
from jettison.values import Saving
from jettison.verify.verdict import Verdict


class Ablation(Struct, frozen=True, kw_only=True):
    """What one rule is worth: the bytes that the image after has more without it.

    None when the image cannot be built without the rule, because another one relies on it.
    """

    rule: str
    saving: Saving | None


class Result(Struct, frozen=True, kw_only=True):
    """The plan, what was built from it, and whether it behaves the same.

    ``development`` is the image of ``Dockerfile.dev``; ``ablations`` are there when asked for.
    ``reference`` is empty, or says what ``before`` is where the original could not be built;
    ``base`` then names the base of both images, and ``predictions`` are of images on it.
    """

    plan: Plan
    engine: str
    before: ImageMeasurement
    after: ImageMeasurement
    development: ImageMeasurement | None
    verdict: Verdict
    ablations: tuple[Ablation, ...] = ()
    reference: str = ""
    base: str = ""
    predictions: Predictions | None = None

    @property
    def predicted(self) -> Predictions:
        """What was said of both images before they were built."""
        return self.predictions or self.plan.prediction

    @property
    def saved(self) -> int:
        """Bytes that the image after is smaller."""
        return self.before.size.bytes - self.after.size.bytes
