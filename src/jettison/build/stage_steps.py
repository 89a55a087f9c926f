"""The instructions of the final stage as steps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from jettison.build.commands import run_steps
from jettison.build.not_understood import not_understood
from jettison.build.recipe import CopyStep, FolderStep, Step
from jettison.build.words import Place
from jettison.facts import Project
from jettison.lift.stage import FinalStage
from jettison.project.dockerfile import Instruction, copy, environments, workdir

_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
# These say how the image is run and change no file.
_DESCRIBING = frozenset(
    {"ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER",
     "STOPSIGNAL", "USER", "VOLUME"}
)  # fmt: skip


def places(
    project: Project, stage: FinalStage, inherited: Mapping[str, str], folder: str
) -> Iterator[Place]:
    """Yield every instruction of a stage, and of those it is made on, where it stands.

    ``inherited`` and ``folder`` are the base image's environment and working directory.
    """
    dockerfile = project.dockerfile
    seen = environments(dockerfile, project.build_arguments, inherited)
    variables = {
        id(item): environment.variables
        for item, environment in zip(dockerfile.instructions, seen, strict=True)
    }
    for item in stage.inherited:
        place = Place(instruction=item, variables=variables[id(item)], folder=folder or "/")
        if item.keyword == "WORKDIR":
            folder = place.absolute(place.expanded(workdir(item)))
        yield place


def stage_steps(
    found: Iterator[Place], environments_copied: Collection[Instruction]
) -> Iterator[Step]:
    """Yield what the instructions do to the image's files.

    ``environments_copied`` are the COPY instructions that bring the environment from another
    stage, which is made anew instead. UnsupportedError for a step that needs an engine.
    """
    copied = {id(item) for item in environments_copied}
    for place in found:
        item = place.instruction
        if item.keyword == "WORKDIR":
            path = place.absolute(place.expanded(workdir(item)))
            yield FolderStep(path=path, mode=None, owner=None, origin=item.origin)
        elif item.keyword == "RUN":
            yield from run_steps(place)
        elif item.keyword in {"COPY", "ADD"}:
            if id(item) not in copied:
                yield _copy(place)
        elif item.keyword not in _DESCRIBING:
            why = f"what {item.keyword} does is decided while an engine builds"
            raise not_understood(item.text, why, item.origin)


def _copy(place: Place) -> Step:
    item = place.instruction
    found = copy(item)
    sources = tuple(place.expanded(source) for source in found.sources)
    if found.stage is not None:
        why = f"it takes files from {found.stage}, which nobody has built"
        raise not_understood(item.text, why, item.origin)
    if item.keyword == "ADD":
        for source in sources:
            if "://" in source or source.startswith("git@") or source.endswith(_ARCHIVES):
                raise not_understood(item.text, f"it fetches or unpacks {source}", item.origin)
    for document in item.heredocs:
        if document.expand and "$" in document.content:
            raise not_understood(item.text, "its document holds variables", document.origin)
    return CopyStep(
        sources=sources,
        documents=tuple((each.name, each.content) for each in item.heredocs),
        destination=place.absolute(place.expanded(found.destination)),
        owner=place.expanded(found.chown) if found.chown else None,
        mode=place.expanded(found.chmod) if found.chmod else None,
        exclude=found.exclude,
        parents=found.parents,
        origin=item.origin,
    )
