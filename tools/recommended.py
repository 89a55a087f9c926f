"""What apt installs with a package when recommendations are not turned off."""

from __future__ import annotations

from collections.abc import Collection

from jettison.index.debian.package import Package
from jettison.index.debian.packages import PackageIndex, closure


def with_recommended(
    index: PackageIndex, name: str, already: Collection[str]
) -> tuple[Package, ...]:
    """Return what installing ``name`` adds to a system that has ``already``.

    Recommendations that nothing provides are left out, as apt leaves them out silently. Raises
    PackageError for a name or dependency that nothing provides.
    """
    wanted = [name]
    while True:
        found = closure(index, wanted, already)
        known = {*already, *(package.name for package in found)}
        more = {
            candidates[0]
            for package in found
            for alternatives in package.recommends
            if (candidates := [each.name for one in alternatives for each in index.candidates(one)])
            and not known.intersection(candidates)
        }
        if not more:
            return found
        wanted.extend(sorted(more))
