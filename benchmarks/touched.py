"""Measures how near images of -O3 come to what their applications touch, and shows what is beyond.

For each project: `jettison optimize -O3 --output`, `jettison build --base composed` of the result,
then two runs under the workload of verification, watched. The bytes are those of `image inspect`.

Touched are files that a process of the application opened, mapped or loaded, and the program that
the container starts. For a module that was loaded as byte code its source counts too, which the
interpreter looks at, and so do the sources of the modules that are frozen into the interpreter and
loaded at each start. Metadata are those of
distributions and Debian packages, licences, certificates and the manifest of removals.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from jettison.engines import Engine, ImageFacts, Network, RunOptions
from jettison.engines.finding import find_engine
from jettison.images import locate
from jettison.images.descriptor import Platform
from jettison.images.entry import Kind
from jettison.images.stores.cache import blob_cache
from jettison.images.tree import FileTree
from jettison.lift.stages import NotApart, environment_of
from jettison.progress import ConsoleProgress
from jettison.tasks.loading import planned
from jettison.values import Skipped
from jettison.verify.planned_request import verification_request
from jettison.verify.tracing import trace

EXAMPLES = Path(__file__).parents[1] / "examples"
PROJECTS = ("flask-links", "django-guestbook", "fastapi-units")
MOST = 1.15
METADATA = re.compile(
    r".*\.(dist|egg)-info/.*|var/lib/dpkg/.*|usr/share/doc/[^/]+/copyright|usr/share/common-licenses/.*"
    r"|etc/ssl/.*|usr/share/jettison/.*|usr/lib/ssl/.*|(.*/)?(LICEN[CS]E|COPYING|NOTICE)[^/]*"
)
_BYTECODE = re.compile(r"__pycache__/([^/]+?)\.[^./]+(?:\.opt-\d)?\.pyc$")
_FROZEN = """
import os, sys
folder = os.path.dirname(os.__file__)
for name, module in sys.modules.items():
    if getattr(getattr(module, "__spec__", None), "origin", "") == "frozen":
        name = {"_frozen_importlib": "importlib._bootstrap",
                "_frozen_importlib_external": "importlib._bootstrap_external"}.get(name, name)
        print(os.path.join(folder, *name.split(".")) + ".py")
"""
_DEPTH = 5
WATCHED = 2


def main() -> int:
    """Print a table; status 1 when an image is larger than it may be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("projects", nargs="*", type=Path, help="by default three examples")
    parser.add_argument("--rest", type=int, default=0, help="show so many folders beyond it")
    parser.add_argument("--optimized", action="store_true", help="they are results of -O3 already")
    parser.add_argument("--tag", default="", help="watch this image of one result of -O3")
    asked = parser.parse_args()
    ratios = []
    for project in asked.projects or [EXAMPLES / name for name in PROJECTS]:
        with tempfile.TemporaryDirectory(prefix="jettison-bench-") as name:
            copy = project if asked.optimized else Path(name) / project.name
            if not asked.optimized:
                jettison("optimize", "-O", "3", str(project), "--output", str(copy))
            tag = asked.tag or built(copy)
            ratios.append(measured(copy, tag, rest=asked.rest))
    return int(max(ratios) > MOST)


def built(project: Path) -> str:
    """Build a result of -O3 on a composed base; give its name in the engine."""
    tag = f"jettison-bench-{project.name}:latest"
    jettison("build", str(project), "--base", "composed", "--load", "--tag", tag)
    return tag


def measured(project: Path, tag: str, *, rest: int) -> float:
    """Watch an image and print; give the size by what is touched and metadata."""
    with find_engine() as engine:
        facts = engine.inspect(tag)
        size = facts.size
        seen = touched(project, tag, engine) | frozen(tag, engine) | started(facts)
        program = engine.name.split()[0]
    store = locate(f"{program}:{tag}", blob_cache())
    tree = store.store.read(store.reference, Platform.parse("linux/amd64")).tree()
    used = paths_of(tree, seen)
    parts = Counter[str]()
    beyond = Counter[str]()
    for placed in tree:
        path = placed.entry.path
        part = "metadata" if METADATA.fullmatch(path) else "touched" if path in used else "beyond"
        parts[part] += placed.stored_size
        if part == "beyond":
            beyond["/".join(path.split("/")[:_DEPTH])] += placed.stored_size
    needed = parts["touched"] + parts["metadata"]
    print(
        f"{project.name:20} {size / 1e6:6.1f} MB  touched {parts['touched'] / 1e6:6.1f}"
        f"  metadata {parts['metadata'] / 1e6:5.1f}  ratio {size / needed:.3f} (at most {MOST})"
    )
    for path, bytes_ in beyond.most_common(rest):
        print(f"    {bytes_ / 1e6:6.2f} MB beyond  {path}")
    return size / needed


def touched(project: Path, image: str, engine: Engine) -> frozenset[str]:
    """Watch an image under the workload of verification, twice: which worker is asked is chance."""
    plan = planned(project).plan
    where = environment_of(plan.project, plan.stage)
    if isinstance(where, NotApart):
        raise SystemExit(f"{project}: {where.evidence.message}")
    request = verification_request(plan, image, image, None)
    found: list[frozenset[str]] = []
    for _ in range(WATCHED):
        seen = trace(request, where.path, engine, ConsoleProgress())
        if isinstance(seen, Skipped):
            raise SystemExit(f"{project}: {seen.reason}")
        found.append(seen.trace.touched)
    return frozenset[str]().union(*found)


def frozen(tag: str, engine: Engine) -> frozenset[str]:
    """Give the sources of what is frozen into the image's interpreter and loaded at its start."""
    options = RunOptions(
        network=Network.NONE, entrypoint=("python", "-c", "import time; time.sleep(60)")
    )
    with engine.run(tag, options) as container:
        done = container.execute(("python", "-c", _FROZEN))
    return frozenset(done.text.split())


def started(facts: ImageFacts) -> frozenset[str]:
    """Give the places where the program may be that the container starts."""
    (name, *_) = (*facts.entrypoint, *facts.command)
    folders = dict(facts.environment).get("PATH", "").split(":")
    return frozenset({name} if "/" in name else {f"{folder}/{name}" for folder in folders})


def paths_of(tree: FileTree, seen: frozenset[str]) -> frozenset[str]:
    """The files of the image that were touched, through links, and the sources of byte code."""
    return frozenset(found for path in seen for found in _reached(tree, path.lstrip("/")))


def _reached(tree: FileTree, path: str) -> Iterator[str]:
    real = _real(tree, path)
    yield real
    placed = tree.paths.get(real)
    if placed and placed.linked_to:
        yield placed.linked_to
    if _BYTECODE.search(real):
        yield _BYTECODE.sub(r"\1.py", real)


def _real(tree: FileTree, path: str) -> str:
    """Follow links in every part of a path."""
    todo, done = [part for part in reversed(path.split("/")) if part], list[str]()
    for _ in range(1000):
        if not todo:
            break
        part = todo.pop()
        if part == "..":
            del done[-1:]
            continue
        entry = tree.get("/".join([*done, part]))
        if entry is not None and entry.kind is Kind.SYMLINK:
            if entry.link.startswith("/"):
                done.clear()
            todo += [each for each in reversed(entry.link.split("/")) if each not in {"", "."}]
        else:
            done.append(part)
    return "/".join(done)


def jettison(*arguments: str) -> None:
    """Run the command as a user does."""
    subprocess.run([sys.executable, "-m", "jettison", *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
