"""Jobs of a fleet: whatever becomes of one, the others are done."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import msgpack

from jettison.cli.fleet import command
from jettison.tasks.fleet import Job, Limits, run_here

LIMITS = Limits(seconds=60, memory=4_000_000_000, disk=0)


def job(work: str, argument: object = None, limits: Limits = LIMITS) -> Job:
    return Job(
        name=work, work=f"fleet_work:{work}", argument=msgpack.encode(argument), limits=limits
    )


@pytest.mark.parametrize(
    ("work", "what", "why"),
    [
        ("hungry", "it takes too much memory", "it takes more than 3814 MB"),
        ("dies", "its process ended early", "SIGKILL"),
        ("refuses", "no Dockerfile", "there is none"),
        ("breaks", "Jettison failed", "KeyError: 'x'"),
        ("fills", "no space is left on the disk", "[Errno 28] No space left on device"),
    ],
)
def test_a_job_that_fails_is_a_reason_and_the_next_is_done(
    work: str, what: str, why: str, tmp_path: Path
) -> None:
    found = {
        done.name: done for done in run_here([job(work), job("counted", (4, str(tmp_path)))], 1)
    }
    failure = found[work].failure
    assert failure is not None
    assert (failure.what, failure.why) == (what, why)
    assert msgpack.decode(found["counted"].value) == 8


def test_a_job_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    slow = job("hangs", limits=Limits(seconds=0.5, disk=0))
    found = {done.name: done for done in run_here([slow, job("counted", (1, str(tmp_path)))], 2)}
    assert found["hangs"].failure is not None
    assert found["hangs"].failure.what == "it takes too long"
    assert found["counted"].failure is None


def test_what_a_stopped_job_had_started_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    (done,) = run_here([job("starts_and_hangs", str(mark), Limits(seconds=3, disk=0))], 1)
    assert done.failure is not None
    status = Path(f"/proc/{mark.read_text()}/stat")
    assert not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("verb", ["verify", "optimize"])
def test_two_builds_and_their_comparison_may_take_longer_than_a_plan(verb: str) -> None:
    seconds = {
        name: next(one.default for one in command.commands[name].params if one.name == "timeout")
        for name in ("plan", verb)
    }
    assert seconds[verb] >= 2 * seconds["plan"]


def test_memory_that_is_used_counts_and_what_is_reserved_does_not() -> None:
    limits = Limits(seconds=60, memory=200 << 20, disk=0)
    jobs = [job(work, limits=limits) for work in ("grows", "reserves")]
    found = {done.name: done for done in run_here(jobs, 1)}
    assert found["reserves"].failure is None
    assert found["grows"].failure is not None
    assert found["grows"].failure.what == "it takes too much memory"
    assert found["grows"].seconds < 30


def test_a_job_whose_process_dies_is_done_again(tmp_path: Path) -> None:
    (done,) = run_here([job("dies_once", str(tmp_path / "mark"))], 1)
    assert done.failure is None


def test_a_disk_without_room_is_named_before_anything_is_begun(tmp_path: Path) -> None:
    greedy = job("counted", (1, str(tmp_path)), Limits(disk=1 << 60))
    (done,) = run_here([greedy], 1)
    assert done.full
    assert done.failure is not None
    assert "has" in done.failure.why
    assert not list(tmp_path.iterdir())
