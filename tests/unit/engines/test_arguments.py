"""What a project or an image wrote never becomes an option of an engine's client."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from jettison.engines import Bind, BuildRequest, RunOptions
from jettison.engines.cli import BuildDialect, CommandLineEngine, buildkit_steps
from jettison.engines.client import Client
from jettison.engines.limits import Call, Limits, container_path, image_name, tmpfs_of
from jettison.errors import EngineError
from jettison.progress import SilentProgress

# Writes down what it was called with, and answers as docker does.
CLIENT = """\
#!{python}
import json, os, sys
words = sys.argv[1:]
call = {{"words": words, "environment": dict(os.environ)}}
for word in words:
    if word.startswith("--env-file="):
        path = word.partition("=")[2]
        call["file"] = open(path).read()
        call["folder"] = os.stat(os.path.dirname(path)).st_mode & 0o777
    if word.startswith("--iidfile="):
        open(word.partition("=")[2], "w").write("sha256:" + "0" * 64)
with open({calls!r}, "a") as calls:
    calls.write(json.dumps(call) + "\\n")
print("0" * 64)
"""
PLAIN = RunOptions()
DIALECT = BuildDialect(command=("buildx", "build"), environment=(), steps=buildkit_steps)


class Recorded:
    """An engine whose client is a program that only writes down how it was called."""

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.calls = folder / "calls"
        program = folder / "docker"
        program.write_text(CLIENT.format(python=sys.executable, calls=str(self.calls)))
        program.chmod(0o755)
        self.engine = CommandLineEngine(
            Client(program=str(program), version="26", direct=True, limits=limits or Limits()),
            DIALECT,
        )

    def of(self, verb: str) -> dict[str, Any]:
        calls = [json.loads(line) for line in self.calls.read_text().splitlines()]
        found: dict[str, Any] = next(call for call in calls if call["words"][0] == verb)
        return found


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


@pytest.mark.parametrize("image", ["--volume=/x:/host", "-v", "", "a b", "a,b", "a\nb", "a\0b"])
def test_an_image_that_is_an_option_is_refused(recorded: Recorded, image: str) -> None:
    options = RunOptions(command=("--privileged", "sh"))
    for use in (recorded.engine.inspect, lambda name: recorded.engine.run(name, options)):
        with pytest.raises(EngineError, match="no image"):
            use(image)
    with pytest.raises(EngineError, match="no image"), recorded.engine.save(image):
        pass


def test_words_of_a_command_stand_after_the_options(recorded: Recorded) -> None:
    options = RunOptions(entrypoint=("sh", "--user=root"), command=("--privileged",))
    recorded.engine.run("registry:5000/app:1", options)
    words = recorded.of("run")["words"]
    end = words.index("--")
    assert words[end + 1 :] == ["registry:5000/app:1", "--user=root", "--privileged"]
    assert all(word.startswith("--") for word in words[1:end])


@pytest.mark.parametrize(
    "make",
    [
        lambda path: replace(PLAIN, volumes=(path,)),
        lambda path: replace(PLAIN, tmpfs=(f"{path}:exec",)),
        lambda path: replace(PLAIN, binds=(Bind(source=Path("/srv"), target=path),)),
    ],
    ids=["volume", "tmpfs", "bind"],
)
@pytest.mark.parametrize("path", ["/x:/host", "/x,source=/etc", '/x"', "/x\n", ""])
def test_a_path_that_would_mount_a_folder_of_this_machine_is_refused(
    make: Callable[[str], RunOptions], path: str
) -> None:
    with pytest.raises(EngineError, match="refused"):
        make(path)


def test_mounts_are_named_fields(recorded: Recorded) -> None:
    options = RunOptions(
        volumes=("data", "/srv/../var"),
        binds=(Bind(source=Path("/srv"), target="/in"),),
        tmpfs=("/tmp:exec,mode=1777", "/run"),
    )
    recorded.engine.run("app", options)
    assert set(recorded.of("run")["words"]) >= {
        "--mount=type=volume,target=/data",
        "--mount=type=volume,target=/var",
        "--mount=type=bind,source=/srv,target=/in,readonly",
        "--tmpfs=/tmp:exec,mode=1777",
        "--tmpfs=/run",
    }


@pytest.mark.parametrize("option", ["suid", "dev", "mode=1777 x", "context=x"])
def test_only_known_options_of_tmpfs_are_passed_on(option: str) -> None:
    with pytest.raises(EngineError, match="refused"):
        tmpfs_of(f"/tmp:{option}")


@pytest.mark.parametrize("name", ["A\nB=1", "A B", "#A", "A=B", ""])
def test_a_variable_is_one_variable(name: str) -> None:
    with pytest.raises(EngineError, match="refused"):
        RunOptions(environment={name: "1"})


def test_values_are_in_no_list_of_processes(recorded: Recorded) -> None:
    variables = {"TOKEN": "s3cret = x ", "KEY": "-----BEGIN\nline\n", "EMPTY": "", "Q": "'s3cret'"}
    with recorded.engine.run("app", RunOptions(environment=variables)) as container:
        container.execute(("env",), environment={"OTHER": "s3cret"})
    run, execute = recorded.of("run"), recorded.of("exec")
    for call in (run, execute):
        assert "s3cret" not in " ".join(call["words"])
        assert call["folder"] & 0o077 == 0
    assert run["file"] == "TOKEN=s3cret = x \nEMPTY=\n"
    assert {"--env=KEY", "--env=Q"} <= set(run["words"])
    assert run["environment"]["Q"] == "'s3cret'"
    assert run["environment"]["KEY"] == "-----BEGIN\nline\n"
    assert execute["file"] == "OTHER=s3cret\n"


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PATH", "DOCKER_HOST", "HTTPS_PROXY", "GIT_DIR"])
def test_no_variable_of_a_project_changes_the_client(recorded: Recorded, name: str) -> None:
    recorded.engine.run("app", RunOptions(environment={name: "one-line"}))
    assert recorded.of("run")["environment"].get(name) != "one-line"
    with pytest.raises(EngineError, match=name):
        recorded.engine.run("app", RunOptions(environment={name: "two\nlines"}))


@pytest.mark.parametrize("name", ["SSH_PRIVATE_KEY", "SSL_CERT", "GOOGLE_CREDENTIALS", "PEM"])
def test_keys_of_several_lines_reach_the_container(recorded: Recorded, name: str) -> None:
    recorded.engine.run("app", RunOptions(environment={name: "-----BEGIN\nline\n"}))
    assert recorded.of("run")["environment"][name] == "-----BEGIN\nline\n"


def test_arguments_of_a_build_are_in_no_list_of_processes(
    recorded: Recorded, tmp_path: Path
) -> None:
    request = BuildRequest(
        context=tmp_path,
        dockerfile=tmp_path / "Dockerfile",
        tag="t",
        target="--push",
        build_args={"TOKEN": "s3cret", "LD_PRELOAD": "/evil.so"},
    )
    recorded.engine.build(request, SilentProgress())
    call = recorded.of("buildx")
    assert "s3cret" not in " ".join(call["words"])
    assert call["environment"]["TOKEN"] == "s3cret"
    assert "LD_PRELOAD" not in call["environment"]
    assert call["words"][-2:] == ["--", str(tmp_path)]
    assert "--target=--push" in call["words"]


@pytest.mark.parametrize("word", ["a\0b", "\ud800"])
def test_what_no_program_can_be_given_is_an_error_and_no_traceback(word: str) -> None:
    with pytest.raises(EngineError, match="refused"):
        RunOptions(command=(word,))
    with pytest.raises(EngineError, match="refused"):
        Call(verb=("run",), operands=(word,))


def test_an_option_is_a_name_and_a_value() -> None:
    with pytest.raises(EngineError, match="refused"):
        Call(verb=("run",), options=("-v", "/:/host"))


@pytest.mark.parametrize(
    "name", ["python:3.11", "localhost:5000/a/b@sha256:00", "sha256:00", "[::1]:5000/a", "a_b.c-d"]
)
def test_names_of_images_stay_as_they_are(name: str) -> None:
    assert image_name(name) == name
    assert container_path("srv/app") == "/srv/app"


def test_a_container_has_limits_that_can_be_raised(tmp_path: Path) -> None:
    usual = Recorded(tmp_path)
    usual.engine.run("app", PLAIN)
    words = usual.of("run")["words"]
    assert "--pids-limit=2048" in words
    assert [word for word in words if word.startswith("--memory=")]
    (tmp_path / "calls").unlink()
    raised = Recorded(tmp_path, Limits(memory=5_000_000, processes=0))
    raised.engine.run("app", PLAIN)
    words = raised.of("run")["words"]
    assert "--memory=5000000b" in words
    assert not [word for word in words if word.startswith("--pids-limit")]
