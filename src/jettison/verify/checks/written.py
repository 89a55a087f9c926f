"""What the application writes into its volumes may be read and written by whom it could be."""

from __future__ import annotations

import re

from jettison.verify.checks.check import Check, inside, skipped
from jettison.verify.observation import Interior, Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "written-files"
# a word with a digit in it: a time, an id, or a part of one
_NUMBERED = re.compile(r"[^\W_]*\d[^\W_]*")


def _compare(before: Observation, after: Observation, _request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = map(_modes, both)
    if not had:
        return skipped(_NAME, "nothing was written into a volume")
    details = [
        f"{path}: {' or '.join(sorted(had[path]))} became {' or '.join(sorted(has[path]))}"
        for path in sorted(had.keys() & has.keys())
        if not had[path] & has[path]
    ]
    gone = sorted(had.keys() - has.keys())
    notes = [f"{path} is not written any more" for path in gone]
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message="; ".join(details[:3])
        or f"{len(had.keys() & has.keys())} have the same mode and owner"
        + (f"; {len(gone)} are not written any more" if gone else ""),
        before=f"{len(had)} files",
        after=f"{len(has)} files",
        details=(*details, *notes),
    )


def _modes(one: Interior) -> dict[str, set[str]]:
    """Give the modes of files by their paths, those told apart by ids or times alone as one."""
    found: dict[str, set[str]] = {}
    for path, mode in one.written.items():
        found.setdefault(_NUMBERED.sub("#", path), set()).add(mode)
    return found


CHECK = Check(name=_NAME, compare=_compare)
