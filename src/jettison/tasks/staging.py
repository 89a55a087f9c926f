"""Write, build and measure what a plan makes of a project."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, field

from jettison.engines import BuildRequest, Engine, ImageID
from jettison.errors import BuildError, ProgramError
from jettison.images.stores.unpack import working_folder
from jettison.lift import Project
from jettison.lower.development import DEVELOPMENT_DOCKERFILE
from jettison.plan import FileChange, Plan
from jettison.progress import Progress, step
from jettison.records import copy_tree, irregular
from jettison.tasks.withdrawing import Search
from jettison.tasks.writing import write_files
from jettison.values import Skipped, replace

TAG = "jettison"
# So long the image for development may take, which only has the tests run.
DEVELOPMENT_SECONDS = 180.0
# A larger one, as with the libraries of graphics cards, is not read to be measured.
MOST_MEASURED = 1_500_000_000
# Large folders that need not be copied when the ignore file keeps them out of the context.
LARGE = frozenset({".git", ".venv", "venv", "__pycache__", "node_modules", ".tox", ".mypy_cache"})


class Workshop(Struct, frozen=True, kw_only=True):
    """Where images are made: the project's folder, the engine, and who hears about it.

    ``no_cache`` builds without what the engine has cached. ``abandoned`` says of images for
    development why they cannot be built, by their Dockerfiles: none is tried twice. ``builds`` and
    ``comparisons`` tell when looking for what makes a difference takes too long.
    """

    root: Path
    engine: Engine
    progress: Progress
    no_cache: bool = False
    abandoned: dict[str, Skipped] = field(default_factory=dict)
    builds: Search = field(default_factory=Search)
    comparisons: Search = field(default_factory=Search)


def built(shop: Workshop, project: Project, folder: Path, name: str) -> ImageID:
    """Build the image of a copy of a project; ``name`` says which one it is."""
    request = BuildRequest(
        context=folder / project.context,
        dockerfile=folder / project.dockerfile_path,
        tag=f"{TAG}-{name}",
        target=project.target,
        build_args=project.build_arguments,
        no_cache=shop.no_cache,
    )
    with step(shop.progress, f"build {name}"):
        return shop.engine.build(request, shop.progress)


def development_image(shop: Workshop, plan: Plan, folder: Path) -> tuple[Plan, ImageID | None]:
    """Build the image for development, if the plan has one; one that cannot be built is noted.

    It may be the user's own, and production does not need it, nor waits long for it.
    """
    path = plan.project.in_context(DEVELOPMENT_DOCKERFILE)
    if path not in plan.project.texts:
        return plan, None
    if path in shop.abandoned:
        return replace(plan, learned=(*plan.learned, shop.abandoned[path])), None
    # The tests are wanted in this image, whatever production keeps out of its context. What a
    # trace changes in it would only have the same image built and read twice.
    ignored = "\n".join((".git", *_of_production(plan)))
    own = FileChange(path=f"{path}.dockerignore", before=None, after=f"{ignored}\n")
    write_files(folder, (own,))
    request = BuildRequest(
        context=folder / plan.project.context,
        dockerfile=folder / path,
        tag=f"{TAG}-development",
        seconds=DEVELOPMENT_SECONDS,
    )
    try:
        with step(shop.progress, "build development"):
            return plan, shop.engine.build(request, shop.progress)
    except (BuildError, ProgramError) as failed:
        what = failed.what if isinstance(failed, ProgramError) else failed.why.strip()
        reason = f"it cannot be built: {what or failed.what}"
        skip = Skipped(what=f"the development image of {path}", reason=reason)
        shop.abandoned[path] = skip
        return replace(plan, learned=(*plan.learned, skip)), None


def note_abandoned(shop: Workshop, plan: Plan, why: str) -> None:
    """Have the image for development not made again, which only has the tests run."""
    path = plan.project.in_context(DEVELOPMENT_DOCKERFILE)
    shop.abandoned[path] = Skipped(what="the test suite", reason=why)


def _of_production(plan: Plan) -> Iterator[str]:
    """The files of the context that only shape the image for production."""
    project = plan.project
    own = project.texts[project.in_context(DEVELOPMENT_DOCKERFILE)]
    dockerfile = posixpath.relpath(project.dockerfile_path, project.context or ".")
    for name in (".dockerignore", dockerfile, project.own_folder):
        if name not in own:
            yield name


@contextmanager
def staged(root: Path, plan: Plan) -> Iterator[Path]:
    """A copy of the project with the plan's files, without what never enters an image."""
    with working_folder() as room:
        folder = room / "project"
        copy_tree(root, folder, _left_out(root, plan.project))
        write_files(folder, plan.files)
        yield folder


def _left_out(root: Path, project: Project) -> Callable[[str, list[str]], set[str]]:
    context, ignore = root / project.context, project.ignore

    def names(folder: str, found: list[str]) -> set[str]:
        out, large = irregular(folder, found), LARGE & set(found)
        if not large or ignore is None or not Path(folder).is_relative_to(context):
            return out
        inner = Path(folder).relative_to(context)
        return out | {name for name in large if ignore.ignores((inner / name).as_posix())}

    return names
