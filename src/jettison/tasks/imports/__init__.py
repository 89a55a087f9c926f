"""Import everything that production reaches, in environments that uv makes and that are kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from jettison.errors import ProgramError
from jettison.index.facts import DistributionFacts
from jettison.index.resolving import uv_program
from jettison.index.settings import index_url, uv_variables
from jettison.processes import Completed, run
from jettison.values import Skipped

SECONDS = 600.0
# How many environments are kept; the oldest leave first.
KEPT = 8
COMPILED = "its source would have to be built on this machine"
LIST = "left-out.txt"


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
        found = _uv("python", "find", "--system", wanted)
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
    if not _complete(place):
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=home) as name:
            _made(Path(name) / key, python, facts, offline=offline)
            shutil.rmtree(place, ignore_errors=True)
            (Path(name) / key).rename(place)
        _forget(home)
    os.utime(place)
    lines = (place / LIST).read_text(encoding="utf-8").splitlines()
    skipped = (line.partition("\t") for line in lines)
    return Environment(
        folder=place, skipped=tuple(Skipped(what=what, reason=why) for what, _, why in skipped)
    )


def _complete(place: Path) -> bool:
    """Whether all was installed that can be; what failed may succeed the next time."""
    if not (place / LIST).is_file():
        return False
    lines = (place / LIST).read_text(encoding="utf-8").splitlines()
    return all(line.endswith(f"\t{COMPILED}") for line in lines)


def _made(place: Path, python: str, facts: Iterable[DistributionFacts], *, offline: bool) -> None:
    # Scripts of the environment are not run, so that it may move.
    made = _uv("venv", "--quiet", "--python", python, str(place), offline=offline)
    if made.status != 0:
        raise ProgramError(
            "an environment for the imports could not be made",
            why=made.error_text,
            hint="Check that `uv venv` works on this machine.",
        )
    left = tuple(_installed(place, tuple(facts), offline=offline))
    text = "".join(f"{one.what}\t{one.reason}\n" for one in left)
    (place / LIST).write_text(text, encoding="utf-8")


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
    return _uv(
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--python",
        str(place),
        "--no-build",
        *(f"{each.name}=={each.version}" for each in facts),
        offline=offline,
    )


def _uv(*words: str, offline: bool = False) -> Completed:
    environment: Mapping[str, str] = {
        **uv_variables(os.environ),
        # By the environment: it may hold a password, and others can list processes.
        "UV_DEFAULT_INDEX": index_url(os.environ, home=Path.home()),
        "UV_LINK_MODE": "hardlink",
        "VIRTUAL_ENV": "",
    }
    command = (uv_program(), "--no-config", "--color", "never", *words)
    network = ("--offline",) if offline else ()
    return run([*command, *network], timeout=SECONDS, environment=environment)


def _forget(home: Path) -> None:
    kept = sorted(
        (path for path in home.iterdir() if not path.name.startswith(".")),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in kept[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
