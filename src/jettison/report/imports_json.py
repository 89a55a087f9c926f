"""What a check of imports found, as ``jettison.imports/v1``."""

from __future__ import annotations

from typing import Any

from jettison.verify.imported import Attempt, ImportResult

SCHEMA = "jettison.imports/v1"


def imports_document(result: ImportResult) -> dict[str, Any]:
    """Give the result as what JSON can hold."""
    return {
        "schema": SCHEMA,
        "equivalent": result.equivalent,
        "python": result.python,
        "image_python": result.image_python,
        "full": list(result.full),
        "runtime": list(result.runtime),
        "imported": result.imported,
        "losses": [
            {
                **_attempt(loss.attempt),
                "distribution": loss.distribution,
                "requirement": loss.requirement,
            }
            for loss in result.losses
        ],
        "kept": list(result.kept),
        "failed": [_attempt(each) for each in result.failed],
        "skipped": [{"what": one.what, "reason": one.reason} for one in result.skipped],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "module": attempt.module,
        "error": attempt.error,
        "missing": attempt.missing,
        "message": attempt.message,
        "file": attempt.origin.file if attempt.origin else None,
        "line": attempt.origin.line if attempt.origin else None,
    }
