"""What is found in an image that nobody runs."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import pytest
from archives import layer_tar
from elf import shared_library

from jettison.contents import Packed
from jettison.contents.found import as_observed, site_of
from jettison.contents.image_files import ImageFile, ImageFiles
from jettison.contents.started import python_of, scripts_of, started_words
from jettison.engines import Engine, ImageFacts, ImageID
from jettison.engines.measuring import measure, read_archive, read_image_files
from jettison.images.config import Config
from jettison.images.descriptor import Platform
from jettison.images.entry import Kind

PYTHON = "/usr/local/bin/python3.11"
SITE = "/srv/.venv/lib/python3.11/site-packages"
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
RECORD = "{name}/__init__.py,,\n{name}-{version}.dist-info/METADATA,,\n../../../bin/{name},,\n"


def image(
    files: Mapping[str, str], links: Mapping[str, str] | None = None, **execution: Any
) -> ImageFiles:
    """An image with an interpreter and some files; programs are those below a folder bin."""
    texts = {PYTHON: "", **files}
    found = {
        path: ImageFile(
            kind=Kind.FILE,
            mode=0o755 if "/bin/" in path or path.endswith(".sh") else 0o644,
            size=len(text),
            packed=Packed.of(text.encode()),
        )
        for path, text in texts.items()
    }
    for path, target in {"/usr/local/bin/python3": "python3.11", **(links or {})}.items():
        found[path] = ImageFile(kind=Kind.SYMLINK, target=target)
    config = Config.empty(Platform.parse("linux/amd64")).with_execution(
        **{"Env": ["PATH=/usr/local/bin:/usr/bin"], **execution}
    )
    return ImageFiles(files=found, config=config)


def distribution(site: str, name: str, version: str = "1.0") -> dict[str, str]:
    info = f"{site}/{name}-{version}.dist-info"
    return {
        f"{site}/{name}/__init__.py": "",
        f"{info}/METADATA": METADATA.format(name=name, version=version),
        f"{info}/RECORD": RECORD.format(name=name, version=version),
    }


def test_the_environment_is_that_of_the_interpreter_behind_the_started_script() -> None:
    found = image(
        {
            "/srv/.venv/bin/gunicorn": "#!/srv/.venv/bin/python\n",
            **distribution(SITE, "flask", "3.0"),
            **distribution("/usr/local/lib/python3.11/site-packages", "pip"),
            **distribution("/opt/tools/lib/python3.11/site-packages", "poetry"),
        },
        {"/srv/.venv/bin/python": "/usr/local/bin/python3"},
        Cmd=["/srv/.venv/bin/gunicorn", "app:app"],
        WorkingDir="/srv",
    )
    observed = as_observed(found)
    assert observed.python == PYTHON
    assert observed.installed.site == SITE
    assert observed.installed.versions == {"flask": "3.0"}
    assert observed.installed.owners["flask/__init__.py"] == "flask"


def test_what_interprets_a_program_of_the_system_may_not_run_the_application() -> None:
    found = image(
        {
            "/usr/bin/python3.13": "",
            "/usr/bin/supervisord": "#!/usr/bin/python3\n",
            "/var/lib/dpkg/status": (
                "Package: supervisor\nStatus: install ok installed\nVersion: 1\n\n"
            ),
            "/var/lib/dpkg/info/supervisor.list": "/usr/bin/supervisord\n",
            **distribution("/usr/lib/python3/dist-packages", "setuptools"),
            **distribution("/usr/local/lib/python3.11/site-packages", "flask"),
        },
        {"/usr/bin/python3": "python3.13"},
        Cmd=["/usr/bin/supervisord", "-c", "/etc/supervisord.conf"],
    )
    assert as_observed(found).python == PYTHON


@pytest.mark.parametrize("start", [["uv", "run", "--", "fastapi", "run"], ["./start.sh"]])
def test_the_environment_is_that_which_a_tool_activates(start: list[str]) -> None:
    found = image(
        {
            "/usr/local/bin/uv": "",
            "/srv/start.sh": "#!/bin/sh\nexec uv run fastapi run\n",
            "/opt/other/pyvenv.cfg": "",
            "/opt/other/bin/fastapi": "#!/opt/other/bin/python\n",
            "/srv/.venv/pyvenv.cfg": "",
            "/srv/.venv/bin/fastapi": "#!/srv/.venv/bin/python\n",
            **distribution(SITE, "fastapi"),
            **distribution("/usr/local/lib/python3.11/site-packages", "pip"),
        },
        {
            "/srv/.venv/bin/python": "/usr/local/bin/python3",
            "/opt/other/bin/python": "/usr/local/bin/python3",
        },
        Cmd=start,
        WorkingDir="/srv",
    )
    assert as_observed(found).installed.site == SITE


def test_what_a_distribution_brings_along_for_itself_is_no_environment() -> None:
    brought = {}
    for name in ("packaging", "tomli", "zipp"):
        brought.update(distribution(f"{SITE}/setuptools/_vendor", name))
    found = image(
        {
            "/srv/.venv/bin/python": "",
            **distribution(SITE, "flask"),
            **distribution(SITE, "setuptools"),
            **brought,
        },
        Cmd=["/srv/.venv/bin/python", "main.py"],
    )
    installed = as_observed(found).installed
    assert installed.site == SITE
    assert set(installed.versions) == {"flask", "setuptools"}


def test_distributions_in_a_folder_of_their_own_are_found_without_an_environment() -> None:
    found = image({**distribution("/opt/packages", "flask"), **distribution(SITE, "pip")})
    assert site_of(found, python_of(found, ("python", "main.py"))) == "/opt/packages"


def test_what_steps_of_the_build_read_is_no_part_of_the_application() -> None:
    own = {"/app/main.py": "import csv\n", "/app/.jettison/remove_files.py": "import csv\n"}
    found = image(own, Cmd=["python", "main.py"], WorkingDir="/app")
    assert {*as_observed(found).installed.application} == {"/app/main.py"}


def test_scripts_behind_the_start_command_are_followed() -> None:
    found = image(
        {
            "/app/start.sh": "#!/bin/sh\nexec ./serve.sh --jq\n",
            "/app/serve.sh": "#!/usr/bin/env bash\npython main.py\n",
            "/app/unused.sh": "#!/bin/sh\ngit pull\n",
        },
        Entrypoint=["./start.sh"],
        WorkingDir="/app",
    )
    assert set(scripts_of(found, started_words(found.config))) == {"/app/start.sh", "/app/serve.sh"}


def test_scripts_by_a_computed_path_and_what_a_shell_reads_are_followed() -> None:
    found = image(
        {
            "/app/start": '. lib/names\n"$(dirname "$0")/bin/wait.sh" db\n',
            "/app/lib/names": "NAME=value\n",
            "/app/bin/wait.sh": "#!/bin/sh\nnc -z db 1\n",
            "/app/bin/unused.sh": "#!/bin/sh\ngit pull\n",
        },
        Entrypoint=["sh", "start"],
        WorkingDir="/app",
    )
    assert set(scripts_of(found, started_words(found.config))) == {
        "/app/start",
        "/app/lib/names",
        "/app/bin/wait.sh",
    }


def test_a_module_that_starts_a_program_names_it_but_not_to_install_or_tell_its_version() -> None:
    calls = "import subprocess\nsubprocess.run(['{}', '-v'])\n"
    observed = as_observed(
        image(
            {
                f"{SITE}/sound/play.py": calls.format("ffmpeg"),
                f"{SITE}/pip/vcs.py": calls.format("git"),
                f"{SITE}/sound/utils/version.py": calls.format("git"),
                "/opt/other/site-packages/late.py": calls.format("convert"),
            }
        )
    )
    assert set(observed.reach.programs) == {"ffmpeg", "convert"}


def test_packages_of_alpine_are_read_with_those_that_were_asked_for() -> None:
    installed = (
        "P:libpq\nV:17.0\nD:so:libc.musl-x86_64.so.1 musl>=1.2\np:so:libpq.so.5=5.17\n"
        "F:usr/lib\nR:libpq.so.5\nZ:Q1\n\n"
        "P:musl\nV:1.2\np:so:libc.musl-x86_64.so.1=1\nF:lib\nR:ld-musl-x86_64.so.1\n\n"
    )
    found = image({"/lib/apk/db/installed": installed, "/etc/apk/world": "musl\nlibpq=17.0\n"})
    packages = found.system.packages
    assert packages["libpq"].paths == {"/usr/lib/libpq.so.5"}
    assert packages["libpq"].needs == (("so:libc.musl-x86_64.so.1",), ("musl",))
    assert packages["libpq"].provides == ("so:libpq.so.5",)
    assert found.system.manual == {"musl", "libpq"}


class SavedImage:
    """An engine that has one image and runs nothing."""

    def __init__(self, layers: list[bytes], config: Mapping[str, Any]) -> None:
        history = [{"created_by": f"layer {index}"} for index in range(len(layers))]
        history.insert(1, {"created_by": 'CMD ["python3"]', "empty_layer": True})
        names = [hashlib.sha256(layer).hexdigest() for layer in layers]
        digests = [f"sha256:{name}" for name in names]
        blobs = {f"blobs/sha256/{name}": layer for name, layer in zip(names, layers, strict=True)}
        document = {
            "architecture": "amd64",
            "os": "linux",
            "config": dict(config),
            "history": history,
            "rootfs": {"type": "layers", "diff_ids": digests},
        }
        manifest = [{"Config": "config.json", "Layers": list(blobs)}]
        self.archive = layer_tar(
            {
                **blobs,
                "config.json": json.dumps(document).encode(),
                "manifest.json": json.dumps(manifest).encode(),
            }
        )
        self._facts = ImageFacts(
            id=ImageID("image"),
            size=1,
            layers=tuple(digests),
            working_directory=str(config.get("WorkingDir", "")),
        )
        self.saved = 0

    def inspect(self, image: str) -> ImageFacts:
        return self._facts

    @contextmanager
    def save(self, image: str) -> Iterator[IO[bytes]]:
        self.saved += 1
        yield io.BytesIO(self.archive)


def test_layers_are_read_with_libraries_packages_and_what_lies_on_top_of_the_base() -> None:
    status = "Package: {}\nStatus: install ok installed\nVersion: 1\n\n"
    library = shared_library(needed=["libz.so.1"])
    base = layer_tar(
        {
            "var/lib/dpkg/status": status.format("base-files").encode(),
            "var/lib/dpkg/info/base-files.list": b"/etc\n",
            "usr/lib/libjq.so.1": b"old",
        }
    )
    upper = layer_tar(
        {
            "var/lib/dpkg/status": (status.format("base-files") + status.format("jq")).encode(),
            "var/lib/dpkg/info/jq.list": b"/usr/bin/jq\n",
            "usr/bin/jq": library,
            "usr/lib/.wh.libjq.so.1": b"",
            "app/settings.yaml": b"program: jq\n",
            "etc/other.yaml": b"no: more\n",
            "app/model.pkl": b"\x80\x04\x8c\x0bsklearn.svm\x94\x8c\x03SVC\x94\x93\x94.",
        }
    )
    engine = SavedImage([base, upper], {"WorkingDir": "/app", "Env": ["PATH=/usr/bin"]})
    found = read_image_files(cast("Engine", engine), "image")
    assert found.system.libraries == {"/usr/bin/jq": ("libz.so.1",)}
    assert found.system.manual == {"jq"}
    assert "/usr/lib/libjq.so.1" not in found.files
    assert found.text("/app/settings.yaml") == "program: jq\n"
    assert found.text("/etc/other.yaml") == ""
    assert found.text("/app/model.pkl") == "sklearn.svm.SVC"


def test_an_image_that_was_read_is_measured_without_another_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    layers = [layer_tar({"app/data": bytes(range(256)) * 9_000}), layer_tar({"app/more": b"x"})]
    engine = SavedImage(layers, {"WorkingDir": "/app"})
    read_image_files(cast("Engine", engine), "image")
    measured = measure("image", cast("Engine", engine))
    assert engine.saved == 1
    assert measured.files == 2
    fresh = read_archive(io.BytesIO(engine.archive), lambda _: None)
    assert measured.layers == tuple(layer.compressed_size for layer in fresh)


def test_what_pip_puts_beside_the_python_of_debian_is_the_environment() -> None:
    site = "/usr/local/lib/python3.13/dist-packages"
    found = image(
        {
            "/usr/bin/python3.13": "",
            **distribution("/usr/lib/python3/dist-packages", "packaging"),
            **distribution(site, "flask"),
            **distribution(site, "jinja2"),
        },
        {"/usr/local/bin/python3": "/usr/bin/python3.13"},
    )
    assert site_of(found, python_of(found, ("/usr/bin/python3.13", "main.py"))) == site


def test_what_interprets_scripts_is_named_with_one_of_them() -> None:
    found = image(
        {
            "/usr/local/bin/gunicorn": "#!/usr/bin/python3\n",
            "/app/bin/serve": "#!/usr/bin/env -S python3 -u\n",
            "/usr/local/bin/2to3": "#!/usr/bin/python3\nimport sys\n",
            "/app/notes.txt": "#!/usr/bin/perl\n",
            "/app/bin/.git/hooks/pre-push.sample": "#!/usr/bin/perl\n",
            f"{SITE}/flask/vendor.sh": "#!/bin/bash\n# Usage: vendor.sh\n",
            f"{SITE}/flask/make.sh": "#!/bin/zsh\n",
            f"{SITE}/flask/cli.py": "run([HERE / 'make.sh'])\n",
        },
        Cmd=["gunicorn"],
    )
    assert as_observed(found).interpreters == {
        "/usr/local/bin/python3": "the start command",
        "/usr/bin/python3": "/usr/local/bin/gunicorn",
        "/usr/bin/env": "/app/bin/serve",
        "python3": "/app/bin/serve",
        "/bin/zsh": f"{SITE}/flask/make.sh",
    }


def test_modules_of_the_library_are_known_that_imports_lead_to() -> None:
    library = "/usr/local/lib/python3.11"
    seen = as_observed(
        image(
            {
                f"{library}/os.py": "import stat\n",
                f"{library}/json/__init__.py": "from .decoder import (JSONDecoder,\n    other)\n",
                f"{library}/json/decoder.py": "def lazily():\n    import turtle\n",
                f"{library}/urllib/__init__.py": "",
                f"{library}/urllib/parse.py": "from collections import abc as names\n",
                f"{library}/collections/__init__.py": "from .. import nothing\n",
                f"{library}/turtle.py": "import tkinter\n",
                "/srv/app.py": "def serve():\n    import json, urllib.parse as parse\n",
            }
        )
    )
    assert seen.imported == {
        *("os.py", "json/__init__.py", "json/decoder.py", "urllib/parse.py"),
        "collections/__init__.py",
    }


def test_scripts_cost_what_their_texts_do():
    """Each word is looked up once, and each name among the scripts."""
    shell = "#!/bin/sh\n"
    folders = ":".join(f"/p{i}" for i in range(500))
    words = " ".join(f"w{i}" for i in range(20_000))
    files = {
        "/usr/bin/start.sh": shell + "q/x.sh " * 20_000 + "(/" * 200_000 + words,
        **{f"/d{i}/x.sh": shell + f"r{i}/x.sh " * 50 for i in range(1000)},
    }
    found = scripts_of(image(files, Env=[f"PATH=/usr/bin:{folders}"]), ["start.sh"])
    assert len(found) == 1001


def test_the_scripts_of_distributions_cost_what_the_sources_do():
    """Of many that are named alike, each counts as called."""
    names = [f"s{'s' * 40}{i}" for i in range(5000)]
    files = {
        **{f"{SITE}/bin/{name}": "#!/usr/bin/perl\n" for name in names},
        "/app/main.py": "s " * 1_000_000,
    }
    assert "/usr/bin/perl" in as_observed(image(files)).interpreters


def test_names_that_are_no_text_are_looked_up():
    files = {f"{SITE}/bin/\udcff": "#!/usr/bin/perl\n", "/app/main.py": "pass"}
    assert "/usr/bin/perl" in as_observed(image(files)).interpreters
