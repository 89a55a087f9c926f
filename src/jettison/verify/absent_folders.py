"""Folders that an application misses: whoever runs it mounts something there."""

from __future__ import annotations

import posixpath
import re

from jettison.engines import Network, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.verify.batch import waiting
from jettison.verify.observation import Observation, Trial, words_started

# What Python says of a file or folder that is not there, by its name as the program wrote it.
_ABSENT = re.compile(r"No such file or directory: (['\"])(?P<path>.+?)\1")
_OF_THE_KERNEL = ("/dev", "/proc", "/sys")
_EXIST = "import os, sys; print(*map(int, map(os.path.lexists, sys.argv[1:])))"


def absent_folders(trial: Trial, seen: Observation) -> tuple[str, ...]:
    """Give the folders of files that errors name, where the image has none of that name."""
    folder = seen.facts.working_directory or "/"
    named = {
        posixpath.normpath(posixpath.join(folder, found["path"]))
        for line in seen.errors
        for found in _ABSENT.finditer(line)
    }
    places = {place for path in named for place in (posixpath.dirname(path), path)}
    known = sorted(
        place
        for place in places - {"/", *trial.request.empty}
        if not f"{place}/".startswith(tuple(f"{one}/" for one in _OF_THE_KERNEL))
    )
    if not known:
        return ()
    there = _existing(trial, known)
    folders = {posixpath.dirname(path) for path in named if posixpath.dirname(path) in known}
    # a name without an ending is one of a folder, where what it should lie in is there
    folders |= {
        path
        for path in named & set(known)
        if there.get(posixpath.dirname(path), True) and "." not in posixpath.basename(path)
    }
    return tuple(place for place in sorted(folders) if not there.get(place, True))


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
