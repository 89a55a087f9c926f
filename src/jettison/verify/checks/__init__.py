"""The verifications, one module each, in the order of a report."""

from __future__ import annotations

from jettison.verify.checks import (
    certificates,
    distributions,
    entry_point,
    environment,
    health,
    labels,
    libraries,
    memory,
    modules,
    programs,
    python_version,
    resolver,
    root_filesystem,
    routes,
    signals,
    start,
    startup,
    suite,
    time_zones,
    user,
    writable,
)
from jettison.verify.checks.check import Check

CHECKS: tuple[Check, ...] = (
    start.CHECK,
    health.CHECK,
    user.CHECK,
    root_filesystem.CHECK,
    writable.CHECK,
    routes.CHECK,
    suite.CHECK,
    modules.CHECK,
    distributions.CHECK,
    python_version.CHECK,
    libraries.CHECK,
    programs.CHECK,
    environment.CHECK,
    entry_point.CHECK,
    labels.CHECK,
    time_zones.CHECK,
    certificates.CHECK,
    resolver.CHECK,
    signals.CHECK,
    startup.CHECK,
    memory.CHECK,
)
