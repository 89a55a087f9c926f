"""Fleets on Ray: workers that die, nodes without room, and the same results as without it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from command import JETTISON

from jettison.errors import EngineError
from jettison.tasks.fleet.cluster import run_on_ray

pytestmark = pytest.mark.ray

SUPPORT = Path(__file__).parents[1] / "support"
COUNT, KILLED = 14, 2


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    paths = os.pathsep.join(filter(None, (str(SUPPORT), os.environ.get("PYTHONPATH"))))
    return {
        **os.environ, "PYTHONPATH": paths, "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "RAY_USAGE_STATS_ENABLED": "0",
    }  # fmt: skip


def started(
    count: int, folder: Path, environment: dict[str, str], address: str = "local", disk: int = 0
) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(SUPPORT / "fleet_on_ray.py"), str(count), str(folder), address]
    return subprocess.Popen(
        [*command, str(disk)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def results(process: subprocess.Popen[str]) -> dict[str, Any]:
    text, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    found: dict[str, Any] = json.loads(text)
    return found


def workers(root: int) -> Iterator[int]:
    """Yield the workers that do jobs, of those that a process has started."""
    for place in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            working = (place / "cmdline").read_bytes().startswith(b"ray::_attempted")
            if working and str(root) in lineage(int(place.name)):
                yield int(place.name)


def lineage(process: int) -> Iterator[str]:
    while process > 1:
        yield str(process)
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def test_every_result_is_there_once_although_workers_are_killed(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    done = tmp_path / "done"
    with started(COUNT, done, environment) as process:
        killed = 0
        while killed < KILLED and process.poll() is None:
            # spread over the whole run
            if len(list(done.iterdir())) >= killed * COUNT // (KILLED + 2):
                for worker in workers(process.pid):
                    os.kill(worker, signal.SIGKILL)
                    killed += 1
                    break
            time.sleep(0.02)
        found = results(process)
    assert killed == KILLED
    assert found["failures"] == []
    assert sorted(map(tuple, found["results"])) == sorted((str(n), 2 * n) for n in range(COUNT))


TWICE = """
import sys, ray
from msgspec import msgpack
from jettison.tasks.fleet import Job, Limits
from jettison.tasks.fleet.cluster import run_on_ray

for number in range(2):
    argument = msgpack.encode((number, sys.argv[1]))
    limits = Limits(disk=0, seconds=120)
    job = Job(name=str(number), work="fleet_work:counted", argument=argument, limits=limits)
    (done,) = run_on_ray([job], 1, "local")
    assert msgpack.decode(done.value) == 2 * number, done.failure
    print(ray.nodes()[0]["NodeID"])
"""


def test_what_is_built_after_planning_runs_on_the_same_cluster(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    command = [sys.executable, "-c", TWICE, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.split())) == 1


def test_a_cluster_that_does_not_answer_is_told_at_once() -> None:
    address, begun = f"127.0.0.1:{free_port()}", time.monotonic()
    with pytest.raises(EngineError, match="cannot be used") as refused:
        list(run_on_ray([], 1, address))
    assert "Connection refused" in refused.value.why
    assert time.monotonic() - begun < 60


@contextmanager
def node(
    environment: dict[str, str], log: Path, *options: str, within: Sequence[str] = ()
) -> Iterator[None]:
    """Start a node of a cluster; it ends with the block, with all that it started."""
    command = [*within, sys.executable, "-m", "ray.scripts.scripts", "start", "--block"]
    command += ["--num-cpus=1", "--resources", '{"jettison": 1}', "--disable-usage-stats", *options]
    with log.open("w") as file, subprocess.Popen(
        command, env=environment, stdout=file, stderr=file, start_new_session=True
    ) as process:  # fmt: skip
        try:
            until = time.monotonic() + 120
            while "--block" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(60)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# a file system that ends with the last process that sees it
MOUNTING = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'


def own_mount(folder: Path) -> list[str] | None:
    """Return the words that give a command a file system of its own there; None where none can."""
    folder.mkdir()
    for command in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        command += ["sh", "-c", MOUNTING, str(folder)]
        with suppress(OSError):
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
    return None


def test_a_node_without_room_is_named_and_its_jobs_go_elsewhere(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    small = tmp_path / "small"
    mounted = own_mount(small)
    room, less = shutil.disk_usage(tmp_path).free, 0
    if mounted is None:
        small = Path("/dev/shm")
        # what others write meanwhile must not turn the order round
        if (less := shutil.disk_usage(small).free) > room // 2:
            pytest.skip("no second file system with much less room")
    address = f"127.0.0.1:{free_port()}"
    environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    full = {**environment, "XDG_CACHE_HOME": str(small / f"jettison-{os.getpid()}")}
    # what is longer is no name of a socket
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as short:
        head = ("--head", f"--port={address.partition(':')[2]}", f"--temp-dir={short}")
        with (
            node(environment, tmp_path / "head", *head, "--include-dashboard=false"),
            node(full, tmp_path / "node", f"--address={address}", within=mounted or ()),
        ):
            limit = (room + less) // 2
            with started(12, tmp_path / "done", environment, address, limit) as process:
                found = results(process)
            planned = planned_on(address, limit, tmp_path, environment)
    shutil.rmtree(full["XDG_CACHE_HOME"], ignore_errors=True)
    assert sorted(int(name) for name, _ in found["results"]) == list(range(12))
    assert found["failures"] == []
    assert found["full"]
    assert [row["failure"] for row in planned["projects"]] == [None] * 6
    assert planned["full_nodes"]


def planned_on(
    address: str, limit: int, folder: Path, environment: dict[str, str]
) -> dict[str, Any]:
    """Give the plan of six projects that is made on a cluster."""
    for number in range(6):
        project = folder / "fleet" / f"project-{number}"
        project.mkdir(parents=True)
        (project / "Dockerfile").write_text('FROM python:3.13-slim\nCMD ["python"]\n')
    options = ("-O0", "--offline", "--disk", str(limit // 1_000_000), "--format", "json")
    done = subprocess.run(
        [*JETTISON, "fleet", "plan", str(folder / "fleet"), *options, "--ray", address],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    planned: dict[str, Any] = json.loads(done.stdout)
    return planned
