"""Answer why something is, or is not, in the image."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from packaging.utils import canonicalize_name

from jettison.errors import ProjectError
from jettison.formats.budgets import Budget
from jettison.formats.own_settings import Ask, Line, Override
from jettison.plan import Plan
from jettison.plan.minimal_base import pattern
from jettison.plan.removal.listing import SYSTEM_LIST
from jettison.plan.system_leaving import left_in, system_reach
from jettison.report.explaining import explain_distribution, explain_path, explain_source
from jettison.report.why_text import Answer, LineAnswer
from jettison.rules import RULES
from jettison.rules.idle_settings import idle, in_system
from jettison.values import Basis, Evidence, Origin, Size, counted, human, sized

UNUSED = "(remove-unused)"


def explain_line(plan: Plan, file: str, line: int) -> Iterator[LineAnswer]:
    """Explain everything that a line of the settings names."""
    for override in plan.overrides.files:
        if (override.origin.file, override.origin.line) == (file, line):
            yield _setting_answer(override, _override(plan, override))
    for each in plan.settings.lines:
        if (each.origin.file, each.origin.line) == (file, line):
            meaning = MEANINGS.get(each.key, _budget)
            yield _setting_answer(each, meaning(plan, each))


def _setting_answer(line: Override | Line, verdict: str) -> LineAnswer:
    evidence = Evidence.of("setting", "written here", line.origin)
    return LineAnswer(subject=line.shown, kind="setting", verdict=verdict, evidence=(evidence,))


def _override(plan: Plan, override: Override) -> str:
    files = plan.overrides.files[override]
    if nothing := idle(plan, override):
        return f"no effect: {nothing}"
    if files:
        size = human(sum(one.size for one in files))
        return f"matches {counted(len(files), 'file')} ({size}) of the wheels"
    if override.ask is Ask.KEEP and in_system(plan, override.text):
        return "matches a module, a package or a program of the system"
    return "matches no known file of the environment"


def _level(plan: Plan, line: Line) -> str:
    if plan.level != line.value:
        return f"overridden by -O{plan.level} on the command line"
    count = sum(rule.level <= plan.level for rule in RULES)
    return f"{count} of {len(RULES)} rules are of this level or below"


def _base(plan: Plan, line: Line) -> str:
    choice = plan.base_as_planned
    taken = choice.taken
    why = f": {taken.verdict}" if taken else ""
    if line.key == "policy" and choice.policy.value != line.value:
        return f"overridden by --policy {choice.policy.value} on the command line"
    return f"{choice.chosen or choice.current} is the base{why}"


def _source_builds(plan: Plan, line: Line) -> str:
    compiled = plan.base.taken.source_builds if plan.base.taken else ()
    if not line.value:
        return "a base on which distributions are compiled is not accepted"
    if not compiled:
        return "nothing is compiled on the chosen base"
    return f"{', '.join(compiled)} may be compiled on the chosen base"


def _unused(plan: Plan, line: Line) -> str:
    if not line.value:
        return "requirements without a detected use are kept"
    moved = [
        item.name
        for item in plan.requirements
        if any(one.message.endswith(UNUSED) for one in item.evidence)
    ]
    if not moved:
        return "every requirement has a detected use"
    return f"{', '.join(moved)}: no usage found, moved to development"


def _without(plan: Plan, line: Line) -> str:
    rule = next(rule for rule in RULES if rule.name == line.value)
    if nothing := idle(plan, line):
        return f"no effect: {nothing}"
    if rule.level > plan.level:
        return f"the rule is of -O{rule.level}, above this plan's -O{plan.level}"
    return f"the rule is not applied ({rule.title.rstrip('.')})"


def _probes(plan: Plan, line: Line) -> str:
    if nothing := idle(plan, line):
        return f"no effect: {nothing}"
    return "its requests are sent to both images, after the generated ones"


def _probe_commands(_plan: Plan, _line: Line) -> str:
    return "with --allow-commands it is run against both images, after all requests"


def _budget(plan: Plan, line: Line) -> str:
    most = "the limit that `optimize` enforces on the candidate"
    predicted = plan.prediction.after.size
    if line.key == Budget.SIZE and predicted:
        return f"{most}; {sized(predicted)} is predicted"
    return f"{most}; measured after the build"


MEANINGS: Mapping[str, Callable[[Plan, Line], str]] = {
    "level": _level,
    "base": _base,
    "policy": _base,
    "allow-source-builds": _source_builds,
    "remove-unused": _unused,
    "without": _without,
    "probes": _probes,
    "probe-commands": _probe_commands,
}


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
            evidence=(Evidence.of("image", kept),),
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
    evidence = Evidence.of("list", line, place)
    return LineAnswer(subject=question, kind="system", verdict=verdict, evidence=(evidence,))


PLACE = re.compile(r"(?P<file>.+):(?P<line>\d+)")


def why(plan: Plan, question: str) -> tuple[Answer, ...]:
    """Answer for a distribution, a path, a system package, a rule, or FILE:LINE of the settings.

    Raises ProjectError when the plan has nothing under this name.
    """
    found = tuple(answer for answer in _answers(plan, question) if answer is not None)
    found = found or tuple(_kept_in_image(plan, question))
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


def _kept_in_image(plan: Plan, name: str) -> Iterator[LineAnswer]:
    """Explain what only the image that was read has: the base's installer, a folder of its own."""
    for row in left_in(plan):
        if row.what in {name, canonicalize_name(name)}:
            yield LineAnswer(
                subject=name,
                kind="image",
                verdict=f"kept: {row.why}",
                evidence=(Evidence.of("image", row.why),),
                size=Size(bytes=row.bytes, basis=Basis.MEASURED, source="files of the image"),
            )


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
