"""Install no recommended packages and keep no package lists.

apt installs recommended packages by default, and its package lists remain in the layer that made
them: about 20 MB on Debian 13.

Source: hadolint DL3015 and DL3009; docs.docker.com, "Building best practices", apt-get.

Safe: the named packages and their dependencies are still installed. The report names the
recommended packages that no longer are.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue.base_release import facts_of
from jettison.lift.packages import DEFAULT_RELEASE, requested
from jettison.lower.packages import installs_recommended, runs_leaving_lists
from jettison.plan import Finding, Plan
from jettison.plan.changes import TidyPackageInstalls
from jettison.rules.rule import Rule
from jettison.values import Basis, Evidence, Saving

SHOWN = 6
# Certificates and time zones recommend nothing that they need.
HARMLESS = frozenset({"ca-certificates", "tzdata", "netbase", "media-types"})


def detect(plan: Plan) -> Iterator[Finding]:
    """Find apt commands that install recommended packages or keep their lists."""
    if plan.stage.release == "alpine":
        return
    runs = [run for run in plan.stage.runs if run.editable]
    recommended = [action for run in runs for action in installs_recommended(run)]
    lists = runs_leaving_lists(plan.stage)
    if not recommended and not lists:
        return
    extra = _recommended(plan)
    taken = bool(recommended) and (not extra or _are_libraries(plan))
    if not taken and not lists:
        return
    evidence = [
        Evidence(kind="apt", message="recommended packages are taken along", origin=action.origin)
        for action in recommended
    ]
    evidence += [
        Evidence(
            kind="apt", message="the package lists stay in the layer", origin=run.instruction.origin
        )
        for run in lists
    ]
    if taken and extra:
        names = ", ".join(sorted(extra)[:SHOWN]) + (" …" if len(extra) > SHOWN else "")
        evidence.append(Evidence(kind="catalogue", message=f"no longer comes along: {names}"))
    elif recommended and not taken:
        message = "kept: a program among the packages may use what is recommended with it"
        evidence.append(Evidence(kind="unknown", message=message))
    change = TidyPackageInstalls(recommends=taken, lists=bool(lists))
    parts = ["installs only the named packages"] if taken else []
    parts += ["keeps no package lists"] if lists else []
    message = f"apt {' and '.join(parts)}"
    yield Finding.of(message, tuple(evidence), change, saving=_saving(extra) if taken else None)


def _are_libraries(plan: Plan) -> bool:
    """Whether no package is a program, whose recommended packages could be missed."""
    return all(
        (name.startswith("lib") and not name.endswith("-dev")) or name in HARMLESS
        for name in requested(plan.stage)
    )


def _recommended(plan: Plan) -> dict[str, int]:
    """Packages that only come as recommended ones, with their bytes."""
    facts = facts_of(plan.stage.release or DEFAULT_RELEASE)
    if facts is None:
        return {}
    names = requested(plan.stage)
    needed = {package.name for package in facts.closure(names)}
    whole = facts.closure(names, recommends=True)
    return {package.name: package.size for package in whole if package.name not in needed}


def _saving(extra: dict[str, int]) -> Saving | None:
    if not extra:
        return None
    return Saving(
        bytes=sum(extra.values()),
        basis=Basis.ESTIMATED,
        source="Installed-Size of recommended packages",
    )


RULE = Rule(name="tidy-package-installs", level=2, documentation=__doc__, detect=detect)
