"""``jettison check``: the gate of a pipeline."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jettison.assessment.judging import CheckedImage, Gate, Outcome, said
from jettison.cli import save, show
from jettison.cli.options import format_option, plan_options, platform_option, reports_option
from jettison.errors import BudgetError, NotEquivalentError
from jettison.formats.budgets import Budget, Budgets, limit_of
from jettison.progress import ConsoleProgress
from jettison.report import rendered
from jettison.tasks.baselines import Looked
from jettison.tasks.gating import Asked, checked_images, updated, with_verdict
from jettison.values import Origin

# Where budgets are from that were given to the command.
GIVEN = Origin(file="--budget")

if TYPE_CHECKING:
    from jettison.tasks.loading import Planned


def _budgets(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> Budgets:
    found = {}
    for key, _, text in (value.partition("=") for value in values):
        if key not in set(Budget):
            raise click.BadParameter(f"there is no budget {key}; there are {', '.join(Budget)}.")
        budget, number = Budget(key), text.isdecimal()
        try:
            found[budget] = limit_of(budget, int(text) if number else text, GIVEN)
        except ValueError as wrong:
            raise click.BadParameter(": ".join(wrong.args)) from wrong
    return found


@click.command("check")
@plan_options
@platform_option
@click.option(
    "--planned",
    is_flag=True,
    help="Check the image that the plan would make, not the one that the committed files build.",
)
@click.option(
    "--image",
    default="",
    metavar="REF",
    help="Check this image; in a registry only its manifest is read. docker:NAME is the engine's.",
)
@click.option("--baseline", default="", metavar="REF", help="Judge growth against this image.")
@click.option(
    "--baseline-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Judge growth against what --report json:FILE wrote before.",
)
@click.option("--owners", is_flag=True, help="Read the layers of both images to name what grew.")
@click.option(
    "--verify",
    is_flag=True,
    help="Run --image and --baseline, send both the same requests, report differences.",
)
@click.option("--engine", metavar="NAME", help="With --verify: use docker, podman or embedded.")
@click.option(
    "--budget",
    "budgets",
    multiple=True,
    callback=_budgets,
    metavar="KEY=LIMIT",
    help="Set a budget, such as size='300 MB', over that of the settings; may be repeated.",
)
@click.option("--update", is_flag=True, help="Raise exceeded budgets to what is there now.")
@click.option("--reason", default="", metavar="TEXT", help="With --update: why; kept beside it.")
@reports_option("check")
@format_option("check")
def command(
    *,
    plan: partial[Planned],
    platform: str,
    planned: bool,
    image: str,
    baseline: str,
    baseline_file: Path | None,
    owners: bool,
    verify: bool,
    engine: str | None,
    budgets: Budgets,
    update: bool,
    reason: str,
    reports: tuple[tuple[str, Path], ...],
    output_format: str,
) -> None:
    """Check the image against its budgets and a baseline.

    Predicts the image that the committed files build: needs no engine and builds nothing. With
    --image, checks a built image. Exit status 16 over budget, 4 when it behaves differently.
    """
    if update and not reason.strip():
        raise click.UsageError("--update needs --reason.")
    if update and budgets:
        raise click.UsageError("--update changes the settings, which --budget is not in.")
    if planned and image:
        raise click.UsageError("--planned is of a project, --image of an image.")
    if verify and not (image and baseline):
        raise click.UsageError("--verify runs two images: name them with --image and --baseline.")
    asked = Asked(
        directory=plan.args[0],
        choice=plan.keywords,
        planned=planned,
        image=image,
        baseline=baseline,
        baseline_file=baseline_file,
        budgets=budgets,
    )
    looked = Looked(platform=platform, layers=owners, progress=ConsoleProgress())
    images = checked_images(asked, looked, partial(plan.func, plan.args[0]))
    if verify:
        images = (_verified(images[0], asked, engine),)
    gate = Gate(images=images, folder=_below_here(asked.directory))
    for form, path in reports:
        save(path, rendered("check", form, gate))
    show(rendered("check", output_format, gate), nl=False)
    if update:
        for line in (line for one in images for line in updated(asked.directory, one, reason)):
            show(f"wrote {line}", err=True)
    _require(gate, updated=update)


def _below_here(directory: Path) -> str:
    """Give a folder as reports name its files: from here, where here is the checkout."""
    path = os.path.relpath(directory)
    outside = path == os.curdir or path.startswith(os.pardir)
    return "" if outside else Path(path).as_posix()


def _verified(image: CheckedImage, asked: Asked, engine: str | None) -> CheckedImage:
    """Run both images."""
    # Late: what runs images, the fast check does not need.
    from jettison.engines.finding import find_engine  # noqa: PLC0415
    from jettison.tasks.loading import request_of_images  # noqa: PLC0415
    from jettison.verify.differential import compare  # noqa: PLC0415

    with find_engine(engine) as chosen:
        names = (_in_engine(each) for each in (asked.baseline, asked.image))
        request = request_of_images(chosen, *names)
        return with_verdict(image, compare(request, chosen, ConsoleProgress()))


def _in_engine(reference: str) -> str:
    """Give the name of an image as its engine knows it."""
    return reference.removeprefix("docker:").removeprefix("podman:")


def _require(gate: Gate, *, updated: bool) -> None:
    """Set the exit status."""
    if gate.different:
        raise NotEquivalentError(
            "the image does not behave as its baseline does",
            why="\n".join(
                f"{check.name}: {check.message}"
                for image in gate.images
                if image.verdict and image.different
                for check in image.verdict.reasons
            ),
            hint="The report shows what differed; `jettison verify` compares in detail.",
        )
    over = [said(check) for image in gate.images for check in image.checks
            if check.outcome is Outcome.OVER]  # fmt: skip
    if over and not updated:
        raise BudgetError(
            "the image exceeds its budgets",
            why="\n".join(over),
            hint='Remove what grew, or accept it: jettison check --update --reason "…"',
        )
