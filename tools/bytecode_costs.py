"""Measures what bytecode costs in bytes and saves at start, for the page about building.

Builds a project on its base with each kind of ``--bytecode`` and imports a module of it in the
embedded engine, nine times, with a read-only root.
"""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path

from jettison.builder.foundation import BuildOptions, Bytecode
from jettison.engines import RunOptions
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.images.descriptor import Platform
from jettison.images.image import Image
from jettison.images.stores.cache import cache_directory
from jettison.images.stream import Compressor
from jettison.progress import SilentProgress
from jettison.tasks.building import ProjectChoice, built

TIMES = 9
WAIT = ("python", "-c", "import time; time.sleep(600)")
ASK = (
    "import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
)


def main(directory: str, module: str, *volumes: str) -> None:
    """Print a row for each kind of bytecode."""
    for kind in Bytecode:
        image = _image(Path(directory), kind)
        size = sum(placed.entry.size for placed in image.tree().paths.values())
        packed = sum(layer.descriptor.size for layer in image.layers)
        seconds = _seconds(image, module, volumes)
        print(f"| `{kind}` | {size / 1e6:.0f} MB | {packed / 1e6:.0f} MB | {seconds:.2f} s |")  # noqa: T201


def _image(directory: Path, kind: Bytecode) -> Image:
    options = BuildOptions(
        platform=Platform.parse(os.uname().machine),
        bytecode=kind,
        compressor=Compressor.default(),
    )
    done = built(ProjectChoice(directory=directory), [options], SilentProgress(), cache_directory())
    if not isinstance(done.content, Image):
        raise TypeError(done.content)
    return done.content


def _seconds(image: Image, module: str, volumes: tuple[str, ...]) -> float:
    options = RunOptions(entrypoint=WAIT[:1], command=WAIT[1:], read_only=True, volumes=volumes)
    command = ("python", "-c", ASK.format(module=module))
    with EmbeddedEngine() as engine, engine.run(engine.add(image), options) as container:
        found = [container.execute(command) for _ in range(TIMES + 1)]
    for done in found:
        if done.status:
            raise RuntimeError(done.error_text)
    # The first one warms the disk's cache.
    return statistics.median(float(done.text.split()[-1]) for done in found[1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
