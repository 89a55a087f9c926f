"""Install libraries instead of their headers.

A -dev package brings a library's headers for compilers, and the library itself. Compiled
requirements need the library when they run: libpq5 is kept when libpq-dev is removed.

Source: Debian Policy 8.4 (development files) and 8.1 (run-time libraries); psycopg2#1254, wger#1409
for images that missed it.

Safe: the library is kept whenever a requirement is built from source or may be.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue.packaging import slim_packages
from jettison.lift.packages import DEFAULT_RELEASE, requested
from jettison.plan import Finding, Plan
from jettison.plan.changes import AddPackages
from jettison.rules.rule import Rule


def detect(plan: Plan) -> Iterator[Finding]:
    """Find libraries whose -dev package was removed from the final stage."""
    present = requested(plan.stage)
    base = slim_packages(plan.stage.release or DEFAULT_RELEASE)
    wanted = {
        library: item
        for item in plan.packages
        if item.name not in present
        for library in item.runtime
        if library not in present and library not in base
    }
    if not wanted:
        return
    names = tuple(sorted(wanted))
    sources = ", ".join(sorted({item.name for item in wanted.values()}))
    message = f"{', '.join(names)} instead of {sources}"
    yield Finding.of(
        message,
        tuple(item.evidence[-2] for item in wanted.values()),
        AddPackages(names=names, reason=f"the libraries of {sources}"),
    )


RULE = Rule(name="runtime-libraries", level=1, documentation=__doc__, detect=detect)
