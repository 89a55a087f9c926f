"""``jettison base``: every base image that was considered, with all the evidence."""

from __future__ import annotations

import json
from functools import partial

import click

from jettison.cli import show
from jettison.cli.options import format_option, plan_options
from jettison.report.documents import base_document
from jettison.report.plan_text import base_text
from jettison.tasks.loading.plan import Planned


@click.command("base")
@plan_options
@format_option("text", "json")
def command(
    *,
    plan: partial[Planned],
    output_format: str,
) -> None:
    """Show which base images would work, and why.

    Builds nothing and pulls nothing.
    """
    found = plan().plan
    choice = found.base_as_planned
    if output_format == "json":
        show(json.dumps(base_document(choice), indent=2))
    else:
        show(base_text(choice), nl=False)
