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
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from msgspec import Struct

from jettison.errors import ProgramError
from jettison.processes.programs import run
from jettison.tasks.imports.environment import Environment
from jettison.values import Origin
from jettison.verify.imported import Attempt, Importable, Reachable

SECONDS = 60.0
# After so many seconds no further module is begun.
LIMIT = 240.0
# What never needs to be imported, and larger files, which no import reads.
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache"
)
# Belongs to this machine, or to where the image has its environment.
OWN = frozenset({"PATH", "HOME", "VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH"})


class Copied(Struct, frozen=True, kw_only=True):
    """A copy of the project that imports may write to.

    ``folder`` is where the image has the build context, ``context`` that in the project.
    """

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
        top = Path(name).resolve() / "project"
        shutil.copytree(root, top, symlinks=True, ignore=LEFT_OUT, ignore_dangling_symlinks=True)
        yield Copied(top=top, context=context, folder=folder)


def tried(
    reachable: Reachable, modules: Iterable[Importable], where: Environment, copy: Copied
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
            answers = pool.map(lambda name: _import(name, reachable, where, copy), names)
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


def looked_for(
    reachable: Reachable, names: Sequence[str], where: Environment, copy: Copied
) -> Mapping[str, Attempt]:
    """Look for modules of distributions, which functions may import much later."""
    answer = _asked({"find": list(names)}, reachable, where, copy)
    if isinstance(answer, str):
        return {}
    return {
        name: _attempt(name, told, reachable.externals.get(name))
        for name, told in answer["found"].items()
    }


def _import(
    name: str, reachable: Reachable, where: Environment, copy: Copied
) -> tuple[Attempt, frozenset[str]]:
    answer = _asked({"module": name}, reachable, where, copy)
    if isinstance(answer, str):
        return Attempt(module=name, error="NoAnswer", message=answer), frozenset()
    return _attempt(name, answer, None), frozenset(answer["loaded"])


def _attempt(name: str, told: Mapping[str, Any], origin: Origin | None) -> Attempt:
    place = told.get("place")
    return Attempt(
        module=name,
        error=told.get("error", ""),
        missing=told.get("missing", ""),
        message=told.get("message", ""),
        origin=Origin(file=place[0], line=place[1]) if place else origin,
    )


def _asked(
    request: Mapping[str, Any], reachable: Reachable, where: Environment, copy: Copied
) -> Any:  # noqa: ANN401 - what JSON holds
    """The answer of a process in the environment, or why there is none."""
    roots = [str(copy.top / root) for root in reachable.roots]
    full = {**request, "roots": _paths(reachable, copy) + roots, "top": str(copy.top)}
    with (
        tempfile.TemporaryDirectory(prefix="jettison-import-") as name,
        as_file(files("jettison.tasks.imports") / "inside.py") as script,
    ):
        answer = Path(name) / "answer.json"
        try:
            done = run(
                [str(where.python), str(script), str(answer)],
                stdin=json.dumps(full).encode(),
                timeout=SECONDS,
                environment=_variables(reachable, copy, Path(name)),
                directory=copy.top / copy.context,
            )
        except ProgramError as late:
            return late.what
        if not answer.is_file():
            return f"it ended the process with status {done.status}"
        return json.loads(answer.read_text(encoding="utf-8"))


def _variables(reachable: Reachable, copy: Copied, home: Path) -> dict[str, str]:
    """The variables of the image; paths of the project are led to its copy."""
    given = {
        name: copy.inside(value) or value if value.startswith("/") else value
        for name, value in reachable.environment.items()
        if name not in OWN
    }
    return {**given, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}


def _paths(reachable: Reachable, copy: Copied) -> list[str]:
    """PYTHONPATH as the image has it."""
    paths = reachable.environment.get("PYTHONPATH", "").split(":")
    return [place for path in paths if path and (place := copy.inside(path))]
