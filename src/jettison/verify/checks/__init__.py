"""The verifications, one module each, in the order of a report."""

from __future__ import annotations

from jettison.verify.checks import files
from jettison.verify.checks.behaviour import (
    COMMANDS_CHECK,
    COVERAGE_CHECK,
    ROUTES_CHECK,
    SERVICES_CHECK,
    SUITE_CHECK,
    WORKERS_CHECK,
)
from jettison.verify.checks.check import LOGS_CHECK, Check
from jettison.verify.checks.configuration import (
    ENTRY_POINT_CHECK,
    ENVIRONMENT_CHECK,
    LABELS_CHECK,
    PROCESS_CHECK,
    ROOT_FILESYSTEM_CHECK,
    USER_CHECK,
    WRITABLE_CHECK,
)
from jettison.verify.checks.contents import (
    CERTIFICATES_CHECK,
    DISTRIBUTIONS_CHECK,
    LIBRARIES_CHECK,
    MODULES_CHECK,
    PROGRAMS_CHECK,
    PYTHON_VERSION_CHECK,
    RESOLVER_CHECK,
    SBOM_CHECK,
    TIME_ZONES_CHECK,
)
from jettison.verify.checks.process import (
    HEALTH_CHECK,
    MEMORY_CHECK,
    SIGNALS_CHECK,
    START_CHECK,
    STARTUP_CHECK,
    WRITTEN_CHECK,
)

CHECKS: tuple[Check, ...] = (
    START_CHECK,
    SERVICES_CHECK,
    HEALTH_CHECK,
    USER_CHECK,
    PROCESS_CHECK,
    ROOT_FILESYSTEM_CHECK,
    WRITABLE_CHECK,
    WRITTEN_CHECK,
    ROUTES_CHECK,
    SUITE_CHECK,
    WORKERS_CHECK,
    MODULES_CHECK,
    COMMANDS_CHECK,
    files.CHECK,
    COVERAGE_CHECK,
    DISTRIBUTIONS_CHECK,
    SBOM_CHECK,
    PYTHON_VERSION_CHECK,
    LIBRARIES_CHECK,
    PROGRAMS_CHECK,
    ENVIRONMENT_CHECK,
    ENTRY_POINT_CHECK,
    LABELS_CHECK,
    TIME_ZONES_CHECK,
    CERTIFICATES_CHECK,
    RESOLVER_CHECK,
    SIGNALS_CHECK,
    LOGS_CHECK,
    STARTUP_CHECK,
    MEMORY_CHECK,
)
