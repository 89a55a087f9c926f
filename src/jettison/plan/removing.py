"""How rules ask for files to leave: candidates in, one finding with the change out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from jettison.catalogue.dead_weight import Known
from jettison.index.graph import total_size
from jettison.lift.declared import shipped_names
from jettison.lift.scopes import Scope
from jettison.lift.stages import NotApart
from jettison.lift.usage import Given
from jettison.plan import Finding, Plan
from jettison.plan.changes import RemoveFiles
from jettison.plan.removal import Group, Matcher, OwnedFile, collapsed, names_itself
from jettison.plan.removal.listing import ARROW, LIST, Unproven, paths_in
from jettison.plan.system_removal import leaves_late, place_of_removal, waits_for_steps
from jettison.values import Evidence, Size, by_key, human, once_each, replace, some

# Less than this of one distribution is not worth a line of the list.
WORTHWHILE = 20_000
# What is kept is reported from this size on.
TOLD = 1_000_000
METADATA = re.compile(r"-[^-/]+\.dist-info/")


OPTIONAL = "optional-distributions"
"""The rule that leaves out distributions, and parts of them, that no word of the source needs."""


def removed_lines(plan: Plan) -> Iterator[str]:
    """Give the paths and patterns of the files that the plan removes so far."""
    return paths_in(plan.project.own_text(LIST))


def optional_lines(plan: Plan) -> Iterator[str]:
    """Give those of parts of distributions that what stays only tries to import."""
    groups = (one for change in plan.applied(RemoveFiles) for one in change.groups)
    return (path for one in groups if one.rule == OPTIONAL for path in one.paths)


def listed(plan: Plan) -> Matcher[bool]:
    """The paths that are taken out already."""
    return Matcher.of((path, True) for path in removed_lines(plan))


def imported(plan: Plan, folder: str) -> bool:
    """Whether the application imports a module of a folder of site-packages."""
    name = folder.rstrip("/").replace("/", ".")
    return any(f"{used}.".startswith(f"{name}.") for used in plan.usage.imports)


@once_each
def remaining(plan: Plan) -> Mapping[str, OwnedFile]:
    """The files of the environment that no rule has taken out yet."""
    gone = listed(plan)
    return {path: file for path, file in plan.contents.files.items() if not gone.find(path)}


def present(plan: Plan) -> Mapping[str, OwnedFile]:
    """The files that may leave: not taken out yet, and not kept by a line of the settings."""
    kept = plan.overrides.kept
    return {path: file for path, file in remaining(plan).items() if path not in kept}


def grouped(
    plan: Plan, what: str, chosen: Callable[[OwnedFile], bool], whole: Callable[[str], bool]
) -> tuple[Group, ...]:
    """Group the chosen files by distribution, the heaviest first; ``what`` they are of it.

    ``whole`` says of a folder (with a final ``/``) that all that may lie in it is meant.
    """
    here = remaining(plan)
    found = by_key(
        (file.distribution, file)
        for path, file in here.items()
        if path not in plan.overrides.kept and chosen(file)
    )
    # What lies in another folder does not matter to the paths of a group.
    beside = by_key((_top(path), path) for path in here)
    groups = [
        group(
            f"{what} of {plan.contents.label(name)}",
            files,
            every=[path for top in {_top(file.path) for file in files} for path in beside[top]],
            whole=whole,
        )
        for name, files in found.items()
    ]
    return worthwhile(groups)


def worthwhile(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Give the groups that are worth a line, the largest first."""
    large = (one for one in groups if one.bytes >= WORTHWHILE)
    return tuple(sorted(large, key=lambda one: (-one.bytes, one.distribution)))


def _top(path: str) -> str:
    return path.partition("/")[0]


def group(
    reason: str,
    files: Sequence[OwnedFile],
    *,
    every: Collection[str] = (),
    whole: Callable[[str], bool] = lambda _: False,
    not_counting: tuple[str, ...] = (),
) -> Group:
    """Make a group of files of one distribution; ``every`` file is what is present."""
    distribution = files[0].distribution
    files = [file for file in files if names_itself(file.path)]
    paths = {file.path for file in files}
    return Group(
        distribution=distribution,
        reason=reason,
        paths=collapsed(paths, every, whole) if every else tuple(sorted(paths)),
        not_counting=not_counting,
        bytes=sum(file.size for file in files),
        source_bytes=sum(file.size for file in files if file.path.endswith(".py")),
    )


def removal(
    plan: Plan,
    rule: str,
    what: str,
    groups: Iterable[Group],
    evidence: Iterable[Evidence] = (),
    *,
    unproven: tuple[Unproven, ...] = (),
    obstacle: Evidence | None = None,
) -> Iterator[Finding]:
    """Ask for groups to leave; where there is an obstacle, only say so.

    ``what`` names the files in the plural (``tests of distributions``); ``unproven`` are those that
    stay without a proof of use. An environment that is not built apart is an obstacle to all.
    """
    stay = plan.withheld(rule)
    groups = [one for one in groups if one.distribution not in stay and not _keeps(plan, one)]
    groups = [one for one in groups if one.is_listable]
    if not groups:
        return
    saving = together(groups)
    why = (*evidence, *(_evidence(group) for group in groups))
    where = place_of_removal(plan.project, plan.stage)
    late = leaves_late(plan) or waits_for_steps(plan)
    obstacle = where.evidence if isinstance(where, NotApart) and not late else obstacle
    if obstacle is not None:
        if saving.bytes < TOLD:
            return
        message = f"{what} kept ({human(saving.bytes)}): {obstacle.message}"
        yield Finding.advice(message, obstacle, *why)
        return
    message = f"remove {what} from the environment"
    yield Finding.of(
        message,
        why,
        RemoveFiles(
            groups=tuple(replace(one, rule=rule) for one in groups), unproven=unproven, late=late
        ),
        saving=saving if saving.bytes else None,
    )


def asked_alone(entry: Known, verb: str, names: Collection[str]) -> Evidence:
    """The evidence that a distribution is used with some names and with no others."""
    message = f"{entry.distribution} {verb} only {', '.join(sorted(names))} ({entry.source})"
    return Evidence.of("catalogue", message)


def staying(what: str, files: Iterable[OwnedFile], why: Evidence) -> Iterator[Finding]:
    """Say that files stay which could have left, where they are worth it; ``what`` names them."""
    size = sum(file.size for file in files)
    if size < TOLD:
        return
    yield Finding.advice(f"{what} stay ({human(size)}): {why.message}", why)


def any_version(path: str) -> str:
    """The path of a folder of metadata, whatever version it is of."""
    return METADATA.sub("-*.dist-info/", path)


def uninstalled(plan: Plan) -> frozenset[str]:
    """The distributions that leave whole, with their metadata."""
    return frozenset(
        group.distribution
        for change in plan.applied(RemoveFiles)
        for group in change.groups
        if any(path.endswith(".dist-info/") for path in group.paths)
    )


def not_installed(plan: Plan) -> frozenset[str]:
    """The distributions that the image is not told to install any more: those of development."""
    gone = {item.name for item in plan.requirements if item.scope is Scope.DEVELOPMENT}
    kept = shipped_names(plan.project)
    kept |= plan.closure.graph.reached(kept)
    return frozenset((gone | plan.leaving.names) - kept)


def requiring(plan: Plan, name: str) -> frozenset[str]:
    """The planned distributions that require another one, and those that may: nothing is known."""
    edges = plan.closure.graph.edges
    known = frozenset(each for each in plan.distributions if name in edges.get(each, ()))
    return known | unknown(plan)


def unknown(plan: Plan) -> frozenset[str]:
    """The distributions of which no release could be looked at, those for development apart."""
    closure, development = plan.closure, Scope.DEVELOPMENT
    leaving = {item.name for item in plan.requirements if item.scope is development}
    return frozenset(closure.graph.edges.keys() - closure.facts.keys() - leaving)


def cannot_tell(
    plan: Plan, given: Given, computed: str, others: Iterable[str], *, unnamed: bool
) -> Evidence | None:
    """Why the data that a distribution is called for are not known; None when they are.

    ``computed`` says it of a call, ``others`` may ask too, and ``unnamed`` says that what no call
    names may be anything.
    """
    if given.computed:
        return Evidence.of("call", computed, given.computed[0])
    other = min(others, default="")
    if other:
        return may_ask(plan, other)
    return Evidence.of("call", "no call names one") if unnamed else None


def may_ask(plan: Plan, name: str) -> Evidence:
    """The evidence that a distribution may ask another one for any data."""
    known = f"{name} is unknown and" if name in unknown(plan) else name
    return Evidence.of("requirement", f"{known} may request any")


def unproven_of(plan: Plan) -> tuple[Unproven, ...]:
    """What stays although nothing was seen to use it, as the plan's findings tell."""
    changes = (change for finding in plan.findings for change in finding.changes)
    return tuple(one for each in changes if isinstance(each, RemoveFiles) for one in each.unproven)


def together(groups: Sequence[Group]) -> Size:
    """What all groups weigh."""
    sizes = [group.size for group in groups]
    return total_size(sizes, source=max(sizes, key=lambda size: size.bytes).source)


def _keeps(plan: Plan, group: Group) -> bool:
    """Whether a line of the settings keeps a file that the paths of a group would mean too."""
    meant = Matcher.of((path, True) for path in group.paths)
    return any(meant.find(path) for path in plan.overrides.kept)


def _evidence(group: Group) -> Evidence:
    lines = (*group.paths, *group.sections, *(ARROW.join(pair) for pair in group.links))
    size = f" {human(group.size.bytes)}:" if group.bytes else ""
    return Evidence.of("wheel", f"{group.reason}:{size} {some(lines, 3)}")
