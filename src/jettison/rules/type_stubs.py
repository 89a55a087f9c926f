"""Type stubs leave the environment.

A ``.pyi`` file tells type checkers and editors what a module offers. Python does not read it.

Source: peps.python.org, PEP 484, "Stub files", and PEP 561.

Safe: packages that attach their public names from a stub at import (``lazy_loader.attach_stub``)
keep theirs, and so do the tools that read those of others. ``py.typed`` markers stay.
"""

from __future__ import annotations

from functools import partial

from packaging.utils import canonicalize_name

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.plan.removing import grouped, removal
from jettison.removal.contents import OwnedFile
from jettison.rules.rule import Rule

NAME = "type-stubs"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find stubs of distributions that do not read them."""
    known = table("dead_weight")["stubs"]
    keep = frozenset(
        name
        for name, facts in plan.distributions.items()
        if name in known["keep"]
        or any(canonicalize_name(one.name) in known["readers"] for one in facts.requires)
    )
    if keep & known["keep"].keys():
        return ()
    groups = grouped(plan, NAME, "type stubs", partial(_leaves, keep=keep), _is_folder)
    return removal(plan, NAME, "type stubs", groups)


def _leaves(file: OwnedFile, keep: frozenset[str]) -> bool:
    return file.path.endswith(".pyi") and file.distribution not in keep


def _is_folder(folder: str) -> bool:
    return folder.partition("/")[0].endswith("-stubs")


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
