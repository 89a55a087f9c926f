from pathlib import Path

from jettison.report.why_text import base_title
from jettison.tasks.loading import planned

TWO_STAGES = """\
FROM python:3.11 AS base
ENV A=1
FROM base AS tools
RUN pip install flask
FROM base
COPY app.py .
CMD ["python", "app.py"]
"""


def test_a_base_that_no_rule_can_change_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/Dockerfile").write_text(TWO_STAGES)
    (tmp_path / "project/app.py").write_text("")
    plan = planned(tmp_path / "project", offline=True, cache=tmp_path / "cache").plan
    assert plan.project.texts["Dockerfile"].startswith("FROM python:3.11 AS base\n")
    shown = plan.base_as_planned
    assert base_title(shown) == "Base image: python:3.11"
    rows = {one.reference: one for one in shown.candidates}
    assert shown.taken == rows["python:3.11"]
    assert rows["python:3.11-slim"].verdict == "works, but the final stage cannot be moved to it"
