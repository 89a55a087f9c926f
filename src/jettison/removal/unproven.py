"""Files that stay although nothing was seen to use them: it could not be shown that none does."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec import Struct

from jettison.installed.environment import module_name
from jettison.installed.observed import Observed
from jettison.installed.reach import source_of
from jettison.removal.collapse import collapsed

# Metadata and licences stay by rule, and bundled libraries because something is linked to them.
_SPOKEN_FOR = (".dist-info/", ".libs/", "LICENSE", "COPYING")
BY_NAME = "no module and never touched, but a module that stays may open them by name"


class Unproven(Struct, frozen=True, kw_only=True):
    """Files of one distribution that stay for the same reason; ``bytes`` with their byte code.

    ``paths`` are below site-packages; one that ends in ``/`` is a folder.
    """

    distribution: str
    reason: str
    paths: tuple[str, ...]
    files: int
    bytes: int


def unproven(observed: Observed, gone: Collection[str]) -> tuple[Unproven, ...]:
    """Give all that stays without a proof of use, the heaviest first; ``gone`` leaves."""
    installed = observed.installed
    every = [path for path in installed.files if not path.endswith(".pyc")]
    found: dict[tuple[str, str], set[str]] = {}
    for path, reason in _reasons(observed):
        if path not in gone:
            found.setdefault((installed.owners.get(path, ""), reason), set()).add(path)
    sizes: dict[str, int] = {}
    for path, size in installed.files.items():
        sizes[source_of(path)] = sizes.get(source_of(path), 0) + size
    made = (
        Unproven(
            distribution=owner or "no distribution",
            reason=reason,
            paths=collapsed(paths, every, lambda _: True),
            files=len(paths),
            bytes=sum(sizes[path] for path in paths),
        )
        for (owner, reason), paths in found.items()
    )
    return tuple(sorted(made, key=lambda one: (-one.bytes, one.distribution, one.reason)))


def _reasons(observed: Observed) -> Iterator[tuple[str, str]]:
    """Give each such file: modules that computed names may load, and data that nobody touched."""
    installed, reach = observed.installed, observed.reach
    for name in reach.unsure:
        yield installed.modules.files[name], reach.modules[name]
    touched = {path.removeprefix(f"{installed.site}/") for path in observed.trace.touched}
    for path in installed.files:
        spoken_for = any(part in path for part in _SPOKEN_FOR) or path.endswith((".pyc", ".pth"))
        if not spoken_for and path not in touched and not module_name(path):
            yield path, BY_NAME
