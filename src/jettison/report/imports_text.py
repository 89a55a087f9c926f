"""What a check of imports found, as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.values import counted
from jettison.verify.imported import Attempt, ImportResult, Loss

SHOWN = 8


def imports_text(result: ImportResult) -> str:
    """Give the sets, what is missing, what cannot be tried here, and the verdict last."""
    return "\n".join((*_lines(result), ""))


def _lines(result: ImportResult) -> Iterator[str]:
    gone = sorted(set(result.full) - set(result.runtime))
    other = f" (the image has {result.image_python})" if _differs(result) else ""
    yield f"Imports tried without a container, with Python {result.python}{other}"
    yield f"  everything:  {counted(len(result.full), 'distribution')}"
    left = f", without {_some(gone)}" if gone else ", all of them"
    yield f"  runtime set: {counted(len(result.runtime), 'distribution')}{left}"
    if _differs(result):
        yield f"  `uv python install {result.image_python}` makes the version the same"
    if gone:
        yield f"  {counted(result.imported, 'module')} imported with the runtime set"
    for loss in result.losses:
        yield from _loss(loss)
    if result.failed:
        yield f"  {counted(len(result.failed), 'module')} not imported with either, so not compared"
        yield from (f"    - {_attempt(each)}" for each in result.failed[:SHOWN])
        if len(result.failed) > SHOWN:
            yield f"    and {len(result.failed) - SHOWN} more (all of them are in the JSON)"
    for skip in result.skipped:
        yield f"  not installed here: {skip.what}: {skip.reason}"
    if result.kept:
        verb = "stay" if len(result.kept) > 1 else "stays"
        yield f"The plan is corrected: {', '.join(result.kept)} {verb} in production."
    yield f"Verdict: {_verdict(result)}"


def _differs(result: ImportResult) -> bool:
    return result.python != result.image_python


def _loss(loss: Loss) -> Iterator[str]:
    yield f"  MISSING {_attempt(loss.attempt)}"
    if loss.requirement and loss.requirement != loss.distribution:
        yield f"    {loss.distribution} brings it, which came with {loss.requirement}"
    elif loss.distribution:
        yield f"    the requirement {loss.distribution} brings it"
    else:
        yield "    no distribution is known to bring it"


def _attempt(attempt: Attempt) -> str:
    place = f" ({attempt.origin})" if attempt.origin else ""
    return f"{attempt.module}: {attempt.message or attempt.error}{place}"


def _verdict(result: ImportResult) -> str:
    if not result.equivalent and not result.losses:
        return "not known (nothing could be imported)"
    if not result.equivalent:
        return f"not equivalent ({counted(len(result.losses), 'import')} missing)"
    if result.full == result.runtime:
        return "equivalent (no distribution leaves)"
    return "equivalent (nothing that could be imported is missing)"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
