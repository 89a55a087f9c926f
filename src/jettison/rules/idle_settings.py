"""Lines of the project's settings: what they remove, and which of them have no effect."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight
from jettison.contents.system import PROGRAMS
from jettison.formats.own_settings import Ask, Line, Override
from jettison.plan import Finding, Plan
from jettison.plan.removal import WILD, Group
from jettison.plan.removing import any_version, group, present, remaining, removal
from jettison.rules.rule import WATCHED, Rule
from jettison.values import Evidence, replace


def idle_settings(plan: Plan) -> Iterator[Finding]:
    """Report settings that have no effect.

    Settings become stale: a distribution under ``keep`` is no longer installed, a newer release
    renamed a path under ``remove``, a rule under ``without`` finds nothing, a file under ``probes``
    was moved. Such a line misleads its readers.

    Source: the settings of the project; the report shows the line.

    Safe: nothing is changed. What cannot be looked up, because no list of files is known or the
    system around the application was not watched, is not reported.
    """
    lines: tuple[Override | Line, ...] = (*plan.overrides.files, *plan.settings.lines)
    yield from (
        Finding.advice(
            f"{line.shown} means nothing: {why}",
            Evidence.of("setting", "the line of the settings", line.origin),
        )
        for line in lines
        if (why := idle(plan, line))
    )


def idle(plan: Plan, line: Override | Line) -> str:
    """Say why a line has no effect; empty for one that has an effect, or may have one."""
    if isinstance(line, Override):
        return _idle_override(plan, line)
    if line.key == "without" and line.value in plan.idle and plan.contents.files:
        return "the rule would find nothing"
    if line.key == "probes" and line.value in plan.settings.missing:
        return "there is no such file"
    return ""


def _idle_override(plan: Plan, override: Override) -> str:
    if override.why or plan.overrides.files.get(override) or not plan.contents.files:
        return ""
    if canonicalize_name(override.text) in _declared(plan):
        return ""
    if override.ask is Ask.KEEP and in_system(plan, override.text) is not False:
        return ""
    return "no distribution, module or path of the environment has this name"


def _declared(plan: Plan) -> frozenset[str]:
    names = (item.name for item in plan.requirements)
    return frozenset({*names, *table(DeadWeight).seeds})


def in_system(plan: Plan, name: str) -> bool | None:
    """Whether a module, package or program of the system has a name; None when nobody looked.

    Below -O3 nothing is taken out of the system but modules of the standard library, out of a base
    that is composed.
    """
    if name.partition(".")[0] in sys.stdlib_module_names:
        return True
    if plan.level < WATCHED:
        return False
    system = plan.observed.system if plan.observed else None
    if system is None:
        return None
    paths = (posixpath.join(folder, name) for folder in PROGRAMS)
    return name in system.packages or any(
        path in system.files or path in system.links for path in paths
    )


IDLE_SETTINGS = Rule.of("idle-settings", idle_settings, level=1)


def requested_removals(plan: Plan) -> Iterator[Finding]:
    """Remove what the settings list under `remove`.

    A line of ``remove`` in ``jettison.toml`` or ``[tool.jettison]`` names a distribution, a module
    or a pattern of paths below site-packages. A declared requirement that it names moves to
    development.

    Source: the settings of the project; the report shows the line.

    Safe: as far as the person who wrote the line knows. The build still keeps what a remaining
    module imports, and reports it.
    """
    groups = tuple(_groups(plan))
    evidence = [
        Evidence.of("setting", override.shown, override.origin)
        for override in plan.overrides.of(Ask.REMOVE)
        if plan.overrides.files[override]
    ]
    return removal(plan, "requested-removals", "files that the settings name", groups, evidence)


def _groups(plan: Plan) -> Iterator[Group]:
    here = present(plan)
    for override in plan.overrides.of(Ask.REMOVE):
        meant = [file for file in plan.overrides.files[override] if file.path in here]
        for name in dict.fromkeys(file.distribution for file in meant):
            files = [file for file in meant if file.distribution == name]
            reason = f"{plan.contents.label(name)}, {override.shown}"
            found = group(reason, files, every=remaining(plan), whole=lambda _: True)
            own = (override.text,) if WILD.search(override.text) else map(any_version, found.paths)
            yield replace(found, paths=tuple(own), together=True)


REQUESTED_REMOVALS = Rule.of("requested-removals", requested_removals, level=1)
