"""Debug information that lies beside libraries leaves the environment.

Some wheels bring the symbols of their libraries in files of their own, for debuggers: ``.debug``
and ``.dbg`` beside shared libraries, ``.pdb`` and ``.dSYM`` of other systems that were packed by
accident.

Source: sourceware.org, GDB manual, "Debugging Information in Separate Files"; no loader of shared
libraries reads them.

Safe: only files that a debugger finds by their name; a file of Python or a shared library with such
a name stays.
"""

from __future__ import annotations

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.plan.removing import grouped, removal
from jettison.removal.contents import OwnedFile
from jettison.rules.rule import Rule

NAME = "debug-files"
CODE = (".py", ".so", ".pyd")


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find files that only a debugger reads."""
    groups = grouped(plan, NAME, "debug information", _is_for_debuggers, _is_folder)
    return removal(plan, NAME, "files that only debuggers read", groups)


def _is_for_debuggers(file: OwnedFile) -> bool:
    if file.path.endswith(CODE) or ".dist-info/" in file.path:
        return False
    inside = any(_is_folder(f"{part}/") for part in file.path.split("/")[:-1])
    return inside or file.path.endswith(tuple(table("dead_weight")["debugging"]["suffixes"]))


def _is_folder(folder: str) -> bool:
    ends = tuple(table("dead_weight")["debugging"]["folders"])
    return folder.rstrip("/").rpartition("/")[2].endswith(ends)


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
