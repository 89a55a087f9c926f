"""Facts as plain tuples, which ``marshal`` stores compactly and reads fast."""

from __future__ import annotations

from typing import Any

from jettison.project.source.facts import (
    ALWAYS,
    Call,
    Circumstance,
    EnvironmentRead,
    Import,
    ModuleFacts,
    Reference,
    Switch,
    Text,
)
from jettison.values import Origin, Skipped

Packed = tuple[Any, ...]


def pack(facts: ModuleFacts) -> Packed:
    """Undo ``unpack``; the file's name is not part of the result."""
    skipped = facts.skipped
    return (
        facts.lines,
        facts.calls_seen,
        [
            (i.line, i.module, i.names, i.level, i.dynamic, i.skimmed, _packed(i.circumstance))
            for i in facts.imports
        ],
        [(t.line, t.value, t.target, t.role, _packed(t.circumstance)) for t in facts.texts],
        [(c.line, c.callee, c.arguments, c.keywords, _packed(c.circumstance)) for c in facts.calls],
        [(r.line, r.name) for r in facts.references],
        [(e.line, e.name, e.default) for e in facts.environment],
        [(s.line, s.name, s.expression) for s in facts.switches],
        skipped and (skipped.reason, skipped.origin.line if skipped.origin else None),
    )


def unpack(file: str, packed: Packed) -> ModuleFacts:
    """Make the facts of ``file`` from what ``pack`` returned."""
    lines, calls_seen, imports, texts, calls, references, environment, switches, skipped = packed
    return ModuleFacts(
        file=file,
        lines=lines,
        calls_seen=calls_seen,
        imports=tuple(
            Import(
                file=file,
                line=line,
                module=module,
                names=names,
                level=level,
                dynamic=dynamic,
                skimmed=skimmed,
                circumstance=_unpacked(circumstance),
            )
            for line, module, names, level, dynamic, skimmed, circumstance in imports
        ),
        texts=tuple(
            Text(
                file=file,
                line=line,
                value=value,
                target=target,
                role=role,
                circumstance=_unpacked(circumstance),
            )
            for line, value, target, role, circumstance in texts
        ),
        calls=tuple(
            Call(
                file=file,
                line=line,
                callee=callee,
                arguments=arguments,
                keywords=keywords,
                circumstance=_unpacked(circumstance),
            )
            for line, callee, arguments, keywords, circumstance in calls
        ),
        references=tuple(Reference(file=file, line=line, name=name) for line, name in references),
        environment=tuple(
            EnvironmentRead(file=file, line=line, name=name, default=default)
            for line, name, default in environment
        ),
        switches=tuple(
            Switch(file=file, line=line, name=name, expression=expression)
            for line, name, expression in switches
        ),
        skipped=skipped
        and Skipped(what=file, reason=skipped[0], origin=Origin(file=file, line=skipped[1])),
    )


def _packed(circumstance: Circumstance) -> Packed | None:
    if circumstance is ALWAYS:
        return None
    return (
        circumstance.function,
        circumstance.optional,
        circumstance.typing_only,
        circumstance.main_guard,
        circumstance.condition,
    )


def _unpacked(packed: Packed | None) -> Circumstance:
    if packed is None:
        return ALWAYS
    known = _KNOWN.get(packed)
    if known is None:
        function, optional, typing_only, main_guard, condition = packed
        known = _KNOWN[packed] = Circumstance(
            function=function,
            optional=optional,
            typing_only=typing_only,
            main_guard=main_guard,
            condition=condition,
        )
    return known


_KNOWN: dict[Packed, Circumstance] = {}
