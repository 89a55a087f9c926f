"""What a plan has verified."""

from pathlib import Path

from jettison.tasks.loading import planned
from jettison.verify.planned_request import verification_request

EXAMPLES = Path(__file__).parents[4] / "examples"


def test_libraries_that_distributions_load_are_asked_for_too(tmp_path: Path) -> None:
    plan = planned(EXAMPLES / "pkms", offline=True, cache=tmp_path).plan
    assert not plan.usage.libraries
    request = verification_request(plan, "before", "after", None)
    assert request.libraries == ("libmagic.so.1",)


def test_a_command_that_the_plan_leaves_as_it_is_is_that_of_the_image(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /srv\nCOPY . .\n"
        'ENTRYPOINT ["./start.sh"]\nCMD ["python", "main.py"]\n'
    )
    (tmp_path / "main.py").write_text("print(1)\n")
    (tmp_path / "start.sh").write_text('#!/bin/sh\nexec "$@"\n')
    plan = planned(tmp_path, offline=True, cache=tmp_path / "cache").plan
    assert verification_request(plan, "before", "after", None).expected_command is None
