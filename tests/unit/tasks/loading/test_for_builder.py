from pathlib import Path

from msgspec.structs import replace
from tests.support.cases import composition

from jettison.rules import RULES
from jettison.rules.rule import optimized
from jettison.tasks.loading import planned

DOCKERFILE = 'FROM python:3.13-slim\nCOPY start.sh .\nCMD ["./start.sh"]\n'


def test_the_embedded_builder_is_given_the_plan_without_a_base_in_the_dockerfile(
    tmp_path: Path,
) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "project/start.sh").write_text("exec python -m http.server\n")
    found = planned(tmp_path / "project", offline=True, cache=tmp_path / "cache")
    start = replace(found.start, composition=composition(["libc6"]), debug=True)
    composed = replace(found, start=start, plan=optimized(start, RULES))
    assert composed.plan.stage.base == "scratch"
    assert composed.for_builder().plan.stage.base == "python:3.13-slim"
    assert composed.for_builder().plan.project.texts == found.plan.project.texts
