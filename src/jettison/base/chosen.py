"""The choice of packages, kept so that an unchanged archive is not resolved again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from jettison import __version__
from jettison.base.choice import choose
from jettison.base.request import BaseChoice, BaseRequest
from jettison.catalogue.reader import resource
from jettison.debian.archive import Archive
from jettison.debian.index import PackageIndex
from jettison.debian.package import package_of_line
from jettison.errors import InputSyntaxError
from jettison.stores.seals import sealed_bytes, sealed_file


def chosen(request: BaseRequest, archive: Archive) -> BaseChoice:
    """Choose the packages of a base from the archive, or return what was chosen before.

    A kept choice holds for the same request, archive, catalogue and version of Jettison, and costs
    a hundredth of resolving. Raises as ``choose`` and ``Archive.index`` do.
    """
    kept = archive.folder / "choices" / _name(request, archive)
    found = _read(kept, request)
    if found is None:
        index = archive.index(request.release, request.architecture)
        found = choose(request, index)
        _keep(kept, found, index)
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


def _read(kept: Path, request: BaseRequest) -> BaseChoice | None:
    """Return a kept choice; None when there is none or it cannot be read."""
    try:
        content = sealed_bytes(kept)
        if content is None:
            return None
        document = json.loads(content)
        return BaseChoice(
            request=request,
            packages=tuple(package_of_line(line) for line in document["packages"]),
            key=str(document["key"]),
            unknown=tuple(document["unknown"]),
        )
    except (OSError, ValueError, KeyError, TypeError, InputSyntaxError):
        return None


def _keep(kept: Path, choice: BaseChoice, index: PackageIndex) -> None:
    document = {
        "key": choice.key,
        "unknown": choice.unknown,
        "packages": list(index.lines(package.name for package in choice.packages)),
    }
    with sealed_file(kept) as file:
        file.write(json.dumps(document).encode())
