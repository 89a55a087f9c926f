"""The application sees the environment that it saw."""

from __future__ import annotations

import re

from jettison.verify.checks.check import Check, inside
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "environment"
# These belong to the base image, to the user, or to installing: no application is made of them.
_NOT_COMPARED = re.compile(
    r"^(PATH|HOSTNAME|HOME|PWD|SHLVL|_|TERM|LC_CTYPE|GPG_KEY|VIRTUAL_ENV|DEBIAN_FRONTEND|UV_.*|PIP_.*"
    r"|PYTHON_(VERSION|SHA256|PIP_VERSION|SETUPTOOLS_VERSION|GET_PIP_.*)"
    r"|PYTHON(UNBUFFERED|DONTWRITEBYTECODE|HASHSEED|FAULTHANDLER)|POETRY_.*|container)$"
)
_SECRET = re.compile(r"secret|password|token|key|credential", re.I)


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    both = inside(_NAME, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.environment for one in both)
    names = [name for name in had if not _NOT_COMPARED.match(name)]
    details = [
        f"{name}: {_shown(name, had[name])} became {_shown(name, has.get(name))}"
        for name in names
        if had[name] != has.get(name) and name not in request.removed_environment
    ]
    changed = ", ".join(detail.partition(":")[0] for detail in details)
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message=f"changed: {changed}" if details else f"{len(names)} variables are the same",
        before=f"{len(names)} variables",
        after=f"{len(names) - len(details)} the same",
        details=tuple(details),
    )


def _shown(name: str, value: str | None) -> str:
    if value is None:
        return "nothing"
    return "(not shown)" if _SECRET.search(name) else repr(value)


CHECK = Check(name=_NAME, compare=_compare)
