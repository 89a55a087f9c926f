"""What the gate found, as SARIF 2.1.0: results with stable rules, help and fingerprints."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from jettison import __version__
from jettison.assessment import Placed
from jettison.assessment.judging import Gate
from jettison.rules import RULES

_ROOT = "%SRCROOT%"
# As many as code scanning takes.
_MOST = 5000
_BUDGET = """The image exceeds a limit that the project set for it.

Set in the table `budgets` of the settings. Remove what grew, or raise the limit with
`jettison check --update --reason "why"`, which writes the reason beside it.
"""
_OTHERS = {
    "growth": (
        "Something in the image grew.",
        "Besides the largest growth, which the exceeded budget names. See `jettison why NAME`.\n",
    ),
    "behaves-differently": (
        "The image does not behave as its baseline does.",
        "Both were run and sent the same requests. `jettison verify` compares in detail.\n",
    ),
}


def check_sarif(gate: Gate) -> str:
    """Give every problem; paths are relative to the root of the checkout."""
    placed = gate.placed[:_MOST]
    rules = list(dict.fromkeys(one.problem.rule for one in placed))
    run = {
        "tool": {
            "driver": {
                "name": "Jettison",
                "semanticVersion": __version__,
                "rules": [_rule(name) for name in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, rules) for one in placed],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2) + "\n"


def _documented(name: str) -> tuple[str, str]:
    """Give the title of a rule and its help."""
    for rule in RULES:
        if rule.name == name:
            return rule.title, rule.documentation.strip() + "\n"
    if name in _OTHERS:
        return _OTHERS[name]
    return f"The image exceeds its budget for {name.removeprefix('budget-')}.", _BUDGET


def _rule(name: str) -> dict[str, Any]:
    title, text = _documented(name)
    return {
        "id": name,
        "shortDescription": {"text": title},
        "help": {"text": text, "markdown": text},
    }


def _result(one: Placed, rules: list[str]) -> dict[str, Any]:
    problem = one.problem
    place = {
        "artifactLocation": {"uri": quote(one.file), "uriBaseId": _ROOT},
        "region": {"startLine": one.line},
    }
    return {
        "ruleId": problem.rule,
        "ruleIndex": rules.index(problem.rule),
        "level": problem.level.value,
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"jettison/v1": one.fingerprint},
    }
