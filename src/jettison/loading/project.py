"""Reads the project that is meant from a folder."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from jettison.errors import ProjectError
from jettison.facts import Project
from jettison.loading.choice import Choice, choose, is_dockerfile
from jettison.loading.target import production_target
from jettison.loading.texts import needed_text, read_texts
from jettison.project.operations.kinds import is_compose
from jettison.project.reading import read_text, read_tree
from jettison.project.settings import OWN_FILE, SHARED_FILE
from jettison.project.tree import Tree

# Where Dockerfiles lie that are not in the project folder itself.
NESTED = ("*/*ockerfile*", "*/*/*ockerfile*", "*/*ontainerfile*")


class Loaded(Struct, frozen=True, kw_only=True):
    """A project and the part of the disk that it was read from."""

    root: Path
    project: Project
    tree: Tree


def load_project(directory: Path, *, dockerfile: str | None, service: str | None) -> Loaded:
    """Read the files of the project in a folder.

    Raises ProjectError when the folder is none or no image is described in it, and
    InputSyntaxError when one of the files that describe the image is not valid.
    """
    root = _checked(directory)
    names = _names(root)

    def read(path: str) -> str | None:
        if posixpath.basename(path).startswith(".env"):
            return read_text(root, path)
        if path.startswith(("..", "/")):
            return None
        text = needed_text(root, path)
        return None if text is None else text.removeprefix("\ufeff")

    def deeper() -> list[str]:
        found = (place.relative_to(root) for glob in NESTED for place in root.glob(glob))
        return sorted(place.as_posix() for place in found if is_dockerfile(place.name))

    choice = choose(
        names,
        read,
        dockerfile=dockerfile,
        service=service,
        deeper=deeper,
        environment=os.environ,
    )
    tree = _within(read_tree(root), choice, names)
    texts = read_texts(root, tree, _deciding(choice))
    prefix = f"{choice.context}/" if choice.context else ""
    other = None
    if choice.target is None and choice.service is None:
        other = production_target(texts[choice.dockerfile], choice.dockerfile)
    project = Project(
        name=root.name,
        texts=MappingProxyType(texts),
        context=choice.context,
        dockerfile_path=choice.dockerfile,
        compose_path=choice.compose,
        service=choice.service,
        target=other[0] if other else choice.target,
        build_arguments=MappingProxyType(dict(choice.arguments)),
        files=MappingProxyType(_context_files(tree, prefix)),
        skipped=(*tree.skipped, *(other[1:] if other else ())),
    )
    _parsed(project)
    return Loaded(root=root, project=project, tree=tree)


def _names(root: Path) -> list[str]:
    try:
        return [item.name for item in root.iterdir() if item.is_file()]
    except OSError as error:
        raise ProjectError(
            f"the folder {root} cannot be read",
            why=error.strerror or str(error),
            hint="Make it readable for you.",
        ) from error


def _deciding(choice: Choice) -> set[str]:
    """Files without which, where they are there, another plan would be made."""
    beside = {posixpath.join(folder, OWN_FILE) for folder in ("", choice.context)}
    beside |= {posixpath.join(folder, SHARED_FILE) for folder in ("", choice.context)}
    ignoring = {f"{choice.dockerfile}.dockerignore", f"{choice.context}/.dockerignore".lstrip("/")}
    return {choice.dockerfile, *filter(None, [choice.compose]), *beside, *ignoring}


def _checked(directory: Path) -> Path:
    if not directory.exists():
        raise ProjectError(
            f"there is no folder {directory}",
            hint="Give the folder of a Dockerfile or compose file.",
        )
    if not directory.is_dir():
        raise ProjectError(
            f"{directory} is not a folder",
            hint=f"Give its folder; name the file in it with --file {directory.name}.",
        )
    return directory.resolve()


def _within(tree: Tree, choice: Choice, names: list[str]) -> Tree:
    """The tree without what lies outside the build context, but with the files beside it."""
    if not choice.context:
        return tree
    prefix = f"{choice.context}/"
    beside = {name for name in names if is_compose(name) or name.startswith(".env")}
    beside |= {choice.dockerfile, "Procfile", "jettison.toml"}
    return replace(
        tree,
        files={p: f for p, f in tree.files.items() if p.startswith(prefix) or p in beside},
        left_out={p: n for p, n in tree.left_out.items() if p.startswith(prefix)},
        links={p: t for p, t in tree.links.items() if p.startswith(prefix)},
    )


def _context_files(tree: Tree, prefix: str) -> dict[str, int]:
    """Every file below the context; a folder that was not read counts as one entry."""
    files = {
        path.removeprefix(prefix): file.size
        for path, file in tree.files.items()
        if path.startswith(prefix)
    }
    folders = {
        f"{path.removeprefix(prefix)}/*": count
        for path, count in tree.left_out.items()
        if path.startswith(prefix)
    }
    return files | folders


def _parsed(project: Project) -> None:
    """Parse what the plan is made of, so that a fault is found before any work is done."""
    if not project.dockerfile.stages:
        raise ProjectError(f"{project.dockerfile_path} has no FROM")
    _ = project.compose, project.ignore
