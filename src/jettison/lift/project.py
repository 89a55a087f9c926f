"""The facts of a project: its files, parsed once, with everything a plan needs to know of it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from jettison.formats.compose import ComposeFile
from jettison.formats.compose import parse as parse_compose
from jettison.formats.dockerfile import Dockerfile
from jettison.formats.dockerfile import parse as parse_dockerfile
from jettison.formats.dockerignore import IgnoreFile
from jettison.formats.dockerignore import parse as parse_ignore
from jettison.formats.requirements import RequirementsFile, load
from jettison.values import OWN_FOLDER, Skipped


class Project(Struct, frozen=True, kw_only=True, dict=True):
    """What a folder holds that makes one image.

    All paths are relative to the project root, with ``/``. ``texts`` holds the text files that a
    plan may read or change; ``context`` is the folder that is sent to the build (``""`` for the
    root); ``files`` maps every file below the context, relative to it, to its bytes.
    ``dockerfile_path``, ``compose_path`` and ``service`` say where the image is described.
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

    def requirements_file(self, path: str) -> tuple[RequirementsFile, ...]:
        """Parse a requirements file (relative to the context) and what it includes.

        Nothing for a file of another format that installers take as well, such as pyproject.toml.
        """
        if path.endswith((".toml", ".cfg", ".py")):
            return ()
        return load(self.texts.get, self.in_context(path))

    def with_texts(self, changed: Mapping[str, str]) -> Project:
        """Give the project with other texts in some of its files; new files are added."""
        return replace(self, texts=MappingProxyType({**self.texts, **changed}))
