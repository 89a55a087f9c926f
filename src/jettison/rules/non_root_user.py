"""The application runs as a user that is not root, and owns nothing but its data.

A process that runs as root inside a container is root for everything that is mounted into it, and
one mistake of the kernel or of the configuration away from the host. The user has a number of
10000 or more, which no user of the host has, and is named by number, because Kubernetes cannot
verify a name (`runAsNonRoot`). Code belongs to root, so that a running application cannot change
itself; `chown -R` over the code would put every file into the image a second time.

An existing user keeps its name and number.

Source: docs.docker.com, "Building best practices", USER; hadolint DL3002; statsd_exporter#406;
moby/moby#5505 for the copies that `chown -R` makes.

Safe when the folders that the application writes to are known: mounts, VOLUME, folders that the
Dockerfile makes, environment variables that name one. When none is known, the working directory
itself (not what is in it) is given to the user. A volume that root filled before has to be given to
the user once: the report says how.
"""

from __future__ import annotations

import re

from jettison.changes import RunAsUser
from jettison.lift.action import Action, ActionKind
from jettison.lift.stage import FinalStage
from jettison.lift.writable import (
    data_mounts,
    service_of,
    writable_folders,
    written_beside_code,
)
from jettison.lower.user import absolute, recursive_on
from jettison.plan.finding import Finding, Safety
from jettison.plan.plan import Plan
from jettison.project.commands import Permission
from jettison.rules.rule import Rule
from jettison.values import Evidence, Origin

NAME = "non-root-user"
IDENTIFIER = 10001
LOGIN = re.compile(r"[a-z][a-z0-9_-]{0,30}")
ROLES = re.compile(r"[-_](backend|api|web|app|server|service)$")
# Names that base images have already, or that say nothing.
TAKEN = frozenset(
    {
        *("root", "bin", "daemon", "mail", "news", "games", "backup", "www-data", "sys", "man"),
        *("proxy", "list", "nobody", "web", "app", "backend", "api", "server", "service"),
    }
)
# What an entrypoint can only do as root.
PRIVILEGED = (
    "gosu",
    "su-exec",
    "setpriv",
    "runuser",
    "su",
    "sudo",
    "chown",
    "usermod",
    "groupmod",
    "useradd",
    "adduser",
    "addgroup",
    "apt-get",
    "apk",
    "mount",
    "crond",
    "cron",
    "sshd",
    "nginx",
    "supervisord",
)
DROPS_ROOT = re.compile(r"\s*(uid|gid|user)\s*=\s*[\w$%({-]")
PRIVILEGED_PORTS = 1024


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find a final stage that runs as root, or code that its user owns."""
    stage = plan.stage
    if stage.folder == "/" or stage.release is None:
        return ()
    if not stage.runs_as_root:
        return _owned_code(plan)
    privileged = _needs_root(plan)
    if privileged:
        message = "stays root: it changes users, owners or packages itself when it starts"
        return (Finding(rule=NAME, message=message, evidence=privileged, safety=Safety.REVIEW),)
    folders = writable_folders(plan.project, stage, plan.usage)
    evidence = [
        Evidence(
            kind="user",
            message="the Dockerfile sets no USER: the process is root",
            origin=stage.stage.origin,
        ),
        *folders.values(),
    ]
    written = written_beside_code(plan.usage)
    if written:
        evidence.append(written)
    elif not folders:
        message = "kept writable: nothing shows where the application writes"
        evidence.append(Evidence(kind="unknown", message=f"{stage.folder} {message}"))
    beside = (stage.folder,) if written or not folders else ()
    change = RunAsUser(
        name=user_name(plan),
        uid=IDENTIFIER,
        gid=IDENTIFIER,
        create=True,
        writable=(*beside, *folders),
        application=stage.folder,
        adduser=stage.release == "alpine",
    )
    message = (
        f"runs as {change.name} ({change.uid}); code stays with root, {_listed(change)} writable"
    )
    found = [Finding(rule=NAME, message=message, evidence=tuple(evidence), changes=(change,))]
    return (*found, *_volumes(plan, change), *_low_ports(stage))


def _needs_root(plan: Plan) -> tuple[Evidence, ...]:
    """Programs that only root can use when the container starts, and settings that drop root."""
    found = [use for name in PRIVILEGED for use in plan.usage.programs.get(name, ())]
    for path, text in plan.project.texts.items():
        if path.endswith((".ini", ".conf")):
            for number, line in enumerate(text.splitlines(), 1):
                if DROPS_ROOT.match(line):
                    message = f"`{line.strip()}` is for a process that starts as root"
                    origin = Origin(file=path, line=number)
                    found.append(Evidence(kind="settings", message=message, origin=origin))
    return tuple(found)


def user_name(plan: Plan) -> str:
    """A name for the user: that of the service or of the project, without its role."""
    for name in (plan.project.service or "", plan.project.name):
        short = ROLES.sub("", name.lower())
        if LOGIN.fullmatch(short) and short not in TAKEN:
            return short
    return "app"


def _owned_code(plan: Plan) -> tuple[Finding, ...]:
    """Copies and recursive changes that give the code to the user, or a mode once more."""
    stage = plan.stage
    copies = [
        Evidence(kind="copy", message=f"COPY gives the code to {copied.chown}", origin=item.origin)
        for item, copied in stage.copies
        if copied.chown
        and copied.stage is None
        and _is_code(absolute(copied.destination, stage), stage)
    ]
    actions = [a for a in stage.actions if recursive_on(a, stage.folder, stage)]
    evidence = copies + [_recursive(action) for action in actions]
    folders = writable_folders(plan.project, stage, plan.usage)
    if not evidence or not folders:
        return ()
    written = written_beside_code(plan.usage)
    if written:
        message = f"code stays with {stage.user}: the application writes beside it"
        advice = Finding(rule=NAME, message=message, evidence=(written,), safety=Safety.REVIEW)
        return (advice,)
    owned = _owned_folders(stage)
    change = RunAsUser(
        name=stage.user,
        uid=0,
        gid=0,
        create=False,
        writable=tuple(folder for folder in folders if folder not in owned),
        application=stage.folder,
    )
    message = f"code belongs to root; {stage.user} writes to {', '.join(folders)} alone"
    return (Finding(rule=NAME, message=message, evidence=tuple(evidence), changes=(change,)),)


def _owned_folders(stage: FinalStage) -> frozenset[str]:
    """Folders that a chown which stays gives to somebody already."""
    return frozenset(
        absolute(path, stage)
        for action in stage.of_kind(ActionKind.PERMISSION)
        if isinstance(action.fact, Permission) and action.fact.program == "chown"
        if not recursive_on(action, stage.folder, stage)
        for path in action.fact.paths
    )


def _is_code(folder: str, stage: FinalStage) -> bool:
    return folder == stage.folder or folder.startswith(f"{stage.folder}/")


def _recursive(action: Action) -> Evidence:
    message = f"`{action.text}` puts every file into the image a second time"
    return Evidence(kind="permission", message=message, origin=action.origin)


def _listed(change: RunAsUser) -> str:
    return ", ".join(change.writable)


def _volumes(plan: Plan, change: RunAsUser) -> tuple[Finding, ...]:
    """What has to be done once for volumes that a root process filled."""
    mounts = data_mounts(plan.project, plan.stage)
    service = service_of(plan.project)
    if not mounts or service is None:
        return ()
    targets = " ".join(mount.target for mount in mounts)
    owner = f"{change.uid}:{change.gid}"
    command = f"docker compose run --rm --user 0 {service.name} chown -R {owner} {targets}"
    return (
        Finding(
            rule=NAME,
            message=f"volumes that exist belong to root: give them away once with `{command}`",
            evidence=(
                Evidence(
                    kind="volume", message=f"{targets} outlives the image", origin=mounts[0].origin
                ),
            ),
            safety=Safety.REVIEW,
        ),
    )


def _low_ports(stage: FinalStage) -> tuple[Finding, ...]:
    low = [
        p
        for p in stage.ports
        if p.partition("/")[0].isdigit() and int(p.partition("/")[0]) < PRIVILEGED_PORTS
    ]
    if not low:
        return ()
    message = (
        f"port {low[0]} is below 1024: Docker allows it to any user, other runtimes may need the "
        "capability NET_BIND_SERVICE"
    )
    return (Finding(rule=NAME, message=message, safety=Safety.REVIEW),)


RULE = Rule(name=NAME, level=1, documentation=__doc__, detect=detect)
