"""``jettison fleet``: many images as one problem."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from jettison.assessment.fleet import FleetPlan
from jettison.cli import save, show
from jettison.cli.options import (
    Duration,
    Function,
    all_of,
    engine_option,
    format_option,
    gathered,
    offline_option,
    platform_option,
    reports_option,
    verbose_option,
)
from jettison.errors import FleetError, NotEquivalentError
from jettison.progress import ConsoleProgress
from jettison.report import rendered
from jettison.tasks.fleet import Limits
from jettison.tasks.fleet.orders import Found, Options, found_fleet
from jettison.tasks.fleet.work import (
    Delivery,
    built_fleet,
    planned_fleet,
    remembered_fleet,
    verified_fleet,
)
from jettison.values import counted


@click.group("fleet")
def command() -> None:
    """Plan, build, verify and report many images as one problem.

    FLEET is a TOML file that names projects, or a folder with projects below it. A project that
    fails is a row with its reason, and the exit status is 17.
    """


def _reporting(
    *, verbose: bool, reports: tuple[tuple[str, Path], ...], output_format: str
) -> Callable[[FleetPlan], None]:
    return partial(_report, verbose=verbose, reports=reports, output_format=output_format)


reporting = gathered(
    "report", _reporting, verbose_option, reports_option("fleet"), format_option("fleet")
)
"""How a fleet is reported; the command gets ``report``, which shows and writes it."""
_place = gathered(
    "found", found_fleet, click.argument("place", metavar="FLEET", type=click.Path(path_type=Path))
)
_options = all_of(
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        help="Work on so many projects at once; default: the processors, as the disk allows.",
    ),
    click.option(
        "--ray",
        metavar="ADDRESS",
        help="Run on the Ray cluster at ADDRESS; `local` starts one on this machine.",
    ),
    click.option(
        "--memory",
        type=click.IntRange(min=100),
        default=4000,
        show_default=True,
        metavar="MB",
        help="Stop a project that takes more.",
    ),
    click.option(
        "--disk",
        type=click.IntRange(min=0),
        default=500,
        show_default=True,
        metavar="MB",
        help="Begin no project on a node that has less free for the cache.",
    ),
    platform_option,
    click.option("-O", "level", type=click.IntRange(0, 2), help="Level, as for `plan`."),
    offline_option,
)


# Building and comparing one application took up to 1,200 s, measured in November 2026.
_PLAN_SECONDS, _VERIFY_SECONDS = 900, 3600


def _worked_on(
    *, workers: int | None, ray: str | None, timeout: float, memory: int, disk: int,
    platform: str, level: int | None, offline: bool,
) -> Options:  # fmt: skip
    limits = Limits(seconds=timeout, memory=memory * 1_000_000, disk=disk * 1_000_000)
    return Options(
        workers=workers, ray=ray, limits=limits, platform=platform, level=level, offline=offline
    )


def fleet_options(function: Function, seconds: int = _PLAN_SECONDS) -> Function:
    """Add the fleet and how it is worked on; the command gets ``found`` and ``options``."""
    limited = click.option(
        "--timeout",
        type=Duration(1),
        default=seconds,
        show_default=True,
        metavar="SECONDS",
        help="Stop a project that takes longer.",
    )
    return _place(gathered("options", _worked_on, limited, _options)(function))


@command.command("plan")
@fleet_options
@reporting
def plan_command(*, found: Found, options: Options, report: Callable[[FleetPlan], None]) -> None:
    """Plan every project and choose shared bases and layers.

    Builds nothing and writes nothing. A project that did not change today is not planned again.
    """
    report(planned_fleet(found, options, ConsoleProgress()))


@command.command("build")
@fleet_options
@gathered(
    "delivery",
    Delivery,
    click.option(
        "--output", default="", metavar="DIR", help="Write each image as an OCI layout to DIR/NAME."
    ),
    click.option("--tag", default="latest", show_default=True, help="The tag of pushed images."),
    click.option(
        "--push",
        default="",
        metavar="PREFIX",
        help="Push each image to PREFIX/NAME, PREFIX being a registry with or without a path.",
    ),
)
@reporting
def build_command(
    *, found: Found, options: Options, delivery: Delivery, report: Callable[[FleetPlan], None]
) -> None:
    """Build every image, with shared layers, without an engine.

    A shared layer has the same digest in every image. An image that did not change is not built
    again; it is pushed again where the registry lacks it.
    """
    report(built_fleet(found, options, delivery, ConsoleProgress()))


@command.command("verify")
@partial(fleet_options, seconds=_VERIFY_SECONDS)
@engine_option
@reporting
def verify_command(
    *, found: Found, options: Options, engine: str | None, report: Callable[[FleetPlan], None]
) -> None:
    """Build, run and compare every image before and after.

    Writes nothing. Commands of the projects' settings are not run.
    """
    report(verified_fleet(found, options, engine, ConsoleProgress(), write=False))


@command.command("optimize")
@partial(fleet_options, seconds=_VERIFY_SECONDS)
@engine_option
@click.option(
    "--write", is_flag=True, help="Update the files of projects whose images behave the same."
)
@reporting
def optimize_command(
    *,
    found: Found,
    options: Options,
    engine: str | None,
    write: bool,
    report: Callable[[FleetPlan], None],
) -> None:
    """Verify every project and update those that behave the same.

    A project with uncommitted changes fails before it is built. Projects in repositories are not
    written.
    """
    report(verified_fleet(found, options, engine, ConsoleProgress(), write=write))


@command.command("report")
@fleet_options
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("fleet.html"),
    show_default=True,
    metavar="FILE",
    help="Write the page to FILE.",
)
def report_command(*, found: Found, options: Options, html: Path) -> None:
    """Write one HTML page: projects, shared bytes, repeated findings.

    It loads nothing else. It has what was built and verified of projects that did not change since.
    """
    plan = remembered_fleet(found, options, ConsoleProgress())
    save(html, rendered("fleet", "html", plan))
    show(f"{html}: {counted(len(plan.rows), 'project')}")


def _report(
    plan: FleetPlan, *, verbose: bool, reports: tuple[tuple[str, Path], ...], output_format: str
) -> None:
    for form, path in reports:
        save(path, rendered("fleet", form, plan))
    more = {"verbose": verbose} if output_format == "text" else {}
    show(rendered("fleet", output_format, plan, **more), nl=False)
    if plan.failed:
        raise FleetError(
            f"{len(plan.failed)} of {counted(len(plan.rows), 'project')} failed",
            hint="The report has the reason of each; run the command again for those alone.",
        )
    different = [row for row in plan.rows if row.verified and not row.verified.equivalent]
    if different:
        raise NotEquivalentError(
            f"{counted(len(different), 'project')} could not be shown to behave the same",
            why="\n".join(
                f"{r.member.name}: {r.verified.conclusion}" for r in different if r.verified
            ),
            hint="`jettison optimize` shows all of one project.",
        )
