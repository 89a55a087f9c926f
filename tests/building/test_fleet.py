"""Fleets: planned and built in processes of their own, with layers that are the same bytes."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from build_site import Site, base_image
from command import JETTISON, ran
from images import AMD64
from loopback_registry import Registry, running
from wheels import wheel

from jettison.images.image import Image
from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.stores.blobs import BlobDirectory

DOCKERFILE = """\
FROM {base}
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["python", "main.py"]
"""


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Projects that share distributions, and a registry with their base."""

    folder: Path
    registry: Registry
    site: Site

    @property
    def file(self) -> Path:
        return self.folder / "fleet.toml"

    def project(self, name: str, *requirements: str, base: str = "", listed: bool = True) -> Path:
        """Write a project; it becomes part of the fleet unless that is not wanted."""
        folder = self.folder / name
        folder.mkdir()
        base = base or f"{self.registry.host}/python:3.13-slim"
        (folder / "Dockerfile").write_text(DOCKERFILE.format(base=base))
        (folder / "requirements.txt").write_text("".join(f"{one}\n" for one in requirements))
        (folder / "main.py").write_text(f"print({name!r})\n")
        if listed:
            self.add(f'name = "{name}"\npath = "{name}"')
        return folder

    def add(self, lines: str) -> None:
        with self.file.open("a") as file:
            file.write(f"[[project]]\n{lines}\n")

    def run(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = ran(*self.words(*arguments), XDG_CACHE_HOME=str(self.folder / "cache"))
        assert done.returncode == status, done.stderr + done.stdout
        return done

    def document(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        found = self.run(*arguments, "--format", "json", status=status)
        document: dict[str, Any] = json.loads(found.stdout)
        return document

    def words(self, verb: str, *arguments: str) -> list[str]:
        return ["fleet", verb, str(self.file), "-O0", "--disk", "1", *arguments]

    def command(self, *arguments: str) -> list[str]:
        return [*JETTISON, *self.words(*arguments)]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")}

    def pulled(self, name: str) -> Image:
        store = RegistryStore(BlobDirectory(self.folder / "pulled"))
        return store.read(Reference.parse(f"{self.registry.host}/{name}:latest"), AMD64)


@pytest.fixture
def fleet(site: Site, tmp_path: Path) -> Iterator[Fleet]:
    noise = random.Random(1)
    for name in ("heavy", "large"):
        content = noise.randbytes(400_000)
        site.index.add(
            f"{name}-1.0-py3-none-any.whl",
            wheel(name, files={f"{name}/__init__.py": b"", f"{name}/data.bin": content}),
        )
    folder = tmp_path / "fleet"
    folder.mkdir()
    with running() as registry:
        store = RegistryStore(BlobDirectory(tmp_path / "base-cache"))
        store.write(base_image(), Reference.parse(f"{registry.host}/python:3.13-slim"))
        yield Fleet(folder=folder, registry=registry, site=site)


def rows(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in document["projects"]}


def test_what_images_share_is_stored_once_and_each_image_has_what_it_needs(fleet: Fleet) -> None:
    fleet.project("one", "heavy", "large")
    fleet.project("two", "heavy", "tools")
    first = fleet.document("build", "--push", f"{fleet.registry.host}/team")
    images = {name: fleet.pulled(f"team/{name}") for name in ("one", "two")}
    layers = {name: {str(x.descriptor.digest) for x in images[name].layers} for name in images}
    named = {x["digest"]: x["what"] for x in rows(first)["one"]["built"]["layers"]}
    assert "heavy 1.0" in {named[digest] for digest in layers["one"] & layers["two"]}
    packages = "usr/local/lib/python3.13/site-packages"
    for name, there, absent in (("one", "large", "tools"), ("two", "tools", "large")):
        tree = images[name].tree()
        assert f"{packages}/heavy/data.bin" in tree
        assert f"{packages}/{there}/__init__.py" in tree
        assert f"{packages}/{absent}/__init__.py" not in tree


def test_built_again_elsewhere_every_image_has_the_same_digest(fleet: Fleet) -> None:
    fleet.project("one", "heavy", "large")
    fleet.project("two", "heavy")
    host = fleet.registry.host
    first = rows(fleet.document("build", "--push", f"{host}/team"))
    (fleet.folder / "cache").rename(fleet.folder / "cache-before")
    second = rows(fleet.document("build", "--push", f"{host}/other", "--workers", "1"))
    digests = [{n: row["built"]["digest"] for n, row in each.items()} for each in (first, second)]
    assert digests[0] == digests[1]


def test_what_did_not_change_is_not_built_again_unless_the_registry_lost_it(fleet: Fleet) -> None:
    fleet.project("one", "heavy")
    fleet.project("two", "heavy")
    pushed = ("build", "--push", f"{fleet.registry.host}/team")
    fleet.document(*pushed)
    assert all(row["cached"] for row in rows(fleet.document(*pushed)).values())
    assert all(row["cached"] for row in rows(fleet.document("plan")).values())
    (fleet.folder / "one" / "main.py").write_text("print('changed')\n")
    fleet.registry.manifests.pop("team/two")
    third = rows(fleet.document(*pushed))
    assert [third[name]["cached"] for name in ("one", "two")] == [False, False]
    fleet.pulled("team/two")


def test_data_that_changed_and_kept_its_size_is_built_again(fleet: Fleet) -> None:
    page = fleet.project("one", "heavy") / "page.html"
    page.write_text("<p>before</p>")
    pushed = ("build", "--push", f"{fleet.registry.host}/team")
    first = rows(fleet.document(*pushed))["one"]
    page.write_text("<p>behind</p>")
    second = rows(fleet.document(*pushed))["one"]
    assert not second["cached"]
    assert second["built"]["digest"] != first["built"]["digest"]


def test_a_base_that_cannot_be_read_now_leaves_the_plan_and_is_read_later(fleet: Fleet) -> None:
    fleet.project("one", "heavy")
    kept = fleet.registry.manifests.pop("python")
    first = rows(fleet.document("plan", status=17))["one"]
    assert "python:3.13-slim" in first["failure"]["what"]
    assert first["project"]["own"] > 0
    fleet.registry.manifests["python"] = kept
    assert rows(fleet.document("plan"))["one"]["failure"] is None


def test_projects_that_fail_are_rows_and_the_rest_is_planned(fleet: Fleet) -> None:
    fleet.project("good", "heavy")
    fleet.project("contradicts", "heavy==1.0", "heavy==2.0")
    fleet.add('name = "missing"\npath = "nowhere"')
    fleet.add(f'name = "unreachable"\ngit = "file://{fleet.folder}/no-repository"')
    fleet.add('name = "program"\ngit = "ext::touch pwned"')
    document = fleet.document("plan", status=17)
    found = rows(document)
    assert found["good"]["failure"] is None
    assert found["good"]["project"]["distributions"][0]["name"] == "heavy"
    for name, what in (
        ("contradicts", "cannot be resolved"),
        ("missing", "nowhere is not a folder"),
        ("unreachable", "cannot be fetched"),
        ("program", "cannot be fetched"),
    ):
        assert what in found[name]["failure"]["what"]
    assert found["missing"]["failure"]["why"] == "missing names it (fleet.toml:7)"
    text = fleet.run("plan", status=17)
    assert "4 of 5 projects failed" in text.stderr
    assert "Traceback" not in text.stderr + text.stdout


def test_an_image_of_another_architecture_is_a_row_and_others_keep_their_layers(
    fleet: Fleet,
) -> None:
    fleet.add(f'name = "image"\nimage = "{fleet.registry.host}/python:3.13-slim"')
    found = rows(fleet.document("plan", "--platform", "linux/amd64"))
    assert found["image"]["failure"] is None
    found = rows(fleet.document("plan", "--platform", "linux/arm64", status=17))
    assert "linux/arm64" in found["image"]["failure"]["what"] + found["image"]["failure"]["why"]


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True)


def commit(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "x")


@pytest.mark.parametrize("revision", ["", 'revision = "main"', 'revision = "v1"'])
def test_a_repository_without_a_new_commit_is_not_planned_and_built_again(
    fleet: Fleet, revision: str
) -> None:
    folder = fleet.project("shop", "heavy", listed=False)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    tag = ("-c", "user.name=x", "-c", "user.email=x@x", "tag", "--force", "-a", "-m", "x", "v1")
    git(folder, *tag)
    fleet.add(f'name = "shop"\ngit = "file://{folder}"\n{revision}')
    pushed = ("build", "--push", f"{fleet.registry.host}/team")
    assert not rows(fleet.document(*pushed))["shop"]["cached"]
    assert rows(fleet.document(*pushed))["shop"]["cached"]
    assert rows(fleet.document("plan"))["shop"]["cached"]
    fleet.run("report", "--html", str(fleet.folder / "page.html"))
    assert "<td>built</td>" in (fleet.folder / "page.html").read_text()
    (folder / "main.py").write_text("print('changed')\n")
    commit(folder)
    git(folder, *tag)
    assert not rows(fleet.document(*pushed))["shop"]["cached"]


def test_a_repository_is_planned_at_its_revision(fleet: Fleet) -> None:
    folder = fleet.project("shop", "heavy", listed=False)
    (folder / "elsewhere").symlink_to("/etc")
    git(folder, "init", "--quiet")
    commit(folder)
    git(folder, "tag", "v1")
    (folder / "requirements.txt").write_text("large\n")
    fleet.add(f'name = "shop"\ngit = "file://{folder}"\nrevision = "v1"')
    fleet.add(f'name = "out"\ngit = "file://{folder}"\nrevision = "v1"\npath = "elsewhere"')
    found = rows(fleet.document("plan", status=17))
    named = [one["name"] for one in found["shop"]["project"]["distributions"]]
    assert named == ["heavy"]
    assert found["out"]["failure"]["what"] == "elsewhere leads out of the repository"


def test_a_project_that_hangs_is_stopped(fleet: Fleet) -> None:
    fleet.project("quick", "heavy")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fleet.add(f'name = "slow"\ngit = "git://127.0.0.1:{silent.getsockname()[1]}/slow"')
        found = rows(fleet.document("plan", "--timeout", "8", status=17))
    assert found["quick"]["failure"] is None
    assert found["slow"]["failure"]["what"] == "it takes too long"


def test_a_run_that_was_broken_off_goes_on_with_the_rest(fleet: Fleet) -> None:
    for number in range(3):
        fleet.project(f"project-{number}", "heavy")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        # which keeps the run from its end
        fleet.add(f'name = "slow"\ngit = "git://127.0.0.1:{silent.getsockname()[1]}/slow"')
        with subprocess.Popen(
            fleet.command("plan", "--workers", "1"), env=fleet.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        ) as broken:  # fmt: skip
            records = fleet.folder / "cache" / "jettison" / "records" / "fleet"
            while broken.poll() is None and len(list(records.rglob("*.record"))) < 2:
                time.sleep(0.01)
            os.kill(broken.pid, signal.SIGKILL)
    found = rows(fleet.document("plan", status=17))
    planned = [found[f"project-{number}"] for number in range(3)]
    assert sum(row["cached"] for row in planned) >= 2
    assert [row["failure"] for row in planned] == [None, None, None]
    assert not found["slow"]["cached"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_that_a_run_started_outlives_it(fleet: Fleet, number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(300)  # a loaded machine is slow
        fleet.add(f'name = "slow"\ngit = "git://127.0.0.1:{silent.getsockname()[1]}/slow"')
        with subprocess.Popen(
            fleet.command("plan"), env=fleet.environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as stopped:  # fmt: skip
            held = silent.accept()[0]
            stopped.send_signal(number)
            _, said = stopped.communicate(timeout=60)
        with held:
            held.settimeout(60)
            while held.recv(1000):
                pass  # what Git asked for; then nobody has the connection any more
    assert b"Traceback" not in said


def test_whoever_stops_a_run_waits_for_nothing_and_leaves_nothing_behind(fleet: Fleet) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"git://127.0.0.1:{silent.getsockname()[1]}/slow"
        for number in range(3):
            fleet.add(f'name = "slow-{number}"\ngit = "{address}"')
        with subprocess.Popen(
            fleet.command("plan", "--workers", "2"), env=fleet.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as stopped:  # fmt: skip
            held = [silent.accept()[0] for _ in range(2)]
            stopped.send_signal(signal.SIGTERM)
            _, said = stopped.communicate(timeout=60)
            for one in held:
                one.close()
    assert stopped.returncode == 130
    assert b"Traceback" not in said
