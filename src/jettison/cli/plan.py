"""``jettison plan``: what would change and why, without building anything."""

from __future__ import annotations

import json
from pathlib import Path

import click

from jettison.cli.options import base_options, format_option, project_options, unused_option
from jettison.formats.settings import BaseWish
from jettison.report.documents import plan_document
from jettison.report.plan_text import plan_text
from jettison.tasks.loading.plan import planned


@click.command("plan")
@project_options
@base_options
@unused_option
@click.option("--diff", is_flag=True, help="Show the changes of every file.")
@format_option("text", "json")
def command(
    *,
    directory: Path,
    dockerfile: str | None,
    service: str | None,
    level: int | None,
    offline: bool,
    base: BaseWish | None,
    remove_unused: bool,
    diff: bool,
    output_format: str,
) -> None:
    """Show what would change in the project in DIRECTORY, and why.

    Builds nothing and needs no container engine.
    """
    plan = planned(
        directory,
        dockerfile=dockerfile,
        service=service,
        level=level,
        offline=offline,
        base=base,
        remove_unused=remove_unused,
    ).plan
    if output_format == "json":
        click.echo(json.dumps(plan_document(plan), indent=2))
    else:
        click.echo(plan_text(plan, diff=diff), nl=False)
