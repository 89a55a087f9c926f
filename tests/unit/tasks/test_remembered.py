"""What was read of a project's image is there for its next plan."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from msgspec.structs import replace

from jettison.contents import Packed
from jettison.contents.found import as_observed
from jettison.contents.image_files import ImageFile, ImageFiles
from jettison.images.config import Config
from jettison.images.descriptor import Platform
from jettison.images.entry import Kind
from jettison.plan import Withdrawal
from jettison.plan.brought_by_base import with_observed
from jettison.report.result_text import Result
from jettison.rules import RULES
from jettison.rules.rule import optimized
from jettison.tasks.loading import Planned, planned
from jettison.tasks.remembered import recalled, remember

DOCKERFILE = """\
FROM debian:trixie-slim
COPY . /srv/app
RUN /srv/app/install
WORKDIR /srv/app
CMD ["python3", "main.py"]
"""
STATUS = "Package: gcc\nStatus: install ok installed\nVersion: 14\n"


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planned:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "project"
    root.mkdir()
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / "main.py").write_text("print()\n")
    return planned(root, offline=True, cache=tmp_path / "own")


def built(found: Planned) -> Result:
    """What came of building the project: half of the image was a compiler."""
    texts = {
        "/usr/bin/python3": b"",
        "/usr/bin/gcc": b"\x7fELF",
        "/var/lib/dpkg/status": STATUS.encode(),
        "/var/lib/dpkg/info/gcc.list": b"/usr/bin/gcc\n",
    }
    files = {
        path: ImageFile(kind=Kind.FILE, mode=0o755, size=5_000_000, packed=Packed.of(text))
        for path, text in texts.items()
    }
    config = Config.empty(Platform.parse("linux/amd64")).with_execution(Cmd=["python3", "main.py"])
    observed = as_observed(ImageFiles(files=files, config=config))
    start = with_observed(found.start, observed)
    result = SimpleNamespace(
        plan=optimized(start, RULES),
        verdict=SimpleNamespace(equivalent=True),
        before=SimpleNamespace(size=SimpleNamespace(bytes=20_000_000)),
        after=SimpleNamespace(size=SimpleNamespace(bytes=15_000_000)),
    )
    return cast("Result", result)


def test_the_next_plan_starts_from_what_was_built(found: Planned) -> None:
    assert found.plan.prediction.before.size is None
    remember(built(found))
    plan = recalled(found).plan
    assert "package: gcc" in plan.project.texts[".jettison/removed-system-files.txt"]
    before, after = plan.prediction.before.size, plan.prediction.after.size
    assert before
    assert before.bytes == 20_000_000
    assert after
    assert after.bytes == 15_000_000


def test_the_next_plan_does_without_what_was_withdrawn(found: Planned) -> None:
    result = built(found)
    withdrawn = (Withdrawal(rule="unreached-system", reason="without it the images are alike"),)
    plan = optimized(
        replace(result.plan, findings=(), project=result.plan.original, withdrawn=withdrawn), RULES
    )
    remember(cast("Result", SimpleNamespace(**{**vars(result), "plan": plan})))
    told = [one.message for one in recalled(found).plan.findings if one.rule == "unreached-system"]
    assert told == ["not applied: without it the images are alike"]


def test_a_project_that_was_changed_is_planned_from_its_files_alone(
    found: Planned, tmp_path: Path
) -> None:
    remember(built(found))
    (tmp_path / "project/main.py").write_text("print('more')\n")
    changed = planned(tmp_path / "project", offline=True, cache=tmp_path / "own")
    assert recalled(changed).plan.observed is None
