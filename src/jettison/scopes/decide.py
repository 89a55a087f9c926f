"""The verdict on each requirement, from all signals."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jettison.project.source.reach import Link
from jettison.scopes import commands, drivers, imports, needs, plugins, remarks, texts, tools
from jettison.scopes.closure import close
from jettison.scopes.context import Context
from jettison.scopes.values import (
    DeclaredRequirement,
    RequirementScope,
    Scope,
    ScopeInputs,
    Signal,
    Weight,
)
from jettison.values import Evidence, Toward, counted

Collector = Callable[[Context], Iterator[Signal]]
COLLECTORS: tuple[Collector, ...] = (
    remarks.collect,
    imports.collect,
    texts.collect,
    commands.collect,
    drivers.collect,
    needs.collect,
    plugins.collect,
    tools.collect,
)


def decide(inputs: ScopeInputs) -> tuple[RequirementScope, ...]:
    """Give every declared requirement its scope, in the order of declaration.

    A requirement is for development only on a signal that says so and none, or a lesser one, that
    production uses it. Without any signal it is unused, or unknown when its facts are missing.
    """
    context = Context(inputs)
    signals: dict[str, list[Signal]] = {name: [] for name in context.names}
    for collect in COLLECTORS:
        for signal in collect(context):
            signals[signal.name].append(signal)
    scopes = {name: _direct(context, name, found) for name, found in signals.items()}
    for name, scope, signal in close(context, scopes):
        scopes[name] = scope
        signals[name].append(signal)
    return tuple(
        _verdict(context, each, scopes[each.name], signals[each.name]) for each in inputs.declared
    )


def _direct(context: Context, name: str, signals: list[Signal]) -> Scope:
    runtime = _strongest(signals, Toward.RUNTIME)
    development = _strongest(signals, Toward.DEVELOPMENT)
    is_tool = development >= Weight.STRONG or not _used_by_application(signals)
    if is_tool and runtime < min(development, Weight.STRONG):
        return Scope.DEVELOPMENT
    if runtime:
        return Scope.RUNTIME
    return Scope.UNKNOWN if context.facts(name) is None else Scope.UNUSED


def _used_by_application(signals: list[Signal]) -> bool:
    """Whether the source uses it at all outside of what serves development."""
    return any(
        s.evidence.toward is Toward.RUNTIME
        and s.evidence.kind in ("import", "optional-import", "string", "command")
        for s in signals
    )


def _strongest(signals: list[Signal], toward: Toward) -> int:
    return max((s.weight for s in signals if s.evidence.toward is toward), default=0)


def _verdict(
    context: Context, declared: DeclaredRequirement, scope: Scope, signals: list[Signal]
) -> RequirementScope:
    for_it = Toward.DEVELOPMENT if scope is Scope.DEVELOPMENT else Toward.RUNTIME
    ordered = sorted(signals, key=lambda s: (s.evidence.toward is not for_it, -s.weight))
    evidence = tuple(dict.fromkeys(signal.evidence for signal in ordered))
    return RequirementScope(
        name=declared.name,
        scope=scope,
        origin=declared.origin,
        evidence=evidence or (_searched(context, scope),),
        chain=_chain(context, evidence) if scope is Scope.RUNTIME else (),
        misplaced=scope is Scope.RUNTIME and _is_misplaced(context, signals),
    )


def _is_misplaced(context: Context, signals: list[Signal]) -> bool:
    """Whether it is declared for development and code that production loads needs it."""
    return any(
        s.evidence.toward is Toward.DEVELOPMENT and s.evidence.kind in ("group", "file", "comment")
        for s in signals
    ) and any(
        s.evidence.toward is Toward.RUNTIME
        and s.evidence.kind in ("import", "string", "command", "feature", "url")
        and s.weight >= Weight.STRONG
        and (s.evidence.origin is None or _is_followed(context, s.evidence.origin.file))
        for s in signals
    )


def _is_followed(context: Context, file: str) -> bool:
    """Whether a file is loaded for sure: a Python file that an entry point leads to, or another."""
    return context.is_reached(file) or not file.endswith(".py")


def _chain(context: Context, evidence: tuple[Evidence, ...]) -> tuple[Link, ...]:
    for each in evidence:
        if (
            each.kind in ("import", "optional-import")
            and each.origin
            and context.is_reached(each.origin.file)
        ):
            return context.inputs.reach.chain(each.origin.file)
    return ()


def _searched(context: Context, scope: Scope) -> Evidence:
    modules = context.inputs.index.modules
    calls = sum(facts.calls_seen for facts in modules.values())
    found = "nothing names it" if scope is Scope.UNUSED else "nothing names it as far as is known"
    return Evidence(
        kind="search",
        message=(
            f"{found} in {counted(len(modules), 'Python file')}, {counted(calls, 'call')} and "
            f"{counted(len(context.inputs.commands.commands), 'command')}"
        ),
        toward=Toward.UNUSED,
    )
