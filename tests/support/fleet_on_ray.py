"""Runs counted jobs of a fleet on Ray and prints what became of them, in a process of its own."""

from __future__ import annotations

import json
import sys

from msgspec import msgpack

from jettison.tasks.fleet import Job, Limits
from jettison.tasks.fleet.cluster import run_on_ray


def main(count: int, folder: str, address: str, disk: int) -> None:
    """Print the results by name, and the nodes that were full."""
    jobs = [
        Job(
            name=str(number), work="fleet_work:counted",
            argument=msgpack.encode((number, folder)), limits=Limits(disk=disk, seconds=120),
        )
        for number in range(count)
    ]  # fmt: skip
    done = list(run_on_ray(jobs, 2, address))
    results = [[one.name, msgpack.decode(one.value)] for one in done if one.value]
    failures = [[one.name, str(one.failure)] for one in done if one.failure]
    full = [one.node for one in done if one.full]
    sys.stdout.write(json.dumps({"results": results, "failures": failures, "full": full}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
