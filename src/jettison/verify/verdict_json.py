"""A verdict as ``jettison.verdict/v1``, and back."""

from __future__ import annotations

import json
from typing import Any

from msgspec import to_builtins

from jettison.errors import InputSyntaxError
from jettison.verify.verdict import SCHEMA, CheckResult, Outcome, Subject, Verdict


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


def parse_verdict(text: str) -> Verdict:
    """Read what ``verdict_json`` wrote. Raises InputSyntaxError on anything else."""
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise ValueError(f"the schema is {document['schema']!r}")  # noqa: TRY301 - one exit
        return Verdict(
            engine=document["engine"],
            before=Subject(**document["before"]),
            after=Subject(**document["after"]),
            checks=tuple(_check(entry) for entry in document["checks"]),
        )
    except (ValueError, KeyError, TypeError) as wrong:
        raise InputSyntaxError(
            "this is not a verdict",
            why=f"{type(wrong).__name__}: {wrong}",
            hint=f"Give a file that `--format json` wrote, with the schema {SCHEMA}.",
        ) from wrong


def _check(entry: dict[str, Any]) -> CheckResult:
    return CheckResult(
        **{**entry, "outcome": Outcome(entry["outcome"]), "details": tuple(entry["details"])}
    )
