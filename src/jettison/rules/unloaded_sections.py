"""Strip symbols and debug information from shared libraries.

The loader of a shared library reads its segments. What lies behind the last of them (the symbol
table, debug information, the table of sections) is for linkers and debuggers; compiled modules of
wheels often have more of it than of code.

Source: the ELF specification (System V ABI, "Program Loading"): a process image is made from the
segments alone. GNU ``strip`` is not used: it moves segments, and damages libraries that auditwheel
has patched (pypa/auditwheel#716).

Safe: not a byte of any segment changes or moves. A library with anything behind its table of
sections is not changed, and neither is a plugin of Qt, which looks a section up by its name. Native
stack traces of debuggers lose the names of internal functions; those of Python do not. RECORD
states the new hashes.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.plan import Finding, Plan
from jettison.plan.removal import Group
from jettison.plan.removing import present, removal, shortened
from jettison.rules.rule import Rule

NAME = "unloaded-sections"
PATTERN = "**/*.so*"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find shared libraries in the environment that are not shortened yet."""
    libraries = [file for path, file in present(plan).items() if ".so" in path.rpartition("/")[2]]
    if not libraries or shortened(plan):
        return
    kept = [path for path in plan.overrides.kept if ".so" in path.rpartition("/")[2]]
    paths = tuple(sorted(file.path for file in libraries)) if kept else (PATTERN,)
    reason = f"symbols and debug information of {len(libraries)} shared libraries"
    only = Group(distribution="", reason=reason, sections=paths, bytes=_unloaded(plan))
    yield from removal(plan, NAME, "symbols and debug information of shared libraries", (only,))


def _unloaded(plan: Plan) -> int:
    """The bytes that are cut off, as far as the wheels were looked into."""
    here = present(plan)
    found = (file for facts in plan.closure.facts.values() for file in facts.unloaded or ())
    return sum(file.size for file in found if file.path in here)


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
