"""Remove unreachable system files; rebuild the image FROM scratch.

A base image holds a package manager, Perl, shells, tools, manuals and installers that a server
never runs. A later layer can hide them but not remove them. So the image gets a last stage `FROM
scratch` that copies what remains, in separate layers for the system, the environment and the
application.

Packages of Debian and Alpine are kept when the user installed them and they do not only serve
builds, when a library or program that may be loaded needs them, when the source, a script or a
module that can be reached names a program of theirs, when the trace saw one run or one of their
files opened, and when a kept one depends on them. Time zones, certificates and a plain shell are
always kept. The package database is updated, so that scanners see the truth.

At -O2 nothing is watched: the decision is static, from the layers of the image. The stage is added
where no other stage makes the environment, or where more than a tenth of the image, or 30 MB, would
be kept without need. At -O3 the trace decides too.

Source: docs.docker.com, "Create a base image" (FROM scratch); Debian Policy 7.2 (Depends), for what
packages need; the catalogue for what of them nobody reads.

Equal files of the environment and the application, such as static files that Django collected from
its distributions, become names of one file, unless the process is root, who could write to them.
`duplicate-files` says which files are kept twice all the same, and why.

Modules of the standard library are removed that the trace did not see loaded and to which no
import, name given as text, or word in a compiled module leads. Importing one fails with a message
that names Jettison and the line to write to keep it.

Safe: where the source runs a program whose name is computed, the packages are kept whose programs
any text of the application names. Of scripts every word counts, and where one runs what no text
names, everything that scripts call is kept. The build checks
again: a library that a remaining file names is kept. Variables, user, ports, volumes and commands
are those of the stage before; where compose builds a stage by its name, the last one takes that
name over. An image that others are built on is not changed.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping

from jettison.contents.reach import Observed
from jettison.contents.system import System
from jettison.plan import Finding, Plan
from jettison.plan.changes import LayerOfFolders, RemoveFiles, StartFromNothing
from jettison.plan.prediction import worth_a_stage
from jettison.plan.removal.listing import STARTING_ANEW, SystemGroup
from jettison.plan.system_leaving import doubled, leaving_groups, staying_bytes, system_reach
from jettison.plan.system_removal import build_group, is_apart, starts_from_nothing
from jettison.rules.duplicate_files import run_by_root
from jettison.rules.rule import WATCHED, Rule
from jettison.values import Basis, Evidence, Size, human, some

SHOWN = 4


def detect(plan: Plan) -> Iterator[Finding]:
    """Find packages and files of the image that nothing of the application reaches."""
    observed = plan.observed
    system = observed.system if observed else None
    if observed is None or system is None or not starts_from_nothing(plan):
        return
    if observed.said is None:
        return
    reach = system_reach(plan)
    groups = leaving_groups(plan)
    saved = sum(group.bytes for group in groups)
    # also where it is withdrawn, of which the report is to say what would have left
    late = not is_apart(plan)
    worth = late or plan.level >= WATCHED or worth_a_stage(saved, sum(system.files.values()))
    if not worth:
        return
    once = _once(plan, observed)
    twice = sum(doubled(plan).values()) if once else 0
    change = StartFromNothing(
        groups=(*groups, build_group(plan)),
        layers=layers_of(plan, observed),
        said=observed.said,
        python=observed.python or f"/usr/local/bin/python{plan.stage.python}",
        environment=environment_of(observed) if late or _waiting(plan) else "",
        stays=staying_bytes(plan, observed, system) - twice,
        once=once,
    )
    message = "the image starts from nothing and takes what the application reaches"
    yield Finding.of(
        message,
        (*_evidence(system, reach.packages, groups), *_shared(once, twice)),
        change,
        saving=Size(bytes=saved + twice, basis=Basis.MEASURED, source="files of the image"),
    )


def _waiting(plan: Plan) -> bool:
    """Whether files of an environment that is made apart leave here all the same."""
    return any(change.late for change in plan.applied(RemoveFiles))


def _evidence(
    system: System, kept: Mapping[str, str], groups: tuple[SystemGroup, ...]
) -> Iterator[Evidence]:
    message = f"{len(kept)} of {len(system.packages)} packages can be reached"
    yield Evidence.of("packages", message)
    for group in groups:
        names = group.packages or group.paths or group.programs_of
        yield Evidence.of("image", f"{group.reason}: {human(group.bytes)}: {some(names, SHOWN)}")


def _once(plan: Plan, observed: Observed) -> tuple[str, ...]:
    """Where equal files are kept once: of the environment and the application, if not for root."""
    if any(run_by_root(plan)):
        return ()
    folders = dict.fromkeys((observed.installed.site, plan.stage.folder))
    return tuple(folder for folder in folders if folder and folder not in SHARED)


def _shared(once: tuple[str, ...], twice: int) -> Iterator[Evidence]:
    if twice:
        message = f"equal files below {' and '.join(once)} are kept once: {human(twice)}"
        yield Evidence.of("image", message)


RULE = Rule(name=STARTING_ANEW, level=2, documentation=__doc__, detect=detect)


# A distribution of this size has a layer apart from those that change more often.
HEAVY = 10_000_000


LIBRARY = "/lib/python"


# Folders that hold more than an environment or an application.
SHARED = ("/", "/bin", "/etc", "/lib", "/usr", "/usr/local", "/var")


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
