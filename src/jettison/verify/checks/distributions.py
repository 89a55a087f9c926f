"""``importlib.metadata`` finds every distribution that it found, in the same version."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from jettison.verify.checks.check import Check, inside
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "distributions"
_RESOLVED = "resolved differently"
# What installs is no part of an application; one that imports it shows in the check of modules.
_INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv"})


def resolved_differently(check: CheckResult) -> bool:
    """Whether a result says that one of the images has other versions than the other."""
    return check.name == _NAME and any(_RESOLVED in line for line in check.details)


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.distributions for one in both)
    expected = {canonicalize_name(name) for name in request.removed_distributions} | _INSTALLERS
    if request.installed_distributions is not None:
        own = {canonicalize_name(name) for name in request.installed_distributions}
        expected |= had.keys() - has.keys() - own
    lost = sorted(had.keys() - has.keys() - expected)
    changed = sorted(
        name
        for name in had.keys() & has.keys()
        if had[name] != has[name] and name not in _INSTALLERS
    )
    details = [f"{name} {had[name]}: no metadata is found any more" for name in lost]
    details += [f"{name}: {_RESOLVED}, {had[name]} became {has[name]}" for name in changed]
    kept = sorted(expected & has.keys() - _INSTALLERS)
    notes = [f"{name}: was expected to be removed and is there" for name in kept]
    parts = [f"no metadata of {', '.join(lost)}"] if lost else []
    parts += [f"other versions of {', '.join(changed)}"] if changed else []
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message="; ".join(parts) or f"{len(had.keys() & has.keys())} have the same version",
        before=str(len(had)),
        after=str(len(has)),
        details=(*details, *notes),
    )


CHECK = Check(name=_NAME, compare=_compare)
