"""Files and folders that an application misses: whoever runs it mounts something there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field

from jettison.engines import Network, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.values import replace
from jettison.verify.batch import waiting
from jettison.verify.observation import Observation, Trial, words_started
from jettison.verify.request import VerificationRequest

# What Python says of a file or folder that is not there, by its name as the program wrote it.
_ABSENT = re.compile(r"No such file or directory: (['\"])(?P<path>.+?)\1")
_OF_THE_KERNEL = ("/dev", "/proc", "/sys")
_EXIST = "import os, sys; print(*map(int, map(os.path.lexists, sys.argv[1:])))"


class Absent(Struct, frozen=True, kw_only=True):
    """What errors miss and the image lacks: ``folders``, and ``files`` that the project has.

    The files map targets to paths of this machine.
    """

    folders: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.folders or self.files)

    def given(self, request: VerificationRequest) -> VerificationRequest:
        """Run both images with empty folders, and with the files, and tell so."""
        parts = [f"an empty folder {', '.join(self.folders)}"] if self.folders else []
        parts += [f"{', '.join(self.files)} of the project"] if self.files else []
        more = f"{request.how}, " if request.how else ""
        return replace(
            request,
            made=(*request.made, *self.folders),
            mounted={**request.mounted, **self.files},
            how=f"{more}with {' and '.join(parts)}, which the image lacks",
        )


def absent(trial: Trial, seen: Observation) -> Absent:
    """Give what errors name, where the image has nothing of that name."""
    folder = seen.facts.working_directory or "/"
    named = {
        posixpath.normpath(posixpath.join(folder, found["path"]))
        for line in seen.errors
        for found in _ABSENT.finditer(line)
    }
    places = {place for path in named for place in (posixpath.dirname(path), path)}
    known = sorted(
        place
        for place in places - {"/", *trial.request.empty, *trial.request.mounted}
        if not f"{place}/".startswith(tuple(f"{one}/" for one in _OF_THE_KERNEL))
    )
    if not known:
        return Absent()
    there = _existing(trial, known)
    lacking = {path for path in named if not there.get(path, True)}
    files = dict(_of_the_project(trial.request.files, folder, lacking))
    folders = {posixpath.dirname(path) for path in named - files.keys()}
    # a name without an ending is one of a folder, where what it should lie in is there
    folders |= {
        path
        for path in lacking - files.keys()
        if there.get(posixpath.dirname(path), True) and "." not in posixpath.basename(path)
    }
    made = tuple(place for place in sorted(folders) if not there.get(place, True))
    return Absent(folders=made, files=files)


def _of_the_project(files: str, folder: str, targets: Collection[str]) -> Iterator[tuple[str, str]]:
    """Give those of the targets that the project has, ``files`` being what is in ``folder``."""
    for target in sorted(targets) if files else ():
        root = Path(files).resolve()
        place = (root / posixpath.relpath(target, folder)).resolve()
        if place != root and place.is_relative_to(root) and (place.is_file() or place.is_dir()):
            yield target, str(place)


def _existing(trial: Trial, places: list[str]) -> dict[str, bool]:
    """Tell of each place whether the image before has it; of none where that cannot be seen."""
    facts, options = trial.before().facts, RunOptions(network=Network.NONE)
    words = words_started(trial.request, facts)
    try:
        with waiting(trial.engine, facts.id, options, words) as (container, interpreter):
            done = container.execute((interpreter, "-I", "-c", _EXIST, *places))
    except (EngineError, ProgramError):
        return {}
    said = done.text.split()
    return dict(zip(places, (one == "1" for one in said), strict=False))
