"""Import everything that production reaches, in environments that uv makes and that are kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from msgspec import DecodeError, Struct, field
from msgspec.json import decode as json_decode

from jettison.engines.embedded.confined import Confined
from jettison.errors import ImageError, ProgramError
from jettison.images.stores import PARTIAL, remove_abandoned
from jettison.images.stores.cache import seal_tree, sealed_tree
from jettison.images.stores.root import Root
from jettison.images.stores.unpack import working_folder
from jettison.index import DistributionFacts
from jettison.index.resolving import run_uv
from jettison.processes import Completed, run
from jettison.records import copy_tree, irregular
from jettison.tasks.staging import LARGE
from jettison.values import Origin, Skipped
from jettison.verify import Attempt, Importable, Reachable

# How many environments are kept; the oldest leave first.
KEPT = 8
COMPILED = "its source would have to be built on this machine"
LIST = ".jettison-left-out"


class Environment(Struct, frozen=True, kw_only=True):
    """An environment: its folder, its interpreter, and what could not be installed there."""

    folder: Path
    skipped: tuple[Skipped, ...]

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"


def interpreter(wanted: str | None) -> tuple[str, str]:
    """An interpreter and its minor version: the wanted one, else the one that runs Jettison."""
    if wanted:
        found = run_uv("python", "find", "--system", wanted)
        if found.status == 0 and found.text:
            return found.text.splitlines()[-1], wanted
    return sys.executable, "{}.{}".format(*sys.version_info[:2])


def environment_of(
    facts: Collection[DistributionFacts], python: str, *, cache: Path, offline: bool
) -> Environment:
    """Install exact releases without what they require, or take what was installed before.

    ``cache`` is the folder of Jettison's caches. A release that cannot be installed here is left
    out and named. Raises ProgramError when uv cannot make an environment at all.
    """
    pins = sorted(f"{each.name}=={each.version}" for each in facts)
    key = hashlib.sha256("\n".join((python, *pins)).encode()).hexdigest()[:24]
    home = cache / "environments"
    place = home / key
    text = sealed_tree(place, LIST)
    # what failed may succeed the next time
    if text is None or not all(line.endswith(f"\t{COMPILED}") for line in text.splitlines()):
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", suffix=PARTIAL, dir=home) as name:
            _made(Path(name) / key, python, facts, offline=offline)
            if os.path.lexists(place):
                place.rename(Path(name) / "old")
            (Path(name) / key).rename(place)
        text = sealed_tree(place, LIST) or ""
        _forget(home)
    os.utime(place)
    skipped = (line.partition("\t") for line in text.splitlines())
    return Environment(
        folder=place, skipped=tuple(Skipped(what=what, reason=why) for what, _, why in skipped)
    )


def _made(place: Path, python: str, facts: Iterable[DistributionFacts], *, offline: bool) -> None:
    # Scripts of the environment are not run, so that it may move.
    made = run_uv("venv", "--quiet", "--python", python, str(place), offline=offline)
    if made.status != 0:
        raise ProgramError(
            "an environment for the imports could not be made",
            why=made.error_text,
            hint="Check that `uv venv` works on this machine.",
        )
    left = tuple(_installed(place, tuple(facts), offline=offline))
    text = "".join(f"{one.what}\t{one.reason}\n" for one in left)
    seal_tree(place, LIST, text)


def _installed(
    place: Path, facts: Sequence[DistributionFacts], *, offline: bool
) -> Iterable[Skipped]:
    """Install wheels, all at once, one by one when that fails; no source is built here."""
    wanted = [each for each in facts if not each.sdist_only]
    yield from (Skipped(what=each.name, reason=COMPILED) for each in facts if each not in wanted)
    if not wanted or _install(place, wanted, offline=offline).status == 0:
        return
    for each in wanted:
        done = _install(place, [each], offline=offline)
        if done.status != 0:
            lines = [line.strip() for line in done.error_text.splitlines() if line.strip()]
            yield Skipped(what=each.name, reason=(lines or ["uv could not install it"])[-1][:200])


def _install(place: Path, facts: Sequence[DistributionFacts], *, offline: bool) -> Completed:
    return run_uv(
        "pip", "install", "--quiet", "--no-deps", "--python", str(place), "--no-build",
        *(f"{each.name}=={each.version}" for each in facts), offline=offline,
    )  # fmt: skip


def _forget(home: Path) -> None:
    remove_abandoned(home)
    kept = sorted(
        (path for path in home.iterdir() if not path.name.startswith(".")),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in kept[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


SECONDS = 60.0
# After so many seconds no further module is begun.
LIMIT = 240.0
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


def left_out(folder: str, names: list[str]) -> set[str]:
    """Name what of a folder is not copied; no import reads what is larger than that."""
    large = {name for name in names if Path(folder, name).lstat().st_size > 512 << 20}
    return (set(names) & LARGE) | irregular(folder, names) | large


@contextmanager
def copied(root: Path, context: str, folder: str) -> Iterator[Copied]:
    """A copy of a project for as long as the block takes."""
    with working_folder() as room:
        top = room / "project"
        copy_tree(root, top, left_out)
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
