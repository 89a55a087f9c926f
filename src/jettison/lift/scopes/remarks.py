"""Signals from what people wrote (comments, groups, settings) and from features in use."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from packaging.utils import canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.packaging import Need, Needs, Remark, Remarks
from jettison.formats.own_settings import Ask, Override
from jettison.index.graph import RequirementGraph
from jettison.lift.scopes import DeclaredRequirement, RequirementScope, Scope, Signal, Weight
from jettison.lift.scopes.context import Context, toward_development, toward_runtime
from jettison.lift.scopes.tools import category_of
from jettison.source import ModuleFacts
from jettison.source.literals import HOLE
from jettison.values import Evidence, Origin, Toward, replace

# A longer comment is a sentence.
_TITLE_WORDS = 8
# A list for development may hold one or two things that production imports too, by mistake.
_LEAST_USED, _LEAST_SHARE = 3, 0.25


def collect_remarks(context: Context) -> Iterator[Signal]:
    """Read the words that stand with each declaration."""
    main = {each.name for each in context.inputs.declared if not _is_for_development(each)}
    told = [e for e in context.inputs.declared if e.name not in main and _is_for_development(e)]
    whole = frozenset(_whole_lists(context, told))
    for each in context.inputs.declared:
        # A list for development often repeats what the main one asks for.
        mentioned = each.name in main and _is_for_development(each)
        if not mentioned and _list_of(each) not in whole:
            yield from _of_place(each)
        for text, origin in each.remarks:
            if _pattern("generated").search(text):
                continue
            if keeps_in_production(text):
                message = f'a comment keeps it in production: "{text}"'
                yield toward_runtime(each.name, Weight.DECISIVE, "comment", message, origin)
            elif speaks_of_development(text):
                message = f'listed under the comment "{text}"'
                yield toward_development(each.name, Weight.STRONG, "comment", message, origin)


def keeps_in_production(text: str) -> bool:
    """Whether a remark says that production needs what it stands with."""
    purpose = _pattern("purpose").search(text)
    if purpose is not None and not _pattern("negation").search(text[: purpose.end()]):
        return True
    found = _pattern("keep").search(text)
    if found is None:
        return False
    if _pattern("leave").search(text):
        return _pattern("stay").search(text) is not None
    return _pattern("negation").search(found[0]) is None


def speaks_of_development(text: str) -> bool:
    """Whether a heading or remark is about development and not about production as well."""
    if _pattern("leave").search(text):
        return True
    text = _pattern("topic").sub("", text)
    found = _pattern("development").finditer(text)
    if len(text.split()) > _TITLE_WORDS:
        found = (word for word in found if _is_aim(text, word))
    return any(found) and not _pattern("production").search(text)


def _is_aim(text: str, word: re.Match[str]) -> bool:
    """Whether a sentence says that something is for this, and does not only mention it."""
    before, after = text[: word.start()], text[word.end() :]
    return bool(_pattern("aim").search(before) or _pattern("kind").match(after))


def _whole_lists(
    context: Context, told: Collection[DeclaredRequirement]
) -> Iterator[tuple[str, str]]:
    """The lists named for development that hold what production imports, and so all there is."""
    used = _imported(context) if told else frozenset()
    for one in dict.fromkeys(map(_list_of, told)):
        names = {each.name for each in told if _list_of(each) == one}
        if len(names & used) >= max(_LEAST_USED, _LEAST_SHARE * len(names)):
            yield one


def _list_of(each: DeclaredRequirement) -> tuple[str, str]:
    return each.origin.file, each.group


def _imported(context: Context) -> frozenset[str]:
    """The distributions that production imports, as far as it could be followed."""
    found = (
        context.owners.of_import(imported.module, imported.names)
        for file, facts in context.inputs.index.modules.items()
        if context.counts_as_loaded(file)
        for imported in facts.imports
        if context.is_external(imported)
    )
    return frozenset(name for names in found for name in names)


def _is_for_development(each: DeclaredRequirement) -> bool:
    return any(signal.evidence.toward is Toward.DEVELOPMENT for signal in _of_place(each))


def _of_place(each: DeclaredRequirement) -> Iterator[Signal]:
    file = each.origin.file.rpartition("/")[2]
    deployed = _pattern("deployment").search(each.group or file)
    set_apart = each.for_development and not (each.group and deployed)
    if set_apart or _pattern("name").search(each.group):
        where = f"in the group {each.group}" if each.group else "for development"
        message = f"it is declared {where}"
        yield toward_development(each.name, Weight.STRONG, "group", message, each.origin)
    elif not each.group and _pattern("name").search(file):
        message = f"it is declared in {file}"
        yield toward_development(each.name, Weight.STRONG, "file", message, each.origin)
    elif deployed:
        where = f"in the group {each.group}" if each.group else f"in {file}"
        message = f"it is declared {where}, for deployment"
        yield toward_runtime(each.name, Weight.STRONG, "group", message, each.origin)
    elif each.asked:
        message = f"the command that makes the image chooses the group {each.group}"
        yield toward_runtime(each.name, Weight.FAIR, "group", message, each.origin)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    entry: Remark = getattr(table(Remarks), name)
    return re.compile(entry.pattern.replace("WORDS", "|".join(entry.words)), re.IGNORECASE)


SCOPES = {Ask.KEEP: Scope.RUNTIME, Ask.REMOVE: Scope.DEVELOPMENT}


def as_asked(
    verdicts: Iterable[RequirementScope],
    overrides: Iterable[Override],
    graph: RequirementGraph,
    *,
    remove_unused: bool = False,
) -> tuple[RequirementScope, ...]:
    """Give the verdicts, those of requirements that a line names as it says.

    What is kept holds the lines that pin what it requires. With ``remove_unused``, what nothing
    uses is moved out of production unless a line names it.
    """
    asked: dict[str, Override] = {
        canonicalize_name(override.text): override for override in overrides
    }
    kept = [name for name, override in asked.items() if override.ask is Ask.KEEP]
    pinned = {child: name for name in kept for child in graph.reached([name])}

    def judged(verdict: RequirementScope) -> RequirementScope:
        if verdict.name in asked:
            return _asked(verdict, asked[verdict.name])
        if verdict.name in pinned and verdict.scope is not Scope.RUNTIME:
            message = f"{pinned[verdict.name]}, which stays, requires it; this line pins it"
            needed = Evidence.of("requires", message)
            return replace(verdict, scope=Scope.RUNTIME, evidence=(needed, *verdict.evidence))
        if remove_unused and verdict.scope is Scope.UNUSED:
            return _unused(verdict)
        return verdict

    return tuple(judged(verdict) for verdict in verdicts)


def _unused(verdict: RequirementScope) -> RequirementScope:
    asked = Evidence.of("setting", "the settings remove unused requirements (remove-unused)")
    return replace(verdict, scope=Scope.DEVELOPMENT, evidence=(*verdict.evidence, asked))


def _asked(verdict: RequirementScope, override: Override) -> RequirementScope:
    kind, message = "setting", override.shown
    if override.why:
        kind, message = "import-check", override.why
    line = Evidence.of(kind, message, override.origin)
    return replace(verdict, scope=SCOPES[override.ask], evidence=(line, *verdict.evidence))


PYTHON = "python"


def collect_needs(context: Context) -> Iterator[Signal]:
    """Judge each declared helper of a host by the features that the source uses."""
    hosts = _hosts(context)
    declared = context.declared
    for need in table(Needs).need:
        if need.host not in hosts:
            continue
        for name in need.distributions:
            if name in declared and name != need.host:
                yield from _judge(context, name, need)


def hosts_helped(context: Context, name: str) -> tuple[str, ...]:
    """Hosts that import a distribution for some of their features, Python among them."""
    hosts = _hosts(context)
    needs = (need for need in table(Needs).need if name in need.distributions)
    return tuple(need.host for need in needs if need.host in hosts)


def _hosts(context: Context) -> frozenset[str]:
    """Python itself, and every distribution that is declared, or that a declared one brings."""
    graph = context.inputs.graph
    return frozenset((PYTHON, *context.names)) | (frozenset(graph.edges) if graph else frozenset())


def _judge(context: Context, name: str, need: Need) -> Iterator[Signal]:
    conditions = [*need.names, *need.schemes, *need.variables]
    host = need.host
    if not conditions:
        message = f"{host} imports it for some of its features"
        weight = Weight.FAINT if category_of(host) else Weight.FAIR
        yield toward_runtime(name, weight, "feature", message, None)
        return
    place = _use(context, need, development=False)
    if place is not None:
        what, origin = place
        message = f"{host} needs it for {what}"
        yield toward_runtime(name, Weight.STRONG, "feature", message, origin)
        return
    place = _use(context, need, development=True)
    if place is not None:
        what, origin = place
        message = f"{host} needs it for {what}, which only development files use"
        yield toward_development(name, Weight.FAIR, "feature", message, origin)


def _use(context: Context, need: Need, *, development: bool) -> tuple[str, Origin] | None:
    for facts in context.inputs.index.modules.values():
        in_development = not context.is_reached(facts.file) and context.serves_development(
            facts.file
        )
        if in_development is development:
            found = _use_in(facts, need)
            if found is not None:
                return found
    return None


def _use_in(facts: ModuleFacts, need: Need) -> tuple[str, Origin] | None:
    names, variables = need.names, need.variables
    texts = ((text.value, text.origin) for text in facts.texts)
    for used, origin in (*facts.names_used(), *texts):
        if any(
            used == name or (name.endswith(".*") and used.startswith(name.removesuffix("*")))
            for name in names
        ):
            return used, origin
    for read in facts.environment:
        if read.name in variables:
            return read.name, read.origin
    schemes = frozenset(need.schemes)
    for scheme, origin in _schemes(facts) if schemes else ():
        if scheme is None:
            return "schemes that are computed", origin
        if scheme in schemes:
            return f"the scheme {scheme}", origin
    return None


def _schemes(facts: ModuleFacts) -> Iterator[tuple[str | None, Origin]]:
    """Hash schemes of passlib contexts; None for one that is computed."""
    for call in facts.calls:
        if call.callee == "passlib.context.CryptContext":
            given = call.keyword("schemes") or (call.arguments[0] if call.arguments else None)
            for word in given if isinstance(given, tuple) else (given,):
                known = word if isinstance(word, str) and HOLE not in word else None
                yield known, call.origin
