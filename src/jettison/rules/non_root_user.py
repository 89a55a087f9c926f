"""Run the application as a user that is not root and owns only its data.

A process that runs as root inside a container is root for everything that is mounted into it, and
one mistake of the kernel or of the configuration away from the host. The user has a number of 10000
or more, which no user of the host has, and is named by number, because Kubernetes cannot verify a
name (`runAsNonRoot`). Code belongs to root, so that a running application cannot change itself;
`chown -R` over the code would put every file into the image a second time.

An existing user keeps its name and number.

Source: docs.docker.com, "Building best practices", USER; hadolint DL3002; statsd_exporter#406;
moby/moby#5505 for the copies that `chown -R` makes.

Safe: folders that the application writes to are known from mounts, VOLUME, folders that the
Dockerfile makes, environment variables and calls in the source, and from what source, settings,
variables and the start command name for data outside of the code; they are given to the user. When
the source may write into the folder of the code, the user owns its copy. A write to a folder of the
system, files for their owner alone, a start script or source that needs root, a user that the
compose file sets, devices, privileges or folders of the host, and an image that others are built on
are not changed. The owner of a volume that root filled must be changed once: the report
says how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.ecosystems.commands import Permission, UserChange
from jettison.lift.action import Action
from jettison.lift.data_folders import exists_in_image, holds_files, made_files
from jettison.lift.root import made_accounts, needs_root
from jettison.lift.stage import FinalStage
from jettison.lift.stages import service_of
from jettison.lift.writes import data_mounts, writable_folders
from jettison.lower.user import recursive_on
from jettison.plan import Finding, Plan
from jettison.plan.changes import RunAsUser
from jettison.rules.rule import Rule
from jettison.values import Evidence, is_within

IDENTIFIER = 10001
LOGIN = re.compile(r"[a-z][a-z0-9_-]{0,30}")
ROLES = re.compile(r"[-_](backend|api|web|app|server|service)$")
# Names that base images have already, or that say nothing.
TAKEN = frozenset(
    {
        *("root", "bin", "daemon", "mail", "news", "games", "backup", "www-data", "sys", "man"),
        *("proxy", "list", "nobody", "web", "app", "backend", "api", "server", "service", "src"),
    }
)
PRIVILEGED_PORTS = 1024


def detect(plan: Plan) -> Iterator[Finding]:
    """Find a final stage that runs as root, or code that its user owns."""
    stage = plan.stage
    if stage.folder == "/" or stage.release is None:
        return
    if not stage.runs_as_root:
        yield from _owned_code(plan)
        return
    obstacle = needs_root(plan.project, stage, plan.usage, plan.writing)
    if obstacle is not None:
        yield Finding.advice(f"the user is kept: {obstacle.message}", obstacle)
        return
    change = _change(plan)
    evidence = [
        Evidence.of("user", "the Dockerfile sets no USER: the process is root", stage.stage.origin),
        *plan.writing.unsure,
        *plan.writing.folders.values(),
        *plan.writing.named.values(),
    ]
    found = [Finding.of(_message(change), tuple(evidence), change)]
    yield from found
    yield from _volumes(plan, change)
    yield from _low_ports(stage)


def _change(plan: Plan) -> RunAsUser:
    stage, writing = plan.stage, plan.writing
    folders = _writable(plan)
    taken = made_accounts(stage)
    number = next(n for n in range(IDENTIFIER, IDENTIFIER + 1000) if str(n) not in taken)
    open_code = writing.unsure or not folders
    writable = tuple(dict.fromkeys((stage.folder, *folders))) if open_code else folders
    return RunAsUser(
        name=user_name(plan),
        uid=number,
        gid=number,
        create=True,
        writable=writable,
        application=stage.folder,
        owns_code=bool(writing.unsure),
        adduser=stage.release == "alpine",
        filled=_filled(plan),
        files=made_files(stage, writable),
    )


def _writable(plan: Plan) -> tuple[str, ...]:
    """The folders that the user gets.

    What the application may make beside its code as it runs is not made for it, as it may ask
    whether it is there: the folder of the code takes new ones instead. A volume over such a folder
    needs one in the image.
    """
    stage, project = plan.stage, plan.project
    declared = writable_folders(project, stage)
    found: dict[str, None] = {}
    for folder in plan.writing.folders:
        own = (
            service_of(project) is None
            and folder not in declared
            and is_within(folder, stage.folder)
        )
        absent = own and not exists_in_image(project, stage, folder)
        found[stage.folder if absent else folder] = None
    return (*found, *(folder for folder in plan.writing.named if folder not in found))


def _filled(plan: Plan) -> tuple[str, ...]:
    """The folders of data that the image has files in, which a copy gives to root."""
    stage = plan.stage
    inside = [folder for folder in plan.writing.folders if is_within(folder, stage.folder)]
    return tuple(folder for folder in inside if holds_files(plan.project, stage, folder))


def _message(change: RunAsUser) -> str:
    start = f"runs as {change.name} ({change.uid})"
    if change.owns_code:
        return f"{start}, who owns the code because the application may write there"
    return f"{start}; code stays with root, {', '.join(change.writable)} writable"


def user_name(plan: Plan) -> str:
    """A name for the user: that of the service or of the project, without its role."""
    made = {name.lower() for name in made_accounts(plan.stage)}
    for name in (plan.project.service or "", plan.project.name):
        short = ROLES.sub("", name.lower())
        if LOGIN.fullmatch(short) and short not in TAKEN | made:
            return short
    return next(name for name in ("app", "application", "jettison") if name not in made)


def _owned_code(plan: Plan) -> Iterator[Finding]:
    """Copies and recursive changes that give the code to the user, or a mode once more."""
    stage, writing = plan.stage, plan.writing
    copies = [
        Evidence.of("copy", f"COPY gives the code to {copied.chown}", item.origin)
        for item, copied in stage.copies
        if copied.chown
        and copied.stage is None
        and is_within(stage.absolute(copied.destination, item), stage.folder)
    ]
    actions = [a for a in stage.actions if recursive_on(a, stage.folder, stage)]
    evidence = (*copies, *(_recursive(action) for action in actions))
    if not evidence:
        return
    reasons = tuple(_owner_needs(plan))
    if reasons or not writing.folders:
        message = f"{stage.user} owns the code: it is not known where else the application writes"
        found = Finding.advice(message, *evidence, *reasons)
        yield from (found,) if actions else ()
        return
    change = RunAsUser(
        name=_owner(actions, stage.user),
        writable=tuple(writing.folders),
        application=stage.folder,
        filled=_filled(plan),
        files=made_files(stage, tuple(writing.folders)),
    )
    message = f"code belongs to root; {stage.user} writes to {', '.join(change.writable)} alone"
    yield Finding.of(message, evidence, change)


def _owner_needs(plan: Plan) -> Iterator[Evidence]:
    """Why an existing user has to own the code, as far as is known."""
    stage, writing = plan.stage, plan.writing
    yield from (*writing.unsure, *writing.computed)
    for item in stage.instructions:
        if item.keyword == "RUN" and not stage.is_root_at(item):
            message = f"a step runs as {stage.user} and may write into the folder of the code"
            yield Evidence.of("step", message, item.origin)
    for action in stage.actions:
        fact = action.fact
        if isinstance(fact, UserChange) and fact.home == stage.folder:
            message = f"{stage.folder} is the home folder of {stage.user}"
            yield Evidence.of("user", message, action.origin)
        given = recursive_on(action, stage.folder, stage)
        if given and len(given.paths) > 1:
            message = f"`{action.text[:80]}` gives away other folders too"
            yield Evidence.of("permission", message, action.origin)


def _owner(actions: list[Action], user: str) -> str:
    """The user with the group that the Dockerfile gives the code to."""
    values = [a.fact.value for a in actions if isinstance(a.fact, Permission)]
    return next((value for value in values if value.partition(":")[0] == user), user)


def _recursive(action: Action) -> Evidence:
    message = f"`{action.text}` puts every file into the image a second time"
    return Evidence.of("permission", message, action.origin)


def _volumes(plan: Plan, change: RunAsUser) -> Iterator[Finding]:
    """What has to be done once for volumes that a root process filled."""
    service = service_of(plan.project)
    mounts = data_mounts(service, plan.project)
    if not mounts or service is None:
        return
    targets = " ".join(mount.target for mount in mounts)
    owner = f"{change.uid}:{change.gid}"
    command = f"docker compose run --rm --user 0 {service.name} chown -R {owner} {targets}"
    message = f"volumes that exist belong to root: give them away once with `{command}`"
    yield Finding.advice(
        message,
        Evidence.of("volume", f"{targets} outlives the image", mounts[0].origin),
    )


def _low_ports(stage: FinalStage) -> Iterator[Finding]:
    low = [
        p
        for p in stage.ports
        if p.partition("/")[0].isdecimal() and int(p.partition("/")[0]) < PRIVILEGED_PORTS
    ]
    if not low:
        return
    message = (
        f"port {low[0]} is below 1024: Docker allows it to any user, other runtimes may need the "
        "capability NET_BIND_SERVICE"
    )
    yield Finding.advice(message)


RULE = Rule(name="non-root-user", level=1, documentation=__doc__, detect=detect)
