"""Remove the container engine's client from the production image.

A Docker CLI in an application image comes with the socket of the engine, and who can write to that
socket is root on the host. Most images have it for one command that was never written, together
with keys, package sources and the programs that set those up.

Source: docs.docker.com, "Docker daemon attack surface"; OWASP Docker Security Cheat Sheet, rule 1.

Safe: nothing at run time calls the client: the Python source (subprocess, os, shutil.which), the
shell scripts of the project and the commands that start the image are searched. When the program of
a call is computed, the client stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import GroupChange, UserChange
from jettison.lift.action import Action, ActionKind
from jettison.lift.packages import removable, saved_without
from jettison.lift.scopes import PackageScope, PlannedPackage
from jettison.lift.stages import service_of
from jettison.plan import Finding, Plan
from jettison.plan.changes import RemoveCommands, RemovePackages
from jettison.rules.rule import Rule
from jettison.values import Evidence

GROUP = "docker"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find client packages, what sets up their source, and the mounted socket."""
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
    names = tuple(item.name for item in clients if item.name in present)
    if not names:
        return
    steps = [
        Evidence(kind="step", message=f"`{_short(a.text)}` only serves it", origin=a.origin)
        for a in actions
    ]
    evidence = (*(found for item in clients for found in item.evidence), *steps)
    changes = (RemoveCommands(commands=tuple(a.text for a in actions)),) if actions else ()
    message = f"remove {', '.join(names)}: nothing calls {'it' if len(names) == 1 else 'them'}"
    yield Finding.of(
        message,
        evidence,
        *changes,
        RemovePackages(names=names),
        saving=saved_without(plan.stage, names),
    )


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
            Evidence(kind="mount", message="the engine's socket is mounted", origin=mount.origin),
        )
        for mount in mounts
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004  what fits in a line


RULE = Rule(name="container-client", level=2, documentation=__doc__, detect=detect)
