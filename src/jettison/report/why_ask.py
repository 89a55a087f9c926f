"""One question, and everything that the plan has under this name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from jettison.errors import ProjectError
from jettison.plan.minimal_base import pattern
from jettison.plan.plan import Plan
from jettison.plan.removal.system_group import SYSTEM_LIST
from jettison.plan.system_leaving import system_reach
from jettison.report.why_distribution import explain_distribution
from jettison.report.why_file import explain_path, explain_source
from jettison.report.why_setting import explain_line
from jettison.report.why_values import Answer, LineAnswer
from jettison.rules import RULES
from jettison.values import Evidence, Origin

WORDS = ("package: ", "programs of: ")
EXCEPTION = "keep: "


def explain_system(plan: Plan, question: str) -> Iterator[LineAnswer]:
    """Explain a package of Debian, a module of the standard library or a path of the image.

    Only what the list names is known; packages are not looked into.
    """
    kept = system_reach(plan).packages.get(question)
    if kept:
        yield LineAnswer(
            subject=question,
            kind="system",
            verdict=f"kept: {kept}",
            evidence=(Evidence(kind="image", message=kept),),
        )
    path = plan.project.own(SYSTEM_LIST)
    for part in plan.project.texts.get(path, "").split("\n\n"):
        lines = part.strip("\n").splitlines()
        title = next((line.strip("# ") for line in lines if line.startswith("#")), "")
        for line in lines:
            if _means(line, question):
                yield _answer(plan, path, question, title, line, kept=_excepted(lines, question))
                break


def _means(line: str, question: str) -> bool:
    if line.startswith(WORDS):
        return line.partition(": ")[2] == question
    if not line.startswith("/"):
        return False
    if "/" in question:
        return bool(pattern([f"{line}**" if line.endswith("/") else line]).fullmatch(question))
    return line.removesuffix("/").removesuffix(".py").endswith(f"/{question.replace('.', '/')}")


def _excepted(lines: list[str], question: str) -> bool:
    globs = [line.removeprefix(EXCEPTION) for line in lines if line.startswith(EXCEPTION)]
    return bool(pattern(globs).fullmatch(question))


def _answer(
    plan: Plan, path: str, question: str, title: str, line: str, *, kept: bool
) -> LineAnswer:
    number = plan.project.texts[path].splitlines().index(line) + 1
    verdict = f"kept, as an exception of {title}" if kept else f"removed from the system by {title}"
    place = Origin(file=path, line=number)
    evidence = Evidence(kind="list", message=line, origin=place)
    return LineAnswer(subject=question, kind="system", verdict=verdict, evidence=(evidence,))


PLACE = re.compile(r"(?P<file>.+):(?P<line>\d+)")


def why(plan: Plan, question: str) -> tuple[Answer, ...]:
    """Answer for a distribution, a path, a system package, a rule, or FILE:LINE of the settings.

    Raises ProjectError when the plan has nothing under this name.
    """
    found = tuple(answer for answer in _answers(plan, question) if answer is not None)
    if not found:
        raise ProjectError(
            f"the plan has nothing named {question}",
            why="it is no distribution of the environment, no file of a wheel, no system "
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
        out = "the settings disable it" if name in plan.settings.without else "no finding"
        yield LineAnswer(subject=name, kind="rule", verdict=f"{rule.title} Here: {out}.")
