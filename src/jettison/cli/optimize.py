"""``jettison optimize``: plan, build, run, compare, report, and write when asked to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from jettison.assessment.audit import Advisories
from jettison.cli import save, show
from jettison.cli.options import (
    commands_option,
    engine_option,
    format_option,
    gathered,
    limit_options,
    plan_options,
    unused_option,
)
from jettison.cli.plan import write_options
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
from jettison.tasks.writing import Writing, told_if_written
from jettison.values import replace

_UNRUN_WHY = "both images were built, neither was run"
_UNRUN_HINT = (
    "Install Docker or Podman, or allow user namespaces. Root of a container may change its root, "
    "which is enough for most applications."
)
_UNRUN = f"note: {_UNRUN_WHY}\n  {_UNRUN_HINT}"


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


def _showing(data: Path | None, **how: Any) -> partial[None]:  # noqa: ANN401  # as click gives
    return partial(_show, known=read_advisories(data) if data else None, **how)


_reporting = gathered(
    "shown",
    _showing,
    format_option("result"),
    click.option(
        "--html",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Also write plan, diff, treemaps and verdict as one self-contained HTML file.",
    ),
    click.option("-v", "--verbose", is_flag=True, help="Show the whole plan and every check."),
    click.option("--diff", is_flag=True, help="Show the changes of every file."),
    click.option(
        "--osv",
        "data",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Match both images with the advisories in DIR, as `jettison audit` does.",
    ),
    names=("data", "html", "output_format", "diff", "verbose"),
)
"""How a result is reported; the command gets ``shown``, which does it."""


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
@gathered(
    "delivery",
    Delivery,
    click.option(
        "--tag", default="", metavar="NAME", help="Its name where it is loaded (--image)."
    ),
    click.option(
        "--push",
        "pushed",
        multiple=True,
        metavar="REF",
        help="Push the optimized image to a registry (--image); may be repeated.",
    ),
    click.option(
        "--load", is_flag=True, help="Load the optimized image into the engine (--image)."
    ),
    names=("load", "pushed", "tag"),
)
@engine_option
@click.option("--ablation", is_flag=True, help="Measure each rule: build again without it.")
@click.option(
    "--imports/--no-imports",
    default=True,
    help="Import the application before building when the plan removes distributions (default).",
)
@commands_option
@limit_options
@_reporting
def command(
    *,
    plan: partial[Planned],
    writing: Writing,
    image: str,
    delivery: Delivery,
    engine: str | None,
    ablation: bool,
    imports: bool,
    allow_commands: bool | None,
    limits: Limits,
    shown: partial[None],
) -> None:
    """Optimize the image and verify that it behaves the same.

    Imports the application with what would stay installed, builds baseline and candidate, runs both
    and compares them. Nothing of the project is touched unless --write or --output is given
    and the verdict is equivalent.
    """
    progress = ConsoleProgress()
    if image:
        delivery = replace(delivery, outputs=(str(writing.output),) if writing.output else ())
        plan_of = partial(planned, **plan.keywords)
        result, where = _of_image(image, find_engine(engine, limits), delivery, plan_of, progress)
        _report(result, where, shown)
        return
    decided = _deciding(plan, allow_commands)
    found = decided()
    writing.require_place(found.loaded.root)
    if imports:
        found = guarded(found, decided, progress, offline=plan.keywords["offline"])
    try:
        result = optimize_with(engine, found, limits, progress, ablation=ablation)
    except NoEngineError as error:
        if writing.write or writing.output is not None:
            raise
        _without_engine(found, error, shown.keywords)
        return
    wanted = writing.write or writing.output
    if not (wanted or engine or result.verdict.ran or result.verdict.differences):
        shown(result, "Nothing was written.")
        show(_UNRUN, err=True)
        return
    _deliver(found, result, shown, writing)


def _deciding(plan: partial[Planned], allowed: bool | None) -> Callable[..., Planned]:
    """Give what plans with overrides, and decides whether commands of the settings run."""

    def decided(overrides: tuple[Override, ...] = ()) -> Planned:
        return commands_decided(plan(overrides=overrides), allowed=allowed)

    return decided


def _deliver(found: Planned, result: Result, shown: partial[None], writing: Writing) -> None:
    """Write what is requested, report, and set the exit status."""
    verdict = result.verdict
    if (writing.write or writing.output) and verdict.equivalent and not verdict.ran:
        shown(result, "Nothing was written.")
        raise NotEquivalentError(
            "could not verify by running the images", why=_UNRUN_WHY, hint=_UNRUN_HINT
        )
    with told_if_written(writing.output or found.loaded.root, result.plan.files):
        _report(result, _taken(found, result, writing), shown)


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


def _report(result: Result, where: str, shown: partial[None]) -> None:
    shown(result, where)
    _require_equivalent(result)
    _require_budgets(result)


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


def _taken(found: Planned, result: Result, writing: Writing) -> str:
    """Write the requested files, if the verdict allows it, and say where the files are."""
    changes = result.plan.files
    if not result.verdict.equivalent:
        return "Nothing was written."
    if not changes:
        return "Nothing to write: the project stays as it is."
    if not (writing.write or writing.output):
        return "no files written (--write updates the project, --output DIR writes a copy)"
    writing.carry_out(found.loaded.root, changes)
    if writing.output:
        return f"The optimized project is in {writing.output}."
    return f"{len(changes)} files of the project were written."


def _without_engine(found: Planned, error: NoEngineError, options: Mapping[str, Any]) -> None:
    form, own = options["output_format"], {one: options[one] for one in ("diff", "verbose")}
    show(rendered("plan", form, found.plan, **own), nl=False)
    if form == "text":
        show(
            "\nNothing was built. With an engine both images are built, run and compared"
            "\nrequest by request, sizes are measured, and --write can follow."
        )
    show(f"note: {error}\n  {error.hint}", err=True)
