"""``jettison base``: every base image that was considered, with all the evidence."""

from __future__ import annotations

from functools import partial

import click

from jettison.cli import show
from jettison.cli.options import format_option, plan_options
from jettison.report import rendered
from jettison.tasks.loading.plan import Planned


@click.command("base")
@plan_options
@format_option("base")
def command(
    *,
    plan: partial[Planned],
    output_format: str,
) -> None:
    """Show which base images would work, and why.

    Builds nothing and pulls nothing.
    """
    show(rendered("base", output_format, plan().plan.base_as_planned), nl=False)
