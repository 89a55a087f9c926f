"""What a stage starts from and what it starts: tags of Python images, empty bases, commands."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from jettison.formats.dockerfile import Dockerfile, Instruction, Stage, copy
from jettison.values import Origin

# The tag grammar of the official images (docker-library/python, versions.json):
# VERSION[-slim|-alpine[N.NN]][-RELEASE], where VERSION may be a prefix of the full version.
TAG = re.compile(
    r"(?P<version>\d+(?:\.\d+){0,2}(?:(?:a|b|rc)\d+)?)"
    r"(?:-(?P<variant>slim|alpine)(?P<alpine>\d[\d.]*)?)?"
    r"(?:-(?P<release>[a-z]+))?"
)
REPOSITORIES = ("python", "library/python", "docker.io/python", "docker.io/library/python")


class PythonTag(Struct, frozen=True, kw_only=True):
    """A reference such as ``python:3.11-slim-bookworm``.

    ``repository`` is kept as written (a mirror's path included); ``variant`` is ``""`` for the full
    image, ``slim`` or ``alpine``; ``suffix`` is what follows ``alpine``; ``digest`` the pin.
    """

    repository: str
    version: str
    variant: str
    alpine: str = ""
    release: str = ""
    digest: str = ""

    def __str__(self) -> str:
        parts = [self.version, f"{self.variant}{self.alpine}", self.release]
        tag = "-".join(part for part in parts if part)
        return f"{self.repository}:{tag}{'@' + self.digest if self.digest else ''}"

    @property
    def minor(self) -> str | None:
        """``3.11`` for ``3.11.4``; None for a bare ``3``, which says nothing certain."""
        numbers = re.findall(r"\d+", self.version)[:2]
        return ".".join(numbers) if len(numbers) == 2 else None  # noqa: PLR2004  major and minor

    def slim(self) -> PythonTag:
        """The slim image of the same version and release; a digest names one image only."""
        return replace(self, variant="slim", alpine="", digest="")

    def alpine_sibling(self) -> PythonTag:
        """The Alpine image of the same version."""
        return replace(self, variant="alpine", alpine="", release="", digest="")

    def full(self) -> PythonTag:
        """The image with the build packages, of the same version and release."""
        return replace(self, variant="", alpine="", digest="")


def python_tag(reference: str) -> PythonTag | None:
    """Take a reference apart; None when it is not an official Python image's."""
    name, _, digest = reference.partition("@")
    repository, separator, tag = name.rpartition(":")
    if not separator or "/" in tag or not is_python(repository):
        return None
    match = TAG.fullmatch(tag)
    if match is None:
        return None
    return PythonTag(
        repository=repository,
        version=match["version"],
        variant=match["variant"] or "",
        alpine=match["alpine"] or "",
        release=match["release"] or "",
        digest=digest,
    )


def is_python(repository: str) -> bool:
    """Whether a repository is the official Python image or a mirror of it by its last name."""
    return repository in REPOSITORIES or repository.endswith("/library/python")


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


class Invocation(Struct, frozen=True, kw_only=True):
    """What CMD or ENTRYPOINT runs: ``words`` in exec form, or ``text`` for a shell."""

    keyword: str
    words: tuple[str, ...] | None
    text: str
    instruction: Instruction

    @property
    def origin(self) -> Origin:
        """Where it stands."""
        return self.instruction.origin
