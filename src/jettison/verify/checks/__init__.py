"""The verifications, in the order of a report."""

from __future__ import annotations

from jettison.verify import COVERAGE, START
from jettison.verify.checks import behaviour, commands, configuration, contents, files, process
from jettison.verify.checks.check import Check, compare_logs, uses, within

CHECKS: tuple[Check, ...] = (
    Check(name=START, of=process.compare_start),
    Check(name="services", of=behaviour.compare_services),
    Check(name="health-check", of=process.compare_health),
    Check(name="user", of=configuration.compare_user),
    Check(name="process", of=configuration.compare_process),
    Check(name="read-only-root", of=configuration.compare_root_filesystem),
    Check(name="writable-paths", of=uses("paths", lambda inside: inside.writable)),
    Check(name="written-files", of=contents.compare_written),
    Check(name="routes", of=behaviour.compare_routes),
    Check(name="test-suite", of=behaviour.compare_suite),
    Check(name="workers", of=behaviour.compare_workers),
    Check(name="modules", of=uses("modules", lambda inside: inside.modules)),
    Check(name="commands", of=commands.compare_commands),
    Check(name=files.FILES, of=files.compare_files),
    Check(name=COVERAGE, of=behaviour.compare_coverage),
    Check(name=contents.DISTRIBUTIONS, of=within(contents.compare_distributions)),
    Check(name="sbom", of=within(contents.compare_sbom)),
    Check(name="python", of=within(contents.compare_python_version)),
    Check(name="libraries", of=uses("libraries", lambda inside: inside.libraries)),
    Check(name="programs", of=uses("programs", lambda inside: inside.programs)),
    Check(name="environment", of=configuration.compare_environment),
    Check(name="entry-point", of=configuration.compare_entry_point),
    Check(name="labels", of=configuration.compare_labels),
    Check(name="time-zones", of=within(contents.compare_time_zones)),
    Check(name="certificates", of=within(contents.compare_certificates)),
    Check(name="resolver", of=uses("names", lambda inside: inside.names)),
    Check(name="signals", of=process.compare_signals),
    Check(name="logs", of=compare_logs),
    Check(name="start-up-time", of=process.compare_startup),
    Check(name="memory", of=process.compare_memory),
)
