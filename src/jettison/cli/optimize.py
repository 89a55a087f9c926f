"""``jettison optimize``: plan, build, run, compare, report, and write when asked to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from jettison.assessment.audit import Advisories
from jettison.cli import save, show
from jettison.cli.options import (
    commands_option,
    engine_option,
    format_option,
    limit_options,
    plan_options,
    unused_option,
    write_options,
)
from jettison.cli.verify import require_equivalent, run_options
from jettison.engines import Engine
from jettison.engines.finding import EMBEDDED, find_engine
from jettison.engines.limits import Limits
from jettison.errors import BudgetError, NoEngineError, NotEquivalentError, UnsupportedError
from jettison.formats.own_settings import Override
from jettison.progress import ConsoleProgress, Progress
from jettison.report import rendered
from jettison.report.result_text import Result
from jettison.tasks.auditing import read_advisories, with_audit
from jettison.tasks.delivery import Delivery
from jettison.tasks.imports.checking import guarded
from jettison.tasks.loading import Planned, commands_decided, planned
from jettison.tasks.optimizing_elsewhere import exceeded, optimize_with
from jettison.tasks.writing import (
    require_committed,
    require_new,
    told_if_written,
    write_copy,
    write_in_place,
)

_UNRUN_WHY = "both images were built, neither was run"
_UNRUN_HINT = (
    "Install Docker or Podman, or allow user namespaces. Root of a container may change its root, "
    "which is enough for most applications."
)
_UNRUN = f"note: {_UNRUN_WHY}\n  {_UNRUN_HINT}"


@click.command("optimize")
@plan_options
@run_options
@unused_option
@write_options
@click.option(
    "--write", is_flag=True, help="Update the project's files when both images behave the same."
)
@click.option(
    "--image",
    default="",
    metavar="REF",
    help="Optimize this image without a Dockerfile: in an engine, a registry, oci:DIR or "
    "archive:FILE; --output then takes the latter two.",
)
@click.option("--load", is_flag=True, help="Load the optimized image into the engine (--image).")
@click.option(
    "--push",
    "pushed",
    multiple=True,
    metavar="REF",
    help="Push the optimized image to a registry (--image); may be repeated.",
)
@click.option("--tag", default="", metavar="NAME", help="Its name where it is loaded (--image).")
@engine_option
@click.option("--ablation", is_flag=True, help="Measure each rule: build again without it.")
@click.option(
    "--imports/--no-imports",
    default=True,
    help="Import the application before building when the plan removes distributions (default).",
)
@commands_option
@limit_options
@click.option(
    "--osv",
    "data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Match both images with the advisories in DIR, as `jettison audit` does.",
)
@click.option("--diff", is_flag=True, help="Show the changes of every file.")
@click.option("-v", "--verbose", is_flag=True, help="Show the whole plan and every check.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write plan, diff, treemaps and verdict as one self-contained HTML file.",
)
@format_option("result")
def command(
    *,
    plan: partial[Planned],
    output: Path | None,
    force: bool,
    write: bool,
    image: str,
    load: bool,
    pushed: tuple[str, ...],
    tag: str,
    engine: str | None,
    ablation: bool,
    imports: bool,
    allow_commands: bool | None,
    limits: Limits,
    data: Path | None,
    diff: bool,
    verbose: bool,
    html: Path | None,
    output_format: str,
) -> None:
    """Optimize the image and verify that it behaves the same.

    Imports the application with what would stay installed, builds baseline and candidate, runs both
    and compares them. Nothing of the project is touched unless --write or --output is given
    and the verdict is equivalent.
    """
    progress = ConsoleProgress()
    known = read_advisories(data) if data else None
    shown = partial(
        _show, known=known, html=html, output_format=output_format, diff=diff, verbose=verbose
    )
    if image:
        delivery = Delivery(
            outputs=(str(output),) if output else (), load=load, pushed=pushed, tag=tag
        )
        plan_of = partial(planned, **plan.keywords)
        result, where = _of_image(image, find_engine(engine, limits), delivery, plan_of, progress)
        _report(result, where, shown)
        return
    decided = _deciding(plan, allow_commands)
    found = decided()
    _require_place(found, output, write=write and not force)
    if imports:
        found = guarded(found, decided, progress, offline=plan.keywords["offline"])
    try:
        result = optimize_with(engine, found, limits, progress, ablation=ablation)
    except NoEngineError as error:
        if write or output is not None:
            raise
        _without_engine(found, error, output_format=output_format, diff=diff, verbose=verbose)
        return
    if not (write or output or engine or result.verdict.ran or result.verdict.differences):
        shown(result, "Nothing was written.")
        show(_UNRUN, err=True)
        return
    _deliver(found, result, shown, write=write, output=output, force=force)


def _deciding(plan: partial[Planned], allowed: bool | None) -> Callable[..., Planned]:
    """Give what plans with overrides, and decides whether commands of the settings run."""

    def decided(overrides: tuple[Override, ...] = ()) -> Planned:
        return commands_decided(plan(overrides=overrides), allowed=allowed)

    return decided


def _require_place(found: Planned, output: Path | None, *, write: bool) -> None:
    """Fail before anything is built where its files could not be written."""
    if output:
        require_new(found.loaded.root, output)
    if write:
        require_committed(found.loaded.root)


def _deliver(
    found: Planned,
    result: Result,
    shown: Callable[[Result, str], None],
    *,
    write: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Write what is requested, report, and set the exit status."""
    verdict = result.verdict
    if (write or output) and verdict.equivalent and not verdict.ran:
        shown(result, "Nothing was written.")
        raise NotEquivalentError(
            "could not verify by running the images", why=_UNRUN_WHY, hint=_UNRUN_HINT
        )
    with told_if_written(output or found.loaded.root, result.plan.files):
        where = _taken(found, result, write=write, output=output, force=force)
        _report(result, where, shown)


def _of_image(
    reference: str,
    chosen: Engine,
    delivery: Delivery,
    plan: Callable[[Path], Planned],
    progress: Progress,
) -> tuple[Result, str]:
    """Optimize an image, and say where it was written."""
    # Late: it brings the stores with it, which a project does not need.
    from jettison.tasks.optimizing_elsewhere import optimize_image  # noqa: PLC0415

    with chosen:
        if chosen.name.startswith(EMBEDDED):
            raise UnsupportedError(
                "an image without a Dockerfile needs Docker or Podman",
                hint="Omit --engine, or give the project's folder.",
            )
        result, places = optimize_image(reference, chosen, delivery, plan, progress)
    return result, "\n".join(places) or "no image written (--load, --push or --output delivers it)"


def _report(result: Result, where: str, shown: Callable[[Result, str], None]) -> None:
    shown(result, where)
    _require_equivalent(result)
    _require_budgets(result)


def _show(
    result: Result,
    where: str,
    *,
    known: Advisories | None,
    html: Path | None,
    output_format: str,
    **options: bool,
) -> None:
    result = with_audit(result, known) if known else result
    if html is not None:
        save(html, rendered("result", "html", result, where=where))
    show(rendered("result", output_format, result, where=where, **options), nl=False)


def _require_equivalent(result: Result) -> None:
    require_equivalent(
        result.verdict,
        different=(
            "the optimized image does not behave the same",
            "Nothing was written. The report shows what differed; -O1 changes less.",
        ),
        unknown=(
            "could not verify that the optimized image behaves the same",
            "Nothing was written. Add custom requests under `probes` in the settings.",
        ),
    )


def _require_budgets(result: Result) -> None:
    over = exceeded(result)
    if over:
        raise BudgetError(
            f"{len(over)} budgets of the project are exceeded",
            why="\n".join(over),
            hint="Raise the budget, or look in the report for what is large.",
        )


def _taken(found: Planned, result: Result, *, write: bool, output: Path | None, force: bool) -> str:
    """Write the requested files, if the verdict allows it, and say where the files are."""
    changes = result.plan.files
    if not result.verdict.equivalent:
        return "Nothing was written."
    if not changes:
        return "Nothing to write: the project stays as it is."
    if output is not None:
        write_copy(found.loaded.root, output, changes)
        return f"The optimized project is in {output}."
    if write:
        write_in_place(found.loaded.root, changes, force=force)
        return f"{len(changes)} files of the project were written."
    return "no files written (--write updates the project, --output DIR writes a copy)"


def _without_engine(
    found: Planned, error: NoEngineError, *, output_format: str, **options: bool
) -> None:
    show(rendered("plan", output_format, found.plan, **options), nl=False)
    if output_format == "text":
        show(
            "\nNothing was built. With an engine both images are built, run and compared"
            "\nrequest by request, sizes are measured, and --write can follow."
        )
    show(f"note: {error}\n  {error.hint}", err=True)
