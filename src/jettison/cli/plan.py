"""Commands that only plan: ``plan``, ``base``, ``why``, and ``apply``, which writes the files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from jettison.cli import show
from jettison.cli.options import (
    format_option,
    gathered,
    plan_options,
    unused_option,
    verbose_option,
)
from jettison.errors import CheckError
from jettison.report import rendered
from jettison.report.why import why
from jettison.rules import idle_settings
from jettison.tasks.loading import Planned
from jettison.tasks.remembered import recalled
from jettison.tasks.writing import Writing, told_if_written

write_options = gathered(
    "writing",
    Writing,
    click.option(
        "--output",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Write a copy of the project to DIR instead.",
    ),
    click.option("--force", is_flag=True, help="Overwrite uncommitted changes."),
)
"""Where the optimized files go; the command gets ``writing``."""


@click.command("plan")
@plan_options
@unused_option
@click.option("--diff", is_flag=True, help="Show the changes of every file.")
@verbose_option
@format_option("plan")
def command(*, plan: partial[Planned], diff: bool, verbose: bool, output_format: str) -> None:
    """Show what would change in the project, and why.

    Builds nothing and needs no container engine.
    """
    found = recalled(plan()).plan
    show(rendered("plan", output_format, found, diff=diff, verbose=verbose), nl=False)


@click.command("base")
@plan_options
@format_option("base")
def base_command(*, plan: partial[Planned], output_format: str) -> None:
    """Show which base images would work, and why.

    Builds nothing and pulls nothing.
    """
    show(rendered("base", output_format, plan().plan.base_as_planned), nl=False)


@click.command("why")
@click.argument("name", metavar="NAME_OR_PATH")
@plan_options
@format_option("why")
def why_command(*, name: str, plan: partial[Planned], output_format: str) -> None:
    """Explain why a package or file is in the image.

    It is a requirement or what one brings, a path below site-packages or absolute in the image, a
    system package, a rule, or a line of the settings as FILE:LINE.
    """
    found = recalled(plan()).plan
    show(rendered("why", output_format, name, why(found, name)), nl=False)


@click.command("apply")
@plan_options
@unused_option
@write_options
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with status 9 if a file would change."
)
def apply_command(*, plan: partial[Planned], writing: Writing, check: bool) -> None:
    """Write the optimized files without building or verifying."""
    found = plan()
    changes = found.plan.files
    for finding in found.plan.findings:
        if finding.rule == idle_settings.IDLE_SETTINGS.name:
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
    with told_if_written(writing.output or found.loaded.root, changes):
        writing.carry_out(found.loaded.root, changes)
        for change in changes:
            show(f"{change.kind.value} {change.path}")
