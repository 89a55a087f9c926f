"""Which of the shared libraries that wheels bring along nothing loads."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.installed.environment import BUNDLED, Installed
from jettison.installed.reach import Reach
from jettison.installed.system import System
from jettison.trace.values import Trace


def unneeded_libraries(
    installed: Installed, reach: Reach, trace: Trace, system: System
) -> frozenset[str]:
    """Give the bundled libraries, by their path below site-packages, that no file needs.

    Needed are those that a reached extension module, a touched library, or a library that is needed
    itself asks the loader for.
    """
    inside = f"{installed.site}/"
    named = {path.rpartition("/")[2]: path for path in _bundled(installed, system)}
    gone = {f"{inside}{path}" for name, path in installed.modules.files.items()
            if name not in reach.modules}  # fmt: skip
    pending = [
        path
        for path in system.libraries
        if path not in gone and (path not in named.values() or path in trace.touched)
    ]
    needed = {path for path in named.values() if path in trace.touched}
    while pending:
        for name in system.libraries[pending.pop()]:
            path = named.get(name)
            if path and path not in needed:
                needed.add(path)
                pending.append(path)
    return frozenset(path.removeprefix(inside) for path in named.values() if path not in needed)


def _bundled(installed: Installed, system: System) -> Iterator[str]:
    inside = f"{installed.site}/"
    for path in system.libraries:
        folder, _, name = path.removeprefix(inside).partition("/")
        if path.startswith(inside) and f"{folder}/".endswith(BUNDLED) and "/" not in name:
            yield path
