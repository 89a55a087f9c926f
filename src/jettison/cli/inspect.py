"""Commands that read images: ``inspect``, ``compare`` and ``audit``."""

from __future__ import annotations

from pathlib import Path

import click

from jettison.cli import save, show
from jettison.cli.options import format_option, platform_option, reports_option
from jettison.contents.inspection import compare
from jettison.contents.layer_reading import inspect
from jettison.progress import ConsoleProgress
from jettison.report import rendered
from jettison.tasks.auditing import (
    audit_plan,
    audited,
    fetched_advisories,
    read_advisories,
    side_of,
)
from jettison.tasks.loading import planned


@click.command("inspect")
@click.argument("image")
@platform_option
@click.option(
    "--base",
    default="",
    metavar="IMAGE",
    help="Name the base image; default: detected from the history.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a treemap as one self-contained HTML file.",
)
@format_option("inspection")
def command(*, image: str, platform: str, base: str, html: Path | None, output_format: str) -> None:
    """Attribute every byte of IMAGE to an owner and a layer.

    IMAGE is a name (of docker or podman, else of a registry), or says where it is: docker:NAME,
    podman:NAME, oci:DIRECTORY, archive:FILE.
    """
    found = inspect(image, ConsoleProgress(), platform=platform, base=base)
    if html is not None:
        save(html, rendered("inspection", "html", found))
    show(rendered("inspection", output_format, found), nl=False)


@click.command("compare")
@click.argument("before")
@click.argument("after")
@platform_option
@format_option("comparison")
def compare_command(*, before: str, after: str, platform: str, output_format: str) -> None:
    """Compare the contents of two images by owner.

    Each is named as for `jettison inspect`.
    """
    progress = ConsoleProgress()
    found = compare(
        inspect(before, progress, platform=platform), inspect(after, progress, platform=platform)
    )
    show(rendered("comparison", output_format, found), nl=False)


@click.command("audit")
@click.argument("target", metavar="IMAGE|DIRECTORY")
@click.option(
    "--osv",
    "data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Match with the advisories in DIR, JSON files or archives of OSV; default: those of "
    "osv.dev, fetched once a day.",
)
@click.option("--before", default="", metavar="IMAGE", help="Compare with this image.")
@click.option("--service", metavar="NAME", help="Select the compose service of a project.")
@click.option("--offline", is_flag=True, help="Fetch nothing; use cached data only.")
@platform_option
@reports_option("audit")
@format_option("audit")
def audit_command(
    *,
    target: str,
    data: Path | None,
    before: str,
    service: str | None,
    offline: bool,
    platform: str,
    reports: tuple[tuple[str, Path], ...],
    output_format: str,
) -> None:
    """List known vulnerabilities of an image, and which were removed.

    With --before, compares two images. Of a folder, compares the distributions that the committed
    files install with those that the plan keeps.
    """
    progress = ConsoleProgress()
    known = read_advisories(data) if data else fetched_advisories(progress, offline=offline)
    if Path(target).is_dir():
        if before:
            raise click.UsageError("--before compares images; a folder is compared with its plan.")
        plan = planned(Path(target), service=service, offline=offline).plan
        found = audit_plan(plan, target, known)
    else:
        baseline = side_of(before, platform, progress) if before else None
        found = audited(baseline, side_of(target, platform, progress), known)
    for form, path in reports:
        save(path, rendered("audit", form, found))
    show(rendered("audit", output_format, found), nl=False)
