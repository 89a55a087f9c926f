"""Which packages a composed base is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from jettison import __version__
from jettison.catalogue.bases import ComposedBase
from jettison.catalogue.reader import resource, table
from jettison.catalogue.system_packages import package_of_library
from jettison.index.debian.archive import Archive
from jettison.index.debian.closure import closure
from jettison.index.debian.package import Package
from jettison.index.debian.packages import PackageIndex
from jettison.plan.minimal_base import BaseChoice, BaseRequest
from jettison.records import Records

# Raised when the same packages are composed differently.
_FORMAT = "1"


def choose(request: BaseRequest, index: PackageIndex) -> BaseChoice:
    """Resolve the packages of a base in the index of its release and architecture.

    Packages that only serve installation are not among them, unless they are asked for. Raises
    PackageError for a package that does not exist and UnsupportedError for another Python.
    """
    facts = table(ComposedBase)
    found = {name: package_of_library(name, request.release) for name in request.libraries}
    wanted = [*_seeds(request), *(package for package in found.values() if package)]
    left_out = set(facts.left_out_packages) - set(wanted)
    packages = tuple(closure(index, wanted, left_out))
    return BaseChoice(
        request=request,
        packages=packages,
        key=_key(request, [package.sha256 for package in packages]),
        unknown=tuple(name for name, package in found.items() if not package),
    )


def _seeds(request: BaseRequest) -> Iterator[str]:
    facts = table(ComposedBase)
    # Raises for a Python that no release ships.
    release = request.release
    yield from facts.packages.always
    yield from (name for python in facts.python.values() if python.release == release
                for name in python.packages)  # fmt: skip
    if request.timezones:
        yield from facts.packages.timezones
    if request.shell:
        yield from facts.packages.shell
    yield from request.packages


def _key(request: BaseRequest, hashes: list[str]) -> str:
    """Hash everything that the tree depends on."""
    running = hashlib.sha256(resource("composed_base.toml"))
    wanted = (
        *(_FORMAT, request.python, request.architecture, str(request.timezones)),
        *(str(request.shell), repr(request.user), " ".join(sorted(request.keep))),
        *(" ".join(sorted(request.libraries)), " ".join(hashes)),
        *(() if request.programs is None else (" ".join(sorted(request.programs)),)),
        *(() if request.library is None else ("library", *sorted(request.library))),
    )
    running.update("\0".join(wanted).encode())
    return running.hexdigest()


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
