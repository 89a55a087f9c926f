"""``jettison why``: why something is in the image, or is not."""

from __future__ import annotations

import json
from functools import partial

import click

from jettison.cli import show
from jettison.cli.options import format_option, plan_options
from jettison.report.documents import why_document
from jettison.report.why import why
from jettison.report.why_answers import why_text
from jettison.tasks.loading.plan import Planned
from jettison.tasks.remembered import recalled


@click.command("why")
@click.argument("name", metavar="NAME_OR_PATH")
@plan_options
@format_option("text", "json")
def command(
    *,
    name: str,
    plan: partial[Planned],
    output_format: str,
) -> None:
    """Explain why a package or file is in the image.

    It is a requirement or what one brings, a path below site-packages or absolute in the image, a
    system package, a rule, or a line of the settings as FILE:LINE.
    """
    found = recalled(plan()).plan
    answers = why(found, name)
    if output_format == "json":
        show(json.dumps(why_document(name, answers), indent=2))
    else:
        show(why_text(answers), nl=False)
