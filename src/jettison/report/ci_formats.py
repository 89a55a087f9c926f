"""What the gate found, for continuous integration: GitHub, GitLab, results of tests and SARIF."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from msgspec import Struct

from jettison import __version__, verify
from jettison.assessment import Level, Placed
from jettison.assessment.judging import CheckedImage, Gate, Outcome, said
from jettison.values import printable

# GitHub shows so many of each kind of a step.
_MOST_SHOWN = 10
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning"}
_ESCAPED = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTIES = ((":", "%3A"), (",", "%2C"))


def check_github(gate: Gate) -> str:
    """Give the worst problems, each at its file and line; notes are for the other formats."""
    told = [one for one in gate.placed if one.problem.level in _COMMANDS]
    return "".join(f"{_annotation(one)}\n" for one in told[:_MOST_SHOWN])


def _annotation(one: Placed) -> str:
    properties = {"file": one.file, "line": str(one.line), "title": f"jettison {one.problem.rule}"}
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_COMMANDS[one.problem.level]} {written}::{_data(one.problem.message)}"


def _data(text: str) -> str:
    for character, escaped in _ESCAPED:
        text = text.replace(character, escaped)
    return text


def _property(text: str) -> str:
    text = _data(text)
    for character, escaped in _IN_PROPERTIES:
        text = text.replace(character, escaped)
    return text


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


_FAILED = (Outcome.OVER, verify.Outcome.DIFFERENT)
_SKIPPED = (Outcome.UNKNOWN, verify.Outcome.SKIPPED)


class _Case(Struct, frozen=True, kw_only=True):
    name: str
    group: str
    message: str
    outcome: Outcome | verify.Outcome
    details: tuple[str, ...] = ()


def check_junit(gate: Gate) -> str:
    """Give one suite for each image."""
    root = ET.Element("testsuites", name="jettison check")
    for image in gate.images:
        _suite(root, image)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, "unicode")}\n'


def _suite(root: ET.Element, image: CheckedImage) -> None:
    cases = list(_cases(image))
    failed = sum(case.outcome in _FAILED for case in cases)
    skipped = sum(case.outcome in _SKIPPED for case in cases)
    suite = ET.SubElement(
        root,
        "testsuite",
        name=printable(image.figures.image),
        tests=str(len(cases)),
        failures=str(failed),
        errors="0",
        skipped=str(skipped),
    )
    for case in cases:
        element = ET.SubElement(suite, "testcase", classname=case.group, name=case.name)
        if case.outcome in (*_FAILED, *_SKIPPED):
            kind = "failure" if case.outcome in _FAILED else "skipped"
            told = ET.SubElement(element, kind, message=printable(case.message))
            told.text = printable("\n".join(case.details)) or None


def _cases(image: CheckedImage) -> Iterator[_Case]:
    for check in image.checks:
        name = check.budget.value
        name = name if check.budget is check.figure else f"{name} of {check.figure.value}"
        yield _Case(name=name, group="budgets", message=said(check), outcome=check.outcome)
    for result in image.verdict.checks if image.verdict else ():
        yield _Case(
            name=result.name,
            group="behaviour",
            message=result.message,
            outcome=result.outcome,
            details=result.reported,
        )


_ROOT = "%SRCROOT%"
# As many as code scanning takes.
_MOST_RESULTS = 5000
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
    """Give every problem as SARIF 2.1.0; paths are relative to the root of the checkout."""
    placed = gate.placed[:_MOST_RESULTS]
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
    from jettison.rules import RULES  # noqa: PLC0415 — the other formats do without

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
