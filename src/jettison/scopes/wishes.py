"""What the settings of a project say about a requirement is not judged."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace
from packaging.utils import canonicalize_name

from jettison.scopes.values import RequirementScope, Scope
from jettison.settings import Ask, Wish
from jettison.values import Evidence

SCOPES = {Ask.KEEP: Scope.RUNTIME, Ask.REMOVE: Scope.DEVELOPMENT}


def as_asked(
    verdicts: Iterable[RequirementScope], wishes: Iterable[Wish], *, remove_unused: bool = False
) -> tuple[RequirementScope, ...]:
    """Give the verdicts, those of requirements that a line names as it says.

    With ``remove_unused``, what nothing uses leaves production unless a line names it.
    """
    asked: dict[str, Wish] = {canonicalize_name(wish.text): wish for wish in wishes}

    def judged(verdict: RequirementScope) -> RequirementScope:
        if verdict.name in asked:
            return _asked(verdict, asked[verdict.name])
        if remove_unused and verdict.scope is Scope.UNUSED:
            return _unused(verdict)
        return verdict

    return tuple(judged(verdict) for verdict in verdicts)


def _unused(verdict: RequirementScope) -> RequirementScope:
    asked = Evidence(kind="setting", message="unused requirements shall leave (remove-unused)")
    return replace(verdict, scope=Scope.DEVELOPMENT, evidence=(*verdict.evidence, asked))


def _asked(verdict: RequirementScope, wish: Wish) -> RequirementScope:
    kind, message = "setting", wish.shown
    if wish.why:
        kind, message = "import-check", wish.why
    line = Evidence(kind=kind, message=message, origin=wish.origin)
    return replace(verdict, scope=SCOPES[wish.ask], evidence=(line, *verdict.evidence))
