"""Reads the files that differ out of both images, so that a report can say what changed."""

from __future__ import annotations

from functools import partial

from jettison.engines import Network, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.processes.concurrent import both
from jettison.values import replace
from jettison.verify.batch import waiting
from jettison.verify.checks.changed import changed_files
from jettison.verify.interior import ask
from jettison.verify.observation import Observation, Setting, Trial


def with_texts(
    trial: Trial, before: Observation, after: Observation
) -> tuple[Observation, Observation]:
    """Add the texts of files that differ to what was seen of both; nothing is run where none do."""
    had, has = before.stored, after.stored
    paths = changed_files(had, has) if had and has else ()
    if not (paths and had and has):
        return before, after
    read = partial(_read, paths)
    first, second = both(partial(read, trial.before()), partial(read, trial.after()), memory=0)
    return (
        replace(before, stored=replace(had, texts=first)),
        replace(after, stored=replace(has, texts=second)),
    )


def _read(paths: tuple[str, ...], setting: Setting) -> dict[str, str]:
    alone = RunOptions(network=Network.NONE)
    asked = {"paths": paths, "folder": setting.facts.working_directory}
    try:
        with waiting(setting.engine, setting.image, alone, setting.words) as (container, python):
            found, _ = ask(container, python, "texts", asked, dict[str, str])
    except (EngineError, ProgramError):
        # the names are known without
        found = None
    return found or {}
