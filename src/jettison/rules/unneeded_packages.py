"""System packages that nothing calls, and how packages are installed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jettison.catalogue import table
from jettison.catalogue.base_release import facts_of
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import GroupChange, UserChange
from jettison.ecosystems.pip import DECLARING
from jettison.formats.dockerfile.run import run_script
from jettison.lift.action import Action, ActionKind
from jettison.lift.packages import (
    DEFAULT_RELEASE,
    passing_packages,
    removable,
    requested,
    saved_without,
)
from jettison.lift.repeated_commands import VERSIONED
from jettison.lift.scopes import PackageScope, PlannedPackage
from jettison.lift.stages import service_of
from jettison.lower.packages import installs_recommended, runs_leaving_lists
from jettison.plan import Finding, Plan
from jettison.plan.changes import RemoveCommands, RemovePackages, TidyPackageInstalls
from jettison.rules.rule import Rule
from jettison.values import Basis, Evidence, Size, in_one_line

NAMING = re.compile(r"requirements|constraints|pyproject\.toml$|\.lock$|Pipfile")
# A source under version control, as requirements, locks and old lists (`-e git://…`) write it.
FETCHED = re.compile(r"\b(?:git|hg|svn|bzr)\+|\bgit(?:://|@| =)")
GROUP = "docker"
FETCHERS = frozenset({"git", "git-lfs", "openssh-client", "ssh", "mercurial", "subversion"})


def unneeded_packages(plan: Plan) -> Iterator[Finding]:
    """Remove system packages that nothing calls.

    Programs for people (git, curl, vim), for setting up package sources (gnupg, lsb-release) and
    those of the health check stay behind in production images, each with the packages that it
    depends on, each a thing to patch and a tool for an intruder.

    Source: docs.docker.com, "Building best practices", "Don't install unnecessary packages".

    Safe: only packages that are known to be programs and nothing else are looked at, and only when
    none of their programs is called by the source, the scripts, the start commands or a remaining
    step of the Dockerfile. A call whose program is computed keeps them all.
    """
    present = set(removable(plan.stage)) - set(passing_packages(plan.stage))
    clients = table(Tools).container_clients.packages
    called = _called_by_health_check(plan) | _called_by_installers(plan)
    found = [
        item
        for item in plan.packages
        if item.scope is PackageScope.UNNEEDED
        and item.name in present
        and item.name not in clients
        and item.name not in called
    ]
    yield from _removal(plan, found, (item.evidence[0] for item in found))


def _called_by_installers(plan: Plan) -> frozenset[str]:
    """What an installation that is left in the final stage fetches requirements with."""
    if not plan.stage.of_kind(ActionKind.PYTHON, ActionKind.LOCKED):
        return frozenset()
    if any(
        VERSIONED.search(text)
        for path, text in plan.project.texts.items()
        if path.endswith(DECLARING)
    ):
        return FETCHERS
    texts = [text for path, text in plan.project.texts.items() if NAMING.search(path)]
    texts += [action.text for action in plan.stage.of_kind(ActionKind.PYTHON)]
    fetched = any(FETCHED.search(text) for text in texts)
    return FETCHERS if fetched else frozenset()


def _called_by_health_check(plan: Plan) -> frozenset[str]:
    """The programs of a health check that could not be rewritten."""
    checks = [item for item in plan.stage.inherited if item.keyword == "HEALTHCHECK"]
    words = [word for item in checks[-1:] for c in run_script(item).programs for word in c.words]
    return frozenset(words)


UNNEEDED_PACKAGES = Rule.of("unneeded-packages", unneeded_packages, level=2)


def container_client(plan: Plan) -> Iterator[Finding]:
    """Remove the container engine's client from the production image.

    A Docker CLI in an application image comes with the socket of the engine, and who can write to
    that socket is root on the host. Most images have it for one command that was never written,
    together with keys, package sources and the programs that set those up.

    Source: docs.docker.com, "Docker daemon attack surface"; OWASP Docker Security Cheat Sheet, rule
    1.

    Safe: nothing at run time calls the client: the Python source (subprocess, os, shutil.which),
    the shell scripts of the project and the commands that start the image are searched. When the
    program of a call is computed, the client stays.
    """
    known = table(Tools).container_clients
    clients = [item for item in plan.packages if item.name in known.packages]
    unneeded = [item for item in clients if item.scope is PackageScope.UNNEEDED]
    kept = [item for item in clients if item.scope is not PackageScope.UNNEEDED]
    yield from _unneeded(plan, unneeded)
    yield from _kept(kept)
    yield from _socket(plan)


def _unneeded(plan: Plan, clients: list[PlannedPackage]) -> Iterator[Finding]:
    actions = [action for action in plan.stage.actions if _serves_client(action, plan)]
    present = removable(plan.stage)
    steps = [
        Evidence.of("step", f"`{in_one_line(a.text, 60)}` only serves it", a.origin)
        for a in actions
    ]
    evidence = (*(found for item in clients for found in item.evidence), *steps)
    changes = (RemoveCommands(commands=tuple(a.text for a in actions)),) if actions else ()
    yield from _removal(plan, [one for one in clients if one.name in present], evidence, *changes)


def _serves_client(action: Action, plan: Plan) -> bool:
    """Whether a command adds the client's package source or puts the user into its group.

    The group stays where the source speaks to the engine itself.
    """
    if action.kind is ActionKind.REPOSITORY:
        return GROUP in action.text
    modules = table(Tools).container_clients.modules
    if any(name.partition(".")[0] in modules for name in plan.usage.imports):
        return False
    fact = action.fact
    if isinstance(fact, GroupChange):
        return fact.name == GROUP
    return isinstance(fact, UserChange) and fact.action == "modify" and GROUP in fact.groups


def _kept(clients: list[PlannedPackage]) -> Iterator[Finding]:
    yield from (
        Finding.advice(f"{item.name} kept: it may be called", *item.evidence) for item in clients
    )


def _socket(plan: Plan) -> Iterator[Finding]:
    sockets = table(Tools).container_clients.sockets
    service = service_of(plan.project)
    mounts = (
        [m for m in service.volumes if m.source in sockets or m.target in sockets]
        if service
        else []
    )
    yield from (
        Finding.advice(
            f"the service mounts {mount.target}: the application is root on the host",
            Evidence.of("mount", "the engine's socket is mounted", mount.origin),
        )
        for mount in mounts
    )


CONTAINER_CLIENT = Rule.of("container-client", container_client, level=2)


def _removal(
    plan: Plan,
    packages: Iterable[PlannedPackage],
    evidence: Iterable[Evidence],
    *changes: RemoveCommands,
) -> Iterator[Finding]:
    names = tuple(item.name for item in packages)
    if names:
        message = f"remove {', '.join(names)}: nothing calls {'it' if len(names) == 1 else 'them'}"
        saving = saved_without(plan.stage, names)
        yield Finding.of(
            message, tuple(evidence), *changes, RemovePackages(names=names), saving=saving
        )


SHOWN = 6
# Certificates and time zones recommend nothing that they need.
HARMLESS = frozenset({"ca-certificates", "tzdata", "netbase", "media-types"})


def tidy_package_installs(plan: Plan) -> Iterator[Finding]:
    """Install no recommended packages and keep no package lists.

    apt installs recommended packages by default, and its package lists remain in the layer that
    made them: about 20 MB on Debian 13.

    Source: hadolint DL3015 and DL3009; docs.docker.com, "Building best practices", apt-get.

    Safe: the named packages and their dependencies are still installed. The report names the
    recommended packages that no longer are.
    """
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
        Evidence.of("apt", "recommended packages are taken along", action.origin)
        for action in recommended
    ]
    evidence += [
        Evidence.of("apt", "the package lists stay in the layer", run.instruction.origin)
        for run in lists
    ]
    if taken and extra:
        names = ", ".join(sorted(extra)[:SHOWN]) + (" …" if len(extra) > SHOWN else "")
        evidence.append(Evidence.of("catalogue", f"no longer comes along: {names}"))
    elif recommended and not taken:
        message = "kept: a program among the packages may use what is recommended with it"
        evidence.append(Evidence.of("unknown", message))
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


def _saving(extra: dict[str, int]) -> Size | None:
    if not extra:
        return None
    return Size(
        bytes=sum(extra.values()),
        basis=Basis.ESTIMATED,
        source="Installed-Size of recommended packages",
    )


TIDY_PACKAGE_INSTALLS = Rule.of("tidy-package-installs", tidy_package_installs, level=2)
