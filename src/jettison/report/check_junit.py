"""What the gate found, as JUnit writes results of tests: budgets, and the checks of a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from msgspec import Struct

from jettison import verify
from jettison.gate.judging import CheckedImage, Gate, Outcome, said
from jettison.values import printable

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
