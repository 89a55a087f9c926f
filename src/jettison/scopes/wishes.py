"""What the settings of a project say about a requirement is not judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from packaging.utils import canonicalize_name

from jettison.scopes.values import RequirementScope, Scope
from jettison.settings import Ask, Wish
from jettison.values import Evidence

SCOPES = {Ask.KEEP: Scope.RUNTIME, Ask.REMOVE: Scope.DEVELOPMENT}


def as_asked(
    verdicts: Iterable[RequirementScope], wishes: Iterable[Wish]
) -> tuple[RequirementScope, ...]:
    """Give the verdicts, those of requirements that a line names as it says."""
    asked: dict[str, Wish] = {canonicalize_name(wish.text): wish for wish in wishes}
    return tuple(
        _asked(verdict, asked[verdict.name]) if verdict.name in asked else verdict
        for verdict in verdicts
    )


def _asked(verdict: RequirementScope, wish: Wish) -> RequirementScope:
    line = Evidence(kind="setting", message=f'{wish.ask.value} = "{wish.text}"', origin=wish.origin)
    return replace(verdict, scope=SCOPES[wish.ask], evidence=(line, *verdict.evidence))
