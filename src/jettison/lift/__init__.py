"""From a project's files, parsed once, to what its image is made of."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct, field

from jettison.errors import ProjectError
from jettison.formats.compose import ComposeFile
from jettison.formats.compose import parse as parse_compose
from jettison.formats.dockerfile import (
    COPIES,
    Dockerfile,
    Instruction,
    Stage,
    base_reference,
    copy,
    mounts,
)
from jettison.formats.dockerfile import parse as parse_dockerfile
from jettison.formats.dockerignore import IgnoreFile
from jettison.formats.dockerignore import parse as parse_ignore
from jettison.formats.requirements import RequirementsFile, load
from jettison.values import OWN_FOLDER, Origin, Skipped, replace


class Project(Struct, frozen=True, kw_only=True, dict=True):
    """What a folder holds that makes one image.

    All paths are relative to the project root, with ``/``. ``texts`` holds the text files that a
    plan may read or change; ``context`` is the folder that is sent to the build (``""`` for the
    root); ``files`` maps every file below the context, relative to it, to its bytes.
    ``dockerfile_path``, ``compose_path`` and ``service`` say where the image is described;
    ``utf_16`` are the lists of requirements that are written so.
    """

    name: str
    texts: Mapping[str, str]
    context: str
    dockerfile_path: str
    compose_path: str | None = None
    service: str | None = None
    target: str | None = None
    build_arguments: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    files: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    skipped: tuple[Skipped, ...] = ()
    utf_16: frozenset[str] = frozenset()

    @cached_property
    def dockerfile(self) -> Dockerfile:
        """The parsed Dockerfile. Raises InputSyntaxError."""
        return parse_dockerfile(self.texts[self.dockerfile_path], file=self.dockerfile_path)

    @cached_property
    def compose(self) -> ComposeFile | None:
        """The parsed compose file; None when the project has none. Raises InputSyntaxError."""
        if self.compose_path is None:
            return None
        return parse_compose(self.texts[self.compose_path], file=self.compose_path)

    @property
    def ignore_path(self) -> str:
        """The file that keeps paths out of the context: one named after the Dockerfile wins."""
        named = f"{self.dockerfile_path}.dockerignore"
        return named if named in self.texts else self.in_context(".dockerignore")

    @cached_property
    def ignore(self) -> IgnoreFile | None:
        """The parsed ignore file; None when there is none."""
        text = self.texts.get(self.ignore_path)
        return None if text is None else parse_ignore(text, file=self.ignore_path)

    @property
    def prefix(self) -> str:
        """What paths of the context begin with when they are relative to the project root."""
        return f"{self.context}/" if self.context else ""

    def in_context(self, path: str) -> str:
        """Turn a path relative to the context into one relative to the project root."""
        return posixpath.normpath(posixpath.join(self.context, path))

    @property
    def own_folder(self) -> str:
        """The folder of what is added to the project for its builds, relative to the context.

        It lies beside the Dockerfile, or at the top of the context where that is elsewhere.
        """
        folder = posixpath.dirname(self.dockerfile_path)
        beside = posixpath.relpath(folder or ".", self.context or ".")
        outside = beside == "." or beside.startswith("..")
        return OWN_FOLDER if outside else f"{beside}/{OWN_FOLDER}"

    def own(self, name: str) -> str:
        """Turn the name of a file in the own folder into a path relative to the project root."""
        return self.in_context(f"{self.own_folder}/{name}")

    def own_text(self, name: str) -> str:
        """The text of a file in the own folder; empty where there is none."""
        return self.texts.get(self.own(name), "")

    def requirements_file(self, path: str) -> tuple[RequirementsFile, ...]:
        """Parse a requirements file (relative to the context) and what it includes.

        Nothing for a file of another format that installers take as well, such as pyproject.toml.
        """
        if path.endswith((".toml", ".cfg", ".py")):
            return ()
        return load(self.texts.get, self.in_context(path))

    def is_whole(self, path: str) -> bool:
        """Whether a requirements file (relative to the project root) includes no lost file.

        Nobody can install it otherwise.
        """
        try:
            load(self.texts.get, path)
        except ProjectError:
            return False
        return True

    def own_stages(self, chain: Sequence[Stage]) -> tuple[Stage, ...]:
        """The last stages of a chain that no other stage with steps and no service needs."""
        own = [chain[-1]]
        for parent in reversed(chain[:-1]):
            if _is_shared(self, parent, {each.index for each in chain}):
                break
            own.insert(0, parent)
        return tuple(own)

    def with_texts(self, changed: Mapping[str, str]) -> Project:
        """Give the project with other texts in some of its files; new files are added."""
        return replace(self, texts=MappingProxyType({**self.texts, **changed}))


# The tag grammar of the official images (docker-library/python, versions.json):
# VERSION[-slim|-alpine[N.NN]][-RELEASE], where VERSION may be a prefix of the full version.
LATEST = "latest"
TAG = re.compile(
    r"(?:(?P<version>\d{1,3}(?:\.\d{1,3}){0,2}(?:(?:a|b|rc)\d+)?)(?:-|$))?"
    r"(?:(?P<variant>slim|alpine)(?P<alpine>\d[\d.]*)?(?:-|$))?"
    r"(?P<release>[a-z]+)?"
)
# Those of uv's images that stand on them (docs.astral.sh/uv, "Using uv in Docker").
UV_IMAGE = re.compile(
    r"(?:ghcr\.io/astral-sh/uv|(?:docker\.io/)?astral/uv):(?:\d[\d.]*-)?python(?P<version>3\.\d{1,3})-"
    r"(?:alpine(?P<alpine>[\d.]*)|(?P<release>[a-z]+)(?:-(?P<slim>slim))?)"
)
REPOSITORIES = ("python", "library/python", "docker.io/python", "docker.io/library/python")


class PythonTag(Struct, frozen=True, kw_only=True):
    """A reference such as ``python:3.11-slim-bookworm``.

    ``repository`` is kept as written (a mirror's path included); ``version`` is ``""`` in tags like
    ``latest``; ``variant`` is ``""`` for the full image, ``slim`` or ``alpine``; ``suffix`` is what
    follows ``alpine``; ``digest`` the pin.
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
        return f"{self.repository}:{tag or LATEST}{'@' + self.digest if self.digest else ''}"

    @property
    def minor(self) -> str | None:
        """``3.11`` for ``3.11.4``; None for ``3`` and ``latest``, which say nothing certain."""
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
    """Take a reference apart; None when it is not an official Python image's.

    An image of uv with a Python is the official one with uv added: its tag is that one's.
    """
    name, _, digest = reference.partition("@")
    if with_uv := UV_IMAGE.fullmatch(name):
        return PythonTag(
            repository="python",
            version=with_uv["version"],
            variant="alpine" if with_uv["alpine"] is not None else with_uv["slim"] or "",
            alpine=with_uv["alpine"] or "",
            release=with_uv["release"] or "",
        )
    repository, separator, tag = name.rpartition(":")
    if not separator or "/" in tag or not is_python(repository):
        return None
    match = TAG.fullmatch("" if tag == LATEST else tag)
    named = match and (tag == LATEST or match["version"] or match["variant"])
    if match is None or not named or tag.endswith("-"):
        return None
    return PythonTag(
        repository=repository,
        version=match["version"] or "",
        variant=match["variant"] or "",
        alpine=match["alpine"] or "",
        release=match["release"] or "",
        digest=digest,
    )


def brings_uv(reference: str) -> bool:
    """Whether an image is one of uv with a Python."""
    return UV_IMAGE.fullmatch(reference.partition("@")[0]) is not None


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
