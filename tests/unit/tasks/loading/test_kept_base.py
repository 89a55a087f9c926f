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


def test_what_is_unknown_is_named_in_the_same_order_in_each_run(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/Dockerfile").write_text(
        "FROM python:3.12\nRUN apt-get update && apt-get install -y libxml2-dev\n"
        'COPY . .\nRUN pip install -r requirements.txt\nCMD ["python", "main.py"]\n'
    )
    names = [f"unheard-of-{letter}" for letter in "hgfedcba"]
    (tmp_path / "project/requirements.txt").write_text("\n".join(f"{n}==1" for n in names) + "\n")
    imports = (f"import {name.replace('-', '_')}\n" for name in names)
    (tmp_path / "project/main.py").write_text("".join(imports))
    plan = planned(tmp_path / "project", offline=True, cache=tmp_path / "cache").plan
    said = {one.message for package in plan.packages for one in package.evidence}
    assert "libxml2 stays: unheard-of-a may be built from source" in said
