"""What a rule reports: a message, its evidence, what it saves, and the changes it asks for."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from jettison.changes import Change
from jettison.values import Evidence, Saving


class Safety(StrEnum):
    """Whether a finding may be applied without a person looking at it first."""

    SAFE = "safe"
    REVIEW = "review"


class Withdrawal(Struct, frozen=True, kw_only=True):
    """A rule that is not applied, or not to one ``part``, for what came of it in a built image.

    A part is what the rule works on: a path of the context, a requirement or a distribution.
    """

    rule: str
    reason: str
    part: str = ""


class Finding(Struct, frozen=True, kw_only=True):
    """One result of one rule.

    A finding without changes is advice. Findings marked for review are reported and never applied.
    ``error`` says that the project does not work as it is.
    """

    rule: str
    message: str
    evidence: tuple[Evidence, ...] = ()
    saving: Saving | None = None
    safety: Safety = Safety.SAFE
    changes: tuple[Change, ...] = ()
    error: bool = False
