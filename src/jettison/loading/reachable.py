"""What can be imported of all that production reaches."""

from __future__ import annotations

import re

from jettison.scopes.values import ScopeInputs
from jettison.verify.imported import Importable, Reachable

MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def reachable(inputs: ScopeInputs, python: str) -> Reachable:
    """Name every file that production loads as it is imported, and every module from outside.

    ``python`` is the minor version that the distributions were chosen for.
    """
    reach, index = inputs.reach, inputs.index
    entries = {entry.file for entry in reach.entries}
    named = [(index.module_name(file), file) for file in sorted(reach.modules)]
    externals = {
        name: next(each.origin for each in places if not each.circumstance.optional)
        for name, places in reach.externals.items()
        if any(not each.circumstance.optional for each in places)
    }
    return Reachable(
        python=python,
        roots=index.roots,
        modules=tuple(
            Importable(name=name, file=file, entry=file in entries)
            for name, file in named
            if MODULE.fullmatch(name) and not name.endswith("__main__")
        ),
        externals=externals,
        environment=inputs.commands.environment,
    )
