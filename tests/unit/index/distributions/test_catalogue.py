from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from jettison.index import Source
from jettison.index.metadata import catalogued

NAMES = Path(__file__).parents[4] / "tools" / "import_names.toml"


@pytest.mark.parametrize(
    ("name", "imported"),
    [("pillow", "PIL"), ("pyyaml", "yaml"), ("pyjwt", "jwt"), ("beautifulsoup4", "bs4"),
     ("python-dotenv", "dotenv"), ("python-jose", "jose"), ("pymupdf", "fitz"),
     ("python-docx", "docx"), ("python-magic", "magic"), ("opencv-python-headless", "cv2"),
     ("scikit-learn", "sklearn"), ("mysqlclient", "MySQLdb"), ("attrs", "attr"),
     ("google-cloud-storage", "google.cloud.storage"), ("pyopenssl", "OpenSSL")],
)  # fmt: skip
def test_names_that_differ_are_known_without_a_network(name: str, imported: str) -> None:
    assert imported in catalogued()[name].import_names


def test_every_stated_name_is_compiled() -> None:
    stated = tomllib.loads(NAMES.read_text(encoding="utf-8"))["import_names"]
    assert [name for name in stated if name not in catalogued()] == []


def test_every_entry_can_be_read() -> None:
    assert all(facts.source is Source.CATALOGUE for facts in catalogued().values())


def test_a_measured_entry_has_its_scripts_and_requirements() -> None:
    facts = catalogued()["uvicorn"]
    assert facts.console_scripts == ("uvicorn",)
    assert "h11" in {one.name for one in facts.requires}
    assert facts.installed_size is not None
