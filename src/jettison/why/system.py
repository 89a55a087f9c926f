"""Why something of the system around the application leaves the image."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.base.leave_out import pattern
from jettison.plan.plan import Plan
from jettison.removal.system_group import LIST
from jettison.values import Evidence, Origin
from jettison.why.values import LineAnswer

WORDS = ("package: ", "programs of: ")
EXCEPTION = "keep: "


def explain_system(plan: Plan, question: str) -> Iterator[LineAnswer]:
    """Explain a package of Debian, a module of the standard library or a path of the image.

    Only what the list names is known; packages are not looked into.
    """
    path = plan.project.own(LIST)
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
    verdict = f"stays, as an exception of {title}" if kept else f"leaves the system by {title}"
    place = Origin(file=path, line=number)
    evidence = Evidence(kind="list", message=line, origin=place)
    return LineAnswer(subject=question, kind="system", verdict=verdict, evidence=(evidence,))
