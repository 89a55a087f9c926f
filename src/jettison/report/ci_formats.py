"""What the gate found, for continuous integration: GitHub, GitLab and results of tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from msgspec import Struct

from jettison import verify
from jettison.assessment import Level, Placed
from jettison.assessment.judging import CheckedImage, Gate, Outcome, said
from jettison.values import printable

# GitHub shows so many of each kind of a step.
MOST = 10
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning"}
_ESCAPED = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTIES = ((":", "%3A"), (",", "%2C"))


def check_github(gate: Gate) -> str:
    """Give the worst problems, each at its file and line; notes are for the other formats."""
    told = [one for one in gate.placed if one.problem.level in _COMMANDS]
    return "".join(f"{_annotation(one)}\n" for one in told[:MOST])


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
            details=result.details,
        )
