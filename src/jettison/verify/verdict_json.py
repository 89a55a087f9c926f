"""A verdict as ``jettison.verdict/v1``."""

from __future__ import annotations

import json
from typing import Any

from msgspec import to_builtins

from jettison.verify.verdict import SCHEMA, Verdict


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Give the verdict as what JSON can hold."""
    return {
        "schema": SCHEMA,
        "equivalent": verdict.equivalent,
        "engine": verdict.engine,
        "before": to_builtins(verdict.before),
        "after": to_builtins(verdict.after),
        "checks": [to_builtins(check) for check in verdict.checks],
    }


def verdict_json(verdict: Verdict) -> str:
    """Give the verdict as JSON with a final newline."""
    return json.dumps(verdict_document(verdict), indent=2, ensure_ascii=False) + "\n"
