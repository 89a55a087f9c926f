"""A build stage that installs what a lock says, and the final stage without it."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Collection, Iterable, Mapping

from jettison.ecosystems.commands import PackageInstall, Permission
from jettison.formats.dockerfile import Instruction, raw_pairs
from jettison.formats.dockerfile.run import with_script
from jettison.formats.shell import Command, without
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, LiftedRun
from jettison.lift.locked import LockedInstallation, replaced_place
from jettison.lift.own_environment import beside_tool, is_made_for
from jettison.lift.stage import FinalStage
from jettison.lower import WIDTH, Edits, comment, edited, ended, line_of
from jettison.lower.packages import install_text, steps_of_sources
from jettison.plan.changes import SplitBuildStage
from jettison.values import by_key, is_within

NAMES = ("build", "environment", "python-build", "python-environment")
# uv does not read pip's variables; these say the same.
INDEXES = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL": "UV_INDEX"}
PROXIES = frozenset(
    {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}
)
CERTIFICATES = frozenset({"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})


def free_name(project: Project) -> str:
    """A name for the build stage that no stage of the Dockerfile has, nor one much like it."""
    taken = [(stage.name or "").lower() for stage in project.dockerfile.stages]
    free = [one for one in NAMES if one not in taken]
    return next((one for one in free if not any(one in name for name in taken)), free[0])


def base_text(stage: FinalStage) -> str:
    """The base of the stage as its FROM names it, with its platform."""
    first = stage.first
    platform = f"--platform={first.platform} " if first.platform else ""
    return f"{platform}{first.base}"


def copies_of(files: Iterable[str]) -> list[str]:
    """Copy files so that each keeps its folder, which ``-r`` lines in them rely on."""
    folders = by_key((posixpath.dirname(file), file) for file in files)
    return [
        f"COPY {' '.join(names)} ./{f'{folder}/' if folder else ''}\n"
        for folder, names in folders.items()
    ]


def without_owner(text: str) -> str:
    """A COPY for a stage in which the user of the final one does not exist."""
    return re.sub(r"(?m)(\s)--chown=\S+\s+", r"\1", text, count=1)


def installer_variables(
    stage: FinalStage, named: str, own: tuple[str, ...] = (), *, uv: bool = True
) -> list[str]:
    """ARG and ENV that steer installers, or that ``named`` uses, for the build stage.

    ``own`` are the beginnings of further names; ``uv`` says that it needs the indexes of pip.
    """
    texts: list[str] = []
    for item in stage.instructions:
        if item.keyword in ("ARG", "ENV"):
            for name, value in raw_pairs(item):
                plain = name in INDEXES or name in PROXIES or name in CERTIFICATES
                known = plain or name.startswith(("UV_", *own))
                if known or f"${name}" in named or f"${{{name}}}" in named:
                    texts.append(f"{item.keyword} {name}{'' if value is None else f'={value}'}\n")
                if uv and name in INDEXES:
                    texts.append(f"ENV {INDEXES[name]}=${name}\n")
    return texts


def build_packages(stage: FinalStage, change: SplitBuildStage) -> Iterable[str]:
    """The steps that install packages in the build stage, from where the final stage has them."""
    if not change.build_packages:
        return
    yield "\n"
    for item, text in steps_of_sources(stage):
        own = item.keyword != "RUN" or text == item.text
        yield "".join(ended(found.text) for found in item.comments) if own else ""
        yield text
    yield package_comments(stage, change.build_packages)
    yield install_text(change.build_packages, stage)


def told_sources(stage: FinalStage, change: SplitBuildStage) -> str:
    """The text of the steps that come along, in which variables may be named."""
    steps = steps_of_sources(stage) if change.build_packages else ()
    return " ".join(text for _, text in steps)


def package_comments(stage: FinalStage, packages: Iterable[str]) -> str:
    """The comments above install commands that move whole."""
    wanted = set(packages)
    moved = {
        line_of(run.instruction): run.instruction.comments
        for run in stage.runs
        for action in run.actions
        if isinstance(action.fact, PackageInstall)
        and {request.name for request in action.fact.packages} <= wanted
    }
    return "".join(ended(found.text) for comments in moved.values() for found in comments)


def split_locked(
    name: str, stage: FinalStage, found: LockedInstallation, change: SplitBuildStage
) -> str:
    """Give the Dockerfile with a build stage in front of the final one."""
    start = stage.first.instructions[0]
    edits = Edits(
        before={
            line_of(start): f"\n{_build_stage(name, stage, found, change)}\n",
            line_of(
                anchor(stage, found.actions, change.environment)
            ): f"{_arrival(name, stage, found, change)}\n",
        },
        replaced=_removed(stage, found, stays=change.installer_stays),
    )
    return edited(stage.dockerfile, edits)


def _arrival(
    name: str, stage: FinalStage, found: LockedInstallation, change: SplitBuildStage
) -> str:
    """What brings the environment into the final stage, and how it is found there."""
    copied = f"COPY --from={name} {change.environment} {change.environment}\n"
    programs = f"{change.environment}/bin"
    known = programs in stage.environment.get("PATH", "").split(":")
    direct = bool(found.starts) and not change.installer_stays
    elsewhere = replaced_place(found.tool, change.environment, stage)
    variables = []
    told = stage.environment.get("VIRTUAL_ENV") == change.environment
    if change.installer_stays and not found.tool.makes and not told:
        variables.append(f"VIRTUAL_ENV={change.environment}")
    if not known and (direct or elsewhere or not found.tool.makes):
        variables.append(f"PATH={programs}:$PATH")
    return copied + (f"ENV {' '.join(variables)}\n" if variables else "")


def _build_stage(
    name: str, stage: FinalStage, found: LockedInstallation, change: SplitBuildStage
) -> str:
    known = found.tool
    own = () if known.makes else (known.variables, "PIP_")
    if found.fetches:
        own = (*own, "PATH")  # where the tool's own installer puts it
    installer = found.installer if isinstance(found.installer, str) else ""
    said = " ".join((*found.settings, installer, told_sources(stage, change)))
    variables = installer_variables(stage, said, own)
    placed = replaced_place(found.tool, change.environment, stage)
    told = set(map(_variable, variables))
    left = told if change.bytecode else {*told, known.compile_variable}
    wanted = {name: value for name, value in known.wanted.items() if name not in left} | placed
    variables = [text for text in variables if _variable(text) not in wanted]
    parts = [
        comment("The environment is made here; compilers, headers and installers stay here too."),
        f"FROM {base_text(stage)} AS {name}\n",
        *variables,
        *build_packages(stage, change),
    ]
    parts += ["\n", *_prepared(found, change, wanted), f"WORKDIR {found.folder}\n", "\n"]
    parts += (f"{_beside(words, change)}\n" for words in found.before)
    first = _first(found)
    parts += first
    if found.sources:
        parts += [
            "\n" if first else "",
            comment("The project itself is installed too, from where the final stage has it."),
            *(
                without_owner(i.text)
                for i in found.sources
                if not first or not _brings_only(i, found.files)
            ),
            _installation(found),
        ]
    parts += (_beside(words, change) for words in found.after)
    itself = known.compiles or known.makes or known.compile in found.options.split()
    if change.bytecode and not itself:
        parts.append(_compilation(known.name, change.environment))
    return "".join(ended(part) if part != "\n" else part for part in parts if part)


def _beside(words: Iterable[str], change: SplitBuildStage) -> str:
    """What pip installs into the environment beside the tool."""
    head = "RUN --mount=type=cache,target=/root/.cache/pip"
    line = f"{head} {change.environment}/bin/pip install {' '.join(map(shlex.quote, words))}\n"
    return line if len(line) <= WIDTH else line.replace(f"{head} ", f"{head} \\\n    ", 1)


def _first(found: LockedInstallation) -> tuple[str, ...]:
    """What the project requires, where that can be installed without the project itself."""
    without = found.tool.without_project
    if found.sources and not without:
        return ()
    named = "lock" if found.tool.lock else "declaring file"
    again = "a change of code does not install everything again."
    said = comment(f"The {named} before the source: {again}")
    files = " ".join(dict.fromkeys(found.files))
    return (said, f"COPY {files} ./\n", _installation(found, without))


def _prepared(
    found: LockedInstallation, change: SplitBuildStage, wanted: Mapping[str, str]
) -> Iterable[str]:
    """The tool, its settings, and the environment unless the tool makes it."""
    settings = " ".join(f"{name}={value}" for name, value in wanted.items())
    yield f"ENV {settings}\n" if settings else ""
    yield _installer(found)
    if found.tool.makes:
        return
    variable = f"VIRTUAL_ENV={change.environment}"
    if found.tool.on_path:
        variable += f" PATH={change.environment}/bin:$PATH"
    yield from (f"RUN {setting}\n" for setting in found.settings)
    yield f"RUN python -m venv {change.environment}\n"
    yield f"ENV {variable}\n"


def _variable(text: str) -> str:
    """The name that an ARG or ENV line sets."""
    return text.split(maxsplit=1)[1].partition("=")[0].strip()


def _installer(found: LockedInstallation) -> str:
    if isinstance(found.installer, tuple) or not found.installer:
        return "".join(item.text for item in found.bringing)
    if found.installer.startswith("--from="):
        return f"COPY {found.installer}\n"
    return f"RUN pip install --no-cache-dir {found.installer}\n"


def _installation(found: LockedInstallation, *more: str) -> str:
    head = f"RUN --mount=type=cache,target={found.tool.cache}"
    words = " ".join(word for word in (found.command, found.options, *more) if word)
    line = f"{head} {words}\n"
    return line if len(line) <= WIDTH else f"{head} \\\n    {words}\n"


def _compilation(tool: str, environment: str) -> str:
    return (
        "\n"
        + comment(f"{tool} installs no bytecode, and the application may not be able to write it.")
        + f"RUN python -m compileall -q --invalidation-mode unchecked-hash {environment}/lib "
        + "|| true\n"
    )


def _brings_only(item: Instruction, files: Iterable[str]) -> bool:
    words = [word.removeprefix("./") for word in item.arguments.split()[:-1]]
    return bool(words) and set(words) <= set(files)


def anchor(
    stage: FinalStage, actions: Iterable[Action], place: str, *, copies: bool = True
) -> Instruction:
    """The instruction before which the environment arrives: the installation, or the first copy.

    What changes the owner of all that is in the ``place`` by then would store it a second time.
    """
    installed = min(line_of(action.instruction) for action in actions)
    before = (a for a in stage.actions if line_of(a.instruction) < installed)
    if copies and not any(_changes_all(stage, action, place) for action in before):
        lines = (line_of(item) for item, copied in stage.copies if copied.stage is None)
        installed = min((installed, *lines))
    return next(item for item in stage.instructions if line_of(item) == installed)


def _changes_all(stage: FinalStage, action: Action, place: str) -> bool:
    fact = action.fact
    paths = fact.paths if isinstance(fact, Permission) and fact.recursive else ()
    return any(is_within(place, stage.absolute(path, action.instruction)) for path in paths)


def _removed(stage: FinalStage, found: LockedInstallation, *, stays: bool) -> dict[int, str]:
    """What leaves the final stage: the installation, and its tool unless that stays."""
    replaced = {line_of(item): "" for item in found.bringing if not stays}
    whole = any(
        set(copied.sources) & {".", "./"} for _, copied in stage.copies if copied.stage is None
    )
    for item, copied in stage.copies if whole else ():
        if copied.stage is None and _brings_only(item, found.files):
            replaced[line_of(item)] = ""
    for run in stage.runs:
        text = _without_installation(stage, run, found, stays=stays)
        if text is not None:
            replaced[line_of(run.instruction)] = text
    return replaced


def _without_installation(
    stage: FinalStage, run: LiftedRun, found: LockedInstallation, *, stays: bool
) -> str | None:
    of_tool = set() if stays else {ActionKind.PYTHON, ActionKind.ENVIRONMENT}
    kinds, again = of_tool | {ActionKind.LOCKED}, beside_tool(stage)
    commands = [
        action.command
        for action in run.actions
        if ((action.kind in kinds or action in again) and action not in found.apart)
        or (not stays and action.command.words[:2] == (found.tool.name, "config"))
        or all(is_made_for(stage, action, each) for each in found.actions)
    ]
    return without_installing(run, commands) if commands else None


def without_installing(run: LiftedRun, commands: Collection[Command]) -> str:
    """The RUN without what installs; empty when it would only remove what that leaves behind."""
    starts = {command.start for command in commands}
    left = (action for action in run.actions if action.command.start not in starts)
    if all(action.kind is ActionKind.CLEANUP for action in left):
        return ""
    source = without(run.script, list(commands))
    return "" if source is None else with_script(run.instruction, source)
