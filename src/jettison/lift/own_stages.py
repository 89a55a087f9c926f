"""The stages of a Dockerfile that only the final one is built on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from jettison.formats.dockerfile import (
    Dockerfile,
    Instruction,
    Stage,
    base_reference,
    copy,
    mounts,
)
from jettison.lift import Project

COPIES = ("COPY", "ADD")


def own_stages(project: Project, chain: Sequence[Stage]) -> tuple[Stage, ...]:
    """The last stages of a chain of which no other stage with steps and no service needs one."""
    own = [chain[-1]]
    for parent in reversed(chain[:-1]):
        if _is_shared(project, parent, {each.index for each in chain}):
            break
        own.insert(0, parent)
    return tuple(own)


def _is_shared(project: Project, parent: Stage, chain: Collection[int]) -> bool:
    """Whether another stage runs steps on a stage or copies from it, or a service runs it."""
    dockerfile, arguments = project.dockerfile, project.build_arguments
    composed = project.compose.services if project.compose else ()
    names = {each.build.target for each in composed if each.build and each.build.target}
    standing = {parent.index}
    for each in dockerfile.stages:
        if each.index in chain:
            continue
        below = dockerfile.stage_named(base_reference(each, dockerfile, arguments))
        on_it = below is not None and below.index in standing
        standing |= {each.index} if on_it else set()
        if any(_needs(item, parent, dockerfile, on_it=on_it) for item in each.instructions[1:]):
            return True
    return any(dockerfile.stage_named(name) is parent for name in names)


def _needs(item: Instruction, parent: Stage, dockerfile: Dockerfile, *, on_it: bool) -> bool:
    if item.keyword == "RUN":
        mounted = any(
            mount.from_ and dockerfile.stage_named(mount.from_) is parent for mount in mounts(item)
        )
        return on_it or mounted
    source = copy(item).stage if item.keyword in COPIES else None
    return source is not None and dockerfile.stage_named(source) is parent
