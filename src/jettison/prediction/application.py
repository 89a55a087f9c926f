"""The project's own files in the image: what the final stage copies from the build context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from jettison.facts import Project
from jettison.lift.stage import lifted
from jettison.project.dockerfile import Copy
from jettison.project.dockerignore.evaluate import verdicts
from jettison.project.dockerignore.match import pattern

BYTE_CODE_ENDING = ".py"


def application_size(project: Project) -> int:
    """Add up the files that each COPY of the final stage takes, after .dockerignore.

    A file that two instructions copy counts twice, as it does in the layers of the image.
    """
    sent = sent_files(project)
    copies = (found for _, found in lifted(project).copies if found.stage is None)
    return sum(size for found in copies for _, size in copied_files(found, sent))


def sent_files(project: Project) -> Mapping[str, int]:
    """The files of the context that reach the builder, with their bytes."""
    patterns = project.ignore.patterns if project.ignore else ()
    judged = verdicts(project.files, patterns)
    return {path: project.files[path] for path, verdict in judged if not verdict.ignored}


def copied_files(found: Copy, sent: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The files that one COPY takes, with their bytes."""
    for source in found.sources:
        wanted = posixpath.normpath(source).lstrip("/")
        matches = pattern(wanted).expression if any(c in wanted for c in "*?[") else None
        for path, size in sent.items():
            parents = {path, *_parents(path)}
            if (
                wanted == "."
                or wanted in parents
                or (matches and any(map(matches.fullmatch, parents)))
            ):
                yield path, size


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
