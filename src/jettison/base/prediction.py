"""How large a composed base will be, without composing it."""

from __future__ import annotations

from jettison.base.request import BaseRequest
from jettison.catalogue.debian_release import facts_of
from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import package_of_library
from jettison.values import Basis, Size


def predicted_size(request: BaseRequest, *, bytecode: bool = True) -> Size | None:
    """Return the uncompressed bytes of a base, with its standard library's bytecode if asked.

    The base itself was measured, and so were the files that many packages add; of others the
    Installed-Size counts, with documentation that will be left out. None for a base that was not
    measured.
    """
    known = table("composed_base_sizes")
    measured = known.get(request.python, {}).get(request.architecture)
    if measured is None:
        return None
    release = request.release
    found = (package_of_library(name, release) for name in request.libraries)
    always = table("composed_base")["packages"]
    wanted = [
        *request.packages,
        *(package for package in found if package),
        *(always["timezones"] if request.timezones else ()),
        *(always["shell"] if request.shell else ()),
    ]
    total = measured["files"] + (measured["bytecode"] if bytecode else 0)
    return Size(
        bytes=total + _added(request, wanted),
        basis=Basis.CATALOGUED,
        source=f"composed and measured, {known['date']}",
    )


def _added(request: BaseRequest, wanted: list[str]) -> int:
    """Return the bytes of the packages that ``wanted`` brings to the measured base."""
    facts = facts_of(request.release)
    known = table("composed_base_sizes")[request.python]
    left_out = set(table("composed_base")["left_out_packages"]) - set(wanted)
    packages = facts.closure(wanted, {*known["packages"], *left_out}) if facts else ()
    return sum(known["kept"].get(package.name, package.size) for package in packages)
