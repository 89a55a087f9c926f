"""Jobs of a fleet on Ray: on this machine, or on a cluster whose nodes have Jettison installed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jettison.assessment.fleet import Failure
from jettison.errors import EngineError
from jettison.tasks.fleet import Done, Job, attempt

LOCAL = "local"
# What a node has as many of as jobs may run there at once; a cluster's nodes are started with it.
RESOURCE = "jettison"
# How often a job is done again whose worker died.
_RETRIES = 20
_POLL_SECONDS = 10.0
_ANSWER_SECONDS = 15.0


def run_on_ray(jobs: Sequence[Job], workers: int, address: str) -> Iterator[Done]:
    """Yield what becomes of each job, once; a job whose worker dies is done again.

    ``address`` is that of a cluster, or ``local`` for one that is started here, serves further
    calls as well, and ends with this process. A node without room on its disk gets no further jobs,
    and those it had go to others.
    EngineError when Ray is not installed or the cluster does not answer.
    """
    ray = _ray()
    if not ray.is_initialized():
        _connect(ray, workers, address)
    try:
        yield from _Run(ray, _remote(ray), workers).all(jobs)
    except BaseException:
        ray.shutdown()
        raise


def _ray() -> Any:  # noqa: ANN401 — an optional extra without types
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # a cluster that is started here gives way to other work no more than processes without Ray do
    os.environ.setdefault("RAY_worker_niceness", "0")
    # what Ray would say of tasks that it does again goes to stdout, where the data are: say none
    os.environ["RAY_DEDUP_LOGS"] = "1"
    os.environ["RAY_DEDUP_LOGS_SKIP_REGEX"] = "."
    try:
        import ray  # noqa: PLC0415 — an optional extra
    except ImportError as missing:
        raise EngineError(
            "Ray is not installed",
            why=str(missing),
            hint="Install it: pip install 'jettison[fleet]'. Without --ray the fleet runs here.",
        ) from missing
    return ray


def _connect(ray: Any, workers: int, address: str) -> None:  # noqa: ANN401 — as above
    quiet = {"log_to_driver": False, "configure_logging": False}
    try:
        if address == LOCAL:
            ray.init(
                address=LOCAL,
                num_cpus=workers,
                resources={RESOURCE: workers},
                include_dashboard=False,
                **quiet,
            )
        else:
            _require_answer(address)
            ray.init(address=address, **quiet)
    except (OSError, RuntimeError, ValueError) as refused:
        raise EngineError(
            f"the Ray cluster at {address} cannot be used",
            why=str(refused).strip(),
            hint="Check the address and the versions of Ray and Python; --ray local starts one.",
        ) from refused


def _require_answer(address: str) -> None:
    """Raise OSError where nothing listens at an address: Ray would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_SECONDS).close()


def _remote(ray: Any) -> Any:  # noqa: ANN401 — as above
    declared = RESOURCE in ray.cluster_resources()
    return ray.remote(
        num_cpus=1,
        resources={RESOURCE: 1} if declared else {},
        max_retries=_RETRIES,
        scheduling_strategy="SPREAD",
    )(_attempted)


def _attempted(job: Job) -> tuple[Done, str]:
    import ray  # noqa: PLC0415 — on a worker it is there

    return attempt(job), ray.get_runtime_context().get_node_id()


class _Run:
    """Jobs that run, and the nodes that have no room."""

    def __init__(self, ray: Any, remote: Any, workers: int) -> None:  # noqa: ANN401 — as above
        self._ray = ray
        self._remote = remote
        self._workers = workers
        self._full: dict[str, Done] = {}
        self._running: dict[Any, Job] = {}

    def all(self, jobs: Sequence[Job]) -> Iterator[Done]:
        """Yield one result for each job; those that a full node could not do are not among them."""
        self._running = {self._remote.remote(job): job for job in jobs}
        while self._running:
            ready, _ = self._ray.wait(list(self._running), timeout=_POLL_SECONDS)
            for reference in ready:
                done = self._result(reference, self._running.pop(reference))
                if done is not None:
                    yield done

    def _result(self, reference: Any, job: Job) -> Done | None:  # noqa: ANN401 — as above
        done: Done
        try:
            done, node = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            why = f"{type(error).__name__} after {_RETRIES} retries"
            return Done(name=job.name, failure=Failure(what="its worker died", why=why))
        if not done.full:
            return done
        self._full[node] = done
        others = [one for one in self._nodes() if one not in self._full]
        if not others:
            return done
        self._running[self._elsewhere(job, others)] = job
        return Done(name="", node=done.node, full=True)

    def _nodes(self) -> list[str]:
        nodes: list[Mapping[str, Any]] = self._ray.nodes()
        named = [one for one in nodes if one["Alive"] and one["Resources"].get("CPU")]
        declared = [one for one in named if one["Resources"].get(RESOURCE)]
        return [one["NodeID"] for one in declared or named]

    def _elsewhere(self, job: Job, nodes: Sequence[str]) -> Any:  # noqa: ANN401 — as above
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

        node = nodes[len(self._running) % len(nodes)]
        strategy = NodeAffinitySchedulingStrategy(node_id=node, soft=True)
        return self._remote.options(scheduling_strategy=strategy).remote(job)
