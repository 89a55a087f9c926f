"""One contract for every engine, on an image that builds in a second."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest
from tests.engines.test_embedded import eventually
from tests.support.names import RUN

from jettison.engines import (
    CONTAINERS,
    BuildRequest,
    Container,
    Engine,
    ImageID,
    RunOptions,
)
from jettison.engines.finding import find_engine
from jettison.engines.measuring import measure
from jettison.errors import BuildError, EngineError
from jettison.progress import SilentProgress
from jettison.verify.readiness import wait_until_ready
from jettison.verify.watching import file_events

pytestmark = [pytest.mark.engine]

DOCKERFILE = """\
FROM python:3.11-slim AS base
ENV GREETING=hello
RUN echo x > /removed && echo four > /kept && chmod 4755 /kept
RUN rm /removed
FROM base
EXPOSE 8000
HEALTHCHECK CMD ["true"]
CMD ["python", "-m", "http.server", "8000"]
"""
WAIT = ("sleep", "100")


def build(engine: Engine, folder: Path, text: str, target: str | None = None) -> ImageID:
    (folder / "Dockerfile").write_text(text)
    request = BuildRequest(
        context=folder,
        dockerfile=folder / "Dockerfile",
        tag=f"{RUN}/contract",
        target=target,
    )
    return engine.build(request, SilentProgress())


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> ImageID:
    return build(engine, tmp_path_factory.mktemp("contract"), DOCKERFILE)


def test_the_configuration_is_read(engine: Engine, image: ImageID) -> None:
    facts = engine.inspect(image)
    assert facts.id == image
    assert ("GREETING", "hello") in facts.environment
    assert facts.ports == ("8000/tcp",)
    assert facts.health_check is not None
    assert facts.health_check.test == ("CMD", "true")


def test_a_server_is_reached_and_stopped(engine: Engine, image: ImageID) -> None:
    options = RunOptions(ports=(8000,), environment={"COLOUR": "red"})
    with engine.run(image, options) as container:
        host, port = container.address(8000)
        assert port > 0
        assert host != "0.0.0.0"
        done = container.execute(("python", "-"), stdin=b"import os; print(os.environ['COLOUR'])")
        assert done.text == "red"
        assert container.execute(("false",)).status == 1
        assert container.state().running
        assert container.memory() > 1_000_000
        # http.server as process 1 never hears SIGTERM, so nothing is waited for
        stopped = container.stop(grace=60)
        assert stopped.killed
        assert stopped.seconds < 30
        assert not container.state().running


_WAITS = (
    "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]); "
    "print('ready', flush=True); signal.sigwait([signal.SIGTERM]); raise SystemExit(4)"
)


def test_what_waits_for_the_signal_ends_by_itself(engine: Engine, image: ImageID) -> None:
    with engine.run(image, RunOptions(command=("python", "-c", _WAITS))) as container:
        assert eventually(lambda: "ready" in container.logs())
        stopped = container.stop(grace=60)
        assert (stopped.exit_status, stopped.killed) == (4, False)


def test_a_stopped_container_starts_again_with_what_it_wrote(
    engine: Engine, image: ImageID
) -> None:
    if engine.isolation is not CONTAINERS or engine.name.startswith("embedded"):
        pytest.skip("what a container wrote ends with it here")
    command = ("sh", "-c", "ls /data; touch /data/kept; exec python -m http.server 8000")
    options = RunOptions(ports=(8000,), volumes=("/data",), command=command)
    with engine.run(image, options) as container:
        assert wait_until_ready(container, 8000, "/", 60).failure == ""
        container.stop(grace=1)
        assert "kept" not in container.logs()
        container.restart()
        assert wait_until_ready(container, 8000, "/", 60).failure == ""
        assert "kept" in container.logs()


def test_a_server_on_the_loopback_alone_is_reached(engine: Engine, image: ImageID) -> None:
    if engine.isolation is not CONTAINERS:
        pytest.skip("the network of a container cannot be entered here")
    command = ("python", "-m", "http.server", "8000", "--bind", "127.0.0.1")
    with engine.run(image, RunOptions(ports=(8000,), command=command)) as container:
        ready = wait_until_ready(container, 8000, "/", 60)
        assert ready.failure == ""


def test_a_container_reaches_nothing_outside(engine: Engine, image: ImageID) -> None:
    script = b"import socket\ntry: socket.create_connection(('1.1.1.1', 53), 2)\n"
    script += b"except OSError: print('closed')"
    with engine.run(image, RunOptions()) as container:
        assert container.execute(("python", "-"), stdin=script).text == "closed"


def test_a_read_only_root_still_has_its_volumes(engine: Engine, image: ImageID) -> None:
    options = RunOptions(read_only=True, hardened=True, tmpfs=("/tmp",), volumes=("/data",))
    with engine.run(image, options) as container:
        assert container.execute(("touch", "/etc/x")).status != 0
        assert container.execute(("touch", "/tmp/x", "/data/x")).status == 0


def test_services_find_each_other_by_name(engine: Engine, image: ImageID) -> None:
    with (
        engine.run(image, RunOptions()) as first,
        engine.run(image, RunOptions(beside=first.id, alias="second")),
    ):
        script = b"import socket; print(socket.gethostbyname('second'))"
        assert first.execute(("python", "-"), stdin=script).text.count(".") == 3


def test_a_failing_build_shows_the_step_and_its_lines(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        build(engine, tmp_path, "FROM python:3.11-slim\nRUN echo so far && exit 7\n")
    assert "RUN echo so far && exit 7" in caught.value.why
    assert "  so far" in caught.value.why


def test_a_stage_can_be_built_alone(engine: Engine, tmp_path: Path) -> None:
    assert engine.inspect(build(engine, tmp_path, DOCKERFILE, "base")).health_check is None


def test_an_image_that_is_not_there_is_an_error(engine: Engine) -> None:
    with pytest.raises(EngineError, match="no image jettison-test/none"):
        engine.inspect("jettison-test/none")


def test_a_command_that_is_not_there_is_an_error(engine: Engine, image: ImageID) -> None:
    with pytest.raises(EngineError, match="did not start"):
        engine.run(image, RunOptions(entrypoint=("/no/such/program",)))


def test_an_image_is_measured(
    engine: Engine, image: ImageID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    measured = measure(image, engine)
    assert measured.size.bytes == engine.inspect(image).size
    assert sum(measured.layers) == measured.compressed_size.bytes
    assert 0 < measured.compressed_size.bytes < measured.size.bytes
    assert "/kept" in measured.setuid_files
    assert "pip" in {one.name for one in measured.distributions}
    assert "libc6" in {one.name for one in measured.debian_packages}
    assert measured.python_version.startswith("3.11")
    assert measure(image, engine) == measured


def test_leaving_the_engine_removes_what_it_made_and_nothing_else(
    engine: Engine, image: ImageID, tmp_path: Path
) -> None:
    with engine.run(image, RunOptions()) as other:
        with find_engine() as leaving:
            own = build(leaving, tmp_path, "FROM python:3.11-slim\nLABEL own=1\n")
            left = leaving.run(own, RunOptions(entrypoint=("sleep", "60")))
            assert left.state().running
        with pytest.raises(EngineError):
            left.state()
        with pytest.raises(EngineError):
            engine.inspect(own)
        assert other.state().running


def test_the_kernel_tells_what_programs_open(engine: Engine, image: ImageID) -> None:
    with engine.run(image, RunOptions(entrypoint=("sleep", "60"))) as container:
        events = file_events(container.state().process)
        if events is None:
            pytest.skip("the kernel tells no file events here: CAP_SYS_ADMIN and overlayfs needed")
        container.execute(("cat", "/etc/debian_version"))
        container.execute(("rm", "/kept"), user="0")
        found = events.close()
    assert {"/etc/debian_version", "/usr/bin/cat", "/usr/bin/rm"} <= found
    assert all(path.startswith("/") for path in found)
    assert file_events(0) is None


def test_files_that_are_opened_without_end_keep_nobody_waiting(
    engine: Engine, image: ImageID
) -> None:
    restless = ("sh", "-c", "while :; do cat /etc/debian_version; sleep 0.01; done")
    with engine.run(image, RunOptions(entrypoint=restless)) as container:
        events = file_events(container.state().process)
        if events is None:
            pytest.skip("the kernel tells no file events here: CAP_SYS_ADMIN and overlayfs needed")
        container.execute(("cat", "/etc/hostname"))
        assert "/etc/debian_version" in events.close()
        assert container.state().running


REACH = """
import socket
network = socket.gethostbyname(socket.gethostname()).rpartition(".")[0]
for last in range(1, 255):
    try:
        socket.create_connection((f"{{network}}.{{last}}", {port}), 0.02)
        print("reached", last)
    except OSError:
        pass
print("tried", network == "127.0.0" or "its network")
"""


def reached_from(one: Container) -> str:
    with socket.create_server(("0.0.0.0", 0)) as service:
        script = REACH.format(port=service.getsockname()[1])
        return one.execute(("python", "-"), stdin=script.encode()).text


def test_a_container_reaches_no_service_of_this_machine(engine: Engine, image: ImageID) -> None:
    if not engine.name.startswith("docker") or os.geteuid():
        pytest.skip("only root can enter networks that have no way to this machine")
    with engine.run(image, RunOptions()) as one:
        assert reached_from(one) == "tried its network"


@pytest.mark.podman
def test_containers_of_podman_reach_each_other_and_no_service_of_this_machine(
    image: ImageID,
) -> None:
    name = image.removeprefix("sha256:")
    saved = subprocess.run(["docker", "save", name], capture_output=True, check=True)
    subprocess.run(["podman", "load", "--quiet"], input=saved.stdout, check=True)
    options = RunOptions(ports=(8000,), alias="first")
    with find_engine("podman") as podman, podman.run(name, options) as first:
        assert reached_from(first) == "tried its network"
        assert wait_until_ready(first, 8000, None, 30).failure == ""
        with podman.run(name, RunOptions(beside=first.id, alias="second", command=WAIT)) as second:
            asked = "import urllib.request as u; print(u.urlopen('http://first:8000/').status)"
            assert second.execute(("python", "-c", asked)).text == "200"
            named = "import socket; print(socket.gethostbyname('second') != '')"
            assert first.execute(("python", "-c", named)).text == "True"
    subprocess.run(["podman", "rmi", "--force", name], check=True, capture_output=True)
