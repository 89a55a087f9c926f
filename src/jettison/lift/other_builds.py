"""What other images that are built from the same context copy out of it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.errors import InputSyntaxError
from jettison.facts import Project
from jettison.lift.distribution import feeding_stages
from jettison.lift.stage import lifted
from jettison.project.dockerfile import Stage, copy, parse
from jettison.project.operations.images import is_for_development
from jettison.project.operations.kinds import is_dockerfile, use_of_file
from jettison.project.operations.model import Use


def copied_elsewhere(project: Project) -> tuple[str, ...]:
    """The paths of the context that stages of other images name in COPY and ADD."""
    found = (source for stage, _ in _others(project) for source in _sources(stage))
    return tuple(dict.fromkeys(found))


def runs_tests_elsewhere(project: Project) -> bool:
    """Whether an image for development or tests takes the whole context, and so its tests."""
    return any(
        development and any(posixpath.normpath(source) == "." for source in _sources(stage))
        for stage, development in _others(project)
    )


def _others(project: Project) -> Iterator[tuple[Stage, bool]]:
    """The stages of other images, and whether each is for development by its name."""
    own = {stage.index for stage in feeding_stages(lifted(project))}
    for stage in project.dockerfile.stages:
        if stage.index not in own:
            yield stage, is_for_development(stage.name or "")
    beside = posixpath.dirname(project.dockerfile_path)
    for path, text in project.texts.items():
        if path == project.dockerfile_path or posixpath.dirname(path) != beside:
            continue
        if is_dockerfile(path):
            development = use_of_file(path) is Use.DEVELOPMENT
            try:
                stages = parse(text, file=path).stages
            except InputSyntaxError:
                continue
            yield from ((stage, development) for stage in stages)


def _sources(stage: Stage) -> Iterator[str]:
    for item in stage.instructions:
        if item.keyword in ("COPY", "ADD") and copy(item).stage is None:
            yield from copy(item).sources
