"""Answers as ``jettison.why/v1``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jettison.report.plan_json import evidence_documents, origin_document, size_document
from jettison.why.values import Answer, DistributionAnswer, FileAnswer

SCHEMA = "jettison.why/v1"


def why_document(question: str, answers: Iterable[Answer]) -> dict[str, Any]:
    """Give the document; keys are only ever added within one version of the schema."""
    return {"schema": SCHEMA, "question": question, "answers": [_answer(one) for one in answers]}


def _answer(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, DistributionAnswer):
        return _distribution(answer)
    if isinstance(answer, FileAnswer):
        return _file(answer)
    return {
        "kind": answer.kind,
        "subject": answer.subject,
        "verdict": answer.verdict,
        "evidence": evidence_documents(answer.evidence),
        "size": size_document(answer.size),
    }


def _distribution(answer: DistributionAnswer) -> dict[str, Any]:
    return {
        "kind": "distribution",
        "subject": answer.name,
        "version": answer.version,
        "verdict": answer.verdict,
        "scope": answer.scope or None,
        **origin_document(answer.origin),
        "evidence": evidence_documents(answer.evidence),
        "chain": evidence_documents(answer.chain),
        "path": list(answer.path),
        "required_by": list(answer.required_by),
        "size_alone": size_document(answer.alone),
        "size_together": size_document(answer.together),
        "only_it_brings": list(answer.gone),
        "without": answer.without,
        "leaves": [
            {"rule": share.rule, "reason": share.reason, "size": size_document(share.size)}
            for share in answer.rules
        ],
    }


def _file(answer: FileAnswer) -> dict[str, Any]:
    return {
        "kind": "file",
        "subject": answer.path,
        "kept": answer.kept,
        "owner": answer.owner,
        "files": answer.files,
        "bytes": answer.bytes,
        "removed_bytes": answer.removed_bytes,
        "rule": answer.rule or None,
        "reason": answer.reason,
        "listed": answer.line or None,
        "evidence": evidence_documents(answer.evidence),
    }
