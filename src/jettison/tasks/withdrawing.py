"""Trace differences back to the rules that made them, by what they name or by trying."""

from __future__ import annotations

import posixpath
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from jettison.ecosystems.uv import UV
from jettison.plan import Plan, Withdrawal
from jettison.plan.changes import MoveToDevelopment, RemoveFiles, SplitBuildStage
from jettison.plan.removal import Matcher
from jettison.report.result_text import Result
from jettison.rules import (
    BY_CHECK,
    BY_REFUSAL,
    RULES,
    build_context,
    build_stage,
    development_requirements,
    non_root_user,
)
from jettison.rules.rule import applied_rules, growing, not_larger, optimized
from jettison.values import by_key, human, in_one_line, replace
from jettison.verify import CheckResult, Verdict
from jettison.verify.checks.check import NO_MORE
from jettison.verify.checks.contents import RESOLVED
from jettison.verify.planned_request import removed_distributions

# The rules that a difference is traced to by what it names.
IGNORING, MOVING = build_context.RULE.name, development_requirements.RULE.name
BUILD_STAGE, NON_ROOT = build_stage.RULE.name, non_root_user.RULE.name
# What a program wrote into the home of root, or says of it, and of another's as another user.
_AT_HOME = re.compile(r"^file /root/.* became 404\b|/root/.*' became '|' became '[^']*/home/")
_REQUEST = re.compile(r"\b(?:GET|HEAD|POST|PUT)\s+([^\s:?]+)")
_PATH = re.compile(r"(?<![\w.@+-])[\w.@+-]*+/[\w./@+-]+|(?<![\w-])[\w-]++\.\w+")
_MODULE = re.compile(r"No module named ['\"]?([\w.]+)")
# Of the check of programs.
_PROGRAM = re.compile(r"([\w.+-]+): FileNotFoundError\b")
_OLD_PLACE = re.compile(
    r"/usr/local/(?:bin/|lib/python\d)\S*?:? .*(?:No such file|not found)"
    r"|/lib/python\d[^']*' became '[^']*/venv/lib/python\d",
    re.I,
)
# Two digests of one kind, each in all answers of its image: of a path, as likely as not.
_DIGESTS = re.compile(r"'([0-9a-f]{32,})' became '([0-9a-f]{32,})'")
_WORD = re.compile(r"[a-z][\w-]{3,}")
_SITE = "site-packages/"
_GONE_OF = re.compile(r"(\S+) of (?!the application)\S.* is gone\b")
# As many further comparisons have to find nothing before a difference counts as chance.
_REPEATS = 2
ONCE = f"differed in one of {1 + _REPEATS} comparisons of the same images"
# All tries after the first may take so many seconds, or so many times what the first one took, and
# be so many: more than it takes to find two rules of thirty.
_SECONDS, _TIMES, _MOST = 300.0, 3, 24


def explained(plan: Plan, verdict: Verdict) -> tuple[Withdrawal, ...]:
    """Give what of the plan explains differences, by what they name or else by what was checked."""
    found: list[Withdrawal] = []
    traces = (_kept_out, _not_installed, _taken_out, _refused, _elsewhere)
    for one in verdict.differences:
        lines = (one.message, *one.reported)
        named = [each for trace in traces for each in trace(plan, lines)]
        found += named or _of_check(plan, one)
    return tuple({(one.rule, one.part): one for one in found}.values())


def as_different(one: Verdict, other: Verdict) -> bool:
    """Whether two comparisons found the same differences."""
    first, second = ({(c.name, c.message) for c in each.differences} for each in (one, other))
    return first == second


def too_large(result: Result) -> tuple[Withdrawal, ...]:
    """Give the rule that an image which grew does without; none when no rule makes it larger."""
    if result.saved >= 0:
        return ()
    sizes = f"{human(result.before.size.bytes)} to {human(result.after.size.bytes)}"
    return growing(result.plan, RULES, sizes)


def _kept_out(plan: Plan, lines: Iterable[str]) -> Iterator[Withdrawal]:
    """Files of the context that the plan's ignore file keeps out and a difference names."""
    before, after = plan.original.ignore, plan.project.ignore
    gone = [
        path
        for path in plan.original.files
        if after and after.ignores(path) and not (before and before.ignores(path))
    ]
    by_name = by_key((posixpath.basename(path), path) for path in gone)
    for line in lines:
        modules = [name.replace(".", "/") for name in _MODULE.findall(line)]
        named = {*_REQUEST.findall(line), *_PATH.findall(line), *modules}
        for word in sorted(named):
            same = _nearest(word, by_name.get(posixpath.basename(word), []))
            parts = [path for path in gone if word in modules and _is_module(path, word)]
            for path in (*same, *parts):
                reason = f"{path} was kept out of the image: {shown(line)}"
                yield Withdrawal(rule=IGNORING, part=path, reason=reason)


def _nearest(word: str, paths: list[str]) -> list[str]:
    """The paths that share the longest end with what was named."""
    end = word.split("/")[::-1]
    shared = {path: len(posixpath.commonprefix([path.split("/")[::-1], end])) for path in paths}
    return [path for path in paths if shared[path] == max(shared.values())]


def _is_module(path: str, module: str) -> bool:
    return f"/{path}".endswith((f"/{module}.py", f"/{module}/__init__.py")) or (
        f"/{module}/" in f"/{path}"
    )


def _not_installed(plan: Plan, lines: Iterable[str]) -> Iterator[Withdrawal]:
    """Requirements that were moved and of which something is missing, or that changed others.

    Only the names that the change moved count. A line of the log that is gone may name one.
    """
    moved = {name for change in plan.applied(MoveToDevelopment) for name in change.names}
    below = (
        (child, name) for name in sorted(moved) for child in plan.closure.graph.reached((name,))
    )
    lent = {child: name for child, name in below if child in plan.leaving.names - moved}
    for line in lines:
        modules, program = _MODULE.findall(line), _PROGRAM.match(line)
        words = set(_WORD.findall(line.lower())) if NO_MORE in line else ()
        for name in sorted(moved | lent.keys()):
            facts = plan.closure.facts.get(name)
            known = facts.import_names if facts else (name.replace("-", "_"),)
            missing = any(f"{module}.".startswith(f"{one}.") for module in modules for one in known)
            missing |= bool(facts and program and program[1] in facts.console_scripts)
            if missing or name in words or any(one.lower() in words for one in known):
                yield Withdrawal(rule=MOVING, part=lent.get(name, name), reason=shown(line))
        if moved and RESOLVED in line and not _uv_replaces_pip(plan):
            yield Withdrawal(rule=MOVING, reason=shown(line))


def _taken_out(plan: Plan, lines: Iterable[str]) -> Iterator[Withdrawal]:
    """Files of distributions that were taken out and that a difference names."""
    for finding in plan.findings if lines else ():
        for change in finding.changes if finding.applied else ():
            for group in change.groups if isinstance(change, RemoveFiles) else ():
                gone = Matcher.of((path, True) for path in group.paths)
                for line in lines:
                    if any(gone.find(path) for path in _installed_paths(line)):
                        reason = f"{group.reason} were taken out: {shown(line)}"
                        yield Withdrawal(rule=finding.rule, part=group.distribution, reason=reason)


def _installed_paths(line: str) -> Iterator[str]:
    yield from _GONE_OF.findall(line)
    for module in _MODULE.findall(line):
        path = module.replace(".", "/")
        yield from (f"{path}.py", f"{path}/__init__.py")
    for word in (*_PATH.findall(line), *_REQUEST.findall(line)):
        if _SITE in word:
            yield word.partition(_SITE)[2]


def _refused(plan: Plan, lines: Iterable[str]) -> Iterator[Withdrawal]:
    """The rule that keeps a program from writing which says so, or that gave it another home."""
    applied = applied_rules(plan)
    for line in lines:
        rules = {rule.name for said, rule in BY_REFUSAL.items() if said in line}
        rules |= {NON_ROOT} if _AT_HOME.search(line) else set()
        yield from (Withdrawal(rule=one, reason=shown(line)) for one in sorted(rules & {*applied}))


def _elsewhere(plan: Plan, lines: Iterable[str]) -> Iterator[Withdrawal]:
    """The rule that made the environment in another place: something looks for it in the old one.

    Or makes an identifier of where a module lies, or has uv choose versions where pip did.
    """
    if BUILD_STAGE not in applied_rules(plan):
        return
    gone = removed_distributions(plan)
    there = {r for n, f in plan.closure.facts.items() if n not in gone for r in f.import_names}
    for line in lines:
        if RESOLVED in line and _uv_replaces_pip(plan):
            yield Withdrawal(rule=BUILD_STAGE, part=UV.name, reason=shown(line))
        digests = _DIGESTS.search(line)
        hashed = digests and len(digests[1]) == len(digests[2])
        if hashed or _OLD_PLACE.search(line) or there.intersection(_MODULE.findall(line)):
            yield Withdrawal(rule=BUILD_STAGE, reason=shown(line))


def _uv_replaces_pip(plan: Plan) -> bool:
    return any(change.replaces_pip for change in plan.applied(SplitBuildStage))


def _of_check(plan: Plan, check: CheckResult) -> Iterator[Withdrawal]:
    """The rule whose work a check looks at, where the plan applied it."""
    applied = applied_rules(plan)
    rule = next((one.name for one in BY_CHECK.get(check.name, ()) if one.name in applied), None)
    if rule is not None:
        yield Withdrawal(rule=rule, reason=f"{check.name}: {shown(check.message)}")


def shown(line: str) -> str:
    """Give what a difference says in one line of a terminal."""
    return in_one_line(line, 160)


def folded(start: Plan) -> Plan:
    """Apply the rules to the plan before any rule, for an image that is to be read.

    What makes it larger stays in: what leaves once it was read outweighs that.
    """
    return optimized(start, RULES, without=start.settings.without)


def replanned(start: Plan) -> Plan:
    """Apply the rules to the plan before any rule."""
    plan = folded(start)
    return plan if start.observed else not_larger(start, plan, RULES)


class Search:
    """Counts what tries take, by what the first one took."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first = self._spent = 0.0
        self.tries = 0

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Count the block as one try."""
        begun = self._clock()
        try:
            yield
        finally:
            passed = self._clock() - begun
            if self.tries:
                self._spent += passed
            else:
                self._first = passed
            self.tries += 1

    @property
    def over(self) -> bool:
        """Whether no more tries are worth their time."""
        return self._spent > max(_SECONDS, _TIMES * self._first) or self.tries > _MOST

    @property
    def told(self) -> str:
        """Say how much was tried."""
        return f"{self.tries} tries took {self._first + self._spent:.0f} s"


def by_chance(again: Callable[[], Result], search: Search) -> Result | None:
    """Give the last of some further comparisons where none of them finds a difference."""
    result = None
    for _ in range(_REPEATS):
        if search.over:
            return None
        result = again()
        if not result.verdict.equivalent:
            return None
    return result


def first_to_fail(
    start: Plan,
    plan: Plan,
    works: Callable[[Plan], bool],
    reason: str,
    *,
    search: Search,
    fold: Callable[[Plan], Plan],
) -> tuple[Withdrawal, ...]:
    """Find the first rule with which it does not work, by applying half of them at a time.

    ``fold`` applies the rules. Once the search is over, all that are left are given.
    """
    rules = applied_rules(plan)
    good, bad = 0, len(rules)
    while bad - good > 1 and not search.over:
        middle = (good + bad) // 2
        without = (Withdrawal(rule=name, reason=reason) for name in rules[middle:])
        tried = fold(replace(start, withdrawn=(*start.withdrawn, *without)))
        good, bad = (middle, bad) if works(tried) else (good, middle)
    return _together(rules[good:bad], reason, search)


def to_blame(
    start: Plan,
    plan: Plan,
    alike: Callable[[Plan], bool],
    reason: str,
    *,
    search: Search,
    fold: Callable[[Plan], Plan],
) -> tuple[Withdrawal, ...]:
    """Find the rule that makes a difference; none where images differ without any rule as well.

    ``fold`` applies the rules.
    """
    if search.over:
        return every_one(plan, reason, search)
    every = tuple(Withdrawal(rule=name, reason=reason) for name in applied_rules(plan))
    if not alike(fold(replace(start, withdrawn=(*start.withdrawn, *every)))):
        return ()
    return first_to_fail(start, plan, alike, reason, search=search, fold=fold)


def every_one(plan: Plan, reason: str, search: Search) -> tuple[Withdrawal, ...]:
    """Give all rules that a plan applies, as finding the one would take too long."""
    return _together(applied_rules(plan), reason, search)


def _together(rules: tuple[str, ...], reason: str, search: Search) -> tuple[Withdrawal, ...]:
    if len(rules) > 1:
        others = f"{len(rules) - 1} more are withdrawn with it"
        reason = f"{reason}; {others}, as {search.told}, and finding the one takes longer"
    return tuple(Withdrawal(rule=name, reason=reason) for name in rules)
