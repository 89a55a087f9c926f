"""Images are built from a project without an engine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from build_site import Site, base_image
from image_oracle import validate
from images import AMD64, packed_layer
from wheels import source, wheel

from jettison.__main__ import run
from jettison.builder.base import MEDIA_TYPE
from jettison.errors import (
    BuildError,
    ImageError,
    InputSyntaxError,
    IntegrityError,
    JettisonError,
    NetworkError,
    ProjectError,
    UnsupportedError,
)
from jettison.images.config import History
from jettison.images.entry import Kind
from jettison.images.image import Image
from jettison.images.stores.layout import LayoutStore
from jettison.images.tar_writer import Member

SITE = "usr/local/lib/python3.13/site-packages"


def content_of(image: Image, path: str) -> bytes:
    found = b""
    for layer in image.layers:
        for read in layer.entries():
            if read.entry.path == path:
                found = b"".join(read.chunks())
    return found


def test_the_image_is_whole_and_runs_as_the_dockerfile_says(site: Site) -> None:
    image = site.image()
    assert validate(image) == ()
    config = image.config
    assert config.command == ("serve", "main:app")
    assert (config.user, config.working_directory, config.ports) == ("app", "/app", ("8000/tcp",))
    assert config.env["PYTHON_VERSION"] == "3.13.5"
    assert config.fields["created"] == "2023-11-14T22:13:20Z"


def test_distributions_the_application_and_accounts_are_there(site: Site) -> None:
    image = site.image()
    tree = image.tree()
    for path in (f"{SITE}/server/__init__.py", f"{SITE}/tools/__init__.py", "app/main.py"):
        assert path in tree
    script = content_of(image, "usr/local/bin/serve")
    assert script.startswith(b"#!/usr/local/bin/python3.13\n")
    data = tree.get("app/data")
    assert data is not None
    assert (data.kind, data.uid, data.gid) == (Kind.DIRECTORY, 1000, 1000)
    assert b"app:x:1000:1000::/home/app:/bin/sh\n" in content_of(image, "etc/passwd")


def test_at_most_ten_layers_and_the_base_first(site: Site) -> None:
    made = [entry.created_by for entry in site.image().config.history]
    assert made == ["base", "jettison: 2 distributions", "jettison: application"]


def test_the_bill_of_materials_names_every_distribution(site: Site) -> None:
    (attached,) = site.image().attachments
    document = json.loads(attached.content)
    assert attached.artifact_type == MEDIA_TYPE
    assert document["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    named = {each["purl"] for each in document["components"]}
    assert {"pkg:pypi/server@1.0", "pkg:pypi/tools@1.5"} <= named


def test_a_plan_with_a_build_stage_has_its_environment_where_the_stage_makes_it(
    site: Site,
) -> None:
    image = site.image(level=2)
    tree = image.tree()
    assert "opt/venv/lib/python3.13/site-packages/server/__init__.py" in tree
    link = tree.get("opt/venv/bin/python")
    assert link is not None
    assert link.link == "/usr/local/bin/python3.13"
    assert image.config.env["PATH"].startswith("/opt/venv/bin:/usr/local/bin:")
    assert image.config.user not in {"", "root"}


def test_what_was_built_is_not_fetched_or_resolved_again(site: Site) -> None:
    first = site.image()
    site.index.asked.clear()
    (site.project / "shop" / "__init__.py").write_text("app = 1\n")
    second = site.image()
    assert site.index.asked == []
    assert first.layers[:-1] == second.layers[:-1]
    assert first.layers[-1] != second.layers[-1]


def test_a_requirement_more_packs_that_one_alone(site: Site) -> None:
    site.image()
    before = set((site.cache / "blobs" / "sha256").iterdir())
    site.index.add("more-2.0-py3-none-any.whl", wheel("more", "2.0"))
    (site.project / "requirements.txt").write_text("server==1.0\nmore\n")
    image = site.image()
    assert f"{SITE}/more/__init__.py" in image.tree()
    # The wheel, its segment, what holds the directories, and the application's segment.
    assert len(set((site.cache / "blobs" / "sha256").iterdir()) - before) == 4


@pytest.mark.parametrize(
    ("step", "line"),
    [
        ("RUN make assets", 10),
        ("RUN if true; then echo; fi", 10),
        ("COPY --from=node:20 /x /y", 10),
        ("ADD https://example.org/x /x", 10),
        ("RUN pip install -e .", 10),
        ("RUN echo x > /etc/x", 10),
        ('SHELL ["/bin/bash"]', 10),
    ],
)
def test_a_step_that_needs_an_engine_is_named(site: Site, step: str, line: int) -> None:
    file = site.project / "Dockerfile"
    file.write_text(f"{file.read_text()}{step}\n")
    with pytest.raises(UnsupportedError) as caught:
        site.image()
    assert str(caught.value).startswith(f"Dockerfile:{line}: ")
    assert "jettison optimize" in caught.value.hint


def test_a_wheel_with_other_bytes_is_refused(site: Site) -> None:
    site.index.spoiled.add("tools-1.5-py3-none-any.whl")
    with pytest.raises(JettisonError) as caught:
        site.image()
    assert "tools" in f"{caught.value} {caught.value.why}"


def test_a_wheel_that_vanished_is_named(site: Site) -> None:
    site.image()
    for blob in (site.cache / "blobs" / "sha256").iterdir():
        blob.unlink()
    site.index.missing.add("tools-1.5-py3-none-any.whl")
    with pytest.raises(NetworkError, match=r"tools-1.5-py3-none-any.whl cannot be fetched"):
        site.image()


def test_requirements_that_nobody_can_meet_are_told_as_uv_does(site: Site) -> None:
    (site.project / "requirements.txt").write_text("server==9\n")
    with pytest.raises(ProjectError) as caught:
        site.image()
    assert "server" in caught.value.why


def test_a_distribution_without_a_wheel_is_named(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    site.index.add("old-1.0.tar.gz", source("old"))
    (site.project / "requirements.txt").write_text("old\n")
    with pytest.raises(UnsupportedError) as caught:
        site.image()
    assert re.match(r"Because old==1\.0 has no usable wheels.+\.$", caught.value.why, re.MULTILINE)
    assert "--allow-source-builds" in caught.value.hint


def test_a_pure_source_is_built_where_that_is_allowed(site: Site, tmp_path: Path) -> None:
    site.index.add("old-1.0.tar.gz", source("old"))
    (site.project / "requirements.txt").write_text("old\n")
    image = site.image(source_builds=True)
    assert f"{SITE}/old/__init__.py" in image.tree()
    again = site.image(source_builds=True, cache=tmp_path / "cold")
    assert again.manifest.digest == image.manifest.digest


def test_a_source_that_gives_a_wheel_for_this_machine_is_refused(site: Site) -> None:
    site.index.add("old-1.0.tar.gz", source("old", tag="cp311-cp311-linux_x86_64"))
    (site.project / "requirements.txt").write_text("old\n")
    with pytest.raises(UnsupportedError, match=r"old 1\.0"):
        site.image(source_builds=True)


def test_a_source_that_cannot_be_built_is_named(site: Site) -> None:
    site.index.add("old-1.0.tar.gz", source("old", tag=""))
    (site.project / "requirements.txt").write_text("old\n")
    with pytest.raises(BuildError, match=r"old-1\.0\.tar\.gz"):
        site.image(source_builds=True)


def test_an_unsound_wheel_leaves_nothing_behind(site: Site) -> None:
    bad = wheel("server", files={"../evil.py": b""})
    site.index.add("server-1.0-py3-none-any.whl", bad)
    with pytest.raises(IntegrityError, match=r"server-1.0-py3-none-any.whl"):
        site.image()


@pytest.mark.parametrize("words", ["[z-a] /x/", "--exclude=[z-a] . /x/", "[a /x/"])
def test_a_pattern_of_copy_that_is_none_is_named(site: Site, words: str) -> None:
    path = site.project / "Dockerfile"
    path.write_text(path.read_text().replace("COPY . .", f"COPY {words}"))
    with pytest.raises(InputSyntaxError, match="COPY has a pattern that is none"):
        site.image()


def test_a_source_that_copy_does_not_find_is_named(site: Site) -> None:
    file = site.project / "Dockerfile"
    file.write_text(file.read_text() + "COPY nothing.txt /\n")
    with pytest.raises(ProjectError, match=r"Dockerfile:10: COPY finds no nothing.txt"):
        site.image()


def test_ignored_files_stay_out(site: Site) -> None:
    (site.project / ".dockerignore").write_text("*.md\n!keep.md\nsecret\n")
    for name in ("a.md", "keep.md"):
        (site.project / name).write_text("x")
    (site.project / "secret").mkdir()
    (site.project / "secret" / "key").write_text("x")
    tree = site.image().tree()
    assert "app/keep.md" in tree
    assert not {"app/a.md", "app/secret", "app/secret/key"} & set(tree.paths)


def test_the_cache_may_be_emptied_at_any_time(site: Site, tmp_path: Path) -> None:
    first = site.image()
    for blob in (site.cache / "blobs" / "sha256").iterdir():
        blob.unlink()
    assert site.image().manifest.digest == first.manifest.digest


def test_offline_with_nothing_known_says_what_to_do(site: Site) -> None:
    with pytest.raises(NetworkError) as caught:
        site.image(offline=True)
    assert "cache" in caught.value.what
    assert "network" in caught.value.hint


@pytest.mark.parametrize("line", ["--no-binary server\nserver\n", "--no-binary=:all:\nserver\n"])
def test_a_file_cannot_have_a_source_built(site: Site, line: str) -> None:
    made = site.project.parent / "made"
    backend = f"import pathlib\npathlib.Path({str(made)!r}).touch()\n".encode()
    site.index.add("server-1.0.tar.gz", source("server", backend=backend))
    (site.project / "requirements.txt").write_text(line)
    with pytest.raises(UnsupportedError, match=r"^requirements.txt:1: ") as caught:
        site.image()
    assert "--allow-source-builds" in caught.value.hint
    assert not made.exists()


def test_an_output_in_the_project_does_not_become_part_of_the_image(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(site.project)
    monkeypatch.setenv("XDG_CACHE_HOME", str(site.cache))
    outputs = ["--output=oci:image", "--output=archive:image.tar", "--sbom=bill.json"]
    digests = []
    for _ in range(2):
        assert run(["build", ".", f"--base=oci:{site.base}", "--bytecode=none", *outputs]) == 0
        digests.append(capsys.readouterr().out.splitlines()[0].rpartition(" ")[2])
    assert digests[0] == digests[1]
    image = LayoutStore(site.project / "image").read(None, AMD64)
    assert not [path for path in image.tree().paths if "image" in path or "bill" in path]


@pytest.mark.parametrize("lacking", ["Architecture: all", "Package: tool", "Version: 1"])
def test_a_package_of_the_base_may_lack_a_field(site: Site, lacking: str) -> None:
    fields = ["Package: tool", "Status: install ok installed", "Version: 1", "Architecture: all"]
    fields.remove(lacking)
    status = Member.file("var/lib/dpkg/status", "\n".join((*fields, "")).encode())
    LayoutStore(site.base).write(base_image().append(packed_layer(status), History()), None)
    assert "app/main.py" in site.image().tree()


def test_the_project_itself_is_no_place_for_an_output(site: Site) -> None:
    status = run(["build", str(site.project), f"--output=oci:{site.project}"])
    assert status == ImageError.exit_status
    assert not (site.project / "oci-layout").exists()


def test_a_name_that_is_no_text_is_packed_as_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(site.cache))
    (site.project / "caf\udce9.txt").write_text("x")
    out = site.project.parent / "out"
    words = [f"--base=oci:{site.base}", "--bytecode=none", f"--output=oci:{out}"]
    assert run(["build", str(site.project), *words]) == 0, capsys.readouterr().err
    assert "app/caf\udce9.txt" in LayoutStore(out).read(None, AMD64).tree()
