"""Why an image has to start as root, or keep the user that it has."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import chain

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems import TOOLS
from jettison.ecosystems.commands import (
    Directories,
    GroupChange,
    Permission,
    UserChange,
    invocation,
)
from jettison.formats.compose import MountKind
from jettison.formats.dockerfile import MAKING
from jettison.formats.shell import SHELLS
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, actions_in, lifted_run
from jettison.lift.stage import FinalStage
from jettison.lift.stages import services_of
from jettison.lift.usage import Usage
from jettison.lift.writes import Writing, data_mounts, is_of_the_host, is_shared, source_targets
from jettison.values import Evidence, Origin, is_within, replace

PYTHON = ("python", "/usr/local/bin/python", "/usr/bin/python")
DOCKERFILE = re.compile(r"(^|/)(Dockerfile|Containerfile)[^/]*$|\.(d|D)ockerfile$")
HOME = re.compile(r"(^|[\s=:\"'])(/root\b|~/|\$\{?HOME\b)")
# Folders of programs that packages and environments bring.
BINS = frozenset({"bin", "sbin"})
# Settings of servers that give root up by themselves.
DROPS_ROOT = re.compile(r"\s*(uid|gid|user)\s*=\s*[\w$%({-]")


def needs_root(
    project: Project, stage: FinalStage, usage: Usage, writing: Writing
) -> Evidence | None:
    """The first reason to leave the user alone; None when there is none."""
    reasons = chain(
        _writes_to_the_system(writing),
        _private(stage),
        _in_other_hands(project, stage),
        _needs_the_host(project, usage),
        _writes_to_the_host(project, stage, writing),
        _home_of_root(stage),
        _mounted_home(project, usage),
        _started(usage, stage),
        _synced(project, usage, stage),
        _unseen(project, stage),
        _on_a_mount(project, stage),
        _dropping(project.texts),
    )
    return next(reasons, None)


def _writes_to_the_system(writing: Writing) -> Iterator[Evidence]:
    for one in writing.shared:
        yield replace(one, message=f"{one.message}, where root alone may write")


# Modes that give others nothing, and programs that make files with such modes.
_OF_ONE = r"0?[0-7]?[0-7][0-7]0"
_PRIVATE = re.compile(
    rf"--chmod={_OF_ONE}(?!\d)|\b(?:mkdir|install)\b[^\n;&|]*\s(?:-m|--mode)[\s=]*{_OF_ONE}(?!\d)"
    r"|\bumask\s+0?[0-7]?[0-7]7(?!\d)"
    r"|\bssh-keygen\b|\bopenssl\s+(?:gen\w+|req\b.*-keyout|ecparam\b.*-genkey)",
    re.DOTALL,
)
_TAKEN_AWAY = re.compile(rf"{_OF_ONE}|[ugo]*o[ugo]*(?:=[wx]*|-[wx]*r[wx]*)")


def _private(stage: FinalStage) -> Iterator[Evidence]:
    """Files that the image has for its owner alone: another user could not read them."""
    for action in stage.of_kind(ActionKind.PERMISSION):
        fact = action.fact
        if isinstance(fact, Permission) and fact.program == "chmod":
            paths = [stage.absolute(path, action.instruction) for path in fact.paths]
            own = all(is_within(path, "/root") for path in paths)
            if _TAKEN_AWAY.fullmatch(fact.value) and not own:
                message = f"`{action.text[:60]}` lets the owner alone read it"
                yield Evidence.of("permission", message, action.origin)
    for item in stage.inherited:
        if item.keyword in MAKING and (found := _PRIVATE.search(item.text)):
            message = f"`{' '.join(found[0].split())[:40]}` makes files for the owner alone"
            yield Evidence.of("permission", message, item.origin)


def _needs_the_host(project: Project, usage: Usage) -> Iterator[Evidence]:
    """Why another user than root may not reach what the application has of the host."""
    known = table(Tools)
    for service in services_of(project):
        for key in service.grants:
            message = (
                f"the compose file sets {key} for {service.name}: another user has no use of it"
            )
            yield Evidence.of("compose", message, service.origin_of(key))
        for mount in service.volumes:
            socket = mount.target in known.container_clients.sockets
            readable = posixpath.normpath(mount.source) in known.of_the_host.readable
            if is_of_the_host(mount) and not socket and not readable:
                message = f"{mount.source} belongs to the host, where another user may not read it"
                yield Evidence.of("mount", message, mount.origin)
    modules = (*known.container_clients.modules, *known.of_the_host.modules)
    for name, places in usage.imports.items():
        if name.partition(".")[0] in modules:
            message = f"{name} uses a socket or a device that belongs to root"
            yield Evidence.of("import", message, places[0].origin)
    for word in known.of_the_host.words:
        if word in usage.words:
            yield Evidence.of("source", f"{word} is for root alone", usage.words[word])


def _in_other_hands(project: Project, stage: FinalStage) -> Iterator[Evidence]:
    for item in stage.triggers:
        message = "ONBUILD: images that are built on this one decide"
        yield Evidence.of("trigger", message, item.origin)
    for service in services_of(project):
        if service.user:
            message = f"the compose file runs {service.name} as {service.user}"
            yield Evidence.of("compose", message, service.origin_of("user"))


def _writes_to_the_host(
    project: Project, stage: FinalStage, writing: Writing
) -> Iterator[Evidence]:
    """Folders of the host are mounted, where another user could not write.

    Mounts that production does not have go, but not those of a part that services share.
    """
    data = (mount for each in services_of(project) for mount in data_mounts(each, project))
    for mount in (each for each in data if each.kind is MountKind.BIND):
        message = f"{mount.target} is a folder of the host, where another user may not write"
        yield Evidence.of("mount", message, mount.origin)
    sources = {each.name: source_targets(each, project, stage) for each in services_of(project)}
    if writing.unsure and any(sources.values()):
        yield writing.unsure[0]
    mounts = [(each, mount) for each in services_of(project) for mount in each.volumes]
    own = {mount.origin for each, mount in mounts if not is_shared(each, mount)}
    for service, mount in mounts:
        if mount.target in sources[service.name] and mount.origin not in own:
            message = (
                f"{mount.target} stays the folder of the host, which another user cannot change"
            )
            yield Evidence.of("mount", message, mount.origin)


# Arguments with which a program only tells something.
ASKING = (("--version",), ("-V",), ("-VV",), ("--help",))


def _home_of_root(stage: FinalStage) -> Iterator[Evidence]:
    """Steps that leave something in root's home folder, where another user would miss it."""
    homes = table(Tools).writes_home
    for action in stage.of_kind(ActionKind.OTHER):
        name, words = action.command.name.rpartition("/")[2], action.command.words
        known = name in homes.programs and not _runs_a_tool(words)
        of_user = homes.options.get(name) in words
        if (known or of_user or _fetches(action)) and words[1:] not in ASKING:
            message = f"`{action.text[:60]}` may write files into root's home folder"
            yield Evidence.of("step", message, action.origin)
    for item in stage.inherited:
        if item.keyword in ("COPY", "ADD", "ENV", "WORKDIR") and HOME.search(item.arguments):
            yield Evidence.of("step", "something lies in root's home folder", item.origin)


def _fetches(action: Action) -> bool:
    """Whether what a runner starts is one of them: ``uv run python models.py``.

    So is a program that is named after a distribution which keeps files there.
    """
    ran, homes = invocation(action.command), table(Tools).writes_home
    if ran is None or ran.program == action.command.name:
        return False
    script = ran.words[0].text if ran.words else ""
    return (ran.program in homes.programs and script not in homes.tools) or ran.program.startswith(
        tuple(homes.distributions)
    )


def _runs_a_tool(words: tuple[str, ...]) -> bool:
    """Whether Python runs a module or a script that is known to leave nothing at home."""
    run = words[2:3] if words[1:2] == ("-m",) else words[1:2]
    return words[0].startswith(PYTHON) and "".join(run) in table(Tools).writes_home.tools


def _mounted_home(project: Project, usage: Usage) -> Iterator[Evidence]:
    """Services and documents that keep something in root's home folder."""
    for place in usage.homes:
        message = f"{place.file} tells people to mount something in root's home folder"
        yield Evidence.of("mount", message, place)
    for service in services_of(project):
        for mount in service.volumes:
            if mount.target == "/root" or mount.target.startswith("/root/"):
                message = f"{mount.target} is mounted, in root's home folder"
                yield Evidence.of("mount", message, mount.origin)
        for each in service.environment:
            if each.value and HOME.search(f"={each.value}"):
                message = f"{each.name} names root's home folder"
                yield Evidence.of("environment", message, each.origin)


def _started(usage: Usage, stage: FinalStage) -> Iterator[Evidence]:
    """Programs that only root can use, called when the container starts, or by the source.

    What another Dockerfile starts is another image.
    """
    for name in table(Tools).needs_root.programs:
        called = (use for use in usage.programs.get(name, ()) if use.kind == "subprocess")
        for use in (*usage.started.get(name, ()), *called):
            file = use.origin.file if use.origin else ""
            if file == stage.stage.origin.file or not DOCKERFILE.search(file):
                yield use


def _synced(project: Project, usage: Usage, stage: FinalStage) -> Iterator[Evidence]:
    """Starts that install what is missing into an environment which belongs to root."""
    starts = [one for one in (stage.entrypoint, stage.command) if one is not None]
    found = [(" ".join(one.words or (one.text,)), one.origin) for one in starts]
    for tool in TOOLS.values():
        if not tool.syncing or tool.unsynced[0] in stage.environment:
            continue
        places = [use.origin for use in usage.started.get(tool.name, ()) if use.origin]
        lines = [(_line(project, place), place) for place in places]
        for text, place in (*found, *lines):
            if re.search(tool.syncing, text):
                message = f"`{tool.name} run` installs what is missing at every start, as root"
                yield Evidence.of("start", message, place)


def _line(project: Project, place: Origin) -> str:
    """A line of a script; nothing of a Dockerfile, whose start may have changed."""
    lines = [] if DOCKERFILE.search(place.file) else project.texts.get(place.file, "").splitlines()
    return "".join(lines[(place.line or 1) - 1 : place.line or 1])


def _unseen(project: Project, stage: FinalStage) -> Iterator[Evidence]:
    """What starts and is no file of the project, as s6's `/init`: it may need or give up root."""
    names = {posixpath.basename(path) for path in (*project.files, *project.texts)}
    for started in (stage.entrypoint, stage.command):
        words = (started.words or ()) if started else ()
        shell = bool(words) and posixpath.basename(words[0]) in SHELLS
        script = next((w for w in words[1:] if not w.startswith("-")), "") if shell else ""
        if words and (words[0].endswith(".sh") or _lies_apart(words[0])):
            script = words[0]
        name = posixpath.basename(script)
        inline = shell and any(word.startswith("-") and "c" in word for word in words[1:2])
        if started and name and not inline and name not in names and not _written(stage, name):
            message = f"what the start program {script} does is not known: it is no file here"
            yield Evidence.of("start", message, started.origin)


def _on_a_mount(project: Project, stage: FinalStage) -> Iterator[Evidence]:
    """A working folder that the image leaves empty: a tool works there on files of the host.

    Nothing is copied to it, no step runs in it or does more than make it, and it is no volume.
    """
    folder = stage.folder
    last = next((i for i in reversed(stage.inherited) if i.keyword == "WORKDIR"), None)
    if last is None or services_of(project) or folder in stage.volumes:
        return
    for item in (each for each in stage.inherited if each.keyword == "RUN"):
        fills = (one for one in lifted_run(item).actions if folder in one.text and not _makes(one))
        if is_within(stage.folder_at(item), folder) or any(fills):
            return
    for item, copied in stage.all_copies:
        into = stage.absolute(copied.destination, item)
        if is_within(into, folder) or is_within(folder, into):
            return
    message = f"{folder} is left empty for files of the host, which another user cannot change"
    yield Evidence.of("mount", message, last.origin)


def _makes(action: Action) -> bool:
    """Whether a command only makes folders, or gives them away."""
    return isinstance(action.fact, Directories | Permission)


def _lies_apart(program: str) -> bool:
    """Whether a start program lies where neither packages nor environments put theirs: `/init`."""
    return program.startswith("/") and posixpath.basename(posixpath.dirname(program)) not in BINS


def _written(stage: FinalStage, name: str) -> bool:
    """Whether a step of the Dockerfile writes the script."""
    word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
    return any(
        re.search(r"<<|>", item.text) and word.search(item.text)
        for item in stage.inherited
        if item.keyword in ("RUN", "COPY")
    )


def _dropping(texts: Mapping[str, str]) -> Iterator[Evidence]:
    """Settings of a server that starts as root and then drops it."""
    for path, text in texts.items():
        if path.endswith((".ini", ".conf")):
            for number, line in enumerate(text.splitlines(), 1):
                if DROPS_ROOT.match(line):
                    message = f"`{line.strip()}` is for a process that starts as root"
                    origin = Origin(file=path, line=number)
                    yield Evidence.of("settings", message, origin)


def made_accounts(stage: FinalStage) -> frozenset[str]:
    """Names and numbers of the users and groups that the steps of the whole chain make."""
    found: set[str] = set()
    for action in actions_in(stage.inherited):
        if isinstance(action.fact, UserChange):
            found |= {action.fact.name, action.fact.uid or "", action.fact.group or ""}
        elif isinstance(action.fact, GroupChange):
            found |= {action.fact.name, action.fact.gid or ""}
    return frozenset(stage.expanded(each) for each in found) - {""}
