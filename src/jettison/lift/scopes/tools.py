"""Signals from tools: what a distribution is, who reads plugins and saved objects, what runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice

from packaging.utils import canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.applications import Calls, DevelopmentTools, Launchers
from jettison.formats import fits
from jettison.index import DistributionFacts
from jettison.lift.scopes import Signal, Weight
from jettison.lift.scopes.context import Context, toward_development, toward_runtime
from jettison.source import COMMAND_LINE, RUN_MODULE, Call, Text, Use, UsedCommand
from jettison.source.effects import programs_called
from jettison.source.literals import HOLE
from jettison.source.operations_images import RUNNING
from jettison.source.pickles import missing_pickle
from jettison.source.tree import is_documentation, is_test
from jettison.values import Origin


def collect_extensions(context: Context) -> Iterator[Signal]:
    """Name the declared distributions that are made for development."""
    for name in context.names:
        if category := category_of(name):
            message = f"{name} is a tool for {category}"
            # What helps to debug may serve the application too: then its imports decide.
            weight = Weight.FAIR if category == "debugging" else Weight.STRONG
            yield toward_development(name, weight, "tool", message, None)
        elif not (facts := context.facts(name)):
            continue
        elif host := _host(facts):
            message = f"{name} builds on {host}, a tool for {category_of(host)}"
            weight = Weight.STRONG if _registers(facts, host) else Weight.FAIR
            yield toward_development(name, weight, "tool", message, None)
        elif _holds_stubs_alone(facts):
            message = f"{name} holds type stubs alone"
            yield toward_development(name, Weight.STRONG, "tool", message, None)


@cache
def category_of(name: str) -> str:
    """Return what a catalogued tool is for; empty for anything else."""
    catalogue = table(DevelopmentTools)
    if name in catalogue.excepted:
        return ""
    for category, names in catalogue.groups.items():
        if name in names:
            return category
    return "development" if fits(name, catalogue.patterns) else ""


def only_checks(name: str) -> bool:
    """Whether a tool does nothing but check code, run tests or render documentation.

    What drives a browser or makes up data is for tests as well, and serves other programs too.
    """
    runs = name in table(DevelopmentTools).runners or name in table(DevelopmentTools).hosts
    return runs or category_of(name) in ("linting", "documentation")


def host_of(context: Context, name: str) -> str:
    """The tool that a distribution extends, by what it requires or by its own name."""
    facts = context.facts(name)
    first = name.partition("-")[0]
    named = first if first != name and first in table(DevelopmentTools).hosts else ""
    return (_host(facts) if facts else "") or named


def _holds_stubs_alone(facts: DistributionFacts) -> bool:
    """Whether it is named after types and has nothing that Python can import or run."""
    empty = not (facts.import_names or facts.entry_points or facts.sdist_only or facts.requires)
    return empty and not {"stubs", "types", "typing", "typeshed"}.isdisjoint(facts.name.split("-"))


def _host(facts: DistributionFacts) -> str:
    """Find a tool with extensions that a distribution requires in any case."""
    groups = table(DevelopmentTools).hosts
    for requirement in facts.requires:
        host = canonicalize_name(requirement.name)
        if host in groups and "extra" not in str(requirement.marker or ""):
            return host
    return ""


def _registers(facts: DistributionFacts, host: str) -> bool:
    """Whether a distribution is named after the tool, or enters one of its groups."""
    group = table(DevelopmentTools).hosts[host]
    return host in facts.name or any(
        point.group.partition(".")[0] == group for point in facts.entry_points
    )


_WEIGHTS = {Use.PRODUCTION: Weight.STRONG, Use.BUILD: Weight.STRONG, Use.UNCALLED: Weight.FAINT}
# Words in the names of scripts and commands by which developers check their code.
_CHECKS = frozenset({"run", "lint", "format", "fmt", "check", "checks", "test", "tests", "typing"})
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.\w+)+(:\w+)?\Z")


def collect_commands(context: Context) -> Iterator[Signal]:
    """Judge every command that runs a program of a declared distribution."""
    for command in context.inputs.commands.commands:
        for name in dict.fromkeys(_used(context, command.words)):
            signal = _of_command(context, name, command)
            if signal is not None:
                yield signal
    yield from _started_elsewhere(context)
    for facts in context.inputs.index.modules.values():
        for call in programs_called([facts]):
            for name in context.owners.of_program(call.program):
                yield from _of_call(context, name, call.program, call.origin)
        for text in facts.texts:
            for name in _run_by(context, text):
                yield from _of_call(context, name, text.value, text.origin)


def _run_by(context: Context, text: Text) -> tuple[str, ...]:
    if text.role == COMMAND_LINE:
        return context.owners.of_program(text.value)
    if text.role == RUN_MODULE and not context.serves_development(text.file):
        return context.owners.of_module(text.value)
    return ()  # in tests the word behind -m may choose some of them


def _started_elsewhere(context: Context) -> Iterator[Signal]:
    """Servers and workers, where nothing of the project says what the image starts."""
    if any(command.use is Use.PRODUCTION for command in context.inputs.commands.commands):
        return
    for name in context.names:
        if name in table(Launchers).launchers:
            message = f"no start command was found: the base image may run {name}"
            yield toward_runtime(name, Weight.FAINT, "command", message, None)


def _used(context: Context, words: Sequence[str]) -> Iterator[str]:
    """Distributions whose program or module a command runs, and worker classes it names."""
    launchers = table(Launchers)
    started, last = False, ""
    for before, word in zip(("", *words), words, strict=False):
        program = word.rpartition("/")[2]
        if word == "--":
            started = False
        elif before == "-m":
            yield from context.owners.of_module(word)
            started, last = True, word
        elif not started and not word.startswith("-") and "=" not in word:
            yield from context.owners.of_program(program)
            last = program
            prefix = program in launchers.prefixes or program in launchers.runners
            started = not (prefix or word == "run" or before in launchers.valued)
        elif started:
            yield from context.owners.of_part(last, word)
            yield from _of_argument(context, before, word)


def _of_argument(context: Context, before: str, word: str) -> Iterator[str]:
    option, value = word.split("=", 1) if "=" in word else (before, word)
    launchers = table(Launchers)
    if word in launchers.reloading:
        yield from (name for name in launchers.watchers if name in context.names)
    elif option in launchers.workers:
        yield from context.owners.of_word(value.partition(".")[0].partition(":")[0])
    elif _DOTTED.match(value) and not context.inputs.index.is_local(value):
        yield from context.owners.of_module(value.partition(":")[0])


def _of_command(context: Context, name: str, command: UsedCommand) -> Signal | None:
    text = " ".join(command.words)
    text = text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004  # fits a line of a report
    if command.use is not Use.DEVELOPMENT:
        weight = _WEIGHTS[command.use]
        note = ", though nothing is seen to call it" if command.use is Use.UNCALLED else ""
        always = command.always or command.source in RUNNING
        if command.use is Use.PRODUCTION and _is_check(name) and not always:
            # A start script or a service that can also run the tests is not what production runs.
            weight = Weight.FAINT
        message = f"{command.source} runs `{text}`{note}"
        return toward_runtime(name, weight, "command", message, command.origin)
    started = {name, command.words[0].rpartition("/")[2]}
    if name in context.owners.unsure or not started.isdisjoint(table(Launchers).launchers):
        return None  # developers start the application too
    message = f"{command.source} runs `{text}` for developers"
    return toward_development(name, Weight.FAINT, "command", message, command.origin)


def _is_check(name: str) -> bool:
    return category_of(name) not in ("", "debugging", "releasing")


def _of_call(context: Context, name: str, program: str, origin: Origin) -> Iterator[Signal]:
    message = f"{origin.file} runs the program {program}"
    words = re.findall(r"[a-z]+", origin.file.rpartition("/")[2].lower().removesuffix(".py"))
    if only_checks(name) and _CHECKS.issuperset(words):
        yield toward_runtime(name, Weight.FAINT, "command", message, origin)
    elif context.is_reached(origin.file):
        yield toward_runtime(name, Weight.STRONG, "command", message, origin)
    elif context.serves_development(origin.file):
        if name not in context.owners.unsure:
            yield toward_development(name, Weight.FAINT, "command", message, origin)
    else:
        weight = context.weight_of_unreached()
        if context.is_of_package(origin.file) and not _is_check(name):
            weight = Weight.STRONG  # as an import there, unless checks of the source are run
        yield toward_runtime(name, weight, "command", message, origin)


_PROGRAMS = frozenset({"console_scripts", "gui_scripts", "distutils.commands"})
# Read where a developer asks for it: who runs tests, who opens a shell.
_DEVELOPMENT = frozenset({"pytest11", "pyramid.pshell_runner", "flake8.extension"})
_READERS = frozenset(
    {"importlib.metadata.entry_points", "importlib_metadata.entry_points",
     "pkg_resources.iter_entry_points"}
)  # fmt: skip
_LEFT_OUT = _PROGRAMS | _DEVELOPMENT


def collect_plugins(context: Context) -> Iterator[Signal]:
    """Keep what registers in a group that the project, or another requirement, reads."""
    read = _groups_read(context)
    for name in context.names:
        facts = context.facts(name)
        groups = {point.group for point in facts.entry_points} - _LEFT_OUT if facts else set()
        for group in sorted(groups):
            if group in read:
                message = f"the project loads the entry points of {group}, where it registers"
                yield toward_runtime(name, Weight.STRONG, "plugin", message, None)
            # What a debugger gives other packages, as a lexer of its prompt, is there for itself.
            helps = not category_of(name)
            for host in _readers(context, group.replace("-", "_")) if helps else ():
                if host != name and not category_of(host):
                    message = f"it registers in {group}, which {host} reads"
                    yield toward_runtime(name, Weight.FAIR, "plugin", message, None)


def registers_for_others(context: Context, name: str) -> bool:
    """Whether it enters a group that anything may read: then tests are not all that loads it.

    Schemas of messages are found so by their queue's library, whatever the group is called.
    """
    facts = context.facts(name)
    groups = {point.group for point in facts.entry_points} - _LEFT_OUT if facts else set()
    tools = {*table(DevelopmentTools).hosts.values(), *_FOR_TOOLS}
    own = tuple(facts.import_names) if facts else ()  # groups that it reads itself
    known = bool(category_of(name) or host_of(context, name))
    others = (each for each in groups if not (own and each.startswith(own)))
    return not known and any(group.partition(".")[0] not in tools for group in others)


# First parts of the groups that tools for building, translating and highlighting read.
_FOR_TOOLS = frozenset({"babel", "distutils", "egg_info", "hypothesis", "pygments", "setuptools"})


def _readers(context: Context, group: str) -> tuple[str, ...]:
    """The distributions whose module a group is named after, as ``spacy`` for ``spacy_lookups``.

    Where that is a namespace of many distributions, those that register nothing there themselves.
    """
    first = group.partition("_")[0]
    named = context.owners.of_module(group) or context.owners.of_module(first)
    return named or tuple(
        name
        for name in context.owners.of_namespace(first)
        if (facts := context.facts(name))
        and all(point.group.replace("-", "_") != group for point in facts.entry_points)
    )


def _groups_read(context: Context) -> frozenset[str]:
    groups: set[str] = set()
    for file in context.inputs.reach.modules:
        for call in context.inputs.index.modules[file].calls:
            if call.callee in _READERS:
                given = (*call.arguments, call.keyword("group"))
                groups.update(word for word in given if isinstance(word, str))
    return frozenset(groups)


def collect_saved(context: Context) -> Iterator[Signal]:
    """Keep what notebooks, examples and scripts use where production loads what is not here."""
    for call, what in islice(_loads(context), 1):
        for name, file in _used_for_development(context).items():
            message = f"{call.file} loads {what} ({call.callee}); "
            message += f"it may need this, as {file} imports it"
            yield toward_runtime(name, Weight.STRONG, "loaded", message, call.origin)


def _loads(context: Context) -> Iterator[tuple[Call, str]]:
    for facts in context.inputs.index.modules.values():
        if context.is_reached(facts.file) or not context.serves_development(facts.file):
            call = missing_pickle(facts, context.inputs.pickles)
            if call is not None:
                yield call, "objects from a file that was not found here"
            for call in facts.calls:
                if call.callee in table(Calls).loaders.names and not _is_written(call):
                    yield call, "Python files whose names are computed"


def _is_written(call: Call) -> bool:
    """Whether the path stands in the source, and no part of it is computed."""
    path = call.arguments[-1] if call.arguments else None
    return isinstance(path, str) and HOLE not in path


def _used_for_development(context: Context) -> dict[str, str]:
    """What notebooks, examples and scripts import, known tools apart, with the first file."""
    found: dict[str, str] = {}
    for file, facts in context.inputs.index.modules.items():
        told = is_test(file) or (file.endswith(".py") and is_documentation(file.rpartition("/")[0]))
        if context.serves_development(file) and not told:
            for imported in filter(context.is_external, facts.imports):
                for name in context.owners.of_import(imported.module, imported.names):
                    if not category_of(name):
                        found.setdefault(name, file)
    return found
