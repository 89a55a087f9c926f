"""Measures the peak memory of `jettison build` for an image with 1 GB of wheels.

The wheels are made on the spot, ten of 100 MB that compress no further, and served on loopback; the
base is composed. Memory is that of the largest process.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from support.large_wheels import make_index, serving
from support.processes import jettison, jettison_environment, measured

COUNT = 10
DOCKERFILE = """FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["python", "main.py"]
"""


def main() -> int:
    """Print a line for each measurement."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=1000)
    size = parser.parse_args().megabytes * 1_000_000 // COUNT
    with tempfile.TemporaryDirectory(prefix="jettison-bench-") as name:
        folder = Path(name)
        index = folder / "index"
        index.mkdir()
        names = made_apart(index, size)
        project = folder / "project"
        project.mkdir()
        (project / "Dockerfile").write_text(DOCKERFILE)
        (project / "requirements.txt").write_text("".join(f"{one}==1.0\n" for one in names))
        (project / "main.py").write_text("".join(f"import {one}\n" for one in names))
        with serving(index) as address:
            environment = jettison_environment(folder / "cache", {"UV_DEFAULT_INDEX": address})
            command = jettison("build", str(project), "--output", f"oci:{folder / 'layout'}")
            found = measured(command, environment, folder)
        print(f"jettison build with {COUNT * size / 1e6:,.0f} MB of wheels  {found}")
    return 0


def made_apart(index: Path, size: int) -> list[str]:
    """Make the wheels in a process of their own.

    Linux counts the memory of a process from before it became another program: what this one takes
    would be the least that `jettison build` seems to.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        return apart.submit(make_index, index, COUNT, size).result()


if __name__ == "__main__":
    sys.exit(main())
