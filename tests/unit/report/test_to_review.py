"""What a plan only proposes is counted apart from what it does."""

from pathlib import Path

from jettison.plan import Finding, Safety
from jettison.plan.changes import AddLabels
from jettison.report import rendered
from jettison.tasks.loading import planned
from jettison.values import Basis, Size, replace


def test_what_needs_review_is_no_optimization(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/Dockerfile").write_text('FROM python:3.13-slim\nCMD ["python"]\n')
    plan = planned(tmp_path / "project", offline=True, cache=tmp_path / "cache").plan
    proposed = Finding(
        message="move black",
        rule="development-requirements",
        changes=(AddLabels(labels=()),),
        safety=Safety.REVIEW,
        saving=Size(bytes=84_000_000, basis=Basis.ESTIMATED, source=""),
    )
    text = rendered("plan", "text", replace(plan, findings=(proposed,)))
    assert "0 optimizations" in text
    assert "1 finding to review, which could save 84 MB" in text
    assert "move black" not in text
