"""What shows that an application needs the time zones of the system."""

from pathlib import Path

import pytest

from jettison.plan.base import Variant
from jettison.tasks.loading import planned

DOCKERFILE = 'FROM python:3.13-slim\nCOPY app.py .\nCMD ["python", "app.py"]\n'
COMPOSE = "services:\n  web:\n    build: .\n"


def adds(folder: Path, source: str, compose: str = COMPOSE) -> tuple[str, ...]:
    project = folder / "project"
    project.mkdir()
    (project / "Dockerfile").write_text(DOCKERFILE)
    (project / "compose.yaml").write_text(compose)
    (project / "app.py").write_text(source)
    found = planned(project, offline=True, cache=folder / "cache").plan.base.candidates
    return next(each.adds for each in found if each.facts.variant is Variant.COMPOSED)


@pytest.mark.parametrize(
    ("source", "compose", "found"),
    [
        ("print(1)", COMPOSE, ()),
        (
            "from zoneinfo import ZoneInfo\n\n\ndef meet(zone: ZoneInfo) -> None: ...",
            COMPOSE,
            ("tzdata",),
        ),
        ("print(1)", f"{COMPOSE}    environment:\n      TZ: Europe/Berlin\n", ("tzdata",)),
        ("print(1)", f"{COMPOSE}    environment:\n      - TZ\n", ("tzdata",)),
        ("print(1)", f"{COMPOSE}  other:\n    image: redis\n    environment: [TZ=UTC]\n", ()),
    ],
)
def test_time_zones_are_added(
    tmp_path: Path, source: str, compose: str, found: tuple[str, ...]
) -> None:
    assert adds(tmp_path, source, compose) == found
