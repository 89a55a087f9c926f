"""Where something looks for Python elsewhere than on the PATH of the image, and Python for modules.

An environment of its own is found by PATH alone: the Python of the base image, which is what all
others find, has none of its distributions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jettison.ecosystems.tool import VIRTUAL
from jettison.formats.dockerfile import MAKING
from jettison.formats.shell import SHELLS
from jettison.lift import Project
from jettison.lift.build_context import sources_of
from jettison.lift.installation_obstacles import OLD_PATHS
from jettison.lift.locked_obstacles import imports_nothing, spaced
from jettison.lift.stage import FinalStage, lifted
from jettison.lift.stages import service_of
from jettison.lift.usage import COMMAND, SCRIPT, Usage
from jettison.values import Evidence, Origin

# How source names the Python of the official images, of any version.
INTERPRETERS = tuple(
    f"{OLD_PATHS[0]}python{version}" for version in ("", "3", *(f"3.{n}" for n in range(30)))
)
# What starts programs with a PATH of its own: crontab(5), sudoers(5) of secure_path, sshd(8).
_OF_THEIR_OWN = ("cron", "crond", "sudo", "doas", "sshd")
_SHELL = rf"(?<![\w.-])(?:{'|'.join(sorted(SHELLS))})"
_CRON = "cron starts its jobs with its own PATH"
_FIRST = f"PATH leads to {OLD_PATHS[0][:-1]} first"
_LEADS = re.compile(rf"(?<![\w$])PATH[\s=]\s*(?:(?!\$\{{?PATH\b)\S)*{OLD_PATHS[0][:-1]}\b")
_WAYS = (
    # as /etc/profile has it
    (re.compile(rf"{_SHELL}(?:\s+-\w+)*\s+(?:-\w*l\w*|--login)\b"), "a login shell resets PATH"),
    (re.compile(r"(?:^|[\s;&|(])(?:source|\.)\s+/etc/profile\b"), "/etc/profile resets PATH"),
    (
        re.compile(r"\b(?:su|runuser)\b[^\n;&|]*?\s(?:-|-\w*l\w*|--login)(?=\s|$)"),
        "a login resets PATH",
    ),
    (re.compile(r"\benv\s+(?:-|-i|--ignore-environment)\s"), "env takes PATH away"),
    (re.compile(r"\b(?:service\s+|/etc/init\.d/)crond?\b"), _CRON),
    (re.compile(r"^\s*command\s*=\s*\S*\bcrond?\b"), _CRON),
    (_LEADS, _FIRST),
)
# What says how something runs in the image, beside scripts that are started.
_SETTINGS = re.compile(r"\.(?:conf|ini|service)$")
_NAMED = re.compile(rf"{OLD_PATHS[0]}python[\d.]*(?![\w-])")
_LINKED = re.compile(r"\b(?:ln|update-alternatives)\b[^\n;&|]*\bpython[\d.]*\b")
_BEGINS = re.compile(r"(?:^|[;&|(`]|\b(?:RUN|then|do|else|exec|time|env)|\w=\S*)\s*$")


def elsewhere(project: Project, stage: FinalStage, usage: Usage, place: str) -> Evidence | None:
    """Give what may find the Python of the base image where the environment is another one.

    ``place`` is where that is. Where the Dockerfile has one of its own, all find it as before.
    """
    if place != VIRTUAL:
        return None
    found = (
        *_started(project, stage, usage),
        *_named(project, usage, ("", "3", stage.python)),
        *_of_steps(stage),
    )
    return next((Evidence.of("path", why, origin) for why, origin in found), None)


def beside_command(project: Project, stage: FinalStage) -> str:
    """Give the folder of the context that the working directory holds, ``.`` for all of it."""
    return min(sources_of(project, stage, stage.folder), key=len, default=".")


def module_folders(project: Project) -> tuple[str, ...]:
    """Give the folders of modules: the context, its ``src``, and what the working directory has."""
    stage = lifted(project)
    inside = (one for one in sources_of(project, stage, stage.folder) if one != ".")
    return project.context, *map(project.in_context, ("src", *inside))


_Places = Iterator[tuple[str, Origin | None]]


def _started(project: Project, stage: FinalStage, usage: Usage) -> _Places:
    for name in _OF_THEIR_OWN:
        for use in usage.started.get(name, ()):
            if use.kind in (SCRIPT, COMMAND):
                yield f"{name} starts programs with a PATH of its own", use.origin
    for line, origin in _lines(project, stage, usage):
        yield from ((why, origin) for way, why in _WAYS if way.search(line))


def _named(project: Project, usage: Usage, versions: Iterable[str | None]) -> _Places:
    """Give the places of source that name the Python of the image."""
    for name in (f"{OLD_PATHS[0]}python{one}" for one in versions):
        origin = usage.words.get(name)
        first = origin and origin.line == 1 and imports_nothing(project.texts.get(origin.file, ""))
        if origin and not first:
            yield f"{name} is named", origin


def _of_steps(stage: FinalStage) -> _Places:
    for item in stage.inherited:
        if item.keyword == "ENV" and _LEADS.search(item.text):
            yield _FIRST, item.origin
        if item.keyword not in MAKING:
            continue
        if _LINKED.search(item.text):
            yield "a step gives Python another name", item.origin
        for found in _NAMED.finditer(item.text):
            if not _BEGINS.search(item.text[: found.start()]):
                yield f"{found[0]} is named", item.origin


def _lines(project: Project, stage: FinalStage, usage: Usage) -> Iterator[tuple[str, Origin]]:
    """Give the start commands, and the lines of scripts and settings by which something runs."""
    started = [each for each in (stage.command, stage.entrypoint) if each]
    shells = [item for item in stage.inherited if item.keyword == "SHELL"]
    for each in started:
        shell = shells[-1].text if shells and each.words is None else ""
        yield spaced(f"{shell} {each.instruction.text}"), each.origin
    service = service_of(project)
    for part in (service.command, service.entrypoint) if service else ():
        if part:
            yield " ".join(part.words), part.origin
    running = {
        use.origin.file
        for uses in usage.started.values()
        for use in uses
        if use.kind == SCRIPT and use.origin
    }
    for path, text in project.texts.items():
        if path in running or _SETTINGS.search(path):
            for number, line in enumerate(text.splitlines(), 1):
                if line.startswith("#!") or not line.lstrip().startswith("#"):
                    yield line, Origin(file=path, line=number)
