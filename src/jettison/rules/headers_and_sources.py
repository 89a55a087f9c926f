"""Headers and sources of compiled modules leave the environment.

Wheels bring C headers, Cython and Rust sources, static libraries and files for build tools, for
those who compile against them. A final image without a compiler cannot use them.

Source: packaging.python.org, "Binary distribution format": a wheel is installed as it is, nothing
is compiled again.

Safe: sources of CUDA stay, because programs compile them while they run. A distribution that
compiles for the processor then (torch, cupy, triton, …) needs headers, its own and others'; with
one of those in the environment all of them stay.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.plan.removing import grouped, removal
from jettison.removal.contents import OwnedFile
from jettison.rules.rule import Rule

NAME = "headers-and-sources"
WHOLE = "-devel"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find files that only a compiler reads."""
    if plan.distributions.keys() & table("dead_weight")["headers"]["compilers"].keys():
        return ()
    groups = grouped(plan, NAME, "headers and sources", _is_for_compilers, _is_folder)
    return removal(plan, NAME, "headers and sources of compiled modules", groups)


def _is_for_compilers(file: OwnedFile) -> bool:
    *folders, name = file.path.split("/")
    if any(folder.endswith(".dist-info") for folder in folders):
        return False
    if any(folder.endswith(WHOLE) for folder in folders):
        return not name.endswith((".py", ".so")) and ".so." not in name
    return name.endswith(tuple(table("dead_weight")["headers"]["suffixes"]))


def _is_folder(folder: str) -> bool:
    names = table("dead_weight")["headers"]["folders"]
    return any(fnmatchcase(part, name) for part in folder.rstrip("/").split("/") for name in names)


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
