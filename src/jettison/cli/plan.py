"""``jettison plan``: what would change and why; ``jettison base``: the base images considered."""

from __future__ import annotations

from functools import partial

import click

from jettison.cli import show
from jettison.cli.options import format_option, plan_options, unused_option, verbose_option
from jettison.report import rendered
from jettison.tasks.loading.plan import Planned
from jettison.tasks.remembered import recalled


@click.command("plan")
@plan_options
@unused_option
@click.option("--diff", is_flag=True, help="Show the changes of every file.")
@verbose_option
@format_option("plan")
def command(
    *,
    plan: partial[Planned],
    diff: bool,
    verbose: bool,
    output_format: str,
) -> None:
    """Show what would change in the project, and why.

    Builds nothing and needs no container engine.
    """
    found = recalled(plan()).plan
    show(rendered("plan", output_format, found, diff=diff, verbose=verbose), nl=False)


@click.command("base")
@plan_options
@format_option("base")
def base_command(
    *,
    plan: partial[Planned],
    output_format: str,
) -> None:
    """Show which base images would work, and why.

    Builds nothing and pulls nothing.
    """
    show(rendered("base", output_format, plan().plan.base_as_planned), nl=False)
