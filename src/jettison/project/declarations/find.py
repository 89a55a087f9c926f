"""One entry to everything that a project folder declares, whatever formats it uses."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable

from msgspec import Struct

from jettison.errors import InputSyntaxError, ProjectError
from jettison.project.declarations import pipfile, pyproject, setup_cfg, setup_py
from jettison.project.declarations.requirement_files import (
    declared,
    group_of,
    is_compiled,
    is_requirements_file,
    may_be_requirements_file,
    source_of,
)
from jettison.project.declarations.values import MAIN, Declaration, Group
from jettison.project.requirements import RequirementsFile, load
from jettison.values import Skipped

Read = Callable[[str], str | None]
_CERTAIN = ("requirements.txt", "requirements.in")
_CONDA = ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml")


class Declared(Struct, frozen=True, kw_only=True):
    """What a folder declares.

    ``formats`` are the files that were read, by the word for their format; ``skipped`` is what
    those files compute.
    """

    declarations: tuple[Declaration, ...]
    formats: tuple[tuple[str, str], ...]
    skipped: tuple[Skipped, ...]


def declarations(read: Read, listing: Collection[str], *, folder: str = "") -> Declared:
    """Read every declaration of the project in ``folder``.

    ``read`` gives a file's text by its path relative to the project root, or None; ``listing`` has
    those paths. Files that a lock tool compiled from another declared file are left out.
    Raises InputSyntaxError with the line for a file that is not valid.
    """
    search = _Search(read, [posixpath.normpath(one) for one in listing], folder)
    search.pyproject()
    search.setup()
    search.pipfile()
    search.conda()
    search.requirement_files()
    return Declared(
        declarations=tuple(search.found),
        formats=tuple(search.formats),
        skipped=tuple(search.skipped),
    )


class _Search:
    """The files of one folder, read one after another."""

    def __init__(self, read: Read, listing: Collection[str], folder: str) -> None:
        self.read = read
        self.listing = listing
        self.folder = posixpath.normpath(folder) if folder else ""
        self.found: list[Declaration] = []
        self.formats: list[tuple[str, str]] = []
        self.skipped: list[Skipped] = []
        self.taken: set[str] = set()

    def text(self, name: str) -> tuple[str, str | None]:
        """Path and text of a file of this folder."""
        file = posixpath.join(self.folder, name)
        return file, self.read(file) if file in self.listing else None

    def add(self, word: str, file: str, found: Iterable[Declaration]) -> None:
        """Take what a file declares; a file without any is not a format in use."""
        new = list(found)
        if new:
            self.formats.append((word, file))
            self.found += new

    def pyproject(self) -> None:
        file, text = self.text("pyproject.toml")
        if text is not None:
            self.add("pyproject", file, pyproject.parse(text, file=file))
            self.named(pyproject.requirement_files(text, file=file))

    def setup(self) -> None:
        file, text = self.text("setup.cfg")
        if text is not None:
            self.add("setup.cfg", file, setup_cfg.parse(text, file=file))
            self.named(setup_cfg.requirement_files(text, file=file))
        file, text = self.text("setup.py")
        if text is not None:
            script = setup_py.parse(text, file=file)
            self.add("setup.py", file, script.declarations)
            self.named(script.requirement_files)
            self.skipped += script.skipped

    def pipfile(self) -> None:
        file, text = self.text("Pipfile")
        if text is not None:
            self.add("pipfile", file, pipfile.parse(text, file=file))

    def conda(self) -> None:
        for name in _CONDA:
            file, text = self.text(name)
            if text is not None:
                from jettison.project.declarations import conda  # noqa: PLC0415 — loads PyYAML

                environment = conda.parse(text, file=file)
                self.add("conda", file, environment.declarations)
                self.named(environment.requirement_files)

    def named(self, files: Iterable[str]) -> None:
        """Read requirements files that another file names as its own."""
        for name in files:
            file = posixpath.normpath(posixpath.join(self.folder, name))
            if file in self.listing:
                self.requirements(file, MAIN)

    def requirement_files(self) -> None:
        """Read the files that look like requirements files.

        A broken one costs itself alone, as its name may mislead; requirements.txt cannot.
        """
        prefix = f"{self.folder}/" if self.folder else ""
        for file in sorted(self.listing):
            inside = file.removeprefix(prefix)
            if not file.startswith(prefix) or inside.count("/") > 1:
                continue
            certain = is_requirements_file(inside)
            if not certain and ("/" in inside or not may_be_requirements_file(inside)):
                continue
            try:
                self.requirements(file, group_of(inside))
            except (InputSyntaxError, ProjectError) as error:
                if inside in _CERTAIN:
                    raise
                if certain:
                    self.skipped.append(Skipped(what=file, reason=str(error), origin=error.origin))

    def requirements(self, file: str, group: Group) -> None:
        for one in load(self.read, file):
            if one.file in self.taken:
                continue
            self.taken.add(one.file)
            own = group_of(one.file) if is_requirements_file(one.file) else group
            if not self.is_derived(one):
                self.add("requirements", one.file, declared(one, own))

    def is_derived(self, file: RequirementsFile) -> bool:
        """Whether a lock tool compiled the file from something declared here."""
        if not is_compiled(file):
            return False
        return source_of(file, self.listing) is not None or any(
            word in ("pyproject", "setup.cfg", "setup.py") for word, _ in self.formats
        )
