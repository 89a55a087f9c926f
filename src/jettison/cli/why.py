"""``jettison why``: why something is in the image, or is not."""

from __future__ import annotations

from functools import partial

import click

from jettison.cli import show
from jettison.cli.options import format_option, plan_options
from jettison.report import rendered
from jettison.report.why import why
from jettison.tasks.loading.plan import Planned
from jettison.tasks.remembered import recalled


@click.command("why")
@click.argument("name", metavar="NAME_OR_PATH")
@plan_options
@format_option("why")
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
    show(rendered("why", output_format, name, why(found, name)), nl=False)
