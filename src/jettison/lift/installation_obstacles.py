"""Why an installation by pip cannot move from the final stage to a build stage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import takewhile

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import PipInstall
from jettison.formats.dockerfile import Instruction, mounts
from jettison.formats.dockerfile import user as user_of
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, actions_in, is_installer
from jettison.lift.declared import LINKS, wheels_from
from jettison.lift.own_environment import PIPS
from jettison.lift.repeated_commands import EDITABLE, is_conditional, local_words
from jettison.lift.stage import ROOT_NAMES, FinalStage
from jettison.lift.stages import INSTALLING, copies_environment, stages_on, steering_pip
from jettison.lift.usage import COMMAND, SCRIPT, Usage
from jettison.values import Evidence, Origin

# Where the environment of the official images is; scripts that name it would miss it.
OLD_PATHS = ("/usr/local/bin/", "/usr/local/lib/python")
# A requirement that is a file or a folder, by its place or by the end of its name.
FILE = re.compile(r"^[./]|^[^\s@;]*[/*]|^[^\s@]*\.(whl|zip|tar\.gz|tgz|tar\.bz2)$")
# Steps that call the pip of the environment, which one made by uv does not have.
_MODELS = r"\bspacy(\.cli)?\s+download\b"
NEEDS_PIP = re.compile(rf"{_MODELS}|-m\s+pip\s|-m\s+ensurepip\b")
# Source that is installed where the Python of the step is.
BY_SETUP = re.compile(r"\bsetup\.py\s+(?:\S+\s+)*?(?:install|develop)\b")
# spaCy's own download is an installation of a wheel.
MODEL = "a requirement with the address of the model's wheel can move"


def obstacles(
    project: Project, stage: FinalStage, actions: Iterable[Action], *, by_pip: bool = False
) -> Iterator[Evidence]:
    """Everything that keeps the installing ``actions`` in the stage.

    ``by_pip`` says that the build stage repeats the commands of pip, instead of calling uv.
    """
    yield from _too_old(stage, by_pip=by_pip)
    yield from _other_users(stage, by_pip=by_pip)
    for name, origin in steering_pip(stage):
        if not by_pip or name not in table(Tools).pip.anywhere:
            yield obstacle_at(origin, f"{name} decides what pip installs, and uv does not read it")
    for action in actions:
        run = stage.run_of(action)
        if not run.gives(action) and not (by_pip and is_conditional(run)):
            yield obstacle_at(run.instruction.origin, "the installation is part of a shell script")
        if isinstance(action.fact, PipInstall):
            unknown = _unknown(project, stage, action.instruction, action.fact, by_pip=by_pip)
            for reason in (*unknown, *_surroundings(project, stage, action)):
                yield obstacle_at(action.origin, reason)
    if by_pip:
        return
    every = [fact for _, fact in commands_of(actions)]
    alone = [fact for fact in every if is_of_project(fact)]
    for facts in ([fact for fact in every if fact not in alone], alone):
        for option in _differing(facts):
            yield obstacle_at(facts[0].origin, f"{option} holds for one of several installations")


def obstacle_at(origin: Origin, reason: str) -> Evidence:
    """The evidence for one obstacle."""
    return Evidence.of("installation", reason, origin)


def _too_old(stage: FinalStage, *, by_pip: bool) -> Iterator[Evidence]:
    """Versions of Python that the installer of the build stage does not run on."""
    version = stage.python or (stage.tag.version if stage.tag else "")
    minor = tuple(int(part) for part in version.split(".") if part.isdecimal())
    known = table(Tools)
    oldest = tuple(known.uv.oldest_python)
    if minor and minor < oldest[: len(minor)] and not (by_pip and stage.python in known.pip.seeds):
        reason = f"uv needs Python {'.'.join(str(part) for part in oldest)} or newer"
        yield Evidence.of("base", reason, stage.stage.origin)


def _other_users(stage: FinalStage, *, by_pip: bool) -> Iterator[Evidence]:
    """What else needs the environment of the base image, or that of the build stage with pip."""
    for item in stage.triggers:
        yield obstacle_at(item.origin, "images that are built on this one use it")
    for item in stage.below:
        if _installs(item):
            yield obstacle_at(item.origin, "an earlier stage installs requirements too")
    for item, user in _steps_on(stage):
        again = by_pip and user.partition(":")[0] in ROOT_NAMES and _finds_pip(item)
        if _installs(item) and not again:
            yield obstacle_at(item.origin, "a stage that is built on this one installs too")
    for item, copied in stage.copies:
        # the project's own scripts are found beside any environment
        paths = OLD_PATHS if copied.stage is not None else OLD_PATHS[1:]
        if copied.destination.startswith(paths):
            yield obstacle_at(item.origin, "files are copied into the base's environment")
    yield from _installing_steps(stage, by_pip=by_pip)


def _installing_steps(stage: FinalStage, *, by_pip: bool) -> Iterator[Evidence]:
    """Steps of other kinds that install too."""
    for action in stage.of_kind(ActionKind.OTHER, ActionKind.APPLICATION):
        if BY_SETUP.search(action.text):
            yield obstacle_at(action.origin, f"`{action.short}` installs too")
        found = by_pip and stage.is_root_at(action.instruction) and _finds_pip(action.instruction)
        if NEEDS_PIP.search(action.text) and not found:
            text = " ".join(action.text.split())
            instead = f"; {MODEL}" if "spacy" in text else ""
            yield obstacle_at(action.origin, f"`{text[:60]}` installs with pip{instead}")


def _steps_on(stage: FinalStage) -> Iterator[tuple[Instruction, str]]:
    """The instructions of stages on this one, each with its user."""
    for each in stages_on(stage):
        user = stage.user
        for item in each.instructions:
            user = stage.expanded(user_of(item)) if item.keyword == "USER" else user
            yield item, user


def installs_on_top(stage: FinalStage) -> bool:
    """Whether a stage that is built on this one installs too."""
    return any(_installs(item) for item, _ in _steps_on(stage))


def _installs(item: Instruction) -> bool:
    return any(_needs_pip(action) or action.kind in INSTALLING for action in actions_in((item,)))


def _needs_pip(action: Action) -> bool:
    return NEEDS_PIP.search(action.text) is not None


def fetches_model(action: Action) -> bool:
    """Whether a command installs a model of spaCy, a wheel that needs no compiler."""
    return re.search(_MODELS, action.text) is not None


def _finds_pip(item: Instruction) -> bool:
    """Whether all that installs in a step does so with the pip, or the Python, that PATH names."""
    installing = [a for a in actions_in((item,)) if _needs_pip(a) or a.kind in INSTALLING]
    return all(_names_pip(action) for action in installing)


def _names_pip(action: Action) -> bool:
    fact, words = action.fact, action.command.words
    placed = isinstance(fact, PipInstall) and (fact.by_uv or fact.target or fact.user)
    plain = _needs_pip(action) or (isinstance(fact, PipInstall) and not placed)
    return plain and "".join(words[:1]) in (*PIPS, "spacy")


def _unknown(
    project: Project, stage: FinalStage, step: Instruction, fact: PipInstall, *, by_pip: bool
) -> Iterator[str]:
    """What of a command the installer of the build stage does not know, or finds there alone."""
    folders = local_words(fact)
    local = (word.text for word in fact.requirements if "://" not in word.text)
    files = (word for word in local if FILE.search(word))
    own = [word for word in files if word not in folders]
    unknown = [word for word in own if not wheels_from(project, stage, step, word)]
    if unknown:
        yield f"`{unknown[0]}` is installed, which is not a list of requirements"
    for named in own:
        name = posixpath.basename(named)
        users = (action for action in stage.actions if name in action.text and not _clears(action))
        if any(not isinstance(action.fact, PipInstall) for action in users):
            yield f"another command needs {name} too"
    if fact.target or fact.user:
        yield "the requirements go to a folder of their own"
    if fact.groups and not fact.by_uv:
        yield "dependency groups are installed"
    for option in fact.options.every(*LINKS):
        value = option.value or ""
        if value and "://" not in value and not wheels_from(project, stage, step, f"{value}/*"):
            yield f"distributions come from {option.value}, which another step fills"
    known = table(Tools).pip
    names = {*known.valued, *known.flags, *known.without_effect, *known.files, *EDITABLE}
    names |= set(known.of_pip_alone) if by_pip else set()
    for option in fact.options.options:
        if option.name not in names:
            yield f"the option {option.name} is not known to uv"


def installs_when_run(project: Project, stage: FinalStage, usage: Usage) -> Evidence | None:
    """What calls pip in the running container, and means the environment of the application.

    Documentation and continuous integration mean other places.
    """
    for each in (stage.command, stage.entrypoint):
        if each and re.search(r"\bpip3?\b", each.instruction.text):
            return Evidence.of("command", "the start command runs pip", each.origin)
    composed = project.compose_path
    uses = (use for name in ("pip", "pip3") for use in usage.programs.get(name, ()))
    return next(
        (
            use
            for use in uses
            if use.kind in (SCRIPT, "subprocess")
            or (use.kind == COMMAND and use.origin and use.origin.file == composed)
        ),
        None,
    )


def _clears(action: Action) -> bool:
    """Whether a command removes files that may be there."""
    words = action.command.words
    return words[:1] == ("rm",) and any(word.startswith("-") and "f" in word for word in words[1:])


def _surroundings(project: Project, stage: FinalStage, action: Action) -> Iterator[str]:
    """What else an installation depends on, and would miss in another stage."""
    if any(mount.type in ("secret", "ssh") for mount in mounts(action.instruction)):
        yield "a secret is mounted for it"
    if action.command.assignments:
        yield "variables are set for it alone"
    program = action.command.words[0] if action.command.words else ""
    if copies_environment(project, stage) or _is_copied(stage, program, action.origin):
        yield "it adds to an environment that is copied from another stage"
    run = stage.run_of(action)
    if run.moves:
        yield "the script changes folder or environment"
    yield from _changed_before(stage, action)
    for _, copied in stage.copies:
        if copied.destination.endswith(tuple(table(Tools).pip.configuration)):
            yield f"{copied.destination} is read by pip alone"


# Programs that read files, unless an option or a redirection says otherwise.
_READING = frozenset(
    {"cat", "grep", "head", "tail", "wc", "ls", "stat", "test", "[", "[[", "chmod", "chown", "sed"}
    | {"awk", "cut", "sort", "diff", "cmp", "md5sum", "sha1sum", "sha256sum", "sha512sum"}
)


def _changed_before(stage: FinalStage, action: Action) -> Iterator[str]:
    """Steps in front that may have changed a list: a build stage reads it as it is in the context.

    A list that steps make, and the context has not, is not found in the first place.
    """
    fact = action.fact
    files = fact.requirement_files if isinstance(fact, PipInstall) else ()
    names = {posixpath.basename(path) for path in files}
    for each in takewhile(lambda one: one is not action, stage.actions):
        redirects = (one for one in each.command.redirects if ">" in one.operator and one.target)
        written = {posixpath.basename(one.target.text) for one in redirects if one.target}
        if not (isinstance(each.fact, PipInstall) or _only_reads(each.command.words)):
            written |= set(map(posixpath.basename, each.command.words[1:]))
        if found := names & written:
            yield f"`{each.short}` may change {min(found)} before"


def _only_reads(words: tuple[str, ...]) -> bool:
    program = posixpath.basename("".join(words[:1]))
    inside = program == "sed" and any(re.match(r"-\w*i|--in-place", word) for word in words[1:])
    return program in _READING and not inside


def _is_copied(stage: FinalStage, program: str, before: Origin) -> bool:
    """Whether a program is of an environment that another stage made and that was copied.

    PATH or VIRTUAL_ENV names it, or the path of the program does.
    """
    path = [*stage.environment.get("PATH", "").split(":"), posixpath.dirname(program)]
    homes = [posixpath.dirname(one) for one in path if posixpath.basename(one) == "bin"]
    homes.append(stage.environment.get("VIRTUAL_ENV", ""))
    copied = {
        stage.absolute(found.destination, item)
        for item, found in stage.all_copies
        if found.stage is not None and item.origin.at < before.at
    }
    return any(
        f"{home}/".startswith(f"{folder}/")
        for home in homes
        for folder in copied - {"/"}
        if home and not home.startswith("/usr")
    )


def commands_of(actions: Iterable[Action]) -> list[tuple[Instruction, PipInstall]]:
    """The installations among actions, each with its instruction."""
    return [(a.instruction, a.fact) for a in actions if isinstance(a.fact, PipInstall)]


def is_of_project(fact: PipInstall) -> bool:
    """Whether a command installs nothing but folders."""
    folders = local_words(fact)
    words = {word.text for word in fact.requirements}
    return bool(folders) and not fact.requirement_files and words <= set(folders)


def _differing(facts: list[PipInstall]) -> list[str]:
    """The options of some installations alone, which one command would give to all.

    An index counts by its address: what it does not offer would be looked for there.
    """
    known = table(Tools).pip
    own: list[set[tuple[str, str]]] = [
        {
            (option.name, (option.value or "") if option.name in known.valued else "")
            for option in fact.options.options
            if option.name in (*known.flags, *known.valued)
        }
        for fact in facts
        if fact.requirement_files or not all(map(is_installer, fact.requirements))
    ]
    every = [each for options in own for each in options]
    return sorted(name for name, value in set(every) if every.count((name, value)) < len(own))
