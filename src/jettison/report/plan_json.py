"""A plan as ``jettison.plan/v1``: plain values, ready for ``json.dumps``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jettison.lift.package_scope import PlannedPackage
from jettison.plan.base import BaseCandidate, BaseChoice, ImageFacts
from jettison.plan.finding import Finding
from jettison.plan.parts import FileChange, PlannedRequirement
from jettison.plan.plan import Plan
from jettison.plan.removing import unproven_of
from jettison.prediction.values import Prediction
from jettison.values import Evidence, Origin, Size, Skipped

SCHEMA = "jettison.plan/v1"


def plan_document(plan: Plan) -> dict[str, Any]:
    """Give the document; keys are only ever added within one version of the schema."""
    return {
        "schema": SCHEMA,
        "level": plan.level,
        "python": plan.python,
        "requirements": [_requirement(item) for item in plan.requirements],
        "system_packages": [_package(item) for item in plan.packages],
        "base": base_document(plan.base_as_planned),
        "prediction": {
            "before": _prediction(plan.prediction.before),
            "after": _prediction(plan.prediction.after),
        },
        "findings": [finding_document(item) for item in plan.findings],
        "unproven": [
            {
                "distribution": one.distribution,
                "reason": one.reason,
                "files": one.files,
                "bytes": one.bytes,
                "paths": list(one.paths),
            }
            for one in unproven_of(plan)
        ],
        "files": [_file(item) for item in plan.files],
        "not_understood": [
            {"message": item.message, **origin_document(item.origin)}
            for item in plan.not_understood
        ],
        "skipped": [_skipped(item) for item in plan.skipped],
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Give one finding: rule, message, evidence, saving, safety."""
    return {
        "rule": finding.rule,
        "message": finding.message,
        "evidence": evidence_documents(finding.evidence),
        "saving": size_document(finding.saving),
        "safety": finding.safety.value,
        "error": finding.error,
    }


def evidence_documents(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    """Give each piece of evidence with its file and line (null when it has none)."""
    return [
        {"kind": item.kind, "message": item.message, **origin_document(item.origin)}
        for item in evidence
    ]


def origin_document(origin: Origin | None) -> dict[str, Any]:
    """Give ``file`` and ``line``."""
    return {"file": origin.file if origin else None, "line": origin.line if origin else None}


def size_document(size: Size | None) -> dict[str, Any] | None:
    """Give ``bytes``, ``basis`` and ``source``; null when the size is not known."""
    if size is None:
        return None
    return {"bytes": size.bytes, "basis": size.basis.value, "source": size.source}


def _requirement(item: PlannedRequirement) -> dict[str, Any]:
    return {
        "name": item.name,
        "specifier": item.specifier,
        **origin_document(item.origin),
        "scope": item.scope.value,
        "group": item.group,
        "installed": item.shipped,
        "misplaced": item.misplaced,
        "chain": evidence_documents(item.chain),
        "evidence": evidence_documents(item.evidence),
        "size": size_document(item.size),
    }


def _package(item: PlannedPackage) -> dict[str, Any]:
    return {
        "name": item.name,
        "scope": item.scope.value,
        **origin_document(item.origin),
        "replaced_by": list(item.runtime),
        "brings": list(item.brings),
        "evidence": evidence_documents(item.evidence),
        "size": size_document(item.size),
    }


def base_document(choice: BaseChoice) -> dict[str, Any]:
    """Give the base in use, the one that is taken, and every candidate with its evidence."""
    return {
        "current": choice.current,
        "chosen": choice.chosen,
        "policy": choice.policy.value,
        "candidates": [_candidate(item) for item in choice.candidates],
    }


def _candidate(item: BaseCandidate) -> dict[str, Any]:
    return {
        "reference": item.reference,
        "accepted": item.accepted,
        "works": item.works.value,
        "verdict": item.verdict,
        "reasons": list(item.reasons),
        "evidence": evidence_documents(item.evidence),
        "adds": list(item.adds),
        "source_builds": list(item.source_builds),
        "size": size_document(item.size),
        "predicted": size_document(item.predicted),
        "facts": _image(item.facts),
    }


def _image(facts: ImageFacts) -> dict[str, Any]:
    ends = (facts.distribution_ends, facts.long_term_ends, facts.python_ends)
    regular, long_term, python = (day.isoformat() if day else None for day in ends)
    target = facts.target
    return {
        "variant": facts.variant.value,
        "distribution": facts.distribution,
        "python": facts.python,
        "libc": f"{target.libc} {target.libc_version}" if target else None,
        "architecture": target.architecture if target else None,
        "packages": facts.packages,
        "shell": facts.shell,
        "setuid": facts.setuid,
        "distribution_ends": regular,
        "long_term_ends": long_term,
        "python_ends": python,
        "note": facts.note,
    }


def _prediction(found: Prediction) -> dict[str, Any]:
    return {
        "size": size_document(found.size),
        "parts": [
            {"what": part.what, **(size_document(part.size) or {}), **origin_document(part.origin)}
            for part in found.parts
        ],
        "unknown": [_skipped(item) for item in found.unknown],
    }


def _file(item: FileChange) -> dict[str, Any]:
    return {"path": item.path, "change": item.kind.value, "diff": item.diff()}


def _skipped(item: Skipped) -> dict[str, Any]:
    return {"what": item.what, "reason": item.reason, **origin_document(item.origin)}
