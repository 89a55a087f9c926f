"""Imports modules in an environment, each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from msgspec import DecodeError, Struct, field
from msgspec.json import decode as json_decode

from jettison.engines.embedded.confined import Confined
from jettison.errors import ImageError, ProgramError
from jettison.images.stores.root import Root
from jettison.tasks.imports import Environment
from jettison.values import Origin
from jettison.verify import Attempt, Importable, Reachable

SECONDS = 60.0
# After so many seconds no further module is begun.
LIMIT = 240.0
# What never needs to be imported, and larger files, which no import reads.
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache"
)
# Belongs to this machine, or to where the image has its environment.
OWN = frozenset({"PATH", "HOME", "VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH"})
SCRIPT = "inside.py"
ANSWER = "answer.json"
LARGEST_ANSWER = 16 << 20


class Told(Struct, frozen=True, kw_only=True):
    """What an import tells of itself: code of the project may have written anything else."""

    error: str = ""
    missing: str = ""
    message: str = ""
    place: tuple[str, int] | None = None
    loaded: frozenset[str] = frozenset()
    found: Mapping[str, Told] = field(default_factory=dict)


class Copied(Struct, frozen=True, kw_only=True):
    """A copy of the project that imports may write to, as all in ``room``.

    ``folder`` is where the image has the build context, ``context`` that in the project.
    """

    room: Path
    top: Path
    context: str
    folder: str

    def inside(self, path: str) -> str | None:
        """The place in the copy of a path of the image; None for paths outside the project."""
        if path == self.folder or path.startswith(f"{self.folder.rstrip('/')}/"):
            return str(self.top / self.context / path[len(self.folder) :].lstrip("/"))
        return None if path.startswith("/") else str(self.top / self.context / path)


@contextmanager
def copied(root: Path, context: str, folder: str) -> Iterator[Copied]:
    """A copy of a project for as long as the block takes."""
    with tempfile.TemporaryDirectory(prefix="jettison-imports-") as name:
        room = Path(name).resolve()
        top = room / "project"
        shutil.copytree(root, top, symlinks=True, ignore=LEFT_OUT, ignore_dangling_symlinks=True)
        yield Copied(room=room, top=top, context=context, folder=folder)


class Place(Struct, frozen=True, kw_only=True):
    """Where imports run: an environment, a copy of the project, and a confined place for both."""

    python: Path
    copy: Copied
    confined: Confined


@contextmanager
def place(where: Environment, copy: Copied) -> Iterator[Place]:
    """Give a place where imports run for as long as the block takes."""
    (copy.room / SCRIPT).write_bytes((files("jettison.tasks.imports") / SCRIPT).read_bytes())
    readable = (where.folder, *_prefixes(where.python))
    with Confined(readable, copy.room, copy.top / copy.context) as confined:
        confined.hand_over(copy.room)
        yield Place(python=where.python, copy=copy, confined=confined)


def _prefixes(python: Path) -> Iterator[Path]:
    """Yield the installations that an interpreter's links lead through."""
    link = python
    while link.is_symlink():
        link = link.parent / link.readlink()
        prefix = link.parent.parent
        if any((prefix / "lib").glob("python3*")):
            yield Path(os.path.normpath(prefix))
        else:
            yield link


def tried(
    reachable: Reachable, modules: Iterable[Importable], where: Place
) -> Mapping[str, Attempt]:
    """Import each module, entry points first; what one of them imported is not imported again."""
    found: dict[str, Attempt] = {}
    waiting = sorted(modules, key=lambda each: not each.entry)
    wanted = {each.name for each in waiting}
    width = os.cpu_count() or 1
    end = time.monotonic() + LIMIT
    with ThreadPoolExecutor(max_workers=width) as pool:
        while waiting and time.monotonic() < end:
            now, waiting = waiting[:width], waiting[width:]
            names = [each.name for each in now]
            answers = pool.map(lambda name: _import(name, reachable, where), names)
            for name, (attempt, loaded) in zip(names, answers, strict=True):
                found[name] = attempt
                if not attempt.error:
                    well = (loaded & wanted) - found.keys()
                    found.update({other: Attempt(module=other) for other in well})
            waiting = [each for each in waiting if each.name not in found]
    late = f"not tried: {LIMIT:.0f} s had passed"
    return {
        **found,
        **{w.name: Attempt(module=w.name, error="Late", message=late) for w in waiting},
    }


def looked_for(reachable: Reachable, names: Sequence[str], where: Place) -> Mapping[str, Attempt]:
    """Look for modules of distributions, which functions may import much later."""
    answer = _asked({"find": list(names)}, reachable, where)
    if isinstance(answer, str):
        return {}
    return {
        name: _attempt(name, told, reachable.externals.get(name))
        for name, told in answer.found.items()
    }


def _import(name: str, reachable: Reachable, where: Place) -> tuple[Attempt, frozenset[str]]:
    answer = _asked({"module": name}, reachable, where)
    if isinstance(answer, str):
        return Attempt(module=name, error="NoAnswer", message=answer), frozenset()
    return _attempt(name, answer, None), answer.loaded


def _attempt(name: str, told: Told, origin: Origin | None) -> Attempt:
    return Attempt(
        module=name,
        error=told.error,
        missing=told.missing,
        message=told.message,
        origin=Origin(file=told.place[0], line=told.place[1]) if told.place else origin,
    )


def _asked(request: Mapping[str, Any], reachable: Reachable, where: Place) -> Told | str:
    """The answer of a process in the environment, or why there is none."""
    copy = where.copy
    roots = [str(copy.top / root) for root in reachable.roots]
    full = {**request, "roots": _paths(reachable, copy) + roots, "top": str(copy.top)}
    home = Path(tempfile.mkdtemp(prefix="home-", dir=copy.room))
    where.confined.hand_over(home)
    try:
        done = where.confined.run(
            (str(where.python), str(copy.room / SCRIPT), str(home / ANSWER)),
            stdin=json.dumps(full).encode(),
            timeout=SECONDS,
            environment=_variables(reachable, copy, home),
        )
    except ProgramError as late:
        return late.what
    try:
        content = Root(copy.room).read(f"{home.name}/{ANSWER}", LARGEST_ANSWER)
        return json_decode(content, type=Told)
    except (OSError, ImageError, DecodeError):
        return f"it ended the process with status {done.status}"


def _variables(reachable: Reachable, copy: Copied, home: Path) -> dict[str, str]:
    """The variables of the image; paths of the project are led to its copy."""
    given = {
        name: copy.inside(value) or value if value.startswith("/") else value
        for name, value in reachable.environment.items()
        if name not in OWN and not name.startswith("LD_")
    }
    return {**given, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}


def _paths(reachable: Reachable, copy: Copied) -> list[str]:
    """PYTHONPATH as the image has it."""
    paths = reachable.environment.get("PYTHONPATH", "").split(":")
    return [place for path in paths if path and (place := copy.inside(path))]
