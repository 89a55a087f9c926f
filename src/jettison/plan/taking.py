"""What the image takes along when it starts from nothing; what was observed, put into a plan."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from types import MappingProxyType

from msgspec.structs import replace

from jettison.catalogue import removal_hook, removal_script
from jettison.contents.environment import Installed
from jettison.contents.reach import Observed
from jettison.contents.system import System
from jettison.images.config import Config
from jettison.lift import Project
from jettison.lift.stage import FinalStage
from jettison.lift.stages import BuiltEnvironment, NotApart, Said, configured, variables_said
from jettison.lift.stages import environment_of as environment_environment_of
from jettison.plan.changes import LayerOfFolders
from jettison.plan.plan import Plan
from jettison.plan.removal.groups import Contents, OwnedFile, wishes_of
from jettison.plan.removal.listing import HEAD, HOOK, LIST, SCRIPT
from jettison.plan.system_needs import variables_of
from jettison.values import Evidence, Origin, once_each

# By so many characters a file is known as one that was written here.
OPENING = 40


def place_of_removal(project: Project, stage: FinalStage) -> BuiltEnvironment | NotApart:
    """Return the environment that files can be removed from, or why there is none."""
    for name, opening in ((LIST, HEAD), (SCRIPT, removal_script()), (HOOK, removal_hook())):
        path = project.own(name)
        if not project.texts.get(path, opening).startswith(opening[:OPENING]):
            message = f"{path} is a file of the project's own"
            return NotApart(
                evidence=Evidence(kind="file", message=message, origin=Origin(file=path))
            )
    return environment_environment_of(project, stage)


# A distribution of this size has a layer apart from those that change more often.
HEAVY = 10_000_000
LIBRARY = "/lib/python"
# Folders that hold more than an environment or an application.
SHARED = ("/", "/bin", "/etc", "/lib", "/usr", "/usr/local", "/var")


@once_each
def starts_from_nothing(plan: Plan) -> bool:
    """Whether the image can start from nothing: something was read of it, and it is started.

    An image that others are built on stays as it is.
    """
    stage, observed = plan.stage, plan.observed
    config = observed.config if observed else None
    started = config.entrypoint or config.command if config else stage.command or stage.entrypoint
    return (
        observed is not None
        and bool(observed.python or stage.tag)
        and stage.finish is None
        and not stage.triggers
        and bool(started)
    )


@once_each
def leaves_late(plan: Plan) -> bool:
    """Whether files of the environment leave behind the final stage, as no other makes it."""
    apart = not isinstance(place_of_removal(plan.project, plan.stage), NotApart)
    return not apart and starts_from_nothing(plan)


def environment_of(observed: Observed) -> str:
    """The folder of the environment: that of its interpreter, or that of distributions alone."""
    site = observed.installed.site
    return site.partition(LIBRARY)[0] if site.endswith("/site-packages") else site


def layers_of(plan: Plan, observed: Observed) -> tuple[LayerOfFolders, ...]:
    """The layers, in the order in which they change less often."""
    site, folder = observed.installed.site, plan.stage.folder
    library = observed.installed.library
    environment = environment_of(observed)
    own = site if environment in SHARED or not site else environment
    found = {
        "system": (),
        "interpreter": (library,) if library.startswith("/usr/local/") else (),
        "heavy-distributions": tuple(_heavy(observed)),
        "distributions": (own,) if own else (),
        "application": (folder,) if folder not in SHARED else (),
    }
    return tuple(
        LayerOfFolders(name=name, folders=folders)
        for name, folders in found.items()
        if folders or name == "system"
    )


def _heavy(observed: Observed) -> Iterator[str]:
    """The folders of heavy distributions, but not those that several share."""
    installed = observed.installed
    sizes: Counter[str] = Counter()
    folders: dict[str, set[str]] = {}
    for path, owner in installed.owners.items():
        sizes[owner] += installed.files.get(path, 0)
        top, slash, _ = path.partition("/")
        if slash:
            folders.setdefault(top, set()).add(owner)
    for top, owners in sorted(folders.items()):
        if all(sizes[owner] >= HEAVY for owner in owners):
            yield posixpath.join(installed.site, top)


def said_of(plan: Plan, system: System, config: Config | None) -> Iterator[str]:
    """The instructions for what the base image is configured with and the file does not say."""
    variables = variables_of(plan, system)
    if variables:
        yield variables_said(variables)
    if config is not None:
        stage = plan.stage
        said = Said(
            keywords=frozenset(item.keyword for item in stage.inherited),
            labels=frozenset(stage.labels),
            ports=frozenset(stage.ports),
            volumes=frozenset(stage.volumes),
        )
        yield from configured(config, said)


def with_observed(start: Plan, observed: Observed) -> Plan:
    """Give the plan before any rule, with what is in the image.

    Where no stage makes the environment apart, its files are those that were found, for the files
    of the Dockerfile tell little of them.
    """
    plan = replace(start, observed=observed)
    if not leaves_late(plan) or not observed.installed.site:
        return plan
    contents = _contents(observed.installed)
    return replace(plan, contents=contents, wishes=wishes_of(plan.settings.wishes, contents))


def _contents(installed: Installed) -> Contents:
    files = {
        path: OwnedFile(path=path, distribution=owner, size=installed.files[path])
        for path, owner in installed.owners.items()
        if path in installed.files and not path.endswith(".pyc")
    }
    return Contents(
        files=MappingProxyType(files), versions=MappingProxyType(dict(installed.versions))
    )
