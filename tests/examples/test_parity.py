"""One plan, two back ends: both give the same file tree on the same base."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from command import JETTISON, output
from tests.support.names import RUN

from jettison.processes import installed
from tree_differences import Difference, compare_trees
from jettison.images.image import Image
from jettison.images.descriptor import Platform
from jettison.images.stores.cache import blob_cache
from jettison.images import locate

pytestmark = [pytest.mark.engine, pytest.mark.network]

EXAMPLES = Path(__file__).parents[2] / "examples"
CONTEXTS = {
    "pkms": "pkms-backend",
    "django-guestbook": "",
    "fastapi-units": "",
}
EXPECTED = tomllib.loads((Path(__file__).parent / "parity.toml").read_text())["difference"]
PLATFORM = Platform(architecture="amd64")


def read(text: str) -> Image:
    place = locate(text, blob_cache())
    return place.store.read(place.reference, PLATFORM)


def shared(image: Image) -> frozenset[frozenset[str]]:
    """The names below site-packages of each file that has several, whichever comes first."""
    names: dict[str, set[str]] = {}
    for placed in image.tree():
        if placed.linked_to and "/site-packages/" in placed.entry.path:
            first = names.setdefault(placed.linked_to, {placed.linked_to})
            first.add(placed.entry.path)
    return frozenset(map(frozenset, names.values()))


def is_expected(found: Difference) -> bool:
    return any(
        re.fullmatch(kind["paths"], found.path) and found.what in kind.get("what", [found.what])
        for kind in EXPECTED
    )


def unexpected(before: Image, after: Image) -> list[Difference]:
    differences = compare_trees(before.tree(digests=True), after.tree(digests=True))
    return [each for each in differences if not is_expected(each)]


@pytest.mark.parametrize("name", CONTEXTS)
def test_both_back_ends_give_the_same_tree(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    engine = next(filter(installed, ("docker", "podman")))
    project, copy, tag = EXAMPLES / name, tmp_path / name, f"{RUN}/parity-{name}"
    output(*JETTISON, "apply", str(project), "--output", str(copy))
    dockerfile = copy / CONTEXTS[name] / "Dockerfile"
    build = (engine, "build", "--tag", tag, str(dockerfile.parent))
    output(*build)
    request.addfinalizer(lambda: output(engine, "rmi", tag))
    bases = re.findall(r"^FROM (\S+)", dockerfile.read_text(), re.MULTILINE)
    layout = tmp_path / "layout"
    output(*JETTISON, "build", str(project),
        "--base", f"{engine}:{bases[-1]}", "--output", f"oci:{layout}")  # fmt: skip
    after = read(f"oci:{layout}")
    found = unexpected(read(f"{engine}:{tag}"), after)
    if any(".dist-info" in each.path for each in found):
        # the engine's cache may hold what was the newest of some distribution then
        output(*build, "--no-cache")
        found = unexpected(read(f"{engine}:{tag}"), after)
    assert found == []
    before = read(f"{engine}:{tag}")
    for field in ("env", "user", "command", "entrypoint", "working_directory", "labels", "ports",
                  "volumes", "health_check", "stop_signal"):  # fmt: skip
        assert getattr(after.config, field) == getattr(before.config, field), field


DOCKERFILE = """\
FROM python:3.11-slim AS build
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install --no-cache-dir --no-compile -r requirements.txt

FROM python:3.11-slim
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY main.py .
USER 10001:10001
CMD ["/opt/venv/bin/python", "main.py"]
"""


def test_equal_files_are_one_with_both_back_ends(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    engine = next(filter(installed, ("docker", "podman")))
    project, copy, tag = tmp_path / "project", tmp_path / "copy", f"{RUN}/parity-links"
    project.mkdir()
    (project / "Dockerfile").write_text(DOCKERFILE)
    (project / "requirements.txt").write_text("boto3==1.35.0\nbotocore==1.35.0\n")
    (project / "main.py").write_text("import sys\n\nimport boto3\n\nboto3.client(sys.argv[1])\n")
    output(*JETTISON, "apply", str(project), "--output", str(copy))
    output(engine, "build", "--tag", tag, str(copy))
    request.addfinalizer(lambda: output(engine, "rmi", tag))
    layout = tmp_path / "layout"
    output(*JETTISON, "build", str(project),
        "--base", f"{engine}:python:3.11-slim", "--output", f"oci:{layout}")  # fmt: skip
    before, after = shared(read(f"{engine}:{tag}")), shared(read(f"oci:{layout}"))
    assert before == after
    names = [{path.rpartition("boto3/data/")[2] for path in each} for each in before]
    assert {f"ec2/{day}/resources-1.json" for day in ("2014-10-01", "2015-03-01")} <= next(
        each for each in names if "ec2/2014-10-01/resources-1.json" in each
    )
