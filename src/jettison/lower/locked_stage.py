"""A build stage that makes the environment with ``uv sync``, and the final stage without it."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.changes import SplitBuildStage
from jettison.lift.action import ActionKind, LiftedRun
from jettison.lift.locked import LockedInstallation
from jettison.lift.stage import FinalStage
from jettison.lower.build_parts import (
    base_text,
    copies_of,
    installer_variables,
    package_comments,
)
from jettison.lower.packages import install_text
from jettison.lower.text import WIDTH, Edits, comment, edited, ended, line_of
from jettison.project.dockerfile import Instruction
from jettison.project.dockerfile.run import with_script
from jettison.project.shell import without

CACHED = "RUN --mount=type=cache,target=/root/.cache/uv"


def split_locked(
    name: str, stage: FinalStage, found: LockedInstallation, change: SplitBuildStage
) -> str:
    """Give the Dockerfile with a build stage in front of the final one."""
    start, anchor = stage.stage.instructions[0], _anchor(stage, found)
    copied = f"COPY --from={name} {change.environment} {change.environment}\n"
    programs = f"{change.environment}/bin"
    direct = bool(found.starts) and not change.installer_stays
    if direct and programs not in stage.environment.get("PATH", "").split(":"):
        copied += f"ENV PATH={programs}:$PATH\n"
    edits = Edits(
        before={
            line_of(start): _build_stage(name, stage, found, change) + "\n",
            line_of(anchor): f"{copied}\n",
        },
        replaced=_removed(stage, found, stays=change.installer_stays),
    )
    return edited(stage.dockerfile, edits)


def _build_stage(
    name: str, stage: FinalStage, found: LockedInstallation, change: SplitBuildStage
) -> str:
    variables = installer_variables(stage, "")
    parts = [
        comment("The environment is made here; compilers, headers and installers stay here too."),
        f"FROM {base_text(stage)} AS {name}\n",
        *variables,
    ]
    if change.build_packages:
        parts += ["\n", package_comments(stage, change.build_packages)]
        parts += [install_text(change.build_packages, stage)]
    parts += [
        "\n",
        _settings(variables),
        _uv(found),
        f"WORKDIR {found.folder}\n",
        "\n",
        comment("The lock before the source: a change of code does not install everything again."),
        *copies_of(found.files),
        _sync(found, "--no-install-project"),
    ]
    if found.sources:
        parts += [
            "\n",
            comment("The project itself is installed too, from where the final stage has it."),
            *(item.text for item in found.sources if not _brings_only(item, found.files)),
            _sync(found),
        ]
    return "".join(ended(part) if part != "\n" else part for part in parts if part)


def _settings(variables: Iterable[str]) -> str:
    """What uv is told where the Dockerfile has not told it."""
    wanted = {"UV_COMPILE_BYTECODE": "1", "UV_LINK_MODE": "copy"}
    told = {text.split(maxsplit=1)[1].partition("=")[0] for text in variables}
    missing = [f"{name}={value}" for name, value in wanted.items() if name not in told]
    return f"ENV {' '.join(missing)}\n" if missing else ""


def _uv(found: LockedInstallation) -> str:
    if isinstance(found.uv, Instruction):
        return found.uv.text
    if found.uv.startswith("--from="):
        return f"COPY {found.uv}\n"
    return f"RUN pip install --no-cache-dir {found.uv}\n"


def _sync(found: LockedInstallation, *more: str) -> str:
    words = " ".join(word for word in ("uv sync", found.options, *more) if word)
    line = f"{CACHED} {words}\n"
    return line if len(line) <= WIDTH else f"{CACHED} \\\n    {words}\n"


def _brings_only(item: Instruction, files: Iterable[str]) -> bool:
    words = [word.removeprefix("./") for word in item.arguments.split()[:-1]]
    return bool(words) and set(words) <= set(files)


def _anchor(stage: FinalStage, found: LockedInstallation) -> Instruction:
    """The instruction before which the environment arrives: the first copy, or the installation."""
    lines = [line_of(action.instruction) for action in found.actions]
    lines += [line_of(item) for item, copied in stage.copies if copied.stage is None]
    return next(item for item in stage.instructions if line_of(item) == min(lines))


def _removed(stage: FinalStage, found: LockedInstallation, *, stays: bool) -> dict[int, str]:
    """What leaves the final stage: the installation, and uv unless it starts the application."""
    replaced: dict[int, str] = {}
    if not stays and isinstance(found.uv, Instruction):
        replaced[line_of(found.uv)] = ""
    whole = any(
        set(copied.sources) & {".", "./"} for _, copied in stage.copies if copied.stage is None
    )
    for item, copied in stage.copies if whole else ():
        if copied.stage is None and _brings_only(item, found.files):
            replaced[line_of(item)] = ""
    for run in stage.runs:
        text = _without_installation(run, stays=stays)
        if text is not None:
            replaced[line_of(run.instruction)] = text
    return replaced


def _without_installation(run: LiftedRun, *, stays: bool) -> str | None:
    kinds = {ActionKind.LOCKED} | (set() if stays else {ActionKind.PYTHON})
    commands = [action.command for action in run.actions if action.kind in kinds]
    if not commands:
        return None
    source = without(run.script, commands)
    return "" if source is None else with_script(run.instruction, source)
