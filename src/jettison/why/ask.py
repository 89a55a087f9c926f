"""One question, and everything that the plan has under this name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from jettison.errors import ProjectError
from jettison.plan.plan import Plan
from jettison.rules import RULES
from jettison.why.distribution import explain_distribution
from jettison.why.file import explain_path, explain_source
from jettison.why.setting import explain_line
from jettison.why.system import explain_system
from jettison.why.values import Answer, LineAnswer

PLACE = re.compile(r"(?P<file>.+):(?P<line>\d+)")


def why(plan: Plan, question: str) -> tuple[Answer, ...]:
    """Answer for a distribution, a path, a system package, a rule, or FILE:LINE of the settings.

    Raises ProjectError when the plan has nothing under this name.
    """
    found = tuple(answer for answer in _answers(plan, question) if answer is not None)
    if not found:
        raise ProjectError(
            f"the plan knows nothing of {question}",
            why="it is no requirement or what one brings, no file of their wheels, no system "
            "package of the Dockerfile, no rule, and no line of the settings",
            hint="Name a path as it is below site-packages, or a line as FILE:LINE.",
        )
    return found


def _answers(plan: Plan, question: str) -> Iterator[Answer | None]:
    place = PLACE.fullmatch(question)
    if place:
        yield from explain_line(plan, place["file"], int(place["line"]))
        return
    yield from explain_system(plan, question)
    if "/" not in question:
        yield explain_distribution(plan, canonicalize_name(question))
        yield from _packages(plan, question)
        yield from _rules(plan, question)
    if "/" in question or not explain_distribution(plan, canonicalize_name(question)):
        yield explain_path(plan, question)
        yield explain_source(plan, question)
    if "/" not in question and "." in question:
        module = question.replace(".", "/")
        yield explain_path(plan, module) or explain_path(plan, f"{module}.py")


def _packages(plan: Plan, name: str) -> Iterator[LineAnswer]:
    for item in plan.packages:
        if item.name == name:
            yield LineAnswer(
                subject=name,
                kind="system package",
                verdict=item.scope.value,
                evidence=item.evidence,
                size=item.size,
            )


def _rules(plan: Plan, name: str) -> Iterator[LineAnswer]:
    rule = next((rule for rule in RULES if rule.name == name), None)
    findings = [finding for finding in plan.findings if finding.rule == name]
    for finding in findings:
        yield LineAnswer(
            subject=name,
            kind="rule",
            verdict=finding.message,
            evidence=finding.evidence,
            size=finding.saving,
        )
    if rule and not findings:
        out = "the settings leave it out" if name in plan.settings.without else "it found nothing"
        yield LineAnswer(subject=name, kind="rule", verdict=f"{rule.title} Here: {out}.")
