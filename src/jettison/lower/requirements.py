"""Moves requirements out of production, and lets commands install without some groups."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping, Sequence

from packaging.utils import canonicalize_name

from jettison.ecosystems import OF_PROJECTS
from jettison.ecosystems.commands import PipInstall, ProjectInstall
from jettison.ecosystems.commands.invocation import Option
from jettison.ecosystems.declaration import Kind
from jettison.ecosystems.finding import MOVES, development_file
from jettison.ecosystems.tool import Omitted
from jettison.formats import newline_of
from jettison.formats.dockerfile.run import with_script
from jettison.formats.requirements import parse, split
from jettison.formats.shell import Word, replacing_words, without, without_words
from jettison.lift import Project
from jettison.lift.action import Action, LiftedRun
from jettison.lift.build_context import feeding_runs
from jettison.lift.declared import installed_declarations, movable_files, production_files
from jettison.lift.groups import ShippedGroup, shipped_files, shipped_groups
from jettison.lift.stage import lifted
from jettison.lower import Edits, edited, line_of
from jettison.plan.changes import LeaveGroupsOut, MoveToDevelopment
from jettison.values import replace

HELD = "jettison: the release that a moved requirement allowed"
ALONE = "jettison: only a moved requirement had brought it"


def move_to_development(project: Project, change: MoveToDevelopment) -> Mapping[str, str]:
    """Split each requirements file that declares one; others keep it in a place for development."""
    texts: dict[str, str] = {}
    for path in own_files(project):
        move = MOVES.get(posixpath.basename(path))
        if move is not None:
            texts[path] = move(project.texts[path], change.names, file=path)
    for file in movable_files(project):
        names = {line.name for line in file.requirements} & set(change.names)
        if names:
            path = development_file(file.file, project.texts)
            old = project.texts.get(path)
            existing = None if old is None else parse(old, file=path)
            kept, texts[path] = split(file, names, existing=existing)
            texts[file.file] = _with_lines(
                _with_lines(kept, change.held, HELD), change.alone, ALONE
            )
            change = replace(change, held=(), alone=())
    return texts


def _with_lines(text: str, lines: tuple[str, ...], why: str) -> str:
    """Add requirements, each with the reason."""
    newline = newline_of(text)
    added = "".join(f"{line}  # {why}{newline}" for line in lines)
    return f"{text.rstrip()}{newline}{added}" if added else text


def own_files(project: Project) -> tuple[str, ...]:
    """The files beside requirements files that declare what the image ships in its main list."""
    paths = {
        one.declaration.origin.file: None
        for one in installed_declarations(project)
        if one.shipped and one.declaration.kind is Kind.MAIN
    }
    listed = {file.file for file in production_files(project)}
    return tuple(path for path in paths if path not in listed)


def development_of(project: Project, path: str) -> str | None:
    """The development file that belongs to a requirements file, when the project has it.

    Both paths are relative to the build context.
    """
    whole = project.in_context(path)
    found = development_file(whole, project.texts)
    if whole not in project.texts or found not in project.texts:
        return None
    return found.removeprefix(project.prefix)


NAMING = {
    Kind.GROUP: ("--group", "-G", "--with"),
    Kind.OPTIONAL: ("--extra", "--extras", "-E", "-G"),
}
# Options that bring the development group, whatever its name.
MOST_EDITS = 50


def leave_groups_out(project: Project, change: LeaveGroupsOut) -> Mapping[str, str]:
    """Edit one command after the other, so that each edit sees the text of the one before."""
    path = project.dockerfile_path
    for _ in range(MOST_EDITS):
        text = _edited(project, change)
        if text is None:
            break
        project = project.with_texts({path: text})
    return {path: project.texts[path]}


def _edited(project: Project, change: LeaveGroupsOut) -> str | None:
    """The Dockerfile with one more edit; None when there is nothing to do."""
    groups = [one for one in shipped_groups(project) if _leaves(one, change)]
    wanted = dict(change.files)
    files = [one for one in shipped_files(project) if one.path in wanted]
    for run in feeding_runs(lifted(project)):
        for action in run.actions:
            own = [g for g in groups if g.request.action.origin == action.origin]
            gone = [file.path for file in files if file.action.origin == action.origin]
            source = None
            if own:
                everything = [
                    g for g in shipped_groups(project) if g.request.action.origin == action.origin
                ]
                source = _without_groups(project, run, action, own, everything)
            elif gone:
                source = _without_files(run, action, {path: wanted[path] for path in gone})
            if source is not None:
                text = "" if source == "" else with_script(run.instruction, source)
                return edited(project.dockerfile, Edits(replaced={line_of(run.instruction): text}))
    return None


def _leaves(one: ShippedGroup, change: LeaveGroupsOut) -> bool:
    return one.name in (change.extras if one.kind is Kind.OPTIONAL else change.groups)


def _without_groups(
    project: Project,
    run: LiftedRun,
    action: Action,
    groups: Sequence[ShippedGroup],
    everything: Sequence[ShippedGroup],
) -> str | None:
    fact = action.fact
    names = {group.name for group in groups}
    if isinstance(fact, PipInstall):
        return _without_pip_groups(run, action, fact, groups)
    if not isinstance(fact, ProjectInstall):
        return None
    tool = OF_PROJECTS[fact.tool]
    gone, renamed = [], {}
    for option in fact.options.options:
        tokens = _tokens(action, option)
        if option.name in tool.bringing and "dev" in names:
            gone += tokens
        elif option.value and any(option.name in options for options in NAMING.values()):
            asked = re.split(r"[,\s]+", option.value)
            gone_names = {g.name for g in groups if option.name in NAMING[g.kind]}
            left = [name for name in asked if canonicalize_name(name) not in gone_names]
            if not left:
                gone += tokens
            elif len(left) < len(asked):
                joined = ("," if "," in option.value else " ").join(left)
                renamed[option.word] = option.word.raw.replace(option.value, joined)
    if gone:
        return without_words(run.script, action.command, gone)
    if renamed:
        return replacing_words(run.script, renamed)
    flags = " ".join(tool.omitting(_omitted(project, fact, groups, everything)))
    verb = fact.options.arguments[0]
    return replacing_words(run.script, {verb: f"{verb.raw} {flags}"}) if flags else None


def _without_pip_groups(
    run: LiftedRun, action: Action, fact: PipInstall, groups: Sequence[ShippedGroup]
) -> str | None:
    local = [*fact.requirements, *(one.word for one in fact.options.every("-e", "--editable"))]
    extras = {group.name for group in groups if group.kind is Kind.OPTIONAL}
    words = {word: new for word in local if (new := _without_extras(word, extras))}
    if words:
        return replacing_words(run.script, words)
    names = {group.name for group in groups if group.kind is Kind.GROUP}
    asked = [option for option in fact.options.every("--group") if option.value]
    leaving = [o for o in asked if canonicalize_name((o.value or "").rpartition(":")[2]) in names]
    if not leaving:
        return None
    if len(leaving) == len(asked) and not (local or fact.requirement_files):
        return without(run.script, [action.command]) or ""
    gone = [word for option in leaving for word in _tokens(action, option)]
    return without_words(run.script, action.command, gone)


def _omitted(
    project: Project,
    fact: ProjectInstall,
    groups: Sequence[ShippedGroup],
    everything: Sequence[ShippedGroup],
) -> Omitted:
    """Give what comes by default and shall be left out."""
    names = {one.name for one in groups if one.kind is Kind.GROUP}
    request = groups[0].request
    return Omitted(
        names=tuple(sorted(names)),
        extras=tuple(one.name for one in groups if one.kind is Kind.OPTIONAL),
        rest=any(one.kind is Kind.GROUP and one.name not in names for one in everything),
        every=fact.options.has("--all-groups"),
        declared=project.texts[request.file],
        lock=project.texts[request.lock] if request.lock else "",
    )


def _tokens(action: Action, option: Option) -> list[Word]:
    """The words of an option: one, or its name and its value."""
    tokens = action.command.tokens
    index = next(n for n, token in enumerate(tokens) if token.start == option.word.start)
    alone = tokens[index].text.startswith("-")
    return [tokens[index]] if alone else [tokens[index - 1], tokens[index]]


def _without_extras(word: Word, names: Collection[str]) -> str | None:
    """``.[dev,postgres]`` without some of the extras; None when it has none of them."""
    found = re.search(r"\[([^\]]*)\]", word.raw)
    if found is None:
        return None
    asked = [name.strip() for name in found[1].split(",")]
    left = [name for name in asked if canonicalize_name(name) not in names]
    if len(left) == len(asked):
        return None
    extras = f"[{','.join(left)}]" if left else ""
    return word.raw[: found.start()] + extras + word.raw[found.end() :]


def _without_files(run: LiftedRun, action: Action, files: Mapping[str, str]) -> str | None:
    fact = action.fact
    if not isinstance(fact, PipInstall):
        return None
    others = [path for path in fact.requirement_files if not (path in files and not files[path])]
    if not others and not fact.requirements and not fact.editable:
        return without(run.script, [action.command]) or ""
    options = fact.options.every("-r", "--requirement", "--requirements")
    gone = [
        word
        for option in options
        if option.value and files.get(option.value) == ""
        for word in _tokens(action, option)
    ]
    if gone:
        return without_words(run.script, action.command, gone)
    words = {
        option.word: option.word.raw.replace(option.value, files[option.value])
        for option in options
        if option.value and option.value in files
    }
    words |= {word: files[word.text] for word in fact.options.arguments if files.get(word.text)}
    return replacing_words(run.script, words) if words else None
