"""Compares `jettison build` with `docker build` on the example; says so where there is no Docker.

Paired in one process, whole processes: from nothing (`--no-cache` here, the downloads alone there)
against the original Dockerfile and against the one that Jettison writes; and with one line of the
source changed, up to a registry on loopback.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from build import Site, change_line, site_in
from support.processes import Measured, best, jettison, jettison_environment, measured
from support.registry import registry, registry_there

LABEL = "jettison.benchmark"


def docker_there() -> bool:
    """Tell whether Docker answers."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def docker(site: Site, *arguments: str) -> Measured:
    """Run Docker; its daemon's processor time and memory are not counted."""
    return measured(["docker", *arguments], jettison_environment(site.warm), site.folder)


def main() -> int:
    """Print a line for each comparison."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1)
    runs = parser.parse_args().runs
    if not docker_there():
        print("jettison build and docker build: Docker does not answer, nothing is compared")
        return 0
    with tempfile.TemporaryDirectory(prefix="jettison-bench-") as name:
        site = site_in(Path(name))
        written = site.folder / "written"
        apply = jettison("apply", str(site.project), "--output", str(written))
        measured(apply, jettison_environment(site.warm), site.folder)
        tag = f"jettison-bench-{site.folder.name[-8:].lower()}"
        try:
            from_nothing(site, written, tag, runs)
            if registry_there():
                with registry(site.folder) as host:
                    one_line(site, written, f"{host}/pkms:1", runs)
        finally:
            forget(site)
    return 0


def built_by_docker(site: Site, reference: str, context: str, *options: str) -> Measured:
    """Build with Docker, under a label that finds the image again."""
    label = f"{LABEL}={site.folder.name}"
    return docker(site, "build", *options, "--label", label, "-t", reference, context)


def forget(site: Site) -> None:
    """Remove every image that Docker built here, those too whose name a later build took."""
    ours = f"label={LABEL}={site.folder.name}"
    listed = ["docker", "images", "--all", "--quiet", "--no-trunc", "--filter", ours]
    found = subprocess.run(listed, capture_output=True, text=True, check=False).stdout.split()
    if found:
        command = ["docker", "rmi", "--force", *sorted(set(found))]
        subprocess.run(command, capture_output=True, check=False)


def from_nothing(site: Site, written: Path, tag: str, runs: int) -> None:
    """Compare whole builds."""
    ours = best(runs, lambda: site.cold("all"))
    print(f"from nothing, jettison build          {ours.seconds:7.2f} s")
    for what, project in (("original", site.project), ("written", written)):
        context = str(project / "pkms-backend")
        theirs = best(runs, partial(built_by_docker, site, tag, context, "--no-cache"))
        ratio = theirs.seconds / ours.seconds
        print(f"from nothing, docker build {what:<10} {theirs.seconds:7.2f} s  {ratio:5.1f} times")


def one_line(site: Site, written: Path, reference: str, runs: int) -> None:
    """Compare one changed line, up to the registry."""
    context = str(written / "pkms-backend")

    def theirs() -> Measured:
        change_line(written)
        built = built_by_docker(site, reference, context)
        pushed = docker(site, "push", reference)
        seconds = built.seconds + pushed.seconds
        return Measured(seconds=seconds, processor=0, memory=max(built.memory, pushed.memory))

    theirs()
    docker_time = best(runs * 3, theirs)
    site.with_line("--push", reference)
    ours = best(runs * 3, lambda: site.with_line("--push", reference))
    ratio = docker_time.seconds / ours.seconds
    print(f"one line changed, jettison build      {ours.seconds:7.2f} s")
    print(f"one line changed, docker build, push  {docker_time.seconds:7.2f} s  {ratio:5.1f} times")


if __name__ == "__main__":
    sys.exit(main())
