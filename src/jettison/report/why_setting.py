"""What a line of the project's settings means in the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from jettison.formats.settings import Ask, Budget, Line, Wish
from jettison.plan.plan import Plan
from jettison.report.why_values import LineAnswer
from jettison.rules import RULES
from jettison.rules.idle_settings import idle, in_system
from jettison.values import Evidence, counted, human, sized

UNUSED = "(remove-unused)"


def explain_line(plan: Plan, file: str, line: int) -> Iterator[LineAnswer]:
    """Explain everything that stands in a line of the settings."""
    for wish in plan.wishes.files:
        if (wish.origin.file, wish.origin.line) == (file, line):
            yield _answer(wish, _wish(plan, wish))
    for each in plan.settings.lines:
        if (each.origin.file, each.origin.line) == (file, line):
            meaning = MEANINGS.get(each.key, _budget)
            yield _answer(each, meaning(plan, each))


def _answer(line: Wish | Line, verdict: str) -> LineAnswer:
    evidence = Evidence(kind="setting", message="written here", origin=line.origin)
    return LineAnswer(subject=line.shown, kind="setting", verdict=verdict, evidence=(evidence,))


def _wish(plan: Plan, wish: Wish) -> str:
    files = plan.wishes.files[wish]
    if nothing := idle(plan, wish):
        return f"no effect: {nothing}"
    if files:
        size = human(sum(one.size for one in files))
        return f"matches {counted(len(files), 'file')} ({size}) of the wheels"
    if wish.ask is Ask.KEEP and in_system(plan, wish.text):
        return "matches a module, a package or a program of the system"
    return "matches no known file of the environment"


def _level(plan: Plan, line: Line) -> str:
    if plan.level != line.value:
        return f"overridden by -O{plan.level} on the command line"
    count = sum(rule.level <= plan.level for rule in RULES)
    return f"{count} of {len(RULES)} rules are of this level or below"


def _base(plan: Plan, line: Line) -> str:
    choice = plan.base
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
