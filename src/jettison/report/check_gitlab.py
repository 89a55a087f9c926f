"""What the gate found, as a code quality report of GitLab."""

from __future__ import annotations

import json

from jettison.gate import Level
from jettison.gate.judging import Gate

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "minor", Level.NOTE: "info"}


def check_gitlab(gate: Gate) -> str:
    """Give every problem in the subset of Code Climate's format that GitLab reads."""
    document = [
        {
            "description": one.problem.message,
            "check_name": one.problem.rule,
            "fingerprint": one.fingerprint,
            "severity": _SEVERITIES[one.problem.level],
            "location": {"path": one.file, "lines": {"begin": one.line}},
        }
        for one in gate.placed
    ]
    return json.dumps(document, indent=2) + "\n"
