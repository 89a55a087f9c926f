import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jettison.engines import BuildRequest, ImageFacts, ImageID, Network, RunOptions
from jettison.engines.cli import BuildDialect, CommandLineEngine, buildkit_steps
from jettison.engines.client import Client, bytes_of
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.engines.finding import find_engine, require_recent
from jettison.errors import EngineError, FullEngineError
from jettison.progress import SilentProgress
from jettison.verify.observation import Setting
from jettison.verify.observe import still_there
from jettison.verify.request import VerificationRequest

DIALECT = BuildDialect(command=("build",), environment=(), steps=buildkit_steps)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [("10.27MiB / 23.5GiB", 10_768_876), ("512B / 1GiB", 512), ("1.5GB", 1_500_000_000)],
)
def test_quantities_of_either_engine_are_bytes(shown: str, expected: int) -> None:
    assert bytes_of(shown) == expected


def test_a_quantity_that_is_not_one_is_an_error() -> None:
    with pytest.raises(EngineError, match="'-- / --'"):
        bytes_of("-- / --")


def test_an_old_daemon_is_refused_with_what_to_do() -> None:
    with pytest.raises(EngineError, match=r"too old: 20\.10\.24") as caught:
        require_recent("20.10.24")
    assert "23" in caught.value.hint
    require_recent("26.1.5+dfsg1")


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(EngineError, match="no engine 'rkt'"):
        find_engine("rkt")


def test_no_engine_on_the_path_says_what_can_be_done_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EngineError, match="no container engine") as caught:
        find_engine()
    assert "jettison plan" in caught.value.hint
    with pytest.raises(EngineError, match="podman is not installed"):
        find_engine("podman")


def test_an_engine_whose_containers_reach_this_machine_says_so() -> None:
    def named(*, apart: bool) -> str:
        client = Client(program="docker", version="26", direct=True, apart=apart)
        return CommandLineEngine(client, DIALECT).isolation.name

    assert "reach services of this machine" in named(apart=False)
    assert named(apart=True) == ""


@pytest.fixture
def engine_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A client that lists one object of each kind, and writes down what it is asked."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\necho object\n')
    program.chmod(0o755)
    return program


def engine_of(program: Path, run_id: str) -> CommandLineEngine:
    client = Client(program=str(program), version="26", direct=True, run_id=run_id)
    return CommandLineEngine(client, DIALECT)


def test_what_a_killed_run_left_is_removed_and_that_of_a_live_one_stays(
    engine_program: Path, tmp_path: Path
) -> None:
    killed = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
from tests.unit.engines.test_client import engine_of, Path
engine_of(Path({str(engine_program)!r}), "aaaaaaaaaaaa").__enter__()
os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {"TMPDIR": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", killed], env=environment, check=False)
    with engine_of(engine_program, "bbbbbbbbbbbb"):
        asked = (tmp_path / "asked").read_text()
        assert "network ls --quiet --filter=label=dev.jettison.run=aaaaaaaaaaaa" in asked
        assert "network rm -- object" in asked
        (tmp_path / "asked").unlink()
        with engine_of(engine_program, "cccccccccccc"):
            assert not (tmp_path / "asked").exists()
    assert not list(tmp_path.glob("jettison-*"))


@pytest.mark.parametrize("doing", ["run", "build"])
def test_what_another_thread_began_before_the_end_and_has_after_it_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doing: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    program = tmp_path / "docker"
    program.write_text(
        f"""#!/bin/sh
echo "$@" >>{tmp_path}/asked
case "$1" in run|build)
    : >{tmp_path}/begun; while [ ! -e {tmp_path}/ended ]; do sleep 0.05; done
    for word; do case $word in --iidfile=*) echo sha256:0 >"${{word#*=}}";; esac; done;;
esac
echo object
"""
    )
    program.chmod(0o755)
    engine = engine_of(program, "dddddddddddd")
    request = BuildRequest(context=tmp_path, dockerfile=tmp_path / "Dockerfile", tag="x")
    with ThreadPoolExecutor() as pool:
        with engine:
            late = (
                pool.submit(engine.run, "image", RunOptions(network=Network.NONE))
                if doing == "run"
                else pool.submit(engine.build, request, SilentProgress())
            )
            while not (tmp_path / "begun").exists():
                time.sleep(0.01)
        (tmp_path / "asked").unlink()
        (tmp_path / "ended").touch()
        with pytest.raises(EngineError, match="the run was ended"):
            late.result()
    asked = (tmp_path / "asked").read_text()
    assert "rm --force --volumes -- object" in asked
    assert "image rm --force -- object" in asked


def test_no_files_are_left_of_what_was_begun_before_the_end_without_an_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine = EmbeddedEngine()

    def begun(*_: object) -> None:
        engine.__exit__()
        (tmp_path / next(iter(held)) / "containers").mkdir(parents=True)

    held = [path.name for path in tmp_path.iterdir()]
    monkeypatch.setattr(engine, "_begun", begun)
    with pytest.raises(EngineError, match="the run was ended"):
        engine.run("image", RunOptions())
    assert held
    assert list(tmp_path.iterdir()) == []


def test_an_engine_without_addresses_or_room_is_no_fault_of_the_image(tmp_path: Path) -> None:
    program = tmp_path / "docker"
    program.write_text(
        "#!/bin/sh\necho could not find an available, non-overlapping IPv4 address pool >&2; exit 1"
    )
    program.chmod(0o755)
    engine = engine_of(program, "dddddddddddd")
    with pytest.raises(FullEngineError) as caught:
        engine.run("image", RunOptions())
    assert "docker network prune" in caught.value.hint
    request = VerificationRequest(image_before="image", image_after="image")
    facts = ImageFacts(id=ImageID("image"), size=0, layers=())
    setting = Setting(engine=engine, request=request, image="image", facts=facts, health_path="")
    with pytest.raises(FullEngineError):
        still_there(setting, caught.value)


def test_the_reason_of_an_engine_is_not_where_to_find_its_manual(tmp_path: Path) -> None:
    program = tmp_path / "docker"
    said = "docker: Duplicate mount point: /data."
    program.write_text(f"#!/bin/sh\necho \"{said}\nSee 'docker run --help'.\" >&2; exit 125")
    program.chmod(0o755)
    with pytest.raises(EngineError) as caught:
        engine_of(program, "dddddddddddd").run("image", RunOptions())
    assert caught.value.why == said
