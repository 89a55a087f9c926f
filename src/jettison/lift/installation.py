"""How the final stage makes its Python environment, when that can move to a build stage."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from jettison.facts import Project
from jettison.lift.action import Action, ActionKind
from jettison.lift.stage import FinalStage
from jettison.project.commands import PipInstall
from jettison.project.dockerfile import Instruction
from jettison.project.requirements import RequirementsFile
from jettison.project.shell import Word
from jettison.values import Evidence, Origin

# Options of pip that uv understands under the same name. A true value says that it takes a value.
SAME_FOR_UV = {
    "--index-url": True,
    "-i": True,
    "--extra-index-url": True,
    "--find-links": True,
    "-f": True,
    "--no-index": False,
    "--no-deps": False,
    "--require-hashes": False,
    "--no-binary": True,
    "--only-binary": True,
    "--no-build-isolation": False,
}
# Options of pip that only concern its own output, cache and environment.
WITHOUT_EFFECT = frozenset(
    {
        *(
            "--no-cache-dir",
            "--no-cache",
            "--disable-pip-version-check",
            "--no-input",
            "-q",
            "--quiet",
        ),
        *("-v", "--verbose", "--progress-bar", "--root-user-action", "--no-warn-script-location"),
        *(
            "--break-system-packages",
            "--upgrade",
            "-U",
            "--timeout",
            "--default-timeout",
            "--retries",
        ),
        *("--prefer-binary", "--compile", "--no-compile", "--system", "--upgrade-strategy"),
    }
)
FILES = frozenset({"-r", "--requirement", "-c", "--constraint"})
# Where the environment of the official images is; scripts that name it would miss it.
OLD_PATHS = ("/usr/local/bin/", "/usr/local/lib/python")
INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv", "pip-tools", "build"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The commands that install requirements, with all that a build stage needs to repeat them.

    ``requirement_files`` and ``constraint_files`` are paths as the commands name them; ``files``
    are all files that they read, relative to the context; ``requirements`` are words of the
    commands themselves; ``options`` are in uv's spelling.
    """

    actions: tuple[Action, ...]
    requirement_files: tuple[str, ...]
    constraint_files: tuple[str, ...]
    requirements: tuple[str, ...]
    options: tuple[str, ...]
    files: tuple[str, ...]
    from_version_control: bool

    @property
    def origin(self) -> Origin:
        """Where the first command stands."""
        return self.actions[0].origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMovable:
    """Why the installation stays where it is; an empty reason: there is nothing to move."""

    evidence: Evidence | None


def installation_of(project: Project, stage: FinalStage) -> Installation | NotMovable:
    """Find the installation by pip in the final stage."""
    actions = stage.of_kind(ActionKind.PYTHON)
    locked = stage.of_kind(ActionKind.LOCKED, ActionKind.ENVIRONMENT)
    if locked:
        return _stays(locked[0].origin, f"the environment is made by `{locked[0].text[:60]}`")
    if not actions or stage.tag is None:
        return NotMovable(evidence=None)
    if stage.triggers:
        return _stays(stage.triggers[0].origin, "images that are built on this one use it")
    for run in stage.runs:
        if not run.editable and any(action in actions for action in run.actions):
            return _stays(run.instruction.origin, "the installation is part of a shell script")
    facts = [action.fact for action in actions if isinstance(action.fact, PipInstall)]
    for fact in facts:
        reason = _obstacle(fact)
        if reason:
            return _stays(fact.origin, reason)
    return _collected(project, stage, actions, facts)


def _collected(
    project: Project, stage: FinalStage, actions: tuple[Action, ...], facts: list[PipInstall]
) -> Installation | NotMovable:
    requirement_files = _unique(path for fact in facts for path in fact.requirement_files)
    constraint_files = _unique(path for fact in facts for path in fact.constraint_files)
    read: list[RequirementsFile] = []
    for path in (*requirement_files, *constraint_files):
        source = context_path(stage, path)
        if source is None or project.in_context(source) not in project.texts:
            return _stays(facts[0].origin, f"{path} is not a file of the build context")
        read += project.requirements_file(source)
    lines = [line for file in read for line in file.requirements]
    local = next((line for line in lines if line.editable or line.path), None)
    if local is not None:
        return _stays(local.origin, "a requirement is a folder of the project")
    words = [word for fact in facts for word in fact.requirements if not is_installer(word)]
    variable = next((word for word in words if not word.literal), None)
    if variable is not None:
        return _stays(variable.origin, f"`{variable.text}` is known only while building")
    if not requirement_files and not words:
        return NotMovable(evidence=None)
    prefix = f"{project.context}/" if project.context else ""
    return Installation(
        actions=actions,
        requirement_files=requirement_files,
        constraint_files=constraint_files,
        requirements=_unique(word.text for word in words),
        options=_unique_options(facts),
        files=_unique(file.file.removeprefix(prefix) for file in read),
        from_version_control=any(line.url.startswith("git+") for line in lines),
    )


def context_path(stage: FinalStage, path: str) -> str | None:
    """The file of the context behind a path in the image; None when it cannot be told."""
    if not path.startswith("/"):
        copied = [found for _, found in stage.copies if found.stage is None]
        renamed = [c for c in copied if path in _targets(c.destination) and len(c.sources) == 1]
        return renamed[-1].sources[0].removeprefix("./") if renamed else path.removeprefix("./")
    for _, found in reversed(stage.copies):
        for source in found.sources:
            name = source.rstrip("/").rpartition("/")[2]
            folder = found.destination.rstrip("/")
            if path in (f"{folder}/{name}", folder):
                return source.removeprefix("./")
            if path.startswith(f"{folder}/") and not posixpath.splitext(name)[1]:
                # A folder: what it holds lands below the destination.
                inside = posixpath.join(source, path.removeprefix(f"{folder}/"))
                return posixpath.normpath(inside)
    return None


def _targets(destination: str) -> tuple[str, ...]:
    return (
        () if destination.endswith("/") or destination == "." else (destination.removeprefix("./"),)
    )


def copies_of_requirements(stage: FinalStage, found: Installation) -> tuple[Instruction, ...]:
    """The COPY instructions that bring nothing but files which the installation reads.

    A folder of requirements counts as such when a later copy of everything brings it again.
    """
    wanted = set(found.files)
    folders = {posixpath.dirname(file) for file in wanted} - {""}
    own = [(item, copied) for item, copied in stage.copies if copied.stage is None]
    again = any(set(copied.sources) & {".", "./"} for _, copied in own)
    names = wanted | folders if again else wanted
    return tuple(
        item
        for item, copied in own
        if copied.sources
        and all(posixpath.normpath(source) in names for source in copied.sources)
        and not copied.documents
    )


def fixed_path(project: Project, stage: FinalStage) -> Evidence | None:
    """A start command or script that names the environment of the base image by its path."""
    for invocation in (stage.command, stage.entrypoint):
        if invocation and any(path in invocation.instruction.text for path in OLD_PATHS):
            message = "the start command names a program of the old environment by its path"
            return Evidence(kind="path", message=message, origin=invocation.origin)
    for path, text in project.texts.items():
        if path.endswith((".sh", ".conf", ".ini", ".service")):
            for number, line in enumerate(text.splitlines(), 1):
                if any(old in line for old in OLD_PATHS):
                    message = f"{path}:{number} names the old environment by its path"
                    return Evidence(kind="path", message=message)
    return None


def _obstacle(fact: PipInstall) -> str:
    if fact.editable or any(word.text.startswith((".", "/")) for word in fact.requirements):
        return "the project itself is installed, not only its requirements"
    if fact.target or fact.user:
        return "the requirements go to a folder of their own"
    if fact.groups:
        return "dependency groups are installed"
    for option in fact.options.options:
        if option.name not in SAME_FOR_UV and option.name not in WITHOUT_EFFECT | FILES:
            return f"the option {option.name} is not known to uv"
    return ""


def is_installer(word: Word) -> bool:
    """Whether a requirement is pip or another installer itself."""
    name = word.text.partition("=")[0].partition("<")[0].partition(">")[0].partition("[")[0]
    return name.strip().lower() in INSTALLERS


def _unique_options(facts: list[PipInstall]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for fact in facts:
        for option in fact.options.options:
            if option.name in SAME_FOR_UV:
                value = f" {option.value}" if SAME_FOR_UV[option.name] else ""
                found.setdefault(f"{option.name}{value}")
    if any(option.startswith("--extra-index-url") for option in found):
        # pip takes the best version of all indexes, uv by default the first index that has one.
        found.setdefault("--index-strategy unsafe-best-match")
    return tuple(found)


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def _stays(origin: Origin, reason: str) -> NotMovable:
    return NotMovable(evidence=Evidence(kind="installation", message=reason, origin=origin))
