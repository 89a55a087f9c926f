"""``jettison plan``: what would change and why, without building anything."""

from __future__ import annotations

import json
from functools import partial

import click

from jettison.cli import show
from jettison.cli.options import format_option, plan_options, unused_option
from jettison.report.documents import plan_document
from jettison.report.plan_text import plan_text
from jettison.tasks.loading.plan import Planned
from jettison.tasks.remembered import recalled


@click.command("plan")
@plan_options
@unused_option
@click.option("--diff", is_flag=True, help="Show the changes of every file.")
@format_option("text", "json")
def command(
    *,
    plan: partial[Planned],
    diff: bool,
    output_format: str,
) -> None:
    """Show what would change in the project, and why.

    Builds nothing and needs no container engine.
    """
    found = recalled(plan()).plan
    if output_format == "json":
        show(json.dumps(plan_document(found), indent=2))
    else:
        show(plan_text(found, diff=diff), nl=False)
