"""``jettison apply``: write the files of the plan without building."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from jettison.cli import show
from jettison.cli.options import plan_options, unused_option, write_options
from jettison.errors import CheckError
from jettison.rules import idle_settings
from jettison.tasks.loading.plan import Planned
from jettison.tasks.writing import told_if_written, write_copy, write_in_place


@click.command("apply")
@plan_options
@unused_option
@write_options
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with status 9 if a file would change."
)
def command(
    *,
    plan: partial[Planned],
    output: Path | None,
    force: bool,
    check: bool,
) -> None:
    """Write the optimized files without building or verifying."""
    found = plan()
    changes = found.plan.files
    for finding in found.plan.findings:
        if finding.rule == idle_settings.NAME:
            show(f"{finding.message} ({finding.evidence[0].origin})", err=True)
    if check:
        if changes:
            names = "\n".join(change.path for change in changes)
            raise CheckError(
                f"{len(changes)} files would change",
                why=names,
                hint="`jettison plan --diff` shows how.",
            )
        return
    with told_if_written(output or found.loaded.root, changes):
        if output is not None:
            write_copy(found.loaded.root, output, changes)
        else:
            write_in_place(found.loaded.root, changes, force=force)
        for change in changes:
            show(f"{change.kind.value} {change.path}")
