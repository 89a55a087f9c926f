"""By which names the modules of an application are imported in both images."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from jettison.engines import ImageFacts, ImageID
from jettison.tasks.loading import planned, project_request
from jettison.verify.observation import Setting
from jettison.verify.observe import options
from jettison.verify.request import Credentials


@pytest.mark.parametrize(
    ("source", "command", "names"),
    [
        ("from src.data import rows\n", '["python", "src/main.py"]', {"src.data"}),
        ("from data import rows\n", '["uvicorn", "src.main:app"]', {"src.main", "src.data"}),
        ("from data import rows\n", '["python", "src/main.py"]', {"data"}),
    ],
)
def test_a_folder_src_is_a_package_where_it_is_imported_as_one(
    source: str, command: str, names: set[str], tmp_path: Path
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.13-slim\nCOPY . .\nCMD {command}\n")
    (tmp_path / "src/main.py").write_text(source)
    (tmp_path / "src/data.py").write_text("rows = []\n")
    found = planned(tmp_path, offline=True)
    request = project_request(found.loaded.root, found.plan, "before", "after", None)
    assert set(request.modules) == names  # without a file that is started


def test_an_image_is_run_in_the_working_directory_that_its_service_sets(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/main.py").write_text("")
    (tmp_path / "Dockerfile").write_text("FROM python:3.13-slim\nWORKDIR /srv\nCOPY . .\n")
    service = "{build: ., working_dir: /srv/app, command: python main.py}"
    (tmp_path / "compose.yaml").write_text(f"services:\n  greet: {service}\n")
    found = planned(tmp_path, offline=True)
    request = project_request(found.loaded.root, found.plan, "before", "after", None)
    assert request.directory == "/srv/app"
    facts = ImageFacts(id=ImageID("sha256:aa"), size=1, layers=())
    setting = Setting(engine=Mock(), image="before", facts=facts, request=request, health_path="/")
    assert options(setting).working_directory == "/srv/app"


def test_what_the_command_line_sets_reaches_the_images(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import os\nkey = os.environ['KEY']\n")
    (tmp_path / "Dockerfile").write_text(
        'FROM python:3.13-slim\nWORKDIR /srv\nCOPY . .\nCMD ["python", "main.py"]\n'
    )
    given = {"KEY": "mine", "ADMIN_USERNAME": "ann", "ADMIN_PASSWORD": "secret"}
    found = planned(tmp_path, offline=True, environment=given, volumes=("/srv/data",))
    request = project_request(found.loaded.root, found.plan, "before", "after", None)
    assert request.environment["KEY"] == "mine"
    assert request.credentials == Credentials(username="ann", password="secret")
    assert "/srv/data" in request.volumes
    assert not any("KEY" in way.samples for way in request.otherwise)
