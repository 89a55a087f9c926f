"""What a verdict means for the exit status of a command."""

from __future__ import annotations

from jettison.errors import NotEquivalentError
from jettison.verify.verdict import Verdict


def require_equivalent(
    verdict: Verdict, *, different: tuple[str, str], unknown: tuple[str, str]
) -> None:
    """Raise NotEquivalentError unless the images are equivalent.

    ``different`` and ``unknown`` are what is said, and the hint, where something differs and where
    too little could be compared.
    """
    if verdict.equivalent:
        return
    what, hint = different if verdict.differences else unknown
    if verdict.dead_before:
        what = "nothing could be compared: the image before does not become ready"
        hint = "Nothing was written. Run it alone to see why; the report has the last of its log."
    why = "\n".join(f"{check.name}: {check.message}" for check in verdict.reasons)
    raise NotEquivalentError(what, why=why, hint=hint)
