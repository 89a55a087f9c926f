"""By which names the modules of an application are imported in both images."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.tasks.loading import planned, project_request


@pytest.mark.parametrize(
    ("source", "command", "names"),
    [
        ("from src.data import rows\n", '["python", "src/main.py"]', {"src.main", "src.data"}),
        ("from data import rows\n", '["uvicorn", "src.main:app"]', {"src.main", "src.data"}),
        ("from data import rows\n", '["python", "src/main.py"]', {"main", "data"}),
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
    assert set(request.modules) == names
