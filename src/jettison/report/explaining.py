"""Explain a distribution or a file: why it is kept or removed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from jettison.index.graph import exclusive, path_to, required_by, weight
from jettison.lift.scopes import Scope
from jettison.plan import Plan, PlannedRequirement
from jettison.plan.changes import RemoveFiles
from jettison.plan.removal import Group, Matcher, OwnedFile
from jettison.plan.removal.listing import LIST, Listed, listed_lines
from jettison.plan.removing import not_installed, uninstalled
from jettison.report.why_text import DistributionAnswer, FileAnswer, RuleShare
from jettison.rules import build_context
from jettison.values import Evidence, Origin, is_within, replace

VERDICTS = {
    Scope.RUNTIME: "kept: production uses it",
    Scope.DEVELOPMENT: "moved from production to development",
    Scope.UNUSED: "kept: no usage found, which is no proof",
    Scope.UNKNOWN: "kept: its purpose could not be determined",
}


def explain_distribution(plan: Plan, name: str) -> DistributionAnswer | None:
    """Explain a distribution by its normalized name; None when the project has none such."""
    graph, facts = plan.closure.graph, plan.closure.facts
    declared = next((item for item in plan.requirements if item.name == name), None)
    if declared is None and name not in graph.edges:
        return None
    share = weight(graph, facts, name) if name in graph.edges else None
    parents = required_by(graph, name) if share else ()
    gone = exclusive(graph, name) if share else ()
    return DistributionAnswer(
        name=name,
        version=facts[name].version if name in facts else "",
        verdict=_verdict(plan, declared, name),
        scope=declared.scope.value if declared else "",
        origin=declared.origin if declared else None,
        evidence=declared.evidence if declared else (),
        chain=declared.chain if declared else (),
        path=path_to(graph, name) if share else (),
        required_by=parents,
        alone=share.alone if share and name not in share.unknown else None,
        together=share.together if share and gone else None,
        gone=gone,
        without=_without(plan, declared, parents, name),
        rules=tuple(_shares(plan, name)),
    )


def groups_of(plan: Plan) -> Iterator[Group]:
    """Every file that is removed from the environment."""
    return (group for change in plan.applied(RemoveFiles) for group in change.groups)


def _verdict(plan: Plan, declared: PlannedRequirement | None, name: str) -> str:
    if name in uninstalled(plan):
        return "removed from the environment"
    if declared and declared.scope is Scope.DEVELOPMENT and name not in not_installed(plan):
        return "for development, and kept: see what the plan leaves for you to review"
    if declared:
        return VERDICTS[declared.scope]
    if name in plan.leaving.names:
        return "removed from production with the development requirements that bring it"
    return "kept: a kept distribution needs it"


def _without(
    plan: Plan, declared: PlannedRequirement | None, parents: tuple[str, ...], name: str
) -> str:
    """What would happen if it were gone."""
    if name in uninstalled(plan):
        return "no import of the application would fail"
    facts = plan.closure.facts.get(name)
    roots = facts.import_names if facts else ()
    places = [
        place.origin
        for used, found in plan.usage.imports.items()
        for place in found
        if any(f"{used}.".startswith(f"{root}.") for root in roots) and place.origin
    ]
    staying = [one for one in parents if one in plan.distributions]
    if places:
        return f"the import in {places[0]} would fail"
    if staying:
        return f"{', '.join(staying)} would lack a requirement"
    if declared and declared.scope is Scope.RUNTIME and declared.evidence:
        return f"this use would fail: {declared.evidence[0].message}"
    return "no known use would fail"


def _shares(plan: Plan, name: str) -> Iterator[RuleShare]:
    for group in groups_of(plan):
        if group.distribution == name:
            yield RuleShare(rule=group.rule, reason=group.reason, size=group.size)


KEPT = "kept, not shown to be unused"


def explain_listed(plan: Plan, path: str, files: Sequence[OwnedFile]) -> FileAnswer | None:
    """Explain a path below site-packages that a line of the list means; None: none does.

    ``files`` are those of the wheels that it is, or that lie below it.
    """
    name = plan.project.own(LIST)
    meant = Matcher.of((one.path, one) for one in listed_lines(plan.project.texts.get(name, "")))
    lines = {file.path: found[1] for file in files if (found := meant.find(file.path))}
    whole = meant.find(path) or meant.find(f"{path}/any")
    if whole and not files:
        lines = {path: whole[1]}
    owners = dict.fromkeys(plan.contents.label(file.distribution) for file in files)
    return _answer_of_line(path, ", ".join(owners), files, lines, name) if lines else None


def _answer_of_line(
    path: str, owner: str, files: Sequence[OwnedFile], lines: Mapping[str, Listed], name: str
) -> FileAnswer:
    gone = {one for one, line in lines.items() if line.leaves}
    told = list(dict.fromkeys(lines.values()))
    shown = [line for line in told if line.rule] or told
    reasons = dict.fromkeys(map(_reason, shown))
    return replace(
        _counted(path, owner, {file.path: file.size for file in files}, gone),
        rule=", ".join(dict.fromkeys(line.rule for line in shown if line.rule)),
        reason="; ".join(reasons),
        line=", ".join(line.path for line in shown),
        evidence=tuple(
            Evidence.of("list", line.path, Origin(file=name, line=line.line)) for line in shown
        ),
    )


def _counted(path: str, owner: str, sizes: Mapping[str, int], gone: Collection[str]) -> FileAnswer:
    """Answer how many files with how many bytes there are, and what of them leaves."""
    whole = len(gone) == (len(sizes) or 1)
    return FileAnswer(
        path=path,
        owner=owner,
        files=len(sizes),
        bytes=sum(sizes.values()),
        kept=(False if whole else None) if gone else True,
        removed_bytes=sum(sizes.get(name, 0) for name in gone),
    )


def _reason(line: Listed) -> str:
    if line.file:
        return f"{line.reason}: another name of {line.file}"
    return line.reason if line.rule else f"{KEPT}: {line.reason}"


SITE_PACKAGES = re.compile(r"^.*/(?:site|dist)-packages/")
PROGRAMS = re.compile(r"^/.*(?=/bin/[^/]+$)")


def explain_path(plan: Plan, text: str) -> FileAnswer | None:
    """Explain a file or a folder, absolute in the image or below site-packages; None: no such."""
    path = PROGRAMS.sub("", SITE_PACKAGES.sub("", text)).removesuffix("/")
    groups = Matcher.of((path, group) for group in groups_of(plan) for path in group.paths)
    files = [file for name, file in plan.contents.files.items() if is_within(name, path)]
    found = groups.find(path) or groups.find(f"{path}/any")
    if not found and (listed := explain_listed(plan, path, files)):
        return listed
    if not files:
        return _unlisted(path, *found) if found else None
    return _answer(plan, path, files, groups)


def explain_source(plan: Plan, text: str) -> FileAnswer | None:
    """Explain a file of the build context, relative to it or where the image has it."""
    places = [plan.stage.folder, *(copied.destination for _, copied in plan.stage.copies)]
    inside = (f"{plan.stage.expanded(place).rstrip('/')}/" for place in places)
    place = next((one for one in inside if one != "/" and text.startswith(one)), "")
    path = text.removeprefix(place).removesuffix("/")
    files = {name: size for name, size in plan.project.files.items() if is_within(name, path)}
    if not files:
        return None
    ignore = plan.project.ignore
    lines = {name: ignore.ignored_by(name) if ignore else None for name in files}
    out = [name for name, line in lines.items() if line is not None]
    line = next((found for found in lines.values() if found is not None), None)
    return replace(
        _counted(path, "the application", files, out),
        rule=build_context.RULE.name if line else "",
        reason="the ignore file excludes it" if line else "in the build context",
        line=line.text.strip() if line else "",
        evidence=(Evidence.of("ignore", line.text.strip(), line.origin),) if line else (),
    )


def _unlisted(path: str, line: str, group: Group) -> FileAnswer:
    """What no wheel lists, but a line of the list takes: an installer, byte code, a script."""
    known = _counted(path, group.distribution, {}, {path})
    return replace(known, rule=group.rule, reason=group.reason, line=line)


def _answer(
    plan: Plan, path: str, files: Sequence[OwnedFile], groups: Matcher[Group]
) -> FileAnswer:
    gone = {file.path: found for file in files if (found := groups.find(file.path))}
    owners = dict.fromkeys(plan.contents.label(file.distribution) for file in files)
    lines = dict.fromkeys(line for line, _ in gone.values())
    rules = dict.fromkeys(group.rule for _, group in gone.values())
    reasons = dict.fromkeys(group.reason for _, group in gone.values())
    kept = next((plan.overrides.kept[f.path] for f in files if f.path in plan.overrides.kept), None)
    evidence = tuple(
        found for finding in plan.findings if finding.rule in rules for found in finding.evidence
    )
    reason = "; ".join(reasons) or "no rule removes it; it may be used"
    if kept and not gone:
        reason = f'keep = "{kept.text}"'
        evidence = (Evidence.of("setting", reason, kept.origin),)
    return replace(
        _counted(path, ", ".join(owners), {file.path: file.size for file in files}, gone),
        rule=", ".join(rules),
        reason=reason,
        line=", ".join(lines),
        evidence=tuple(one for one in evidence if _speaks_of(one, files)) or evidence[:1],
    )


def _speaks_of(evidence: Evidence, files: Sequence[OwnedFile]) -> bool:
    names = {file.distribution for file in files}
    return any(
        re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", evidence.message) for name in names
    )
