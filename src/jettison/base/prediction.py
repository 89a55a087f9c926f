"""How large a composed base will be, without composing it."""

from __future__ import annotations

from jettison.base.request import BaseRequest
from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import cost_of, package_of_library
from jettison.values import Basis, Size


def predicted_size(request: BaseRequest, *, bytecode: bool = True) -> Size | None:
    """Return the uncompressed bytes of a base, with its standard library's bytecode if asked.

    The base itself was measured; what the asked packages and libraries add is their Installed-Size,
    which counts documentation that will be left out. None for a base that was not measured.
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
    left_out = set(table("composed_base")["left_out_packages"]) - set(wanted)
    there = {*known[request.python]["packages"], *left_out}
    added = cost_of(wanted, release, there)
    total = measured["files"] + (measured["bytecode"] if bytecode else 0)
    return Size(
        bytes=total + (added.bytes if added else 0),
        basis=Basis.CATALOGUED,
        source=f"composed and measured, {known['date']}",
    )
