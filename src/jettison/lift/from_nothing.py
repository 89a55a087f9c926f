"""Stages that start from nothing and take the files of another one."""

from __future__ import annotations

from jettison.project.dockerfile import Dockerfile, Stage, copy

SCRATCH = "scratch"
# The program by which a stage takes files out of the one that it starts from.
REMOVAL = "remove_system_files.py"


def taken_whole(dockerfile: Dockerfile, stage: Stage) -> Stage | None:
    """The stage of which another one, that starts from nothing, takes all files.

    A stage between them that takes files out by a list is passed over.
    """
    first = stage.instructions[1] if len(stage.instructions) > 1 else None
    if stage.base != SCRATCH or first is None or first.keyword != "COPY":
        return None
    found = copy(first)
    source = dockerfile.stage_named(found.stage) if found.stage else None
    if source is None or source.index >= stage.index or found.destination != "/":
        return None
    if any(REMOVAL in item.text for item in source.instructions if item.keyword == "RUN"):
        return dockerfile.stage_named(source.base) or source
    return source if found.sources == ("/",) else None
