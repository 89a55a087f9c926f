"""The page of an optimization."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from base_needs import project_of
from browser import shown
from msgspec.structs import replace

from jettison.contents.measurement import DistributionMeasurement, ImageMeasurement
from jettison.plan import Plan
from jettison.plan.base import BaseChoice
from jettison.report.result_text import Result
from jettison.report.treemaps import result_html
from jettison.values import Basis, Size
from jettison.verify import CheckResult, Outcome, Subject, Verdict


def size(count: int) -> Size:
    return Size(bytes=count, basis=Basis.MEASURED, source="test")


def image(total: int, **sizes: int) -> ImageMeasurement:
    return ImageMeasurement(
        id="x",
        size=size(total),
        compressed_size=size(total // 3),
        layers=(),
        files=1,
        setuid_files=(),
        distributions=tuple(
            DistributionMeasurement(name=name, version="1.0", location="", size=size(count))
            for name, count in sizes.items()
        ),
        debian_packages=(),
        user="",
        python_version="3.13",
    )


def result() -> Result:
    dockerfile = "FROM python:3.13-slim\nRUN echo '</pre><script>'\n"
    project = project_of(dockerfile)
    changed = project.with_texts({"Dockerfile": f"{dockerfile}USER 1000\n"})
    base = BaseChoice(current="slim", chosen="slim", candidates=())
    subject = Subject(image="x", startup_seconds=1.0, memory=None)
    check = CheckResult(
        name="routes", outcome=Outcome.DIFFERENT, message="1 differs", details=("GET /<b>: 500",)
    )
    return Result(
        plan=Plan(original=project, project=changed, level=2, base=base),
        engine="docker 28",
        before=image(90_000_000, flask=9_000_000, **{"</script><script>": 8_000_000}),
        after=image(60_000_000, flask=9_000_000),
        development=None,
        verdict=Verdict(engine="docker 28", before=subject, after=subject, checks=(check,)),
    )


def test_it_needs_nothing_but_itself_and_runs_nothing_of_a_project() -> None:
    page = result_html(result(), where="nowhere")
    assert not re.search(r"https?:|src=|@import|url\(", page)
    assert "{{" not in page
    assert page.count("<script") == 2
    assert "&lt;/pre&gt;&lt;script&gt;" in page
    assert "<b>: 500" not in page


def test_it_has_verdict_sizes_treemaps_and_diff() -> None:
    page = result_html(result(), where="nowhere")
    for text in ("Verdict: not equivalent", "90 MB", "60 MB", "GET /&lt;b&gt;: 500", "+USER 1000"):
        assert text in page
    areas = json.loads(page.partition('id="areas">')[2].partition("</script>")[0])
    assert [area[1] for area in areas.values()] == [90_000_000, 60_000_000]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_shows_both_treemaps(tmp_path: Path) -> None:
    page = result_html(replace(result(), reference="with everything"), where="")
    document, said = shown(page, tmp_path)
    drawn = re.findall(r'class="area"[^>]*>([^<]*)', document)
    assert any(text.startswith("flask 1.0") for text in drawn), said
