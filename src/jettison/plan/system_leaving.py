"""What leaves an image that was built, and what is left in it, each with the reason."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.contents.reach import Observed, source_of
from jettison.contents.system import System, SystemReach, Wanted, reached_packages
from jettison.index import byte_code_of
from jettison.plan import Plan
from jettison.plan.changes import CompileApplication, StartFromNothing
from jettison.plan.minimal_base import pattern
from jettison.plan.removal.listing import SystemGroup
from jettison.plan.removing import listed, not_installed
from jettison.plan.system_needs import used_of, wanted_of
from jettison.plan.system_removal import (
    file_groups,
    gone_of_standard,
    gone_with,
    package_groups,
    program_groups,
    standard_group,
    uncalled,
)
from jettison.values import is_within, once_each

METADATA = re.compile(r"/(?P<name>[^/]+?)(?:-[^-/]+)?\.(?:dist|egg)-info(?:/METADATA|/PKG-INFO)?$")
NOTHING = SystemReach(packages={}, programs={})
UNTOUCHED = "it is part of the base image, whose files no stage takes out"
SHOWN_PARTS = 4


class LeftIn(Struct, frozen=True, kw_only=True):
    """Something that stays in the image, with its bytes and the reason."""

    what: str
    why: str
    bytes: int


@once_each
def _wanted(plan: Plan) -> Wanted:
    """What is needed of the system; looking for names reads all texts of the image."""
    observed = plan.observed
    if observed is None or observed.system is None:
        return Wanted()
    return wanted_of(plan, observed.system, observed)


@once_each
def system_reach(plan: Plan) -> SystemReach:
    """The packages that something needs; none where no image was read."""
    observed = plan.observed
    if observed is None or observed.system is None:
        return NOTHING
    return reached_packages(observed.system, _wanted(plan))


@once_each
def leaving_groups(plan: Plan) -> tuple[SystemGroup, ...]:
    """System files to remove, in groups that each have a reason."""
    observed = plan.observed
    if observed is None or observed.system is None:
        return ()
    system, reach = observed.system, system_reach(plan)
    used = used_of(plan, observed, _wanted(plan), reach.packages)
    standard = standard_group(observed)
    found = (
        *((standard,) if standard and standard.paths else ()),
        *package_groups(system, reach.packages),
        *program_groups(system, reach),
        *file_groups(plan, observed, reach.packages, used),
    )
    return tuple(group for group in found if group.is_listable)


@once_each
def left_in(plan: Plan) -> tuple[LeftIn, ...]:
    """What stays in the image that the plan makes, the largest first; empty where none was read."""
    observed = plan.observed
    if observed is None or observed.system is None:
        return ()
    sizes: dict[tuple[str, str], int] = {}
    gone, reasons = _gone(plan, observed, observed.system), system_reach(plan).packages
    moved = not_installed(plan)
    for path, size in observed.system.files.items():
        if size and path not in gone:
            owner = _owner(plan, observed, reasons, path)
            sizes[owner] = sizes.get(owner, 0) + size
    rows = (
        LeftIn(what=what, why=why, bytes=size)
        for (what, why), size in sizes.items()
        if what not in moved
    )
    return tuple(sorted(rows, key=lambda row: (-row.bytes, row.what)))


def staying_bytes(plan: Plan, observed: Observed, system: System) -> int:
    """Add up the files that stay where the image starts from nothing.

    Byte code of the standard library does not count where the plan compiles it: it was predicted.
    That of an environment in the application's folder is estimated where it is compiled with that.
    """
    gone = _gone_of_environment(plan, observed) | _gone_of_system(plan, observed, system)
    staying = {path: size for path, size in system.files.items() if path not in gone}
    compiled = next(plan.applied(CompileApplication), None)
    if compiled is None:
        return sum(staying.values())
    library, site = f"{observed.installed.library}/", f"{observed.installed.site}/"
    counted = {
        path: size
        for path, size in staying.items()
        if not path.endswith(".pyc") or not path.startswith(library) or path.startswith(site)
    }
    if not compiled.folder or not is_within(site, compiled.folder):
        return sum(counted.values())
    # the environment lies in the folder that is compiled
    done = {source_of(path) for path in staying if path.endswith(".pyc")}
    sources = sum(
        size
        for path, size in staying.items()
        if path.startswith(site) and path.endswith(".py") and path not in done
    )
    return sum(counted.values()) + byte_code_of(sources)


@once_each
def doubled(plan: Plan) -> Mapping[str, int]:
    """The files that stay and equal another one, the first of each kind apart, with their bytes."""
    observed = plan.observed
    if observed is None or observed.system is None:
        return {}
    system = observed.system
    gone, firsts = _gone(plan, observed, system), set[bytes]()
    found: dict[str, int] = {}
    for path, digest in sorted(system.digests.items()):
        if path in gone:
            continue
        if digest in firsts:
            found[path] = system.files[path]
        firsts.add(digest)
    return found


def leaving_distributions(plan: Plan) -> frozenset[str]:
    """Name the distributions that leave with packages of the system, as ``python3-pip`` has pip."""
    observed = plan.observed
    if observed is None or observed.system is None or not _starts_from_nothing(plan):
        return frozenset()
    found = (METADATA.search(path) for path in _gone_of_system(plan, observed, observed.system))
    return frozenset(canonicalize_name(match["name"]) for match in found if match)


def _starts_from_nothing(plan: Plan) -> bool:
    return any(plan.applied(StartFromNothing))


def _gone(plan: Plan, observed: Observed, system: System) -> frozenset[str]:
    """The paths that leave, by all lists."""
    gone = _gone_of_environment(plan, observed)
    if _starts_from_nothing(plan):
        gone |= _gone_of_system(plan, observed, system)
    return gone


def _gone_of_environment(plan: Plan, observed: Observed) -> frozenset[str]:
    out = listed(plan)
    inside = f"{observed.installed.site}/"
    return frozenset(inside + path for path in observed.installed.files if out.find(path))


def _gone_of_system(plan: Plan, observed: Observed, system: System) -> frozenset[str]:
    gone = gone_with(system, system_reach(plan).packages) | gone_of_standard(observed)
    for group in leaving_groups(plan):
        for name in group.programs_of:
            gone |= uncalled(system, name, group.keep)
        if not group.modules_of:
            wanted, keep = pattern(group.paths), pattern(group.keep)
            gone |= {p for p in system.files if wanted.fullmatch(p) and not keep.fullmatch(p)}
    return gone


def _owner(
    plan: Plan, observed: Observed, reasons: Mapping[str, str], path: str
) -> tuple[str, str]:
    """What a path belongs to, and why that stays."""
    system, installed = observed.system, observed.installed
    for name in sorted(system.owners.get(path, ())) if system else ():
        return name, reasons.get(name, UNTOUCHED)
    inner = path.removeprefix(f"{installed.site}/")
    if inner != path:
        name = installed.owners.get(source_of(inner), "")
        return name or installed.site, _why_installed(plan, name)
    of_python = path == observed.python or path.startswith(f"{installed.library}/")
    if of_python or posixpath.basename(path).startswith("libpython3"):
        return "Python", "the application starts it"
    folder = plan.stage.folder
    if folder != "/" and path.startswith(f"{folder}/"):
        return folder, "the application's folder"
    parts = posixpath.dirname(path).split("/")[:SHOWN_PARTS]
    return "/".join(parts) or "/", "no package and no distribution owns it"


def _why_installed(plan: Plan, name: str) -> str:
    if any(item.name == name for item in plan.requirements):
        return "a requirement"
    users = [user for user, needs in plan.closure.graph.edges.items() if name in needs]
    return f"{', '.join(sorted(users)[:2])} requires it" if users else "it is installed"
