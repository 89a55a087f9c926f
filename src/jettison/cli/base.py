"""``jettison base``: every base image that was considered, with all the evidence."""

from __future__ import annotations

import json
from pathlib import Path

import click

from jettison.cli.options import base_options, format_option, project_options
from jettison.formats.settings import BaseWish
from jettison.report.base_text import base_text
from jettison.report.documents import base_document
from jettison.tasks.loading.plan import planned


@click.command("base")
@project_options
@base_options
@format_option("text", "json")
def command(
    *,
    directory: Path,
    dockerfile: str | None,
    service: str | None,
    level: int | None,
    offline: bool,
    base: BaseWish | None,
    output_format: str,
) -> None:
    """Show which base images would work for the project in DIRECTORY, and why.

    Builds nothing and pulls nothing.
    """
    plan = planned(
        directory,
        dockerfile=dockerfile,
        service=service,
        level=level,
        offline=offline,
        base=base,
    ).plan
    choice = plan.base_as_planned
    if output_format == "json":
        click.echo(json.dumps(base_document(choice), indent=2))
    else:
        click.echo(base_text(choice), nl=False)
