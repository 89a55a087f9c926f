"""The choice of packages, kept so that an unchanged archive is not resolved again."""

from __future__ import annotations

import hashlib

from jettison import __version__
from jettison.base.choice import choose
from jettison.base.request import BaseChoice, BaseRequest
from jettison.catalogue.reader import resource
from jettison.debian.archive import Archive
from jettison.debian.package import Package
from jettison.records import Records


def chosen(request: BaseRequest, archive: Archive) -> BaseChoice:
    """Choose the packages of a base from the archive, or return what was chosen before.

    A kept choice holds for the same request, archive, catalogue and version of Jettison, and costs
    a hundredth of resolving. Raises as ``choose`` and ``Archive.index`` do.
    """
    records, name = Records(archive.folder / "choices"), _name(request, archive)
    known = records.get(tuple[tuple[Package, ...], str, tuple[str, ...]], name)
    if known is not None:
        packages, key, unknown = known
        return BaseChoice(request=request, packages=packages, key=key, unknown=unknown)
    found = choose(request, archive.index(request.release, request.architecture))
    records.put((found.packages, found.key, found.unknown), name)
    return found


def _name(request: BaseRequest, archive: Archive) -> str:
    fingerprint = archive.fingerprint(request.release, request.architecture)
    running = hashlib.sha256(resource("composed_base.toml"))
    keep = " ".join(sorted(request.keep))
    wanted = (__version__, fingerprint, request.python, request.architecture, keep,
              repr((request.packages, request.libraries, request.timezones, request.shell)),
              repr(request.user), repr(request.programs and sorted(request.programs)),
              repr(request.library and sorted(request.library)))  # fmt: skip
    running.update("\0".join(wanted).encode())
    return running.hexdigest()
