"""``jettison why``: why something is in the image, or is not."""

from __future__ import annotations

import json
from pathlib import Path

import click

from jettison.cli.options import base_options, format_option, project_options
from jettison.formats.settings import BaseWish
from jettison.report.documents import why_document
from jettison.report.why_ask import why
from jettison.report.why_text import why_text
from jettison.tasks.loading.plan import planned


@click.command("why")
@click.argument("name", metavar="NAME_OR_PATH")
@project_options
@base_options
@format_option("text", "json")
def command(
    *,
    name: str,
    directory: Path,
    dockerfile: str | None,
    service: str | None,
    level: int | None,
    offline: bool,
    base: BaseWish | None,
    output_format: str,
) -> None:
    """Say why NAME_OR_PATH is in the image of the project in DIRECTORY, or is not.

    It is a requirement or what one brings, a path below site-packages or absolute in the image, a
    system package, a rule, or a line of the settings as FILE:LINE.
    """
    plan = planned(
        directory,
        dockerfile=dockerfile,
        service=service,
        level=level,
        offline=offline,
        base=base,
    ).plan
    answers = why(plan, name)
    if output_format == "json":
        click.echo(json.dumps(why_document(name, answers), indent=2))
    else:
        click.echo(why_text(answers), nl=False)
