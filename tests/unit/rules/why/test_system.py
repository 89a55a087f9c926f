from __future__ import annotations

from pathlib import Path

import pytest

from jettison.plan import Plan
from jettison.report.why import why
from jettison.report.why_text import LineAnswer
from jettison.tasks.loading import planned

LIST = """\
# What leaves the system around the application, and why.

# unreached-system: packages that nothing reaches (4.0 MB)
package: perl-base

# unreached-system: modules of the standard library that nothing reaches (300 kB)
modules of: /usr/local/lib/python3.11
/usr/local/lib/python3.11/tkinter/
/usr/local/lib/python3.11/xml/dom/pulldom.py

# unreached-system: documentation, which people read; the copyright files stay (21 kB)
/usr/share/doc/**
keep: /usr/share/doc/*/copyright
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "Dockerfile").write_text('FROM python:3.11-slim\nCMD ["python"]\n', "utf-8")
    (tmp_path / ".jettison").mkdir()
    (tmp_path / ".jettison/removed-system-files.txt").write_text(LIST, "utf-8")
    return planned(tmp_path, offline=True, cache=tmp_path / "cache").plan


@pytest.mark.parametrize(
    ("question", "verdict", "line"),
    [
        ("perl-base", "removed from the system by unreached-system: packages", 4),
        ("tkinter", "removed from the system by unreached-system: modules", 8),
        ("xml.dom.pulldom", "removed from the system by unreached-system: modules", 9),
        (
            "/usr/share/doc/perl/README",
            "removed from the system by unreached-system: documentation",
            12,
        ),
        ("/usr/share/doc/perl/copyright", "kept, as an exception of unreached-system", 12),
    ],
)
def test_the_list_answers(plan: Plan, question: str, verdict: str, line: int) -> None:
    (answer,) = why(plan, question)
    assert isinstance(answer, LineAnswer)
    assert answer.verdict.startswith(verdict)
    assert answer.evidence[0].origin
    assert answer.evidence[0].origin.line == line
