"""What a move of requirements writes."""

from base_needs import project_of

from jettison.lower.requirements import move_to_development
from jettison.plan.changes import MoveToDevelopment

DOCKERFILE = "FROM python:3.13-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"


def test_releases_that_are_held_stand_in_the_list_of_production() -> None:
    project = project_of(DOCKERFILE, {"requirements.txt": "uvicorn\nhttpx<0.24\n"})
    change = MoveToDevelopment(names=("httpx",), held=("h11<0.15,>=0.13",))
    texts = move_to_development(project, change)
    lines = [line.partition("  #")[0] for line in texts["requirements.txt"].splitlines()]
    assert lines == ["uvicorn", "h11<0.15,>=0.13"]
    assert "h11" not in texts["requirements-dev.txt"]
