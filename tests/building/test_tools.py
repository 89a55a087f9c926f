"""What the project builds is an image to other tools: Docker, Podman and skopeo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from command import JETTISON, output
from debian_registry import debian_registry
from tests.support.names import RUN

pytestmark = [pytest.mark.network]

EXAMPLE = Path(__file__).parents[2] / "examples" / "fastapi-units"
ENGINES = [
    pytest.param("docker", marks=pytest.mark.engine),
    pytest.param("podman", marks=pytest.mark.podman),
]
ASK = """
import time, urllib.request
for _ in range(200):
    try:
        print(urllib.request.urlopen("http://localhost:8000/length/mile/metre").read().decode())
        break
    except OSError:
        time.sleep(0.1)
"""
WHO = "import os, sys; print(os.getuid(), sys.executable, os.access('/', os.W_OK))"


@dataclass(frozen=True, kw_only=True)
class Made:
    """The example as an archive and as a layout, and its digest."""

    archive: Path
    layout: Path
    digest: str


@pytest.fixture(scope="module", params=["gzip", "zstd"])
def made(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Made:
    folder = tmp_path_factory.mktemp("made")
    archive, layout = folder / "image.tar", folder / "layout"
    printed = output(
        *JETTISON, "build", str(EXAMPLE), "--base", "composed",
        "--compression", request.param, "--output", f"archive:{archive}:{RUN}/units:1",
        "--output", f"oci:{layout}:{RUN}/units:1",
    )  # fmt: skip
    return Made(archive=archive, layout=layout, digest=printed.splitlines()[-1].rpartition(" ")[2])


@contextmanager
def running(engine: str, image: str) -> Iterator[str]:
    container = output(engine, "run", "--detach", "--read-only", "--network", "none", image).strip()
    try:
        yield container
    finally:
        output(engine, "rm", "--force", container)


@pytest.mark.parametrize("engine", ENGINES)
def test_engines_load_the_archive_and_run_it(made: Made, engine: str) -> None:
    image = output(engine, "load", "--input", str(made.archive)).split("mage: ")[-1].split()[0]
    try:
        with running(engine, image) as container:
            answer = output(engine, "exec", container, "python", "-c", ASK)
            assert json.loads(answer) == {"value": 1609.344, "unit": "metre"}
            who = output(engine, "exec", container, "python", "-c", WHO).split()
            assert who == ["1000", "/opt/venv/bin/python", "False"]
    finally:
        output(engine, "rmi", "--force", image)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_option_loads_it_by_its_name(engine: str) -> None:
    name = f"{RUN}/units:loaded"
    output(
        *JETTISON, "build", str(EXAMPLE), "--base", "composed",
        "--load", "--engine", engine, "--tag", name,
    )  # fmt: skip
    try:
        assert output(
            engine, "run", "--rm", "--network", "none", name, "python", "-c", WHO
        ).startswith("1000 ")
    finally:
        output(engine, "rmi", "--force", name)


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example for two platforms in a registry; gives its name there."""
    with debian_registry(tmp_path_factory.mktemp("registry")) as host:
        name = f"{host}/team/units:1"
        output(
            *JETTISON, "build", str(EXAMPLE), "--base", "composed",
            "--platform", "linux/amd64,linux/arm64", "--push", name,
        )  # fmt: skip
        yield name


@pytest.mark.registry
@pytest.mark.parametrize("engine", ENGINES)
def test_engines_pull_what_was_pushed(pushed: str, engine: str) -> None:
    plain = ("--tls-verify=false",) if engine == "podman" else ()
    output(engine, "pull", *plain, pushed)
    try:
        assert output(
            engine, "run", "--rm", "--network", "none", pushed, "python", "-c", WHO
        ).startswith("1000 ")
    finally:
        output(engine, "rmi", "--force", pushed)


@pytest.mark.registry
@pytest.mark.skopeo
def test_skopeo_reads_both_platforms_of_a_registry(pushed: str) -> None:
    place = ("--tls-verify=false", f"docker://{pushed}")
    index = json.loads(output("skopeo", "inspect", "--raw", *place))
    assert len(index["manifests"]) == 2
    for architecture in ("amd64", "arm64"):
        choice = ("--override-os", "linux", "--override-arch", architecture)
        found = json.loads(output("skopeo", *choice, "inspect", *place))
        assert found["Architecture"] == architecture


@pytest.mark.skopeo
@pytest.mark.parametrize("transport", ["oci", "oci-archive", "docker-archive"])
def test_skopeo_reads_it(made: Made, transport: str, tmp_path: Path) -> None:
    place = made.layout if transport == "oci" else made.archive
    # As other tools do, the tag alone names an image of a layout.
    name = "" if transport == "docker-archive" else ":1"
    found = json.loads(output("skopeo", "inspect", f"{transport}:{place}{name}"))
    assert found["Architecture"] == "amd64"
    assert found["Os"] == "linux"
    if transport != "docker-archive":
        assert found["Digest"] == made.digest
    # Copying unpacks every layer and holds it to its diff ID.
    unpacked = tmp_path / "unpacked"
    output("skopeo", "copy", "--dest-decompress", f"{transport}:{place}{name}", f"dir:{unpacked}")
    assert (unpacked / "manifest.json").is_file()
