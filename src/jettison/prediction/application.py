"""The project's own files in the image: what the final stage copies from the build context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from jettison.facts import Project
from jettison.lift.stage import lifted
from jettison.memo import once_each
from jettison.project.dockerfile import Copy
from jettison.project.dockerignore.evaluate import verdicts
from jettison.project.dockerignore.match import Pattern, pattern


def application_size(project: Project) -> int:
    """Add up the files that each COPY of the final stage takes, after .dockerignore.

    A file that two instructions copy counts twice, as it does in the layers of the image.
    """
    sent = sent_files(project)
    copies = (found for _, found in lifted(project).copies if found.stage is None)
    return sum(size for found in copies for _, size in copied_files(found, sent))


@once_each
def sent_files(project: Project) -> Mapping[str, int]:
    """The files of the context that reach the builder, with their bytes."""
    patterns = project.ignore.patterns if project.ignore else ()
    judged = verdicts(project.files, patterns)
    return {path: project.files[path] for path, verdict in judged if not verdict.ignored}


def copied_files(found: Copy, sent: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The files that one COPY takes, by their paths below its destination, with their bytes.

    The name of a file that is copied alone is empty when the destination names it.
    """
    alone = len(found.sources) == 1 and not found.destination.endswith(("/", "."))
    for source in found.sources:
        wanted = posixpath.normpath(source).lstrip("/")
        form = pattern(wanted) if any(c in wanted for c in "*?[") else None
        for path, size in sent.items():
            matched = _matched(path, wanted, form)
            if matched == path:
                yield ("" if alone else posixpath.basename(path)), size
            elif matched is not None:
                yield (path[len(matched) + 1 :] if matched else path), size


def _matched(path: str, wanted: str, form: Pattern | None) -> str | None:
    """The path or the folder above it that a source names; empty for the whole context."""
    if wanted == ".":
        return ""
    for each in (path, *_parents(path)):
        if each == wanted or (form and form.matches(each)):
            return each
    return None


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
