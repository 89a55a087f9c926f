"""Measures `jettison fleet` on 60 projects, and the choice of layers on up to 10,000.

Plans: cold, warm, and cold on two workers of Ray. With ``--build``: the bytes that a registry on
loopback stores and that a node pulls which runs 20 of the images, shared, each alone, and as the
same Dockerfiles are on a slim image, all by pushing and pulling.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from support.fleet import REQUIREMENTS, make_fleet
from support.processes import Measured, jettison, jettison_environment
from support.processes import measured as whole
from support.registry import registry

from jettison.assessment.fleet import Project, Row, fleet_plan
from jettison.assessment.fleet_bases import BaseNeeds
from jettison.assessment.fleet_file import Member, fleet_of
from jettison.assessment.fleet_layers import Item
from jettison.builder import BaseWanted
from jettison.tasks.fleet.work import size_of_base

SIZES = (1, 10, 100, 1_000, 10_000)
SEED = 7
NODE = 20


def main() -> int:
    """Print a line for each measurement."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--updated", action="store_true")
    parser.add_argument("--services", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--slim", default="", help="the slim images, as in docker:python:{}-slim")
    parser.add_argument("--curve", type=int, default=0, help="measure one size in this process")
    parser.add_argument("--keep", type=Path, help="work in this folder, and keep it")
    given = parser.parse_args()
    if given.curve:
        print(curve_line(given.curve))
        return 0
    with tempfile.TemporaryDirectory(prefix="jettison-bench-") as name:
        folder = given.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        if given.build:
            file = make_fleet(folder / "projects", updated=given.updated, services=given.services)
            build_figures(folder, file, slim=given.slim, workers=given.workers)
            return 0
        plan_figures(folder)
    for size in SIZES:
        environment = jettison_environment(Path(name))
        print(_last_line([sys.executable, __file__, "--curve", str(size)], environment))
    return 0


def plan_figures(folder: Path) -> None:
    """Print what planning takes."""
    file = make_fleet(folder / "projects")
    first = folder / "first"
    print("jettison fleet plan, 60 projects")
    planned(file, first, "--workers", "1")
    for label, name, options in (
        ("cold, one process", "one", ("--workers", "1")),
        ("cold, two processes", "two", ("--workers", "2")),
        ("cold, two Ray workers", "ray", ("--workers", "2", "--ray", "local")),
    ):
        if "--ray" in options and not find_spec("ray"):
            continue
        print(f"  {label:<22}{planned(file, only_indexes(first, folder / name), *options)}")
    print(f"  {'warm':<22}{planned(file, folder / 'one', '--workers', '1')}")


def only_indexes(known: Path, folder: Path) -> Path:
    """Return a cache with nothing but what uv keeps of the package index."""
    shutil.copytree(known / "uv", folder / "uv")
    return folder


def planned(file: Path, cache: Path, *options: str) -> Measured:
    """Plan once in a process of its own."""
    command = jettison("fleet", "plan", str(file), "--format", "json", *options)
    shell = ["sh", "-c", '"$@"; s=$?; [ $s = 17 ] || exit $s', "sh", *command]
    return whole(shell, jettison_environment(cache), file.parent)


def build_figures(folder: Path, file: Path, *, slim: str, workers: int) -> None:
    """Print what a registry stores and a node pulls."""
    names = list(_names(file))
    with registry(folder) as host:
        shared = Pushed(folder, host, "shared")
        begun = time.perf_counter()
        pushed = ["--push", f"{host}/shared", "--workers", str(workers)]
        _run(["fleet", "build", str(file), *pushed], folder)
        print(f"  built with shared layers in {time.perf_counter() - begun:.0f} s")
        print(f"  shared   {shared.figures()}")
    with registry(folder) as host:
        alone = Pushed(folder, host, "alone")
        for name, place in names:
            _run(
                ["build", str(file.parent / place), "--push", f"{host}/alone/{name}:latest"], folder
            )
        print(f"  alone    {alone.figures()}")
        print(f"  alone, added up  {sum(alone.sizes.values()) / 1e6:,.0f} MB")
        print(f"  stored alone / shared  {alone.stored / shared.stored:.2f}")
        larger = [
            (shared.sizes[name] / alone.sizes[name], name)
            for name in shared.sizes
            if name in alone.sizes
        ]
        print(f"  largest against its own  {max(larger)[0]:.3f} ({max(larger)[1]})")
    if slim:
        with registry(folder) as host:
            found = Pushed(folder, host, "slim")
            for name, place in names:
                python = _python(file.parent / place)
                base = ["-O", "0", "--base", slim.format(python), "--no-strip"]
                _run(
                    [
                        "build",
                        str(file.parent / place),
                        *base,
                        "--push",
                        f"{host}/slim/{name}:latest",
                    ],
                    folder,
                )
            print(f"  slim     {found.figures()}")


class Pushed:
    """The images of one kind in a registry: bytes stored, and pulled by a node."""

    def __init__(self, folder: Path, host: str, kind: str) -> None:
        self._folder = folder
        self._host = host
        self._kind = kind
        self.sizes: dict[str, int] = {}
        self.stored = 0
        self._held = folder / "registry"
        shutil.rmtree(self._held, ignore_errors=True)

    def figures(self) -> str:
        """Push is done: measure."""
        blobs = self._held / "docker" / "registry" / "v2" / "blobs"
        self.stored = sum(file.stat().st_size for file in blobs.rglob("data"))
        repositories = self._held / "docker" / "registry" / "v2" / "repositories" / self._kind
        names = sorted(one.name for one in repositories.iterdir())
        for name in names:
            self.sizes[name] = self._pulled([name])
        pulled = self._pulled(names[:: max(1, len(names) // NODE)][:NODE])
        sizes = f"{self.stored / 1e6:,.0f} MB stored, {pulled / 1e6:,.0f} MB pulled"
        return f"{len(names)} images, {sizes}"

    def _pulled(self, names: list[str]) -> int:
        with tempfile.TemporaryDirectory(dir=self._folder) as node:
            for name in names:
                source = f"docker://{self._host}/{self._kind}/{name}:latest"
                command = [
                    "skopeo",
                    "copy",
                    "-q",
                    "--src-tls-verify=false",
                    source,
                    f"oci:{node}:{name}",
                ]
                subprocess.run(command, check=True)
            return sum(f.stat().st_size for f in Path(node, "blobs").rglob("*") if f.is_file())


def _names(file: Path) -> Iterator[tuple[str, str]]:
    for table in tomllib.loads(file.read_text("utf-8"))["project"]:
        yield table["name"], table["path"]


def _python(folder: Path) -> str:
    text = (folder / "Dockerfile").read_text("utf-8")
    return text.partition("python:")[2][:4]


def _run(arguments: list[str], folder: Path) -> None:
    environment = jettison_environment(folder / "cache")
    done = subprocess.run(
        jettison(*arguments), env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"  {' '.join(arguments[:2])}: {done.stderr.strip()[-300:]}", file=sys.stderr)


def _last_line(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def curve_line(count: int) -> str:
    """Choose bases and layers for so many synthetic projects; give time, memory and costs."""
    import resource  # noqa: PLC0415

    rows = list(synthetic(count))
    fleet = fleet_of(tuple(row.member for row in rows))
    begun = time.perf_counter()
    plan = fleet_plan(fleet, rows, lambda base: size_of_base(base, "amd64"))
    seconds = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return (
        f"| {count:,} | {seconds:.2f} s | {memory / 1e6:,.0f} MB"
        f" | {plan.alone.stored / 1e9:,.2f} GB | {plan.cost.stored / 1e9:,.2f} GB"
        f" | {plan.cost.stored / count / 1e6:,.1f} MB"
        f" | {plan.gap:.1%} |"
    )


def synthetic(count: int) -> Iterator[Row]:
    """Yield projects that draw distributions as often as public locks have them."""
    chosen = random.Random(SEED)  # noqa: S311 — a sample, no secret
    listed = [
        each["requirements"].split() for each in tomllib.loads(REQUIREMENTS.read_text()).values()
    ]
    often: dict[str, int] = {}
    for words in listed:
        for word in words:
            often[word] = often.get(word, 0) + 1
    words, weights = list(often), list(often.values())
    lengths = [len(each) for each in listed]
    packages = ((), ("tzdata",), ("libpq5",), ("libmagic1t64",), ("git",))
    for number in range(count):
        wanted = set(chosen.choices(words, weights, k=chosen.choice(lengths)))
        names = {word.partition("==")[0]: word for word in sorted(wanted)}
        items = tuple(_item(word) for word in names.values())
        base = BaseNeeds(
            wanted=BaseWanted(
                kind="composed", python="3.13",
                packages=chosen.choices(packages, (60, 20, 10, 5, 5))[0],
            )
        )  # fmt: skip
        member = Member(
            name=f"project-{number}", path="x", instances=chosen.randint(1, 10),
            releases=chosen.randint(1, 8),
        )  # fmt: skip
        yield Row(
            member=member,
            project=Project(base=base, items=items, own=chosen.randint(10_000, 5_000_000)),
        )


def _item(word: str) -> Item:
    """Return a distribution with a size that only its name and version decide."""
    name, _, version = word.partition("==")
    size = int(random.Random(word).lognormvariate(12.2, 1.7))  # noqa: S311 — a sample, no secret
    return Item(key=word, name=name, version=version, bytes=min(size, 30_000_000), family="3.13")


if __name__ == "__main__":
    sys.exit(main())
